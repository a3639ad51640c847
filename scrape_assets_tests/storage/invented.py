"""Small worlds for the storage tests: invented posts as JSON lines, and a mapping that reads just these."""

import datetime as dt
import json
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.storage.loader import LoadReport, load_payload
from scrape_assets.storage.payloads import Payload, PayloadArchive

DAY = dt.date(2026, 11, 2)
POSTED = dt.datetime(2026, 10, 20, 9, 30, tzinfo=dt.UTC)
COLLECTED = dt.datetime(2026, 11, 2, 8, 0, tzinfo=dt.UTC)
LATER = COLLECTED + dt.timedelta(days=1)


def post(post_id: str, **fields: Any) -> Post:
    """A post by Jane Doe with nothing but the given fields."""
    nothing: dict[str, Any] = dict.fromkeys(Post._fields)
    given = {
        "platform": "linkedin",
        "kind": "post",
        "author_key": "in/jane-doe",
        "posted_at": POSTED,
        "collected_at": COLLECTED,
    }
    return Post(**{**nothing, **given, **fields, "post_id": post_id})


def row(post_id: str, **fields: Any) -> bytes:
    """A line that `map_line` below reads as `post(post_id, **fields)`."""
    moments = {name: value.isoformat() for name, value in fields.items() if isinstance(value, dt.datetime)}
    return json.dumps({"post_id": post_id, **fields, **moments}).encode() + b"\n"


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """The mapping of these tests."""
    try:
        fields = json.loads(line)
    except ValueError as error:
        return Rejected(RejectReason.TRUNCATED if last else RejectReason.NOT_JSON, str(error))
    if not isinstance(fields, dict):
        return Rejected(RejectReason.NOT_AN_OBJECT, f"the row is a {type(fields).__name__}")
    if "error" in fields:
        return Rejected(RejectReason.SOURCE_ERROR, fields["error"], fields.get("code"), fields.get("url"))
    for name in {"posted_at", "collected_at"} & fields.keys():
        fields[name] = fields[name] and dt.datetime.fromisoformat(fields[name])
    if "media" in fields:
        fields["media"] = fields["media"].encode()
    return post(**fields)


def stored(archive: PayloadArchive, snapshot_id: str, lines: Sequence[bytes], generation: int = 1) -> Payload:
    """A committed payload of one part with these lines."""
    writer = archive.writer("linkedin", DAY, snapshot_id, generation)
    writer.write_part(1, lines)
    return writer.commit()


class Loading:
    """Loads lines as snapshots into a database, each in its own transaction."""

    def __init__(self, engine: Engine, archive: PayloadArchive) -> None:
        self.engine = engine
        self.archive = archive
        self._generation = time.time_ns() % 1_000_000  # every load has its own payload

    def load(self, snapshot_id: str, *lines: bytes, version: int = 1) -> LoadReport:
        self._generation += 1
        payload = stored(self.archive, snapshot_id, lines, self._generation)
        return self.load_payload(snapshot_id, payload, version)

    def load_payload(self, snapshot_id: str, payload: Payload, version: int = 1) -> LoadReport:
        with self.engine.begin() as conn:
            return load_into(conn, snapshot_id, payload, version)

    def everything(self) -> dict[str, list[Any]]:
        """All that a load writes, to compare before and after."""
        tables = ("raw_posts", "post_metrics", "post_sightings", "rejected_rows")
        return {table: self.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4") for table in tables}

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as conn:
            return [tuple(found) for found in conn.execute(sa.text(query))]

    def one(self, post_id: str) -> Any:
        """The stored post, its columns as attributes."""
        with self.engine.connect() as conn:
            found = conn.execute(sa.text("SELECT * FROM raw_posts WHERE post_id = :id"), {"id": post_id})
            return found.one()


def load_into(conn: Connection, snapshot_id: str, payload: Payload, version: int = 1) -> LoadReport:
    """Load with the mapping of these tests."""
    return load_payload(conn, snapshot_id=snapshot_id, payload=payload, map_line=map_line, mapping_version=version)
