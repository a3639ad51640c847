"""The statements of the loader, built from the schema, in psycopg's own words. Nothing is executed here.

Loads that share posts wait for each other and never deadlock. A load of one batch takes its posts' rows in
key order (UPSERT_POSTS) before it touches anything else that another may touch, so such loads run side by
side. The batches of a larger load come in any order, so it has its platform for itself. LOCK_* see to that.
"""

from typing import Any

from sqlalchemy import BigInteger, DateTime, Double, Integer
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from scrape_assets.posts.model import Post
from scrape_assets.storage.schema import raw_posts, rejected_rows

_STAGE = "loading_posts"
_KEY = ("platform", "post_id")
_COUNTS = ("like_count", "comment_count", "share_count", "view_count", "save_count")
_AUTHOR_IDENTITY = ("author_key", "author_handle", "author_id")
_AUTHOR = (*_AUTHOR_IDENTITY, "author_name", "author_url")
# Where a row came from and what was repaired in it belong to one observation and are never mixed.
_OF_THE_OBSERVATION = (
    "collected_at",
    "repairs",
    "snapshot_id",
    "payload_uri",
    "payload_row",
    "mapping_version",
)
_CONTENT = tuple(field for field in Post._fields if field not in (*_KEY, *_OF_THE_OBSERVATION, "feed_key"))


def _target_type(name: str) -> TypeEngine[Any]:
    return raw_posts.columns.get(name, raw_posts.c.url).type  # feed_key is a text as well


def _stage_type(name: str) -> str:
    match _target_type(name):
        case DateTime():
            return "timestamptz"
        case BigInteger():
            return "int8"
        case Integer():
            return "int4"
        case Double():
            return "float8"
    return "text"


def _read(name: str) -> str:
    match _target_type(name):
        case ARRAY():
            return f"{name}::text[]"
        case JSONB():
            return f"{name}::jsonb"
    return name


STAGE_COLUMNS = (*Post._fields, "payload_row")
STAGE_TYPES = tuple(map(_stage_type, STAGE_COLUMNS))
"""How the stage holds each column. Arrays and JSON arrive as text and are read where they are merged."""


def _listed(items: tuple[str, ...], indent: int) -> str:
    return f",\n{' ' * indent}".join(items)


def _stage_column(name: str, stage_type: str) -> str:
    # "C" sorts by bytes: several times faster than by language, and the same in every database.
    collation = ' COLLATE "C"' if name in _KEY else ""
    return f"{name} {stage_type}{collation}"


CREATE_STAGE = f"""
CREATE TEMPORARY TABLE {_STAGE} (
    {_listed(tuple(map(_stage_column, STAGE_COLUMNS, STAGE_TYPES)), 4)}
) ON COMMIT DROP
"""

EMPTY_STAGE = f"TRUNCATE {_STAGE}"

DROP_STAGE = f"DROP TABLE {_STAGE}"

COPY_INTO_STAGE = f"COPY {_STAGE} ({', '.join(STAGE_COLUMNS)}) FROM STDIN (FORMAT binary)"

COPY_REJECTED = f"COPY rejected_rows ({', '.join(column.name for column in rejected_rows.columns)}) FROM STDIN"

FORGET_REJECTED = "DELETE FROM rejected_rows WHERE snapshot_id = %(snapshot_id)s"

FORGET_SIGHTINGS = "DELETE FROM post_sightings WHERE snapshot_id = %(snapshot_id)s"

# With the server's usual 4 MB the sort of whole posts goes through the disk, at half the speed.
SORT_IN_MEMORY = "SET LOCAL work_mem = '64MB'"

_LOCK_NAME = "hashtext('scrape_assets.load'), hashtext(%(platform)s)"

LOCK_FOR_ONE_BATCH = f"SELECT pg_advisory_xact_lock_shared({_LOCK_NAME})"

LOCK_FOR_MANY_BATCHES = f"SELECT pg_advisory_xact_lock({_LOCK_NAME})"


def _merged(field: str) -> str:
    """What becomes of a known field. A newer observation that does not give it leaves it as it is.

    A newer mapping of the same observation replaces it. An author is one thing: if the newer observation
    names another one, nothing of the former author is kept. Who is tagged goes with who is mentioned.
    """
    replaced = "known.collected_at = excluded.collected_at"
    if field == "tagged":
        replaced = f"({replaced} OR excluded.mentions IS NOT NULL)"
    if field in _AUTHOR:
        another = " OR ".join(f"known.{part} <> excluded.{part}" for part in _AUTHOR_IDENTITY)
        replaced = f"({replaced} OR {another}) IS TRUE"
    merged = f"coalesce(excluded.{field}, known.{field})"
    return f"{field} = CASE WHEN {replaced} THEN excluded.{field} ELSE {merged} END"


# In all of these only our own column names are put in; values are bound.
UPSERT_POSTS = f"""
WITH loaded AS (
    INSERT INTO raw_posts AS known (
        {_listed((*_KEY, *_CONTENT, *_OF_THE_OBSERVATION, "first_seen_at", "updated_at"), 8)}
    )
    SELECT DISTINCT ON (platform, post_id)
        {_listed(tuple(map(_read, (*_KEY, *_CONTENT))), 8)},
        collected_at, {_read("repairs")}, %(snapshot_id)s::text, %(payload_uri)s::text, payload_row,
        %(mapping_version)s::smallint, %(now)s::timestamptz, %(now)s::timestamptz
    FROM {_STAGE}
    ORDER BY platform, post_id, collected_at DESC, payload_row
    ON CONFLICT (platform, post_id) DO UPDATE SET
        {_listed(tuple(_merged(field) for field in _CONTENT), 8)},
        {_listed(tuple(f"{field} = excluded.{field}" for field in _OF_THE_OBSERVATION), 8)},
        updated_at = excluded.updated_at
    WHERE (excluded.collected_at, excluded.mapping_version) > (known.collected_at, known.mapping_version)
    RETURNING first_seen_at = updated_at AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS added,
       count(*) FILTER (WHERE NOT is_new) AS updated
FROM loaded
"""  # noqa: S608

# The stage lies in row order: of equal observations in one payload the first is kept.
ADD_METRICS = f"""
INSERT INTO post_metrics (platform, post_id, observed_at, {", ".join(_COUNTS)}, snapshot_id)
SELECT platform, post_id, collected_at, {", ".join(_COUNTS)}, %(snapshot_id)s::text
FROM {_STAGE}
WHERE num_nonnulls({", ".join(_COUNTS)}) > 0
ON CONFLICT DO NOTHING
"""  # noqa: S608

COUNTED_FIELDS = tuple(field for field in _CONTENT if field != "kind")
"""The fields whose filling is watched."""

COUNT_FILLED = f"SELECT {', '.join(f'count({field})' for field in COUNTED_FIELDS)} FROM {_STAGE}"  # noqa: S608

ADD_SIGHTINGS = f"""
INSERT INTO post_sightings (snapshot_id, platform, post_id, feed_key)
SELECT %(snapshot_id)s::text, platform, post_id, coalesce(feed_key, '')
FROM {_STAGE}
"""  # noqa: S608

COUNT_POSTS = """
SELECT count(*)
FROM (SELECT DISTINCT platform, post_id FROM post_sightings WHERE snapshot_id = %(snapshot_id)s) AS seen
"""

# Exact also when a post comes in several batches of one load, where adding up the batches counts it twice.
COUNT_WRITTEN = """
SELECT count(*) FILTER (WHERE first_seen_at = %(now)s) AS added,
       count(*) FILTER (WHERE first_seen_at < %(now)s) AS updated
FROM (SELECT DISTINCT platform, post_id FROM post_sightings WHERE snapshot_id = %(snapshot_id)s) AS seen
JOIN raw_posts USING (platform, post_id)
WHERE updated_at = %(now)s
"""
