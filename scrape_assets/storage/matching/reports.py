"""What matching some snapshots came to, snapshot by snapshot, counted while the posts still lie in the workplace."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, text

from scrape_assets.storage.matching.names import NamesReport

_UNMATCHED_SHOWN = 10
_PREVIEWED = 5


@dataclass(frozen=True)
class UnmatchedAuthor:
    """Somebody who wrote posts and is no known creator."""

    author_key: str | None  # None: the source named nobody
    author_name: str | None
    author_url: str | None
    posts: int


@dataclass(frozen=True)
class MatchPreview:
    """A match as a line of a preview table."""

    creator: str
    role: str
    method: str
    confidence: float
    posted_at: datetime | None
    text: str | None


@dataclass(frozen=True)
class MatchReport:
    """How the posts of a snapshot are matched now, and what had to be changed for that.

    A post of several snapshots that were matched together counts as found in each; what had to be changed for it, and
    what was learnt from it, counts for the first.
    """

    posts: int
    matched_posts: int  # with at least one match of any role
    by_role: Mapping[str, int]  # matches, all that hold now
    by_method: Mapping[str, int]
    written: int  # matches added, or made by a better method
    removed: int  # matches that no longer hold
    unmatched_authors: tuple[UnmatchedAuthor, ...]  # those of most posts first, at most 10
    names: NamesReport  # what was learnt of names on the way
    preview: tuple[MatchPreview, ...]  # the newest matches, authors first, at most 5


_COUNT_POSTS = text("""
SELECT seen.snapshot_id, count(*) AS posts, count(held.post_id) AS matched
FROM matching_seen AS seen
JOIN matching_posts USING (platform, post_id)
LEFT JOIN (SELECT DISTINCT platform, post_id FROM matching_holding) AS held USING (platform, post_id)
GROUP BY seen.snapshot_id
""")

_TALLY = text("""
SELECT snapshot_id, role, method, count(*) AS matches
FROM matching_seen JOIN matching_holding USING (platform, post_id)
GROUP BY snapshot_id, role, method
ORDER BY snapshot_id, role, method
""")

# By its key, one after the other: the planner, which thinks of a third of all, would rather read the whole table.
_KNOWN_OF = """
SELECT author_name, author_url, posted_at, text
FROM raw_posts
WHERE raw_posts.platform = {0}.platform AND raw_posts.post_id = {0}.post_id
LIMIT 1
"""

_UNMATCHED_AUTHORS = text(f"""
WITH nobodys AS MATERIALIZED (
    SELECT platform, post_id, author_key
    FROM matching_posts AS post
    WHERE NOT EXISTS (
        SELECT
        FROM matching_holding AS holding
        WHERE holding.platform = post.platform
          AND holding.post_id = post.post_id
          AND holding.role IN ('author', 'reposter')
    )
)
SELECT snapshot_id, author_key, author_name, author_url, posts
FROM (
    SELECT seen.snapshot_id, nobodys.author_key, min(raw.author_name) AS author_name,
           min(raw.author_url) AS author_url, count(*) AS posts,
           row_number() OVER (PARTITION BY seen.snapshot_id ORDER BY count(*) DESC, nobodys.author_key) AS place
    FROM matching_seen AS seen
    JOIN nobodys USING (platform, post_id)
    CROSS JOIN LATERAL ({_KNOWN_OF.format("seen")}) AS raw
    GROUP BY seen.snapshot_id, nobodys.author_key
) AS ranked
WHERE place <= :sample
ORDER BY snapshot_id, place
""")  # noqa: S608

_PREVIEW = text(f"""
SELECT ranked.snapshot_id, creators.name, role, method, confidence, raw.posted_at, raw.text
FROM (
    SELECT seen.snapshot_id, holding.*, row_number() OVER (
        PARTITION BY seen.snapshot_id
        ORDER BY holding.role <> 'author', post.posted_at DESC, holding.post_id, holding.creator_id
    ) AS place
    FROM matching_seen AS seen
    JOIN matching_posts AS post USING (platform, post_id)
    JOIN matching_holding AS holding USING (platform, post_id)
) AS ranked
JOIN creators USING (creator_id)
CROSS JOIN LATERAL ({_KNOWN_OF.format("ranked")}) AS raw
WHERE place <= :sample
ORDER BY ranked.snapshot_id, place
""")  # noqa: S608


def report_each(
    conn: Connection,
    snapshot_ids: Sequence[str],
    *,
    names: NamesReport,
    removed: Mapping[str, int],
    written: Mapping[str, int],
) -> Mapping[str, MatchReport]:
    """Count what each snapshot came to.

    Args:
        conn: in the transaction in which they were matched.
        snapshot_ids: all of those matched together.
        names: what was learnt of all.
        removed: matches, by snapshot.
        written: matches, by snapshot.
    """
    counted = {one.snapshot_id: (one.posts, one.matched) for one in conn.execute(_COUNT_POSTS)}
    by_role: defaultdict[str, Counter[str]] = defaultdict(Counter)
    by_method: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for snapshot_id, role, method, matches in conn.execute(_TALLY):
        by_role[snapshot_id][role] += matches
        by_method[snapshot_id][method] += matches
    unmatched: defaultdict[str, list[UnmatchedAuthor]] = defaultdict(list)
    for snapshot_id, *author in conn.execute(_UNMATCHED_AUTHORS, {"sample": _UNMATCHED_SHOWN}):
        unmatched[snapshot_id].append(UnmatchedAuthor(*author))
    preview: defaultdict[str, list[MatchPreview]] = defaultdict(list)
    for snapshot_id, *match in conn.execute(_PREVIEW, {"sample": _PREVIEWED}):
        preview[snapshot_id].append(MatchPreview(*match))
    reports: dict[str, MatchReport] = {}
    for snapshot_id in snapshot_ids:
        posts, matched = counted.get(snapshot_id, (0, 0))
        reports[snapshot_id] = MatchReport(
            posts=posts,
            matched_posts=matched,
            by_role=MappingProxyType(dict(by_role[snapshot_id])),
            by_method=MappingProxyType(dict(by_method[snapshot_id])),
            written=written.get(snapshot_id, 0),
            removed=removed.get(snapshot_id, 0),
            unmatched_authors=tuple(unmatched[snapshot_id]),
            names=names.of(snapshot_id),
            preview=tuple(preview[snapshot_id]),
        )
    return reports
