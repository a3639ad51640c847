"""Where things lie: the database and its schema, migrations, the payload archive, the loader, the matching SQL.

Nothing here knows which source a record came from.
"""
