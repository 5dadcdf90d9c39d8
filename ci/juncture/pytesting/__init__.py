"""The active part of the pytest plugin, imported only where services are declared."""
