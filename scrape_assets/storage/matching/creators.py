"""Matching creators again over everything that was ever collected, when they or their profiles have changed.

The statements are those of every matching; only which posts are concerned is another question.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from scrape_assets.storage.matching import holding_sql, posts_sql
from scrape_assets.storage.matching.names import NamesReport, learn
from scrape_assets.storage.matching.workplace import create_workplace, find_matches


@dataclass(frozen=True)
class RematchReport:
    """What matching some creators again came to."""

    posts: int  # that are theirs, or might have been
    by_role: Mapping[str, int]  # matches of these posts that hold now, of whomever
    written: int  # matches added, or made by another method
    removed: int  # matches that no longer hold
    snapshots: int  # with posts whose matches have changed
    names: NamesReport


@dataclass(frozen=True)
class Concerned:
    """What a rematch of some creators would look at. Cheap to know: no post is read."""

    profiles: int
    matches: int  # that they have now
    names: int  # under which their authors were seen, all spellings
    mentions: int
    snapshots: int  # in which their feeds were asked for


@dataclass(frozen=True)
class Affected:
    """A snapshot whose posts have other matches than when it was processed."""

    snapshot_id: str
    partition_key: str
    rematched_at: datetime
    posts: int
    written: int
    removed: int
    posts_matched: int | None  # of the snapshot, now


_PLATFORMS = text("""
SELECT platform FROM creator_profiles WHERE creator_id = ANY(:creator_ids)
UNION
SELECT platform FROM creator_content WHERE creator_id = ANY(:creator_ids)
UNION
SELECT platform FROM rematch_requests WHERE creator_id = ANY(:creator_ids)
""")

# What was asked for after this is seen by the statements after this, or stays asked for.
_TAKE_REQUESTS = text("""
DELETE FROM rematch_requests WHERE creator_id = ANY(:creator_ids) AND platform = ANY(:platforms)
""")

_EMPTY = text("TRUNCATE matching_posts")

_MATCHED_BEFORE = text("""
CREATE TEMPORARY TABLE matching_before ON COMMIT DROP AS
SELECT DISTINCT platform, post_id FROM matching_posts JOIN creator_content USING (platform, post_id)
""")

_ANALYZE_CHANGES = text("ANALYZE matching_changes, matching_before")

_NOTE_SNAPSHOTS = text("""
WITH post AS (
    SELECT platform, post_id, sum(written) AS written, sum(removed) AS removed
    FROM matching_changes
    GROUP BY platform, post_id
), seen AS (
    SELECT DISTINCT sighting.snapshot_id, post.*
    FROM post JOIN post_sightings AS sighting USING (platform, post_id)
), counted AS (
    SELECT seen.snapshot_id, count(*) AS posts, sum(seen.written) AS written, sum(seen.removed) AS removed,
           count(*) FILTER (WHERE after) - count(*) FILTER (WHERE before) AS more_matched
    FROM seen
    CROSS JOIN LATERAL (
        SELECT EXISTS (
                   SELECT FROM creator_content AS one
                   WHERE one.platform = seen.platform AND one.post_id = seen.post_id
               ) AS after,
               EXISTS (
                   SELECT FROM matching_before AS one
                   WHERE one.platform = seen.platform AND one.post_id = seen.post_id
               ) AS before
    ) AS matched
    GROUP BY seen.snapshot_id
), corrected AS (
    -- those in work count for themselves in a moment, and are another's to lock
    UPDATE snapshots
    SET posts_matched = greatest(0, least(posts_retrieved, posts_matched + more_matched))
    FROM counted
    WHERE snapshots.snapshot_id = counted.snapshot_id AND more_matched <> 0
      AND status = 'processed' AND posts_matched IS NOT NULL
)
INSERT INTO rematched_snapshots AS known (snapshot_id, rematched_at, posts, written, removed)
SELECT snapshot_id, CAST(:now AS timestamptz), posts, written, removed
FROM counted
ON CONFLICT (snapshot_id) DO UPDATE SET
    rematched_at = excluded.rematched_at,
    posts = excluded.posts + CASE WHEN known.shown THEN 0 ELSE known.posts END,
    written = excluded.written + CASE WHEN known.shown THEN 0 ELSE known.written END,
    removed = excluded.removed + CASE WHEN known.shown THEN 0 ELSE known.removed END,
    shown = false
""")

_COUNT_POSTS = text("SELECT count(*) FROM matching_posts")
_TALLY = text("SELECT role, count(*) AS matches FROM matching_holding GROUP BY role ORDER BY role")

_DROP = text("DROP TABLE matching_posts, matching_holding, matching_changes, matching_before")


def rematch_creators(
    conn: Connection, creator_ids: Sequence[str], now: datetime, *, platform: str | None = None
) -> RematchReport:
    """Match all that was ever collected of some creators anew, in the caller's transaction.

    Reads what indexes lead to, so it takes as long as they have posts, however many others there are. Asks no source.
    Snapshots whose posts have other matches now are noted in `rematched_snapshots`, and their counts put right.

    Args:
        conn: in a transaction of this rematch alone.
        creator_ids: of creators, who need not exist any more. Some dozens at once; there is one transaction for all.
        now: becomes `matched_at` of what is written.
        platform: only on this platform.
    """
    whose: dict[str, object] = {"creator_ids": list(creator_ids)}
    platforms = [platform] if platform else list(conn.execute(_PLATFORMS, whose).scalars())
    whose["platforms"] = platforms
    conn.execute(posts_sql.LOCK_OF_CREATORS, whose)
    conn.execute(_TAKE_REQUESTS, whose)
    create_workplace(conn)
    conn.execute(holding_sql.CREATE_CHANGES)
    _find_posts(conn, whose)
    names = learn(conn, now)
    if names.ids_learnt or names.new_names:  # which lead to more posts
        conn.execute(_TAKE_REQUESTS, whose)
        conn.execute(_EMPTY)
        _find_posts(conn, whose)
    conn.execute(_MATCHED_BEFORE)
    find_matches(conn)
    removed = conn.execute(holding_sql.REMOVE_AND_NOTE).rowcount
    written = conn.execute(holding_sql.WRITE_AND_NOTE, {"now": now}).rowcount
    conn.execute(_ANALYZE_CHANGES)
    snapshots = conn.execute(_NOTE_SNAPSHOTS, {"now": now}).rowcount
    posts: int = conn.execute(_COUNT_POSTS).scalar_one()
    by_role = {one.role: one.matches for one in conn.execute(_TALLY)}
    conn.execute(_DROP)
    return RematchReport(posts, by_role, written, removed, snapshots, names)


def _find_posts(conn: Connection, whose: Mapping[str, object]) -> None:
    conn.execute(posts_sql.BY_INDEX)
    conn.execute(posts_sql.FIND_POSTS_OF_CREATORS, whose)
    conn.execute(posts_sql.HASHING)
    conn.execute(posts_sql.ANALYZE_POSTS)


def added_up(reports: Collection[RematchReport]) -> RematchReport:
    """Several rematches as one. A snapshot that several have changed counts in each."""
    by_role: Counter[str] = Counter()
    for one in reports:
        by_role.update(one.by_role)
    return RematchReport(
        posts=sum(one.posts for one in reports),
        by_role=dict(by_role),
        written=sum(one.written for one in reports),
        removed=sum(one.removed for one in reports),
        snapshots=sum(one.snapshots for one in reports),
        names=NamesReport(
            learnt_in=tuple(snapshot_id for one in reports for snapshot_id in one.names.learnt_in),
            new_names=tuple(name for one in reports for name in one.names.new_names),
        ),
    )


_CONCERNED = text("""
WITH profile AS MATERIALIZED (
    SELECT DISTINCT creator_id, platform, profile_key, handle, platform_user_id
    FROM creator_profiles
    WHERE creator_id = ANY(:creator_ids) AND (CAST(:platform AS text) IS NULL OR platform = :platform)
), name AS (
    SELECT seen.platform, seen.author_key, seen.author_id, seen.author_handle
    FROM profile JOIN seen_authors AS seen
      ON seen.platform = profile.platform AND seen.author_key = profile.profile_key
  UNION
    SELECT seen.platform, seen.author_key, seen.author_id, seen.author_handle
    FROM profile JOIN seen_authors AS seen
      ON seen.platform = profile.platform AND seen.author_id = profile.platform_user_id AND seen.author_id <> ''
)
SELECT (SELECT count(*) FROM profile) AS profiles,
       (
           SELECT count(*)
           FROM creator_content
           WHERE creator_id = ANY(:creator_ids) AND (CAST(:platform AS text) IS NULL OR platform = :platform)
       ) AS matches,
       (SELECT count(*) FROM name) AS names,
       (SELECT count(*) FROM profile JOIN seen_mentions USING (platform, profile_key)) AS mentions,
       (
           SELECT count(DISTINCT seen.snapshot_id)
           FROM profile JOIN seen_feeds AS seen
             ON seen.platform = profile.platform AND seen.feed_key = profile.profile_key
       ) AS snapshots
""")


def concerned(conn: Connection, creator_ids: Sequence[str], platform: str | None = None) -> Concerned:
    """What a rematch of these creators would look at."""
    found = conn.execute(_CONCERNED, {"creator_ids": list(creator_ids), "platform": platform})
    return Concerned(*found.one())


_CHANGED = text("""
SELECT creator_id FROM rematch_requests GROUP BY creator_id ORDER BY min(request_id) LIMIT :most
""")

_FOLLOWED = text("""
SELECT DISTINCT creator_id
FROM creator_profiles
WHERE CAST(:platform AS text) IS NULL OR platform = :platform
ORDER BY creator_id
""")


def changed_creators(conn: Connection, most: int) -> list[str]:
    """Those whose profiles have changed since they were last matched, the longest waiting first."""
    return list(conn.execute(_CHANGED, {"most": most}).scalars())


def ask_for_rematch(conn: Connection, creator_id: str) -> list[str]:
    """Let a creator be matched again by whoever does that next, as if the profiles had changed.

    Returns:
        The platforms on which there is something to match.
    """
    platforms = sorted(conn.execute(_PLATFORMS, {"creator_ids": [creator_id]}).scalars())
    asked = text("""
        INSERT INTO rematch_requests (creator_id, platform)
        SELECT :creator_id, platform FROM unnest(CAST(:on AS text[])) AS place (platform)
        WHERE NOT EXISTS (
            SELECT FROM rematch_requests AS known
            WHERE known.creator_id = :creator_id AND known.platform = place.platform
        )
    """)
    conn.execute(asked, {"creator_id": creator_id, "on": platforms})
    return platforms


def count_changed(conn: Connection) -> int:
    """How many creators wait to be matched again."""
    return int(conn.execute(text("SELECT count(DISTINCT creator_id) FROM rematch_requests")).scalar_one())


def followed_creators(conn: Connection, platform: str | None = None) -> list[str]:
    """All creators with a profile, at present or formerly, on a platform or on any."""
    return list(conn.execute(_FOLLOWED, {"platform": platform}).scalars())


_TAKE_AFFECTED = text("""
WITH next AS (
    SELECT snapshot_id
    FROM rematched_snapshots
    WHERE NOT shown
    ORDER BY rematched_at, snapshot_id
    LIMIT :most
    FOR UPDATE SKIP LOCKED
)
UPDATE rematched_snapshots AS affected
SET shown = true
FROM next JOIN snapshots USING (snapshot_id)
WHERE affected.snapshot_id = next.snapshot_id
RETURNING affected.snapshot_id, snapshots.partition_key, affected.rematched_at, affected.posts, affected.written,
          affected.removed, snapshots.posts_matched
""")


def take_affected(conn: Connection, most: int) -> list[Affected]:
    """Snapshots whose matches have changed and whose partitions do not show it yet. Each is given once."""
    found = [Affected(*row) for row in conn.execute(_TAKE_AFFECTED, {"most": most})]
    return sorted(found, key=lambda one: (one.rematched_at, one.snapshot_id))
