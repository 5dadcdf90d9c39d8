"""Merge what parallel processes and jobs left behind into one result, with proof.

Nothing is imported here: `juncture.merging.foreign` needs nothing of the bundles, and would wait for all of it.
"""
