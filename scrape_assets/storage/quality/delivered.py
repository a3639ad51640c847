"""What the snapshots of a run delivered: posts and their fields, rows that are none, matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.storage.quality.rows import Rows

# The distinct posts that these snapshots delivered.
_SEEN = """(post.platform, post.post_id) IN (
    SELECT DISTINCT platform, post_id FROM post_sightings WHERE snapshot_id = ANY(:ids)
)"""
_NO_CONTENT = "post.text IS NULL AND post.title IS NULL AND post.media IS NULL"
_NO_AUTHOR = "post.author_key IS NULL AND post.author_name IS NULL"
_WHERE_FROM = "post.platform, post.post_id, post.url, post.snapshot_id, post.payload_uri, post.payload_row"
_COUNTS = ("like_count", "comment_count", "share_count", "view_count", "save_count")
LOOKED_BACK_AT = 2_000
"""So many posts of a run, at most, are compared with what was known of them before."""


@dataclass(frozen=True)
class FieldCoverage:
    """How many of some posts lack what every post should have."""

    posts: int
    without_time: int
    without_author: int
    without_url: int
    without_content: int  # neither text nor title nor media


def field_coverage(conn: Connection, snapshot_ids: Sequence[str]) -> FieldCoverage:
    """Count missing required fields among the posts of snapshots."""
    query = sa.text(
        f"""
        SELECT count(*), count(*) FILTER (WHERE post.posted_at IS NULL), count(*) FILTER (WHERE {_NO_AUTHOR}),
               count(*) FILTER (WHERE post.url IS NULL), count(*) FILTER (WHERE {_NO_CONTENT})
        FROM raw_posts AS post WHERE {_SEEN}
        """  # noqa: S608
    )
    return FieldCoverage(*conn.execute(query, {"ids": list(snapshot_ids)}).one())


def posts_lacking(snapshot_ids: Sequence[str]) -> Rows:
    """The posts that lack a time, an author, an address or content, and where their records lie."""
    return Rows(
        f"""SELECT {_WHERE_FROM}, post.posted_at, post.author_key
            FROM raw_posts AS post
            WHERE {_SEEN}
              AND (post.posted_at IS NULL OR post.url IS NULL OR ({_NO_AUTHOR}) OR ({_NO_CONTENT}))""",  # noqa: S608
        {"ids": list(snapshot_ids)},
    )


def posts_without(snapshot_ids: Sequence[str], field: str) -> Rows:
    """The posts that lack one field, and where their records lie. `field` is a column of `raw_posts`."""
    return Rows(
        f"SELECT {_WHERE_FROM} FROM raw_posts AS post WHERE {_SEEN} AND post.{field} IS NULL",  # noqa: S608
        {"ids": list(snapshot_ids)},
    )


def same_url_twice(snapshot_ids: Sequence[str]) -> Rows:
    """Addresses that more than one post id of these snapshots carries."""
    return Rows(
        f"""SELECT post.url, count(*) AS posts, post.platform, array_agg(post.post_id ORDER BY post.post_id) AS post_ids
            FROM raw_posts AS post
            WHERE {_SEEN} AND post.url IS NOT NULL
            GROUP BY post.platform, post.url HAVING count(*) > 1
            ORDER BY count(*) DESC, post.url""",  # noqa: S608
        {"ids": list(snapshot_ids)},
    )


def implausible_times(snapshot_ids: Sequence[str]) -> Rows:
    """Posts dated after they were collected, or before social media existed."""
    return Rows(
        f"""SELECT post.posted_at, post.collected_at, {_WHERE_FROM}
            FROM raw_posts AS post
            WHERE {_SEEN}
              AND (post.posted_at > post.collected_at + interval '1 hour' OR post.posted_at < '1990-01-01Z')""",  # noqa: S608
        {"ids": list(snapshot_ids)},
    )


def impossible_counts(snapshot_ids: Sequence[str], at_most: int) -> Rows:
    """Posts with a count below zero, or above what any post ever had."""
    counts = ", ".join(f"post.{name}" for name in _COUNTS)
    return Rows(
        f"""SELECT {_WHERE_FROM}, {counts}
            FROM raw_posts AS post
            WHERE {_SEEN} AND (least({counts}) < 0 OR greatest({counts}) > :at_most)""",  # noqa: S608
        {"ids": list(snapshot_ids), "at_most": at_most},
    )


def fallen_counts(snapshot_ids: Sequence[str]) -> Rows:
    """Posts of which one count is below half of what it was at the observation before. Of at most 2,000 posts."""
    return Rows(f"{_TWICE_OBSERVED} WHERE {_FALLEN}", {"ids": list(snapshot_ids), "looked": LOOKED_BACK_AT})


def twice_observed(conn: Connection, snapshot_ids: Sequence[str]) -> int:
    """How many of these posts were observed before."""
    query = sa.text(f"SELECT count(*) FROM ({_TWICE_OBSERVED}) AS observed")  # noqa: S608
    return int(conn.execute(query, {"ids": list(snapshot_ids), "looked": LOOKED_BACK_AT}).scalar_one())


_FALLEN = " OR ".join(f"(before.{name} >= 10 AND latest.{name} < before.{name} / 2)" for name in _COUNTS)
# By the key for each post: only the posts of the run are read.
_TWICE_OBSERVED = f"""
SELECT seen.platform, seen.post_id, latest.observed_at, before.observed_at AS observed_before,
       {", ".join(f"latest.{name}, before.{name} AS {name}_before" for name in _COUNTS)}
FROM (SELECT DISTINCT platform, post_id FROM post_sightings
      WHERE snapshot_id = ANY(:ids) ORDER BY platform, post_id LIMIT :looked) AS seen
CROSS JOIN LATERAL (SELECT * FROM post_metrics AS m WHERE m.platform = seen.platform AND m.post_id = seen.post_id
                    AND m.snapshot_id = ANY(:ids) ORDER BY m.observed_at DESC LIMIT 1) AS latest
CROSS JOIN LATERAL (SELECT * FROM post_metrics AS m WHERE m.platform = seen.platform AND m.post_id = seen.post_id
                    AND m.observed_at < latest.observed_at ORDER BY m.observed_at DESC LIMIT 1) AS before
"""  # noqa: S608


@dataclass(frozen=True)
class Delivery:
    """What the vendor announced for a snapshot and what came."""

    snapshot_id: str
    payload_rows: int
    rows_rejected: int
    vendor_records: int | None


def deliveries(conn: Connection, snapshot_ids: Sequence[str]) -> list[Delivery]:
    """What came of each snapshot that has been loaded."""
    query = sa.text(
        """
        SELECT snapshot_id, payload_rows, rows_rejected, vendor_records
        FROM snapshots
        WHERE snapshot_id = ANY(:ids) AND loaded_at IS NOT NULL AND payload_rows IS NOT NULL
        ORDER BY snapshot_id
        """
    )
    return [Delivery(*row) for row in conn.execute(query, {"ids": list(snapshot_ids)})]


def rejected(snapshot_ids: Sequence[str]) -> Rows:
    """The rejected rows of snapshots."""
    return Rows(
        """SELECT snapshot_id, row_number, reason, code, detail, input_url, payload_uri
           FROM rejected_rows WHERE snapshot_id = ANY(:ids) ORDER BY snapshot_id, row_number""",
        {"ids": list(snapshot_ids)},
    )


def short_of_records(snapshot_ids: Sequence[str]) -> Rows:
    """Snapshots of which fewer rows came than were announced."""
    return Rows(
        """SELECT snapshot_id, vendor_records AS announced, payload_rows AS came, vendor_snapshot_id, payload_uri
           FROM snapshots
           WHERE snapshot_id = ANY(:ids) AND loaded_at IS NOT NULL AND payload_rows < vendor_records""",
        {"ids": list(snapshot_ids)},
    )


def posts_with_two_authors(snapshot_ids: Sequence[str]) -> Rows:
    """Posts that are matched to more than one author."""
    return Rows(
        f"""SELECT post.platform, post.post_id, array_agg(post.creator_id ORDER BY post.creator_id) AS creators
            FROM creator_content AS post
            WHERE {_SEEN} AND post.role = 'author'
            GROUP BY post.platform, post.post_id HAVING count(*) > 1""",  # noqa: S608
        {"ids": list(snapshot_ids)},
    )


def matches_without_post(snapshot_ids: Sequence[str]) -> Rows:
    """Matches of these snapshots whose post does not exist."""
    return Rows(
        """SELECT content.platform, content.post_id, content.creator_id, content.role, content.snapshot_id
           FROM creator_content AS content
           WHERE content.snapshot_id = ANY(:ids) AND NOT EXISTS (
               SELECT FROM raw_posts AS post
               WHERE post.platform = content.platform AND post.post_id = content.post_id)""",
        {"ids": list(snapshot_ids)},
    )


def unmatched_posts(snapshot_ids: Sequence[str], platform: str) -> Rows:
    """The posts of a platform that belong to nobody, with their authors as the source names them."""
    return Rows(
        f"""SELECT post.post_id, post.author_key, post.author_handle, post.author_id, post.url, post.snapshot_id
            FROM raw_posts AS post
            WHERE {_SEEN} AND post.platform = :platform AND NOT EXISTS (
                SELECT FROM creator_content AS content
                WHERE content.platform = post.platform AND content.post_id = post.post_id)""",  # noqa: S608
        {"ids": list(snapshot_ids), "platform": platform},
    )


@dataclass(frozen=True)
class MatchRate:
    """The share of a platform's posts that belong to a creator, and what it usually is."""

    platform: str
    snapshot_ids: tuple[str, ...]  # that were judged
    posts: int
    matched: int
    trailing_median: float | None  # of the earlier snapshots; None: there are none
    earlier: int

    @property
    def share(self) -> float:
        """Matched posts of all; 0 where there is none."""
        return self.matched / self.posts if self.posts else 0.0


def match_rates(
    conn: Connection, snapshot_ids: Sequence[str], now: datetime, *, days: int, limit: int
) -> list[MatchRate]:
    """By platform, the match rate of these snapshots against the median of at most `limit` of the days before.

    What was searched for events belongs to nobody by nature, and is left out on both sides.
    """
    given = {"ids": list(snapshot_ids), "since": now - timedelta(days=days), "limit": limit}
    return [
        MatchRate(row.platform, tuple(row.ids), row.posts, row.matched, row.trailing_median, row.earlier)
        for row in conn.execute(sa.text(_MATCH_RATES), given)
    ]


FOR_CREATORS = """NOT EXISTS (
    SELECT FROM scrape_jobs AS job WHERE job.snapshot_id = s.snapshot_id AND job.target_kind = 'event'
)"""
_MATCH_RATES = f"""
SELECT own.platform, own.ids, own.posts, own.matched, usual.trailing_median, usual.earlier
FROM (SELECT s.platform, array_agg(s.snapshot_id ORDER BY s.snapshot_id) AS ids, sum(s.posts_retrieved)::int AS posts,
             coalesce(sum(s.posts_matched), 0)::int AS matched
      FROM snapshots AS s
      WHERE s.snapshot_id = ANY(:ids) AND s.posts_retrieved > 0 AND s.matched_at IS NOT NULL AND {FOR_CREATORS}
      GROUP BY s.platform) AS own
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY rate) AS trailing_median, count(*)::int AS earlier
    FROM (SELECT s.posts_matched::float8 / s.posts_retrieved AS rate
          FROM snapshots AS s
          WHERE s.platform = own.platform AND s.snapshot_id <> ALL(:ids) AND s.posts_retrieved > 0
            AND s.matched_at > :since AND s.created_at > :since AND {FOR_CREATORS}
          ORDER BY s.created_at DESC LIMIT :limit) AS before) AS usual
ORDER BY own.platform
"""  # noqa: S608
