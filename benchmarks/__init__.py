"""Measurements of what the design promises. Each prints ratios and can be run alone."""
