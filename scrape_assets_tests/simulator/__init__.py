"""The simulated vendor, seen over HTTP and row by row."""
