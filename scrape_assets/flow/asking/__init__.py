"""Asking: triggering the vendor, gathering from direct sources."""
