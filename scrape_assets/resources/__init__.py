"""Dagster's wrappers over what lies below: they open and close; they decide nothing."""
