"""Catalogue: what there is to buy, at which price, and how much of it."""
