"""Attachments: which are wanted, what became of each, and the files themselves. Nothing here fetches anything."""
