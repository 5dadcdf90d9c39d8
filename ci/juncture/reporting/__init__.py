"""What people read: the terminal, Markdown and HTML."""
