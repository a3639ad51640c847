"""Suggestions of who may be whom: what they are made from, kept, read and decided. Nothing is compared here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.storage.schema import creator_suggestions, creators

_row = creator_suggestions.c


class Kind(StrEnum):
    """What is suggested."""

    PROFILE = "profile"  # somebody who writes on a platform may be a creator who is followed elsewhere
    SAME_PERSON = "same_person"  # two creators may be one


class Standing(StrEnum):
    """What a person has said of it."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class KnownCreator:
    """A creator with all names and profiles."""

    creator_id: str
    name: str
    handles: tuple[str, ...]
    platforms: frozenset[str]  # of current profiles
    addresses: tuple[str, ...]  # of current profiles


@dataclass(frozen=True)
class Author:
    """Somebody who writes, and whom nobody follows there."""

    platform: str
    author_key: str
    author_id: str | None
    author_handle: str | None
    author_name: str | None
    author_url: str | None


@dataclass(frozen=True)
class NewSuggestion:
    """What may be so, and why."""

    kind: Kind
    creator_id: str
    score: float  # from 0 to 1
    reasons: tuple[str, ...]  # sentences
    other_creator_id: str | None = None  # same_person
    author: Author | None = None  # profile


@dataclass(frozen=True)
class Suggestion:
    """A suggestion as it is kept."""

    suggestion_id: int
    kind: Kind
    creator_id: str
    creator_name: str
    other_creator_id: str | None
    other_creator_name: str | None
    platform: str  # "" for same_person, as the next
    author_key: str
    author_id: str | None
    author_handle: str | None
    author_name: str | None
    author_url: str | None
    score: float
    reasons: tuple[str, ...]
    status: Standing
    suggested_at: datetime
    decided_at: datetime | None
    decided_by: str | None


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

_DECIDED = sa.text("""
SELECT creator_id, kind, coalesce(other_creator_id, ''), platform, author_key, coalesce(author_id, '')
FROM creator_suggestions
WHERE status <> 'open'
""")

_OFFERED = """
CREATE TEMPORARY TABLE offered ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(CAST(:offered AS jsonb)) AS one (
    kind text, creator_id text, other_creator_id text, platform text, author_key text, author_id text,
    author_handle text, author_name text, author_url text, score double precision, reasons jsonb
)
"""
_TO_ONE = """
    known.kind = offered.kind AND known.creator_id = offered.creator_id AND known.platform = offered.platform
    AND known.author_key = offered.author_key AND known.other_creator_id IS NOT DISTINCT FROM offered.other_creator_id
"""
_WITHDRAW = sa.text(f"""
DELETE FROM creator_suggestions AS known
WHERE status = 'open' AND NOT EXISTS (SELECT FROM offered WHERE {_TO_ONE})
""")  # noqa: S608
_CHANGE = sa.text(f"""
UPDATE creator_suggestions AS known
SET score = offered.score, reasons = offered.reasons, author_id = offered.author_id,
    author_handle = offered.author_handle, author_name = offered.author_name, author_url = offered.author_url
FROM offered
WHERE status = 'open' AND {_TO_ONE} AND (
    known.score, known.reasons, known.author_id, known.author_handle, known.author_name, known.author_url
) IS DISTINCT FROM (
    offered.score, offered.reasons, offered.author_id, offered.author_handle, offered.author_name, offered.author_url
)
""")  # noqa: S608
_ADD = sa.text(f"""
INSERT INTO creator_suggestions (kind, creator_id, other_creator_id, platform, author_key, author_id, author_handle,
    author_name, author_url, score, reasons, suggested_at)
SELECT kind, creator_id, other_creator_id, platform, author_key, author_id, author_handle,
    author_name, author_url, score, reasons, CAST(:now AS timestamptz)
FROM offered
JOIN creators USING (creator_id)
WHERE NOT EXISTS (SELECT FROM creator_suggestions AS known WHERE {_TO_ONE})
ORDER BY score DESC, creator_id, platform, author_key  -- and so their numbers, which order those that are as likely
ON CONFLICT DO NOTHING
""")  # noqa: S608
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('scrape_assets.suggestions'), 0)"


@dataclass(frozen=True)
class Refreshed:
    """What a refresh has changed."""

    new: int
    changed: int
    withdrawn: int  # open ones that no longer hold


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


def decided(conn: Connection) -> set[tuple[str, ...]]:
    """Creator, kind, other creator, platform and name of what a person has decided: by key, and by id."""
    names: set[tuple[str, ...]] = set()
    for creator_id, kind, other, platform, key, author_id in conn.execute(_DECIDED):
        names.add((creator_id, kind, other, platform, key))
        if author_id:
            names.add((creator_id, kind, other, platform, f"id:{author_id}"))
    return names


def renew(conn: Connection, found: Sequence[NewSuggestion], now: datetime) -> Refreshed:
    """Let the open suggestions be these, in the caller's transaction. What was decided stays as it is."""
    conn.exec_driver_sql(_ONE_AT_A_TIME)
    offered = [
        {
            "kind": one.kind,
            "creator_id": one.creator_id,
            "other_creator_id": one.other_creator_id,
            "platform": "",
            "author_key": "",
            **(asdict(one.author) if one.author else {}),
            "score": one.score,
            "reasons": one.reasons,
        }
        for one in found
    ]
    conn.execute(sa.text(_OFFERED), {"offered": json.dumps(offered)})
    withdrawn = conn.execute(_WITHDRAW).rowcount
    changed = conn.execute(_CHANGE).rowcount
    new = conn.execute(_ADD, {"now": now}).rowcount
    conn.exec_driver_sql("DROP TABLE offered")
    return Refreshed(new, changed, withdrawn)


def find_suggestions(
    conn: Connection,
    *,
    status: Standing | None = None,
    kind: Kind | None = None,
    platform: str | None = None,
    creator_id: str | None = None,
    at_least: float = 0,
    after: tuple[float, int] | None = None,
    limit: int = 50,
) -> list[Suggestion]:
    """Suggestions, the likeliest first.

    Args:
        conn: for reading.
        status, kind, platform, creator_id: where given, only those.
        at_least: of this score or more.
        after: score and id of the last one that was seen.
        limit: at the most.
    """
    where: list[sa.ColumnElement[bool]] = [_row.score >= at_least]
    if status is not None:
        where.append(_row.status == status)
    if kind is not None:
        where.append(_row.kind == kind)
    if platform is not None:
        where.append(_row.platform == platform)
    if creator_id is not None:
        where.append(sa.or_(_row.creator_id == creator_id, _row.other_creator_id == creator_id))
    if after is not None:
        score, suggestion_id = after
        where.append(sa.or_(_row.score < score, sa.and_(_row.score == score, _row.suggestion_id > suggestion_id)))
    query = _all().where(*where).order_by(_row.score.desc(), _row.suggestion_id).limit(limit)
    return [_read(row) for row in conn.execute(query)]


def get_suggestion(conn: Connection, suggestion_id: int, *, hold: bool = False) -> Suggestion | None:
    """One suggestion; held against others who would decide it, until the transaction ends."""
    query = _all().where(_row.suggestion_id == suggestion_id)
    if hold:
        query = query.with_for_update(of=creator_suggestions)
    row = conn.execute(query).one_or_none()
    return _read(row) if row else None


def count_by_status(conn: Connection) -> dict[Standing, int]:
    """How many there are of each, zero included."""
    counted = sa.select(_row.status, sa.func.count()).group_by(_row.status)
    found: dict[str, int] = {row.status: row[1] for row in conn.execute(counted)}
    return {status: found.get(status, 0) for status in Standing}


def decide(conn: Connection, suggestion_id: int, status: Standing, *, by: str, now: datetime) -> None:
    """Write down what a person has said."""
    said = {"status": status, "decided_at": now, "decided_by": by}
    conn.execute(sa.update(creator_suggestions).where(_row.suggestion_id == suggestion_id).values(said))


_FIRST_POST = sa.text("""
SELECT min(coalesce(posted_at, collected_at)) FROM raw_posts WHERE platform = :platform AND author_key = :author_key
""")
_VALID_FROM = sa.text("""
UPDATE creator_profiles
SET valid_from = greatest(valid_from, CAST(:moment AS timestamptz)),
    platform_user_id = coalesce(platform_user_id, :author_id)
WHERE creator_id = :creator_id AND platform = :platform AND profile_key = :author_key AND valid_to IS NULL
""")
_HAND_OVER = sa.text("UPDATE creator_profiles SET creator_id = :creator_id WHERE creator_id = :other_creator_id")


def hold_from_first_post(conn: Connection, creator_id: str, author: Author) -> None:
    """Let a profile just written hold from the author's first post that is known: before, the name may be another's."""
    first = conn.scalar(_FIRST_POST, {"platform": author.platform, "author_key": author.author_key})
    conn.execute(
        _VALID_FROM,
        {
            "moment": first,
            "author_id": author.author_id,
            "creator_id": creator_id,
            "platform": author.platform,
            "author_key": author.author_key,
        },
    )


def hand_over_profiles(conn: Connection, creator_id: str, other_creator_id: str) -> int:
    """Make one creator's profiles another's, those with an end included, and say how many."""
    values = {"creator_id": creator_id, "other_creator_id": other_creator_id}
    return conn.execute(_HAND_OVER, values).rowcount


def _all() -> sa.Select[Any]:
    other = creators.alias("other_creator")
    return (
        sa.select(creator_suggestions, creators.c.name.label("creator_name"), other.c.name.label("other_creator_name"))
        .join_from(creator_suggestions, creators, _row.creator_id == creators.c.creator_id)
        .outerjoin(other, _row.other_creator_id == other.c.creator_id)
    )


def _read(row: sa.Row[Any]) -> Suggestion:
    values = dict(row._mapping)
    values["kind"], values["status"] = Kind(values["kind"]), Standing(values["status"])
    values["reasons"] = tuple(values["reasons"])
    return Suggestion(**values)
