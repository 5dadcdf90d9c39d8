"""Billing: a service that takes customers' money. It stands in for another team's and shares no code with shop."""
