"""Whom suggestions are made from: creators with all their names, authors whom nobody follows, and what those write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.storage.suggestions.model import Author, KnownCreator

_KNOWN = sa.text("""
SELECT creator.creator_id, creator.name,
       array_remove(array_agg(DISTINCT coalesce(profile.handle, profile.profile_key)), NULL) AS handles,
       array_remove(array_agg(DISTINCT profile.platform) FILTER (WHERE profile.valid_to IS NULL), NULL) AS platforms,
       array_remove(array_agg(DISTINCT profile.profile_url) FILTER (WHERE profile.valid_to IS NULL), NULL) AS addresses
FROM creators AS creator JOIN creator_profiles AS profile USING (creator_id)
GROUP BY creator.creator_id
HAVING bool_or(profile.valid_to IS NULL)
ORDER BY creator.creator_id
""")

# By way of the key of each author: whose posts there are, not how many, decides how long it takes.
_AUTHORS = sa.text("""
SELECT seen.platform, seen.author_key, post.author_id, post.author_handle, post.author_name, post.author_url
FROM (SELECT DISTINCT platform, author_key FROM seen_authors WHERE author_key <> '') AS seen
CROSS JOIN LATERAL (
    SELECT author_id, author_handle, author_name, author_url
    FROM raw_posts
    WHERE raw_posts.platform = seen.platform AND raw_posts.author_key = seen.author_key
    LIMIT 1
) AS post
WHERE NOT EXISTS (
    SELECT
    FROM creator_profiles AS followed
    WHERE followed.platform = seen.platform AND followed.profile_key = seen.author_key
) AND NOT EXISTS (
    SELECT
    FROM creator_profiles AS followed
    WHERE followed.platform = seen.platform AND followed.platform_user_id = post.author_id
)
""")

_TEXTS = sa.text("""
SELECT given.place, string_agg(post.text, ' ') AS said
FROM unnest(CAST(:platforms AS text[]), CAST(:keys AS text[])) WITH ORDINALITY AS given (platform, author_key, place)
CROSS JOIN LATERAL (
    SELECT text FROM raw_posts
    WHERE raw_posts.platform = given.platform AND raw_posts.author_key = given.author_key
    LIMIT :posts
) AS post
GROUP BY given.place
""")


def known_creators(conn: Connection) -> list[KnownCreator]:
    """All creators with a current profile anywhere."""
    return [
        KnownCreator(
            row.creator_id, row.name, tuple(row.handles), frozenset(row.platforms or ()), tuple(row.addresses or ())
        )
        for row in conn.execute(_KNOWN)
    ]


def unfollowed_authors(conn: Connection) -> Iterator[Author]:
    """Everybody who was ever seen to write and is no creator's account, a few thousand at a time in memory."""
    for row in conn.execution_options(yield_per=5_000).execute(_AUTHORS):
        yield Author(*row)


def said_by(conn: Connection, authors: Sequence[Author], posts: int) -> dict[int, str]:
    """What some posts of these authors say, by the author's place in the list."""
    values = {"platforms": [a.platform for a in authors], "keys": [a.author_key for a in authors], "posts": posts}
    return {row.place - 1: row.said or "" for row in conn.execute(_TEXTS, values)}
