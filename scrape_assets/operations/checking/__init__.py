"""What is judged about the data, and in which words. Nothing here knows Dagster: command and assets say the same."""
