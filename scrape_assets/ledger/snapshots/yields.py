"""What the latest collections of a source brought. Reads only."""

from sqlalchemy import Connection, func, select

from scrape_assets.ledger.pace.dry_spell import Yield
from scrape_assets.storage.schema import snapshots

_snapshots = snapshots.c


def latest_yields(conn: Connection, source: str, platform: str, limit: int) -> list[Yield]:
    """The finished collections of a source and platform, the latest first."""
    query = (
        select(func.jsonb_array_length(_snapshots.inputs).label("inputs"), _snapshots.posts_retrieved)
        .where(
            _snapshots.source == source,
            _snapshots.platform == platform,
            _snapshots.processed_at.is_not(None),
            _snapshots.posts_retrieved.is_not(None),
        )
        .order_by(_snapshots.created_at.desc())
        .limit(limit)
    )
    return [Yield(row.inputs, row.posts_retrieved) for row in conn.execute(query)]
