"""Invoices: the documents of paid orders, kept as files."""
