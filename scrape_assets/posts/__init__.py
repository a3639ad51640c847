"""What a post is: its model, the identity of who wrote it, the time inside its id, its text.

Nothing here knows a source, a database or Dagster.
"""
