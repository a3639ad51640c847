"""Questions about the quality of what snapshots delivered, one query each. No thresholds, no verdicts."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.storage.coverage import Coverage
from scrape_assets.storage.schema import creator_content, post_sightings, raw_posts, snapshots


def _seen(snapshot_ids: Sequence[str]) -> sa.Select[tuple[str, str]]:
    """The distinct posts that these snapshots delivered."""
    return (
        sa.select(post_sightings.c.platform, post_sightings.c.post_id)
        .where(post_sightings.c.snapshot_id.in_(snapshot_ids))
        .distinct()
    )


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
    posts = raw_posts.c
    count = sa.func.count
    nothing = sa.and_(posts.text.is_(None), posts.title.is_(None), posts.media.is_(None))
    query = sa.select(
        count(),
        count().filter(posts.posted_at.is_(None)),
        count().filter(posts.author_key.is_(None), posts.author_name.is_(None)),
        count().filter(posts.url.is_(None)),
        count().filter(nothing),
    ).where(sa.tuple_(posts.platform, posts.post_id).in_(_seen(snapshot_ids)))
    return FieldCoverage(*conn.execute(query).one())


def same_url_twice(conn: Connection, snapshot_ids: Sequence[str], limit: int = 10) -> list[tuple[str, int]]:
    """(URL, posts) for URLs that more than one post id of these snapshots carries."""
    posts = raw_posts.c
    query = (
        sa.select(posts.url, sa.func.count())
        .where(sa.tuple_(posts.platform, posts.post_id).in_(_seen(snapshot_ids)), posts.url.is_not(None))
        .group_by(posts.platform, posts.url)
        .having(sa.func.count() > 1)
        .order_by(sa.func.count().desc())
        .limit(limit)
    )
    return [(url, count) for url, count in conn.execute(query)]


def implausible_times(
    conn: Connection, snapshot_ids: Sequence[str], limit: int = 10
) -> list[tuple[str, datetime, datetime]]:
    """(post id, posted, collected) of posts dated after they were collected, or before social media existed."""
    posts = raw_posts.c
    query = (
        sa.select(posts.post_id, posts.posted_at, posts.collected_at)
        .where(
            sa.tuple_(posts.platform, posts.post_id).in_(_seen(snapshot_ids)),
            sa.or_(
                posts.posted_at > posts.collected_at + timedelta(hours=1),
                posts.posted_at < sa.literal("1990-01-01", sa.Text).cast(sa.DateTime(timezone=True)),
            ),
        )
        .limit(limit)
    )
    return [(post_id, posted, collected) for post_id, posted, collected in conn.execute(query)]


@dataclass(frozen=True)
class Delivery:
    """What the vendor announced for a snapshot and what came."""

    snapshot_id: str
    payload_rows: int
    rows_rejected: int
    vendor_records: int | None
    complaints: int  # error and warning rows


def deliveries(conn: Connection, snapshot_ids: Sequence[str]) -> list[Delivery]:
    """What came of each snapshot that has been loaded."""
    query = sa.text(
        """
        SELECT s.snapshot_id, s.payload_rows, s.rows_rejected, s.vendor_records,
               (SELECT count(*)
                FROM rejected_rows r
                WHERE r.snapshot_id = s.snapshot_id AND r.reason IN ('source_error', 'source_warning')) AS complaints
        FROM snapshots s
        WHERE s.snapshot_id = ANY(:ids) AND s.loaded_at IS NOT NULL AND s.payload_rows IS NOT NULL
        ORDER BY s.snapshot_id
        """
    )
    return [Delivery(*row) for row in conn.execute(query, {"ids": list(snapshot_ids)})]


@dataclass(frozen=True)
class MatchRate:
    """The share of posts that belong to a creator, and what it usually is."""

    posts: int
    matched: int
    trailing_median: float | None  # None: too few earlier snapshots to know
    earlier: int  # snapshots that the median stands on


def match_rate(conn: Connection, snapshot_ids: Sequence[str], now: datetime, days: int = 28) -> MatchRate:
    """Match rate of these snapshots against the median over the snapshots of the days before."""
    own = snapshots.c.snapshot_id.in_(snapshot_ids)
    total = sa.select(
        sa.func.coalesce(sa.func.sum(snapshots.c.posts_retrieved), 0),
        sa.func.coalesce(sa.func.sum(snapshots.c.posts_matched), 0),
    ).where(own)
    posts, matched = conn.execute(total).one()
    rate = sa.cast(snapshots.c.posts_matched, sa.Double) / snapshots.c.posts_retrieved
    trailing = sa.select(sa.func.percentile_cont(0.5).within_group(rate), sa.func.count()).where(
        sa.not_(own), snapshots.c.posts_retrieved > 0, snapshots.c.matched_at > now - timedelta(days=days)
    )
    median, earlier = conn.execute(trailing).one()
    return MatchRate(posts, matched, median, earlier)


def posts_with_two_authors(
    conn: Connection, snapshot_ids: Sequence[str], limit: int = 10
) -> list[tuple[str, str, list[str]]]:
    """(platform, post id, creators) of posts that are matched to more than one author."""
    matches = creator_content.c
    query = (
        sa.select(matches.platform, matches.post_id, sa.func.array_agg(matches.creator_id))
        .where(sa.tuple_(matches.platform, matches.post_id).in_(_seen(snapshot_ids)), matches.role == "author")
        .group_by(matches.platform, matches.post_id)
        .having(sa.func.count() > 1)
        .limit(limit)
    )
    return [(platform, post_id, creators) for platform, post_id, creators in conn.execute(query)]


def orphans(conn: Connection, snapshot_ids: Sequence[str]) -> int:
    """Matches of these snapshots whose post does not exist."""
    matches, posts = creator_content.c, raw_posts.c
    exists = sa.exists().where(posts.platform == matches.platform, posts.post_id == matches.post_id)
    query = (
        sa.select(sa.func.count())
        .select_from(creator_content)
        .where(matches.snapshot_id.in_(snapshot_ids), sa.not_(exists))
    )
    return int(conn.execute(query).scalar_one())


@dataclass(frozen=True)
class Drift:
    """How the fields of one source's posts are filled, against what is usual there."""

    of: str  # "linkedin by brightdata"
    posts: int
    shares: dict[str, float]  # of the posts, by field
    usual: dict[str, float]  # medians of the earlier snapshots; empty when there are too few
    new_keys: tuple[str, ...]  # of the records, that none of the earlier had
    vanished_keys: tuple[str, ...]  # that every one of the earlier had


EARLIER_AT_LEAST = 3


def drifts(conn: Connection, snapshot_ids: Sequence[str], now: datetime, days: int = 28) -> list[Drift]:
    """Compare snapshots, by source and dataset, with at most 50 of the days before."""
    columns = snapshots.c
    of = (columns.platform, columns.source, columns.dataset_id)
    own = sa.select(*of, columns.coverage).where(columns.snapshot_id.in_(snapshot_ids), columns.coverage.is_not(None))
    groups: dict[tuple[str, str, str | None], list[Coverage]] = {}
    for platform, source, dataset, given in conn.execute(own):
        groups.setdefault((platform, source, dataset), []).append(Coverage.of_json(given))
    found = []
    for (platform, source, dataset), mine in groups.items():
        earlier = (
            sa.select(columns.coverage)
            .where(
                columns.platform == platform,
                columns.source == source,
                columns.dataset_id.is_not_distinct_from(dataset),
                columns.snapshot_id.not_in(snapshot_ids),
                columns.coverage.is_not(None),
                columns.posts_retrieved > 0,
                columns.loaded_at > now - timedelta(days=days),
            )
            .order_by(columns.loaded_at.desc())
            .limit(50)
        )
        before = [Coverage.of_json(given) for given in conn.execute(earlier).scalars()]
        found.append(_drift(f"{platform} by {source}", mine, before))
    return found


def _drift(of: str, mine: Sequence[Coverage], before: Sequence[Coverage]) -> Drift:
    together = Coverage()
    for one in mine:
        together.add(one.posts, one.filled)
        together.add_keys(one.looked_at, one.keys)
    enough = len(before) >= EARLIER_AT_LEAST
    fields = set[str]().union(*(one.filled for one in before)) if enough else set()
    known = set[str]().union(*(one.keys for one in before)) if enough else set(together.keys)
    always = set[str].intersection(*(set(one.keys) for one in before if one.looked_at)) if enough else set()
    return Drift(
        of,
        together.posts,
        together.shares,
        {name: statistics.median(one.shares.get(name, 0.0) for one in before) for name in sorted(fields)},
        tuple(sorted(set(together.keys) - known)),
        tuple(sorted(always - set(together.keys))) if together.looked_at else (),
    )
