"""Bright Data's Web Scraper API (Datasets API v3): one client, synchronous, and what its answers mean.

What a dataset's rows look like is not here, and neither is when to trigger or to poll.
"""
