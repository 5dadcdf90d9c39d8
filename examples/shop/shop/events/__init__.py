"""Events: what happened to an order, told to whoever listens."""
