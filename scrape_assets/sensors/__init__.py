"""Thin shells over the flow and the pure planners: read what is due, plan, request runs, say why not."""
