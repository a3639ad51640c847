"""The commands of `scrape-assets`, a file each. They read arguments, call below, and print; cli.py puts them together.

None of them imports Dagster: what executes assets lies in in_process.py and is imported when it is needed, so that
`scrape-assets jobs` answers at once.
"""
