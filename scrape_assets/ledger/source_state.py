"""What is known of a source as a whole: until when it takes nothing from us, and what it asked us to remember."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.ledger.errors import recordable
from scrape_assets.storage.schema import source_memory, source_state


@dataclass(frozen=True)
class Block:
    """A source that takes nothing from us for a while."""

    until: datetime
    error: str


def blocked_sources(conn: Connection, now: datetime) -> dict[str, Block]:
    """The sources that are blocked now, by name."""
    state = source_state.c
    query = sa.select(state.source, state.blocked_until, state.error).where(state.blocked_until > now)
    return {row.source: Block(row.blocked_until, row.error or "no reason given") for row in conn.execute(query)}


def block(conn: Connection, source: str, *, until: datetime, error_class: str, error: str, now: datetime) -> None:
    """Ask a source for nothing until then."""
    values = {"blocked_until": until, "error_class": error_class, "error": recordable(error), "updated_at": now}
    statement = insert(source_state).values(source=source, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["source", "platform", "credential"], set_=values))


def unblock(conn: Connection, source: str, error_class: str) -> None:
    """Ask a source again that was left alone for a reason of this class."""
    state = source_state.c
    conn.execute(sa.delete(source_state).where(state.source == source, state.error_class == error_class))


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
