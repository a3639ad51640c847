"""Who wrote, reposted, was tagged or mentioned in the posts of a snapshot.

The statements lie in `matching_posts_sql` and `matching_sql`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from scrape_assets.storage import matching_posts_sql, matching_sql
from scrape_assets.storage.matching_names import NamesReport, learn, remember

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
    names: NamesReport  # what was learnt of names on the way


def match_snapshot(conn: Connection, snapshot_id: str, now: datetime) -> MatchReport:
    """Match the posts seen in a snapshot with creators, in the caller's transaction.

    Roles: `author`, or `reposter` of a repost, by platform user id, else by the handle, else by the profile's key,
    both valid when it was posted, and none of the two where the user id is known to be another; `tagged` or, where
    only the text names them, `mentioned`; and `found_in_feed` for the owner of a feed who did not write what was found
    in it. How sure each method is stands in `matching_sql.CONFIDENCE`. A post without a posting time is judged by the
    time of its collection.

    User ids that the posts make certain are learnt before, and changes of name recorded: see `matching_names`.
    Matching again changes nothing, not even `matched_at`. Matches of these posts that no longer hold are removed.
    """
    conn.execute(matching_posts_sql.LOCK, {"snapshot_id": snapshot_id})
    create_workplace(conn)
    conn.execute(matching_posts_sql.FIND_POSTS, {"snapshot_id": snapshot_id})
    conn.execute(matching_posts_sql.ANALYZE_POSTS)
    remember(conn, snapshot_id)
    names = learn(conn, now)
    find_matches(conn)
    removed = conn.execute(matching_sql.REMOVE).rowcount
    written = conn.execute(matching_sql.WRITE, {"now": now}).rowcount
    posts, matched = conn.execute(matching_sql.COUNT_POSTS).one()
    by_role, by_method = tally(conn)
    unmatched = conn.execute(matching_sql.UNMATCHED_AUTHORS, {"sample": _UNMATCHED_SHOWN})
    report = MatchReport(
        posts=posts,
        matched_posts=matched,
        by_role=by_role,
        by_method=by_method,
        written=written,
        removed=removed,
        unmatched_authors=tuple(UnmatchedAuthor(*row) for row in unmatched),
        names=names,
    )
    conn.execute(matching_sql.DROP)
    return report


def create_workplace(conn: Connection) -> None:
    """Make the temporary tables in which the posts and their matches lie. They go with the transaction."""
    conn.execute(matching_posts_sql.CREATE_POSTS)
    conn.execute(matching_sql.CREATE_HOLDING)


def find_matches(conn: Connection) -> None:
    """Find every match that holds of the posts that lie in `matching_posts`, whosever they are."""
    conn.execute(matching_sql.FIND_AUTHORS)
    conn.execute(matching_sql.ANALYZE_HOLDING)
    conn.execute(matching_sql.FIND_MENTIONED)
    conn.execute(matching_sql.FIND_IN_FEEDS)
    conn.execute(matching_sql.ANALYZE_HOLDING)


def tally(conn: Connection) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How many matches hold, by role and by method."""
    by_role: Counter[str] = Counter()
    by_method: Counter[str] = Counter()
    for role, method, matches in conn.execute(matching_sql.TALLY):
        by_role[role] += matches
        by_method[method] += matches
    return MappingProxyType(dict(by_role)), MappingProxyType(dict(by_method))
