"""The fact that somebody was forgotten, and knowing them again when an old payload or a new collection brings them.

Only hashes are kept, under a key that does not lie in the database. A load asks once, keeps the hashes of its platform
in memory, and hashes each author that it meets once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.model import Post, PostKind, Rejected
from scrape_assets.storage.forgetting.people import Subject
from scrape_assets.storage.pseudonyms import Pseudonyms
from scrape_assets.storage.schema import forgotten

# Loads share it while they run; who forgets takes it alone. So a load that did not know has ended before its rows are
# looked for, and one that begins later knows.
_LOCK = "hashtext('scrape_assets.forget'), 0"
SHARE_LOCK = f"SELECT pg_advisory_xact_lock_shared({_LOCK})"
TAKE_LOCK = f"SELECT pg_advisory_xact_lock({_LOCK})"
TRY_LOCK = f"SELECT pg_try_advisory_xact_lock({_LOCK})"

_KNOWN = (
    "SELECT identity_hash, kind, without_id, key_id FROM forgotten WHERE platform = %(platform)s AND kind <> 'creator'"
)


class ForgottenKeyMissing(Exception):
    """People were forgotten under a key that is not here: they could not be told from others."""

    def __init__(self) -> None:
        super().__init__(
            "people were forgotten under another SCRAPE_ASSETS_PRIVACY_KEY than this process has, so they cannot be "
            "recognised and nothing is loaded; give every machine the key of the one that ran `forget` "
            "(there it may be the file privacy_key in the data folder)"
        )


class Forgotten:
    """Who has been forgotten on a platform."""

    def __init__(self, platform: str, pseudonyms: Pseudonyms, known: Mapping[str, tuple[str, bool]]) -> None:
        self._platform = platform
        self._pseudonyms = pseudonyms
        self._known = known  # hash → kind, only without an id
        self._authors: dict[tuple[str | None, str | None, str | None], bool] = {}
        self._keys: dict[str, bool] = {}
        self._any_post = any(kind == "post" for kind, _ in known.values())

    @classmethod
    def of_platform(cls, cursor: psycopg.Cursor[Any], platform: str, pseudonyms: Pseudonyms | None) -> Forgotten | None:
        """Those of a platform; None when nobody is. Whoever forgets waits until this transaction has ended.

        Raises:
            ForgottenKeyMissing: they were hashed under another key.
        """
        cursor.execute(SHARE_LOCK)
        rows = cursor.execute(_KNOWN, {"platform": platform}).fetchall()
        if not rows:
            return None
        if pseudonyms is None or any(key_id != pseudonyms.key_id for *_, key_id in rows):
            raise ForgottenKeyMissing
        return cls(platform, pseudonyms, {hashed: (kind, bare) for hashed, kind, bare, _ in rows})

    @classmethod
    def known_to(cls, conn: Connection, platform: str, pseudonyms: Pseudonyms | None) -> Forgotten | None:
        """As `of_platform`."""
        driver = conn.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - as storage/database.py connects
        with driver.cursor() as cursor:
            return cls.of_platform(cursor, platform, pseudonyms)

    @classmethod
    def only(cls, platform: str, subject: Subject, pseudonyms: Pseudonyms) -> Forgotten:
        """One subject alone, whether noted already or not."""
        found = subject.identities(pseudonyms)
        kept = {hashed: (kind, bare) for hashed, (kind, where, bare) in found.items() if where == platform}
        return cls(platform, pseudonyms, kept)

    def holds(self, post: Post) -> bool:
        """Whether the post is theirs, or is or passes on a forgotten post."""
        return self.knows_account(post.author_key, post.author_id, post.author_handle) or (
            self._any_post and self._is_post(post)
        )

    def names(self, rejected: Rejected) -> bool:
        """Whether the row answers for an address of theirs."""
        if not rejected.input_url:
            return False
        try:
            return self._knows_key(profile_key(self._platform, rejected.input_url).key)
        except NotAProfile:
            return False

    def cleaned(self, post: Post) -> Post:
        """Somebody else's post without its marks of them: mentions, and in whose feed it was."""
        if post.mentions and any(map(self._knows_key, post.mentions)):
            post = post._replace(mentions=self._others(post.mentions), tagged=self._others(post.tagged))
        if post.feed_key and self._knows_key(post.feed_key):
            post = post._replace(feed_key=None)
        return post

    def knows_account(self, key: str | None, author_id: str | None, handle: str | None) -> bool:
        """Whether an account of these names is theirs."""
        who = key, author_id, handle
        if who not in self._authors:
            self._authors[who] = any(
                self._is_known("author", what, name, has_id=bool(author_id))
                for what, name in zip(("key", "id", "handle"), who, strict=True)
                if name
            )
        return self._authors[who]

    def _is_post(self, post: Post) -> bool:
        passed_on = post.reposted_from if post.kind == PostKind.REPOST else None
        return any(
            self._pseudonyms.identity("post", self._platform, post_id) in self._known
            for post_id in (post.post_id, passed_on)
            if post_id
        )

    def _others(self, keys: list[str] | None) -> list[str] | None:
        return None if keys is None else [key for key in keys if not self._knows_key(key)]

    def _knows_key(self, key: str) -> bool:
        if key not in self._keys:
            self._keys[key] = self._is_known("author", "key", key, has_id=True)
        return self._keys[key]

    def _is_known(self, kind: str, what: str, name: str, *, has_id: bool) -> bool:
        known = self._known.get(self._pseudonyms.identity(kind, self._platform, what, name))
        if known is None:
            return False
        _, only_without_id = known
        return not (only_without_id and has_id)


class ForgottenPeople:
    """All who were forgotten, on every platform: to ask whether a profile is one of theirs before it is followed."""

    def __init__(self, pseudonyms: Pseudonyms, known: Mapping[str, tuple[str, datetime]]) -> None:
        self._pseudonyms = pseudonyms
        self._known = known  # identity → subject, since when

    @classmethod
    def all(cls, conn: Connection, pseudonyms: Pseudonyms | None) -> ForgottenPeople | None:
        """None when nobody is.

        Raises:
            ForgottenKeyMissing: they were hashed under another key.
        """
        row = forgotten.c
        # A handle that counts only where no id is given may be somebody else's by now.
        query = sa.select(row.identity_hash, row.subject_hash, row.forgotten_at, row.key_id).where(
            row.kind != "post", sa.not_(row.without_id)
        )
        rows = conn.execute(query).all()
        if not rows:
            return None
        if pseudonyms is None or any(found.key_id != pseudonyms.key_id for found in rows):
            raise ForgottenKeyMissing
        return cls(pseudonyms, {found.identity_hash: (found.subject_hash, found.forgotten_at) for found in rows})

    def of(self, creator_id: str, profile: Profile) -> tuple[str, datetime] | None:
        """Who it is, by hash, and since when they are forgotten; None when it is nobody forgotten."""
        of_profile = (("key", profile.key), ("id", profile.platform_user_id), ("handle", profile.handle))
        identities = [
            ("creator", creator_id),
            *(("author", str(profile.platform), what, name) for what, name in of_profile if name),
        ]
        found = (self._known.get(self._pseudonyms.identity(*names)) for names in identities)
        return next((one for one in found if one), None)


def take_back(conn: Connection, subject_hash: str) -> int:
    """Let somebody be known again, as they asked for; loads bring their posts from now on. Says how many names."""
    return conn.execute(sa.delete(forgotten).where(forgotten.c.subject_hash == subject_hash)).rowcount


def note(conn: Connection, subject: Subject, pseudonyms: Pseudonyms, *, by: str, now: datetime) -> None:
    """Write the fact down; again is no change. From the commit on, no load brings them back."""
    conn.exec_driver_sql(TAKE_LOCK)
    whole = pseudonyms.identity(*subject.asked)
    rows = [
        {
            "identity_hash": hashed,
            "subject_hash": whole,
            "kind": kind,
            "platform": platform,
            "without_id": only_without_id,
            "key_id": pseudonyms.key_id,
            "forgotten_at": now,
            "forgotten_by": by,
        }
        for hashed, (kind, platform, only_without_id) in subject.identities(pseudonyms).items()
    ]
    conn.execute(insert(forgotten).values(rows).on_conflict_do_nothing())


def note_removed(conn: Connection, subject: Subject, pseudonyms: Pseudonyms, removed: Mapping[str, int]) -> None:
    """Add to the fact how much was removed."""
    here = forgotten.c.identity_hash == pseudonyms.identity(*subject.asked)
    before = conn.scalar(sa.select(forgotten.c.removed).where(here)) or {}
    summed = {name: before.get(name, 0) + removed.get(name, 0) for name in {*before, *removed}}
    conn.execute(sa.update(forgotten).where(here).values(removed=summed))


def since(conn: Connection, subject: Subject, pseudonyms: Pseudonyms) -> datetime | None:
    """When they were forgotten; None: never, under this key."""
    here = forgotten.c.identity_hash == pseudonyms.identity(*subject.asked)
    found: datetime | None = conn.scalar(sa.select(forgotten.c.forgotten_at).where(here))
    return found
