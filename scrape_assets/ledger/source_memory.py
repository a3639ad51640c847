"""What a source asked us to remember of a target, for the next collection. In the source's own words; not read here."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.storage.schema import source_memory


def remembered(conn: Connection, source: str, target_key: str) -> str | None:
    """What a source asked us to remember of a target, such as a feed's ETag."""
    memory = source_memory.c
    query = sa.select(memory.remembered).where(memory.source == source, memory.target_key == target_key)
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found


def remember(conn: Connection, source: str, target_key: str, what: str, now: datetime) -> None:
    """Remember something of a target for the next collection."""
    values = {"remembered": what, "updated_at": now}
    statement = insert(source_memory).values(source=source, target_key=target_key, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["source", "target_key"], set_=values))
