"""The least that loading takes: COPY into a temporary table, and one upsert. `load_vs_dlt` compares it with ours.

- bare: what a script does with the same file: each line is decoded by msgspec, only the fields that are wanted, and
  they are stored as they stand there;
- the limit: tuples that were made before the clock starts. Nothing is read at all.

Neither cleans, checks, merges field by field, counts, keeps metrics or tells who found what.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.posts.model import Post
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets.storage import load_sql
from scrape_assets.storage.copy_rows import post_row
from scrape_assets.storage.payloads import Payload

_OF_THE_LOAD = ("payload_row", "snapshot_id", "payload_uri", "mapping_version")
_BARE = (
    *("platform", "post_id", "url", "kind", "author_handle", "author_url", "title", "text", "posted_at"),
    *("collected_at", "hashtags", "media", "like_count", "comment_count"),
    *_OF_THE_LOAD,
)
_ALL = (*(name for name in load_sql.STAGE_COLUMNS if name != "feed_key"), *_OF_THE_LOAD[1:])


class _Record(msgspec.Struct, gc=False):
    id: str
    timestamp: str
    url: str | None = None
    user_id: str | None = None
    use_url: str | None = None
    title: str | None = None
    post_text: str | None = None
    post_type: str = "post"
    date_posted: str | None = None
    hashtags: list[str] | None = None
    images: list[str] | None = None
    num_likes: int | None = None
    num_comments: int | None = None


def load_bare(engine: Engine, ndjson: Path, payload: Payload) -> None:
    """A file's records to committed rows of `raw_posts`, as they stand there."""
    with ndjson.open("rb") as file:
        _copy_and_upsert(engine, _BARE, _bare_rows(file, payload))


def load_tuples(engine: Engine, tuples: list[tuple[object, ...]]) -> None:
    """Rows from `ready_tuples` to committed rows."""
    _copy_and_upsert(engine, _ALL, tuples)


def ready_tuples(payload: Payload) -> list[tuple[object, ...]]:
    """The rows of `raw_posts` as ours writes them, down to the array literals."""
    feed_key = load_sql.STAGE_COLUMNS.index("feed_key")
    made = []
    for number, line, unended in payload.lines():
        post = map_line(line, unended)
        assert isinstance(post, Post), post
        row = post_row(post, number)
        made.append((*row[:feed_key], *row[feed_key + 1 :], payload.manifest.snapshot_id, payload.uri, 1))
    return made


def _bare_rows(lines: Iterable[bytes], payload: Payload) -> Iterator[tuple[object, ...]]:
    decode = msgspec.json.Decoder(_Record).decode
    encode = msgspec.json.Encoder().encode
    of_the_load = (payload.manifest.snapshot_id, payload.uri, 1)
    for number, line in enumerate(lines, start=1):
        record = decode(line)
        yield (
            "linkedin",
            record.id,
            record.url,
            record.post_type,
            record.user_id,
            record.use_url,
            record.title,
            record.post_text,
            record.date_posted,
            record.timestamp,
            None if record.hashtags is None else "{" + ",".join(record.hashtags) + "}",
            None if record.images is None else encode(record.images).decode(),
            record.num_likes,
            record.num_comments,
            number,
            *of_the_load,
        )


def _copy_and_upsert(engine: Engine, names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    columns = ", ".join(names)
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names)
    with engine.begin() as conn:
        conn.execute(sa.text(f"CREATE TEMP TABLE bare ON COMMIT DROP AS SELECT {columns} FROM raw_posts LIMIT 0"))
        driver = conn.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        with driver.cursor() as cursor, cursor.copy(f"COPY bare ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        conn.execute(
            sa.text(
                f"INSERT INTO raw_posts ({columns}) SELECT {columns} FROM bare"
                f" ON CONFLICT (platform, post_id) DO UPDATE SET {replaced}"
            )
        )
