"""Who is meant by a creator's id, a platform's account or a post: every name by which their rows are known."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.storage.pseudonyms import Pseudonyms

# Shorter names stand in too many texts by chance.
SHORTEST_NAME = 3


class Ambiguous(Exception):
    """The name is, or was, more than one person's."""


@dataclass(frozen=True)
class Account:
    """One person's account on a platform, by every name that it has been seen under."""

    platform: str
    keys: frozenset[str] = frozenset()  # identity keys of profiles
    ids: frozenset[str] = frozenset()  # the platform's stable ids
    handles: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()  # of the keys, those that were others' too: they name nobody by themselves

    @property
    def words(self) -> list[str]:
        """What a text that names the account has in it: in an address and in JSON a letter may be written otherwise."""
        names = {key.rsplit("/", 1)[-1] for key in self.keys - self.shared} | self.ids | self.handles
        long_enough = {name for name in names if len(name) >= SHORTEST_NAME}
        return sorted(long_enough | set(map(quote, long_enough)) | {json.dumps(name)[1:-1] for name in long_enough})

    def is_named_in(self, text: str | None) -> bool:
        """Whether an address, or any text, names the account: as a word of its own."""
        return bool(text and self._pattern and re.search(self._pattern, text, re.IGNORECASE))

    def without_addresses(self, value: object) -> object:
        """JSON without the account's addresses and ids: null in their place, or out of the list. Texts stay."""
        match value:
            case dict():
                return {name: self.without_addresses(one) for name, one in value.items()}
            case list():
                kept = (self.without_addresses(one) for one in value)
                return [new for new, old in zip(kept, value, strict=True) if new is not None or old is None]
            case str() if value in self.ids or value in self.handles or value in self.keys - self.shared:
                return None
            case str() if self.is_named_in(value) and not any(map(str.isspace, value)) and self.is_at(value):
                return None
        return value

    def is_at(self, address: str | None) -> bool:
        """Whether an address is the account's profile, or one that names it and is nobody's profile."""
        if not address:
            return False
        try:
            return profile_key(self.platform, address).key in self.keys - self.shared
        except NotAProfile:
            return self.is_named_in(address)

    @property
    def _pattern(self) -> str:
        return "|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in self.words)


@dataclass(frozen=True)
class Subject:
    """Who or what is to be forgotten."""

    kind: str  # creator, author, post
    asked: tuple[str, ...]  # what was named, for its hash
    creator_id: str | None = None
    accounts: tuple[Account, ...] = ()
    post: tuple[str, str] | None = None  # platform, post_id

    def is_named_in(self, text: str | None) -> bool:
        """Whether a text names any of the accounts, or the post."""
        if self.post:
            return bool(text and re.search(rf"(?<![\w-]){re.escape(self.post[1])}(?![\w-])", text))
        return any(account.is_named_in(text) for account in self.accounts)

    def is_asked_for_by(self, address: str | None) -> bool:
        """Whether an address leads to any of the accounts."""
        return any(account.is_at(address) for account in self.accounts)

    @property
    def platforms(self) -> list[str]:
        """Where to look."""
        return sorted({account.platform for account in self.accounts} | ({self.post[0]} if self.post else set()))

    def identities(self, pseudonyms: Pseudonyms) -> dict[str, tuple[str, str, bool]]:
        """What is kept: hash → kind, platform, and whether it counts only where no stable id is given."""
        kept = {pseudonyms.identity(*self.asked): (self.kind, self.platforms[0] if self.post else "", False)}
        for account in self.accounts:
            for what, names in (
                ("key", account.keys - account.shared),
                ("id", account.ids),
                ("handle", account.handles),
            ):
                for name in names:
                    only_without_id = what == "handle" and bool(account.ids)
                    kept[pseudonyms.identity("author", account.platform, what, name)] = (
                        "author",
                        account.platform,
                        only_without_id,
                    )
        return kept


_SEEN = """
SELECT author_key, author_id, author_handle
FROM raw_posts
WHERE platform = :platform AND (author_key = ANY(:keys) OR author_id = ANY(:ids))
UNION
SELECT nullif(author_key, ''), nullif(author_id, ''), nullif(author_handle, '')
FROM seen_authors
WHERE platform = :platform AND (author_key = ANY(:keys) OR author_id = ANY(:ids))
"""

_PROFILES = """
SELECT platform, profile_key, handle, platform_user_id FROM creator_profiles WHERE creator_id = :creator_id
"""

_OF_SEVERAL = """
SELECT profile_key
FROM creator_profiles
WHERE platform = :platform AND profile_key = ANY(:keys)
GROUP BY profile_key
HAVING count(DISTINCT creator_id) > 1
"""


def creator(conn: Connection, creator_id: str, own_ids: Sequence[str] = ()) -> Subject:
    """A creator with all profiles there ever were.

    Args:
        conn: to look with.
        creator_id: ours.
        own_ids: stable ids that are theirs, where a name of theirs has been several people's.

    Raises:
        Ambiguous: a name of theirs has been somebody else's too, and nothing says which id is theirs.
    """
    accounts: dict[str, Account] = {}
    for row in conn.execute(sa.text(_PROFILES), {"creator_id": creator_id}):
        known = accounts.get(row.platform, Account(row.platform))
        accounts[row.platform] = replace(
            known,
            keys=known.keys | {row.profile_key},
            ids=known.ids | ({row.platform_user_id} - {None}),
            handles=known.handles | ({row.handle} - {None}),
        )
    found = tuple(_seen(conn, account, own_ids) for account in accounts.values())
    return Subject("creator", ("creator", creator_id), creator_id, found)


def author(conn: Connection, platform: str, name: str, own_ids: Sequence[str] = ()) -> Subject:
    """An account, by profile address, handle or identity key, or by its stable id as `id:123`.

    Raises:
        Ambiguous: as `creator`.
    """
    if name.startswith("id:"):
        account = Account(platform, ids=frozenset({name.removeprefix("id:")}))
    else:
        try:
            read = profile_key(platform, name)
        except NotAProfile:
            account = Account(platform, keys=frozenset({name}))
        else:
            given = frozenset({read.platform_user_id} - {None})
            handles = frozenset({read.handle} - {None})
            account = Account(platform, frozenset({read.key}), frozenset(map(str, given)), frozenset(map(str, handles)))
    found = _seen(conn, account, own_ids)
    asked = ("asked", platform, *sorted(account.keys), *sorted(account.ids))
    return Subject("author", asked, accounts=(found,))


def post(platform: str, post_id: str) -> Subject:
    """One post."""
    return Subject("post", ("post", platform, post_id), post=(platform, post_id))


def resolve(
    conn: Connection,
    *,
    creator_id: str | None = None,
    account: tuple[str, str] | None = None,
    post_key: tuple[str, str] | None = None,
    own_ids: Sequence[str] = (),
) -> Subject:
    """The one of the three that is given.

    Raises:
        Ambiguous: as `creator`.
    """
    if creator_id is not None:
        return creator(conn, creator_id, own_ids)
    if account is not None:
        return author(conn, *account, own_ids)
    if post_key is not None:
        return post(*post_key)
    raise ValueError("name a creator, an author or a post")


def _seen(conn: Connection, account: Account, own_ids: Sequence[str]) -> Account:
    """The account with every name that its posts were seen under."""
    ids = account.ids | set(own_ids)
    under_names = _look(conn, account.platform, account.keys, frozenset())
    seen_ids = {row.author_id for row in under_names if row.author_id}
    if not ids:
        if len(seen_ids) > 1:
            raise Ambiguous(
                f"{len(seen_ids)} accounts have been seen as {', '.join(sorted(account.keys))} on {account.platform}: "
                f"{', '.join(sorted(seen_ids))}. Say with --account which are theirs; the others are somebody else"
            )
        ids = frozenset(seen_ids)
    by_id = _look(conn, account.platform, frozenset(), ids) if ids else []
    keys = account.keys | {row.author_key for row in by_id if row.author_key}
    handles = account.handles | {row.author_handle for row in by_id if row.author_handle}
    theirs_too = _look(conn, account.platform, keys, frozenset()) if ids else []
    shared = {row.author_key for row in theirs_too if row.author_key and row.author_id and row.author_id not in ids}
    values = {"platform": account.platform, "keys": sorted(keys)}
    of_several = frozenset(conn.scalars(sa.text(_OF_SEVERAL), values))
    if of_several and not ids:
        raise Ambiguous(
            f"{', '.join(sorted(of_several))} on {account.platform} has been a profile of several creators, and no "
            "stable id tells their posts apart: name one with --account, or forget the posts one by one with --post"
        )
    shared |= of_several
    return Account(account.platform, frozenset(keys), frozenset(ids), frozenset(handles), frozenset(shared))


def _look(conn: Connection, platform: str, keys: frozenset[str], ids: frozenset[str]) -> Sequence[sa.Row[tuple[str]]]:
    values = {"platform": platform, "keys": sorted(keys), "ids": sorted(ids)}
    return conn.execute(sa.text(_SEEN), values).all()
