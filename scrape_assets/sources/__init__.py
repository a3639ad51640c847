"""Where posts come from: one file a platform source, over one HTTP transport.

What a source answers becomes records and typed errors here. Nothing here decides when to ask or writes a row.
"""
