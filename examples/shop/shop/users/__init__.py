"""Users: who buys."""
