"""Queries for people and for decisions: previews, counts per feed, complaints of a source. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.engine import Connection

from scrape_assets.storage.schema import (
    creator_profiles,
    post_sightings,
    raw_posts,
    rejected_rows,
)


@dataclass(frozen=True)
class SourceComplaint:
    """A row by which the source said that it could not deliver, and for which input."""

    reason: str
    code: str | None
    detail: str
    input_url: str | None


def posts_by_feed(conn: Connection, snapshot_id: str) -> dict[str, int]:
    """Distinct posts of a snapshot by the feed they were found in."""
    query = (
        sa.select(post_sightings.c.feed_key, sa.func.count(post_sightings.c.post_id.distinct()).label("posts"))
        .where(post_sightings.c.snapshot_id == snapshot_id)
        .group_by(post_sightings.c.feed_key)
    )
    return {row.feed_key: row.posts for row in conn.execute(query)}


def posts_in_feeds(conn: Connection, feeds: Mapping[str, Collection[str]]) -> int:
    """Distinct posts that were found in any of these feeds: feed keys by the snapshot that saw them."""
    seen = post_sightings.c
    found = sa.or_(
        *(sa.and_(seen.snapshot_id == snapshot_id, seen.feed_key.in_(keys)) for snapshot_id, keys in feeds.items())
    )
    return int(conn.execute(sa.select(sa.func.count(seen.post_id.distinct())).where(found)).scalar_one())


def complaints(conn: Connection, snapshot_id: str) -> list[SourceComplaint]:
    """The error and warning rows of a snapshot."""
    rows = rejected_rows.c
    query = (
        sa.select(rows.reason, rows.code, rows.detail, rows.input_url)
        .where(rows.snapshot_id == snapshot_id, rows.reason.in_(("source_error", "source_warning")))
        .distinct()
        .limit(10_000)
    )
    return [SourceComplaint(*row) for row in conn.execute(query)]


def rejects_by_reason(conn: Connection, snapshot_id: str) -> list[tuple[str, str | None, int, str]]:
    """(reason, code, rows, one detail as an example), the most frequent first."""
    rows = rejected_rows.c
    query = (
        sa.select(rows.reason, rows.code, sa.func.count(), sa.func.min(rows.detail))
        .where(rows.snapshot_id == snapshot_id)
        .group_by(rows.reason, rows.code)
        .order_by(sa.func.count().desc(), rows.reason)
    )
    return [(reason, code, count, example) for reason, code, count, example in conn.execute(query)]


@dataclass(frozen=True)
class PostPreview:
    """A post as a line of a preview table."""

    posted_at: datetime | None
    kind: str
    author: str | None
    text: str | None
    like_count: int | None
    comment_count: int | None
    url: str | None


def preview_posts(conn: Connection, snapshot_id: str, limit: int = 5) -> list[PostPreview]:
    """The newest posts of a snapshot."""
    posts = raw_posts.c
    seen = sa.select(post_sightings.c.platform, post_sightings.c.post_id).where(
        post_sightings.c.snapshot_id == snapshot_id
    )
    query = (
        sa.select(
            posts.posted_at,
            posts.kind,
            sa.func.coalesce(posts.author_name, posts.author_key),
            posts.text,
            posts.like_count,
            posts.comment_count,
            posts.url,
        )
        .where(sa.tuple_(posts.platform, posts.post_id).in_(seen))
        .order_by(posts.posted_at.desc().nulls_last(), posts.post_id)
        .limit(limit)
    )
    return [PostPreview(*row) for row in conn.execute(query)]


@dataclass(frozen=True)
class ProfileCount:
    """How many are followed on a platform."""

    platform: str
    creators: int
    profiles: int


def profiles_version(conn: Connection) -> str:
    """A word that changes when, and only when, some profile or its validity changes."""
    known = creator_profiles.c
    identity = sa.func.concat_ws(
        "|",
        known.creator_id,
        known.platform,
        known.profile_key,
        known.handle,
        known.platform_user_id,
        known.valid_from,
        known.valid_to,
    )
    in_order = aggregate_order_by(sa.literal("\n"), known.profile_id)
    return str(conn.execute(sa.select(sa.func.md5(sa.func.string_agg(identity, in_order)))).scalar())


def profile_counts(conn: Connection) -> list[ProfileCount]:
    """Current profiles by platform."""
    known = creator_profiles.c
    query = (
        sa.select(known.platform, sa.func.count(known.creator_id.distinct()), sa.func.count())
        .where(known.valid_to.is_(None))
        .group_by(known.platform)
        .order_by(known.platform)
    )
    return [ProfileCount(*row) for row in conn.execute(query)]


def settled_posts(conn: Connection, platform: str, post_ids: Collection[str], older_than: datetime) -> frozenset[str]:
    """Those of some posts that are loaded and older than a moment, so that their counts hardly move."""
    posts = raw_posts.c
    query = sa.select(posts.post_id).where(
        posts.platform == platform, posts.post_id.in_(post_ids), posts.posted_at < older_than
    )
    return frozenset(conn.execute(query).scalars())
