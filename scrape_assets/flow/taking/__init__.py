"""Taking in what is ready: looking after it, downloading, loading, matching."""
