"""Fulfilment: what follows from an order's events: its shipment, and what its customer is told."""
