"""How a service is obtained: one module per provider."""
