"""The provider ``docker``: real servers, and any other image, in containers that are shared and found again."""
