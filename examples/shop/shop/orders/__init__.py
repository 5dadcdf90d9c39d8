"""Orders: from the purchase to its payment, cancellation or refund."""
