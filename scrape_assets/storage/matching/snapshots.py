"""Who wrote, reposted, was tagged or mentioned in the posts of snapshots.

The statements lie in `posts_sql` and `holding_sql`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from scrape_assets.storage.matching import holding_sql, posts_sql
from scrape_assets.storage.matching.names import learn, remember
from scrape_assets.storage.matching.reports import MatchReport, report_each
from scrape_assets.storage.matching.workplace import create_workplace, find_matches


def match_snapshots(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Mapping[str, MatchReport]:
    """Match the posts seen in some snapshots with creators, in the caller's transaction; a report each.

    Roles: `author`, or `reposter` of a repost, by platform user id, else by the handle, else by the profile's key,
    both valid when it was posted, and none of the two where the user id is known to be another; `tagged` or, where
    only the text names them, `mentioned`; and `found_in_feed` for the owner of a feed who did not write what was found
    in it. How sure each method is stands in `holding_sql.CONFIDENCE`. A post without a posting time is judged by the
    time of its collection.

    User ids that the posts make certain are learnt before, and changes of name recorded: see `names`.
    Matching again changes nothing, not even `matched_at`. Matches of these posts that no longer hold are removed.

    Much of what it costs is the same for one snapshot and for some dozens.
    """
    which = {"snapshot_ids": list(snapshot_ids)}
    conn.execute(posts_sql.LOCK, which)
    create_workplace(conn)
    conn.execute(posts_sql.FIND_SEEN, which)
    conn.execute(posts_sql.ANALYZE_SEEN)
    conn.execute(posts_sql.FIND_POSTS)
    conn.execute(posts_sql.ANALYZE_POSTS)
    remember(conn, snapshot_ids)
    names = learn(conn, now)
    find_matches(conn)
    removed = conn.execute(holding_sql.REMOVE_AND_COUNT)
    written = conn.execute(holding_sql.WRITE_AND_COUNT, {"now": now})
    reports = report_each(
        conn,
        snapshot_ids,
        names=names,
        removed={one.snapshot_id: one.matches for one in removed},
        written={one.snapshot_id: one.matches for one in written},
    )
    conn.execute(holding_sql.DROP)
    conn.execute(posts_sql.DROP_SEEN)
    return reports


def match_snapshot(conn: Connection, snapshot_id: str, now: datetime) -> MatchReport:
    """Match the posts seen in one snapshot; see `match_snapshots`."""
    return match_snapshots(conn, [snapshot_id], now)[snapshot_id]
