"""Who is asked for which jobs, and whether at all: sources, freshness, estimates, the intent before money."""
