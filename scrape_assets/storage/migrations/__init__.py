"""The history of the schema, one file a step, and `migrate` that walks it."""
