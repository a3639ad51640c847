"""Getting attachments from wherever a post says they are: strangers' addresses, so only public ones are contacted.

Nothing here knows posts, tables or where files are kept.
"""
