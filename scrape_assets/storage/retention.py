"""Removing rows that are older than they are to be kept: which they are, how many, one short transaction after another.

Tables are walked through by their pages, so that no index is needed and a walk that is cut off has lost nothing: what
it has removed is removed, and the next walk begins anew. The tables of the ledger are told of in ledger/retention.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from scrape_assets.storage.forgetting.facts import SHARE_LOCK
from scrape_assets.storage.matching import posts_sql
from scrape_assets.storage.schema import metadata

# 8 MB of a table: some thousand posts or some ten thousand observations, a fraction of a second.
PAGES_AT_ONCE = 1_000

# The pages of a table; of one that is laid out in parts, those of each part, for it has none of its own.
_PAGES = """
WITH parts AS (SELECT relid FROM pg_partition_tree(CAST(:name AS regclass)) WHERE isleaf)
SELECT CAST(relid AS text) AS part, pg_relation_size(relid) / current_setting('block_size')::int AS pages
FROM (SELECT relid FROM parts UNION ALL SELECT CAST(:name AS regclass) WHERE NOT EXISTS (SELECT FROM parts)) AS whole
ORDER BY part
"""


@dataclass(frozen=True)
class Amount:
    """How much of a table is concerned."""

    rows: int
    bytes: int


@dataclass(frozen=True)
class Child:
    """Rows of another table that go with a row."""

    table: str
    on: str  # of `child` and `gone`


@dataclass(frozen=True)
class Sweep:
    """What of a table goes, and what goes with it."""

    table: str
    old: str  # condition on `kept`, the row, with :cutoff
    moment: str  # an expression that says how old a row is
    source: str = ""  # what `moment` needs beside the table
    children: tuple[Child, ...] = ()
    matching: bool = False  # whether matching works on these rows, and must not meanwhile

    @cached_property
    def columns(self) -> str:
        """What the children know a row by."""
        return ", ".join(f"kept.{column.name}" for column in metadata.tables[self.table].primary_key) or "1 AS one"

    def amounts(self, conn: Connection, cutoff: datetime) -> dict[str, Amount]:
        """How much would go now, by table. Reads the whole table."""
        gone = f"SELECT {self.columns} FROM {self.table} AS kept WHERE {self.old}"  # noqa: S608
        queries = {
            self.table: f"SELECT count(*), sum(pg_column_size(kept.*)) FROM {self.table} AS kept WHERE {self.old}",  # noqa: S608
            **{
                child.table: f"WITH gone AS ({gone}) SELECT count(*), sum(pg_column_size(child.*)) "  # noqa: S608
                f"FROM {child.table} AS child WHERE EXISTS (SELECT FROM gone WHERE {child.on})"
                for child in self.children
            },
        }
        found = {name: conn.execute(sa.text(query), {"cutoff": cutoff}).one() for name, query in queries.items()}
        return {name: Amount(int(rows), int(size or 0)) for name, (rows, size) in found.items()}

    def oldest(self, conn: Connection) -> datetime | None:
        """How old the oldest row is that is there; None: there is none."""
        query = f"SELECT min({self.moment}) FROM {self.table} AS kept {self.source}"  # noqa: S608
        found: datetime | None = conn.scalar(sa.text(query))
        return found

    def remove(self, engine: Engine, cutoff: datetime) -> Iterator[Mapping[str, int]]:
        """Remove what is old, and give how many rows of each table after each transaction."""
        with engine.connect() as conn:
            parts = conn.execute(sa.text(_PAGES), {"name": self.table}).all()
        # Rows that come meanwhile are young.
        for part, pages in parts:
            for first in range(0, pages, PAGES_AT_ONCE):
                values = {"cutoff": cutoff, "first": f"({first},0)", "end": f"({first + PAGES_AT_ONCE},0)"}
                with engine.begin() as conn:
                    yield self._remove_some(conn, part, values)

    def _remove_some(self, conn: Connection, part: str, values: Mapping[str, object]) -> Mapping[str, int]:
        here = (
            f"FROM {part} AS kept WHERE kept.ctid >= CAST(:first AS tid) AND kept.ctid < CAST(:end AS tid) "
            f"AND {self.old}"
        )
        # Whoever is being forgotten is removed by that; the two would wait for each other's rows.
        conn.exec_driver_sql(SHARE_LOCK)
        if self.matching:
            platforms = list(conn.scalars(sa.text(f"SELECT DISTINCT kept.platform {here}"), values))
            if not platforms:
                return {}
            conn.execute(posts_sql.LOCK_OF_CREATORS, {"platforms": platforms})
        parts = [
            f"gone AS (DELETE FROM {part} AS kept WHERE kept.ctid = ANY(ARRAY("  # noqa: S608
            f"SELECT kept.ctid {here} FOR UPDATE OF kept SKIP LOCKED)) RETURNING {self.columns})"
        ]
        parts += [
            f"with_{child.table} AS (DELETE FROM {child.table} AS child USING gone WHERE {child.on} RETURNING 1)"  # noqa: S608
            for child in self.children
        ]
        counts = ["(SELECT count(*) FROM gone)", *(f"(SELECT count(*) FROM with_{c.table})" for c in self.children)]  # noqa: S608
        statement = f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"
        found = conn.execute(sa.text(statement), values).one()
        names = [self.table, *(child.table for child in self.children)]
        return {name: count for name, count in zip(names, found, strict=True) if count}


_OF_SNAPSHOT = "EXISTS (SELECT FROM snapshots WHERE snapshots.snapshot_id = kept.snapshot_id AND {which})"
_PROCESSED = "snapshots.status = 'processed' AND snapshots.processed_at < :cutoff"
_JOINED = "JOIN snapshots ON snapshots.snapshot_id = kept.snapshot_id"
_SAME_POST = "child.platform = gone.platform AND child.post_id = gone.post_id"

# As long as a payload holds a post, mapping it again brings it back; and whoever is forgotten is found in it by these
# rows.
IN_NO_PAYLOAD = """
    NOT EXISTS (
        SELECT FROM snapshots WHERE snapshots.snapshot_id = kept.snapshot_id AND snapshots.payload_uri IS NOT NULL
    ) AND NOT EXISTS (
        SELECT FROM post_sightings AS seen JOIN snapshots ON snapshots.snapshot_id = seen.snapshot_id
        WHERE seen.platform = kept.platform AND seen.post_id = kept.post_id AND snapshots.payload_uri IS NOT NULL
    )
"""


# A file is removed by its row.
_WITHOUT_FILES = """
    NOT EXISTS (
        SELECT FROM media_files AS file
        WHERE file.platform = kept.platform AND file.post_id = kept.post_id AND file.sha256 IS NOT NULL
    )
"""


def _tables_of_posts() -> Sequence[str]:
    """Every table with rows of single posts, those that are added later included."""
    return [
        table.name
        for table in metadata.sorted_tables
        if table.name != "raw_posts" and {"platform", "post_id"} <= set(table.columns.keys())
    ]


def content_sweeps() -> dict[str, tuple[Sweep, ...]]:
    """The sweeps of what came, by the name of their setting."""
    unkept = _OF_SNAPSHOT.format(which=f"{_PROCESSED} AND snapshots.payload_uri IS NULL")
    return {
        "raw_posts": (
            Sweep(
                "raw_posts",
                f"kept.collected_at < :cutoff AND {IN_NO_PAYLOAD} AND {_WITHOUT_FILES}",
                "kept.collected_at",
                children=tuple(Child(name, _SAME_POST) for name in _tables_of_posts()),
                matching=True,
            ),
        ),
        "post_metrics": (Sweep("post_metrics", "kept.observed_at < :cutoff", "kept.observed_at"),),
        "post_sightings": tuple(
            Sweep(name, unkept, "snapshots.processed_at", _JOINED) for name in ("post_sightings", "seen_feeds")
        ),
        "rejected_rows": (
            Sweep("rejected_rows", _OF_SNAPSHOT.format(which=_PROCESSED), "snapshots.processed_at", _JOINED),
        ),
    }
