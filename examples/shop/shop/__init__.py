"""A small shop: users, catalogue, orders and invoices."""
