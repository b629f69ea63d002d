"""Controlled correctness: answers held against hand-made lists of pairs whose sign is obvious, or that have none."""
