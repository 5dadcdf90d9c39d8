"""From the declaration to the texts of CI jobs, made from the files in templates/."""
