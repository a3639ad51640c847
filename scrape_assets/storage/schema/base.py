"""What all tables share: the registry they stand in, how constraints are named, what a moment is."""

from sqlalchemy import DateTime, MetaData, text

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
    }
)

Moment = DateTime(timezone=True)
NOW = text("now()")
