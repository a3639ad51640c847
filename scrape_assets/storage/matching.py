"""Who wrote, reposted or was mentioned in the posts of a snapshot. The statements lie in `matching_sql`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from scrape_assets.storage import matching_sql

_UNMATCHED_SHOWN = 10


@dataclass(frozen=True)
class UnmatchedAuthor:
    """Somebody who wrote posts and is no known creator."""

    author_key: str | None  # None: the source named nobody
    author_name: str | None
    author_url: str | None
    posts: int


@dataclass(frozen=True)
class MatchReport:
    """How the posts of a snapshot are matched now, and what had to be changed for that."""

    posts: int
    matched_posts: int  # with at least one match of any role
    by_role: Mapping[str, int]  # matches, all that hold now
    by_method: Mapping[str, int]
    written: int  # matches added, or made by a better method
    removed: int  # matches that no longer hold
    unmatched_authors: tuple[UnmatchedAuthor, ...]  # those of most posts first, at most 10


def match_snapshot(conn: Connection, snapshot_id: str, now: datetime) -> MatchReport:
    """Match the posts seen in a snapshot with creators, in the caller's transaction.

    Roles and methods: `author`, or `reposter` of a repost, by platform user id (confidence 1.0), else by the
    handle (0.98), else by the profile's key (0.95), both valid when it was posted; `mentioned` (0.9); and
    `found_in_feed` (1.0) for the owner of a feed who did not write what was found in it. A post without a
    posting time is judged by the time of its collection.

    Matching again changes nothing, not even `matched_at`. Matches of these posts that no longer hold are
    removed.
    """
    _find(conn, snapshot_id)
    removed = conn.execute(matching_sql.REMOVE).rowcount
    written = conn.execute(matching_sql.WRITE, {"snapshot_id": snapshot_id, "now": now}).rowcount
    posts, matched = conn.execute(matching_sql.COUNT_POSTS).one()
    by_role: Counter[str] = Counter()
    by_method: Counter[str] = Counter()
    for role, method, matches in conn.execute(matching_sql.TALLY):
        by_role[role] += matches
        by_method[method] += matches
    unmatched = conn.execute(matching_sql.UNMATCHED_AUTHORS, {"sample": _UNMATCHED_SHOWN})
    report = MatchReport(
        posts=posts,
        matched_posts=matched,
        by_role=MappingProxyType(dict(by_role)),
        by_method=MappingProxyType(dict(by_method)),
        written=written,
        removed=removed,
        unmatched_authors=tuple(UnmatchedAuthor(*row) for row in unmatched),
    )
    conn.execute(matching_sql.DROP)
    return report


def _find(conn: Connection, snapshot_id: str) -> None:
    """Gather the snapshot's posts, and every match of them that holds."""
    conn.execute(matching_sql.LOCK, {"snapshot_id": snapshot_id})
    conn.execute(matching_sql.CREATE_POSTS)
    conn.execute(matching_sql.CREATE_HOLDING)
    conn.execute(matching_sql.FIND_POSTS, {"snapshot_id": snapshot_id})
    conn.execute(matching_sql.ANALYZE_POSTS)
    conn.execute(matching_sql.FIND_AUTHORS)
    conn.execute(matching_sql.ANALYZE_HOLDING)
    conn.execute(matching_sql.FIND_MENTIONED)
    conn.execute(matching_sql.FIND_IN_FEEDS)
    conn.execute(matching_sql.ANALYZE_HOLDING)
