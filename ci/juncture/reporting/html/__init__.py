"""The report of a merge as one HTML file: it needs nothing from elsewhere, and no script to be read."""
