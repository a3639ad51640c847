"""From a payload to rows: one pass over its lines, each batch copied and merged, in the caller's transaction.

What a line means is the mapping's affair. The statements lie in `load_sql`, the batches are cut in
`load_batches`.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.storage import load_sql
from scrape_assets.storage.coverage import Coverage
from scrape_assets.storage.forgetting.facts import Forgotten
from scrape_assets.storage.load_batches import Batch, MapLine, batches
from scrape_assets.storage.payloads import Payload
from scrape_assets.storage.payloads.reader import open_payload
from scrape_assets.storage.pseudonyms import Pseudonyms

_MOST_REMEMBERED = 100_000  # posts; of a payload with more the server counts them


@dataclass(frozen=True)
class LoadReport:
    """What became of the rows of a payload."""

    rows_read: int
    posts: int  # distinct
    posts_new: int
    posts_updated: int  # a newer observation, or a newer mapping of the same one
    posts_unchanged: int  # known as they are, or newer already
    duplicates_in_payload: int  # rows beyond the first of a post
    metrics_added: int  # observations with at least one count that were not known
    rows_rejected: int
    rejects_by_reason: Mapping[RejectReason, int]
    repaired_rows: int  # rows in which the mapping corrected something
    coverage: Coverage
    forgotten: int = 0  # rows of people, and of posts, that were forgotten: left out


def load_payload(
    conn: Connection,
    *,
    snapshot_id: str,
    payload: Payload,
    map_line: MapLine,
    mapping_version: int,
    pseudonyms: Pseudonyms | None = None,
) -> LoadReport:
    """Load a payload: all of it or, when this raises and the caller rolls back, none.

    Memory does not grow with the payload. A newer observation of a post wins, field by field: what it does
    not give keeps the value known before. The same observation under a newer mapping replaces all fields.
    Anything older or equal changes nothing, so loading again changes nothing. Of several rows of a post in
    one payload the newest wins (of equals the first), and each is an observation of its own in
    `post_metrics`. The snapshot's rejected rows and sightings become those of this payload.

    Args:
        conn: over psycopg 3, in a transaction (not autocommit) of this load alone; the caller commits it.
        snapshot_id: ours.
        payload: verified while it is read.
        map_line: line and whether it is an unended last line → post, reject, or None for no record; must not raise.
        mapping_version: of `map_line`; counts up when the mapping gives better fields.
        pseudonyms: to recognise those who were forgotten; their rows are left out.

    Raises:
        ForgottenKeyMissing: there are such people, and they cannot be recognised. Nothing was written.
        PayloadCorrupt: the stored bytes are not those that were written. Roll back.
        sqlalchemy.exc.OperationalError: the database went away.
    """
    # SQLAlchemy opens the transaction; it knows neither COPY nor pipelines, so psycopg does the rest.
    now: dt.datetime = conn.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    load = _Load(payload, snapshot_id, map_line, mapping_version, now, pseudonyms)
    try:
        return load.run(_driver_connection(conn))
    except psycopg.OperationalError as error:
        raise sa.exc.OperationalError(f"loading snapshot {snapshot_id}", None, error) from error


class _Load:
    """One load and what it has counted so far."""

    def __init__(
        self,
        payload: Payload,
        snapshot_id: str,
        map_line: MapLine,
        mapping_version: int,
        now: dt.datetime,
        pseudonyms: Pseudonyms | None,
    ) -> None:
        self._payload = payload
        self._snapshot_id = snapshot_id
        self._map_line = map_line
        self._names: dict[str, Any] = {
            "snapshot_id": snapshot_id,
            "platform": payload.manifest.platform,
            "payload_uri": payload.uri,
            "mapping_version": mapping_version,
            "now": now,
        }
        self._pseudonyms = pseudonyms
        self._mapped = self._repaired = self._new = self._updated = self._metrics = self._forgotten = self._distinct = 0
        self._reasons: Counter[RejectReason] = Counter()
        self._coverage = Coverage()
        self._seen: set[int] | None = set()  # of the posts of all batches; None: one has come again, or too many

    def run(self, driver: psycopg.Connection[Any]) -> LoadReport:
        with driver.cursor() as cursor:
            self._leave_out_the_forgotten(cursor)
            for statement in (
                load_sql.SORT_IN_MEMORY,
                load_sql.CREATE_STAGE,
                load_sql.FORGET_REJECTED,
                load_sql.FORGET_SIGHTINGS,
            ):
                cursor.execute(statement, self._names)
            coming = batches(self._payload, self._snapshot_id, self._map_line, driver.cursor())
            batch = next(coming, None)
            if batch is not None:
                one_batch = batch.rows == self._payload.rows
                lock = load_sql.LOCK_FOR_ONE_BATCH if one_batch else load_sql.LOCK_FOR_MANY_BATCHES
                cursor.execute(lock, self._names)
            while batch is not None:
                batch = self._merge(driver, batch, coming)
            report = self._report(cursor)
            cursor.execute(load_sql.DROP_STAGE)
        return report

    def _leave_out_the_forgotten(self, cursor: psycopg.Cursor[Any]) -> None:
        """Before anything else: whoever is being forgotten at this moment is waited for, and known afterwards."""
        forgotten = Forgotten.of_platform(cursor, self._names["platform"], self._pseudonyms)
        if forgotten is None:
            return
        known, map_line = forgotten, self._map_line
        self._payload = open_payload(self._payload.uri)  # it may have been rewritten while we waited

        def without(line: bytes, unended: bool) -> Post | Rejected | None:
            mapped = map_line(line, unended)
            if isinstance(mapped, Post):
                if not known.holds(mapped):
                    return known.cleaned(mapped)
            elif mapped is None or not known.names(mapped):
                return mapped
            self._forgotten += 1
            return None

        self._map_line = without

    def _merge(self, driver: psycopg.Connection[Any], batch: Batch, coming: Iterator[Batch]) -> Batch | None:
        """Copy and merge a batch; give the next one, which is mapped here while the server is at work."""
        again = True if batch.rows < self._payload.rows else None  # worth preparing
        with driver.cursor() as cursor, driver.cursor() as posts, driver.cursor() as metrics, driver.cursor() as filled:
            with cursor.copy(load_sql.COPY_INTO_STAGE) as copy:
                for piece in batch.copied:
                    copy.write(piece)
            if batch.rejected:
                with cursor.copy(load_sql.COPY_REJECTED) as copy:
                    for row in batch.rejected:
                        copy.write_row(row)
            with driver.pipeline():  # sends statements without waiting for their results
                posts.execute(load_sql.UPSERT_POSTS, self._names, prepare=again)
                metrics.execute(load_sql.ADD_METRICS, self._names, prepare=again)
                cursor.execute(load_sql.ADD_SIGHTINGS, self._names, prepare=again)
                filled.execute(load_sql.COUNT_FILLED, prepare=again)
                cursor.execute(load_sql.EMPTY_STAGE)
                following = next(coming, None)
            new, updated = posts.fetchone() or (0, 0)
            self._new += new
            self._updated += updated
            self._metrics += metrics.rowcount
            counts = filled.fetchone() or ()
            self._coverage.add(batch.posts, dict(zip(load_sql.COUNTED_FIELDS, counts, strict=True)))
            self._coverage.add_keys(batch.looked_at, batch.keys, batch.given)
        self._mapped += batch.posts
        self._remember(batch)
        self._repaired += batch.repaired
        self._reasons += batch.reasons
        return following

    def _remember(self, batch: Batch) -> None:
        if self._seen is None:
            return
        posts = set(map(hash, batch.keys_of_posts))
        if self._seen.isdisjoint(posts) and len(self._seen) + len(posts) <= _MOST_REMEMBERED:
            self._distinct += len(batch.keys_of_posts)
            self._seen |= posts
        else:
            self._seen = None

    def _report(self, cursor: psycopg.Cursor[Any]) -> LoadReport:
        posts, new, updated = self._distinct, self._new, self._updated
        if self._seen is None:
            (posts,) = cursor.execute(load_sql.COUNT_POSTS, self._names).fetchone() or (0,)
            if posts < self._mapped:  # a post that came in two batches was counted twice
                new, updated = cursor.execute(load_sql.COUNT_WRITTEN, self._names).fetchone() or (0, 0)
        rejected = self._reasons.total()
        return LoadReport(
            rows_read=self._mapped + rejected,
            posts=posts,
            posts_new=new,
            posts_updated=updated,
            posts_unchanged=posts - new - updated,
            duplicates_in_payload=self._mapped - posts,
            metrics_added=self._metrics,
            rows_rejected=rejected,
            rejects_by_reason=MappingProxyType(dict(self._reasons)),
            repaired_rows=self._repaired,
            coverage=self._coverage,
            forgotten=self._forgotten,
        )


def _driver_connection(conn: Connection) -> psycopg.Connection[Any]:
    driver = conn.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the loader copies through psycopg 3: connect with postgresql+psycopg")
    return driver
