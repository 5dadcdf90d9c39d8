"""Payments: the money, which the billing service takes and gives back."""
