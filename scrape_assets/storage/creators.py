"""Creators and their profiles: taken in, once or again, and read. No CSV and no URL is understood here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.posts.identity import Profile
from scrape_assets.storage.schema import creator_profiles, creators, handle_changes

_PROFILE = (
    sa.select(creator_profiles.c.profile_id)
    .where(
        creator_profiles.c.creator_id == sa.bindparam("creator_id"),
        creator_profiles.c.platform == sa.bindparam("platform"),
        creator_profiles.c.valid_to.is_(None),
    )
    .limit(1)
)


class Change(StrEnum):
    """What taking something in has done."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class ProfileTaken(Exception):
    """The profile belongs to another creator."""

    def __init__(self, profile: Profile, owner: str) -> None:
        super().__init__(f"{profile.url} is a profile of creator {owner} already")
        self.owner = owner


@dataclass(frozen=True)
class StoredProfile:
    """A creator's profile on a platform, as stored."""

    profile_id: int
    creator_id: str
    creator_name: str
    platform: str
    profile_url: str  # canonical
    profile_key: str  # canonical identity key, e.g. "in/jane-doe"
    handle: str | None
    platform_user_id: str | None
    valid_from: datetime | None  # None: since ever
    valid_to: datetime | None  # None: still valid; otherwise the first moment at which it no longer is


def upsert_creator(conn: Connection, creator_id: str, name: str, profile: Profile) -> Change:
    """Take in a creator with one of their current profiles. Nothing is written when nothing is new.

    The former address of a profile whose change of name is recorded is nothing new. A name that was another creator's
    until some moment is this one's from then on.

    Returns:
        New when the profile is; changed when the name or something of the profile is another than before.

    Raises:
        ProfileTaken: the profile is another creator's; nothing is changed, the transaction goes on.
    """
    with conn.begin_nested():
        named = _upsert_name(conn, creator_id, name)
        linked = _upsert_profile(conn, creator_id, profile)
    if linked is Change.UNCHANGED and named is not Change.UNCHANGED:
        return Change.CHANGED
    return linked


def profiles(conn: Connection, platform: str, *, at: datetime | None = None) -> list[StoredProfile]:
    """The profiles on a platform, by creator and key.

    Args:
        at: those valid at this moment; without it, those with no end.
    """
    known = creator_profiles.c
    query = (
        sa.select(creator_profiles, creators.c.name.label("creator_name"))
        .join_from(creator_profiles, creators)
        .where(known.platform == platform)
        .order_by(known.creator_id, known.profile_key, known.profile_id)
    )
    if at is None:
        query = query.where(known.valid_to.is_(None))
    else:
        query = query.where(
            sa.or_(known.valid_from.is_(None), known.valid_from <= at),
            sa.or_(known.valid_to.is_(None), known.valid_to > at),
        )
    return [StoredProfile(**row) for row in conn.execute(query).mappings()]


def profile_keys(conn: Connection, platform: str) -> frozenset[str]:
    """The identity keys of all profiles on a platform, those with an end included."""
    known = creator_profiles.c
    return frozenset(conn.scalars(sa.select(known.profile_key).where(known.platform == platform).distinct()))


def existing_ids(conn: Connection, creator_ids: Sequence[str]) -> set[str]:
    """Which of these creators exist."""
    return set(conn.scalars(sa.select(creators.c.creator_id).where(creators.c.creator_id.in_(creator_ids))))


def has_profile(conn: Connection, creator_id: str, platform: str) -> bool:
    """Whether a creator has a current profile on a platform."""
    return conn.execute(_PROFILE, {"creator_id": creator_id, "platform": platform}).first() is not None


def _upsert_name(conn: Connection, creator_id: str, name: str) -> Change:
    offered = insert(creators).values(creator_id=creator_id, name=name)
    statement = offered.on_conflict_do_update(
        index_elements=[creators.c.creator_id],
        set_={"name": offered.excluded.name, "updated_at": sa.func.now()},
        where=creators.c.name != offered.excluded.name,
    )
    return _change(conn.execute(statement.returning(_is_new(creators))).scalar_one_or_none())


def _upsert_profile(conn: Connection, creator_id: str, profile: Profile) -> Change:
    if _has_left_the_name(conn, creator_id, profile):
        return Change.UNCHANGED
    former = creator_profiles.alias("former").c
    offered = insert(creator_profiles).values(
        creator_id=creator_id,
        platform=profile.platform.value,
        profile_url=profile.url,
        profile_key=profile.key,
        handle=profile.handle,
        platform_user_id=profile.platform_user_id,
        valid_from=sa.select(sa.func.max(former.valid_to))
        .where(
            former.platform == profile.platform.value,
            former.profile_key == profile.key,
            former.valid_to.is_not(None),
            former.creator_id != creator_id,
        )
        .scalar_subquery(),
    )
    known, given = creator_profiles.c, offered.excluded
    wanted = {
        "profile_url": given.profile_url,
        "handle": sa.func.coalesce(given.handle, known.handle),
        "platform_user_id": sa.func.coalesce(given.platform_user_id, known.platform_user_id),
    }
    differs = sa.or_(*(known[name].is_distinct_from(value) for name, value in wanted.items()))
    statement = offered.on_conflict_do_update(
        index_elements=[known.platform, known.profile_key],
        index_where=known.valid_to.is_(None),
        set_=wanted,
        where=sa.and_(known.creator_id == given.creator_id, differs),
    )
    change = _change(conn.execute(statement.returning(_is_new(creator_profiles))).scalar_one_or_none())
    if change is Change.UNCHANGED:
        owner = conn.execute(
            sa.select(known.creator_id).where(
                known.platform == profile.platform.value,
                known.profile_key == profile.key,
                known.valid_to.is_(None),
            )
        ).scalar_one()
        if owner != creator_id:
            raise ProfileTaken(profile, owner)
    return change


def _has_left_the_name(conn: Connection, creator_id: str, profile: Profile) -> bool:
    """Whether this creator's profile had that name once, and was seen to change it since."""
    known, changes = creator_profiles.c, handle_changes.c
    current = (
        sa.select(known.profile_id)
        .where(
            known.platform == profile.platform.value,
            known.profile_key == profile.key,
            known.valid_to.is_(None),
        )
        .exists()
    )
    query = sa.select(changes.change_id).where(
        changes.platform == profile.platform.value,
        changes.creator_id == creator_id,
        changes.former_key == profile.key,
        changes.new_key != profile.key,
        changes.outcome == "recorded",
        ~current,
    )
    return conn.execute(query.limit(1)).first() is not None


def _is_new(table: sa.Table) -> sa.ColumnElement[bool]:
    # An inserted row has been superseded by no transaction yet; an updated one carries its updater's number.
    xmax: sa.ColumnElement[str] = sa.literal_column(f"{table.name}.xmax::text")
    return xmax == "0"


def _change(is_new: bool | None) -> Change:
    if is_new is None:
        return Change.UNCHANGED
    return Change.NEW if is_new else Change.CHANGED


def refresh_statistics(conn: Connection) -> None:
    """Let the planner know how many profiles there are, after many were taken in.

    PostgreSQL counts a table by itself about a minute after it was filled. Until then matching compared every post
    with every profile: with 1,000 profiles it took three times as long.
    """
    conn.execute(sa.text("ANALYZE creator_profiles"))
