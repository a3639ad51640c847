"""Creators and profiles are taken in once, however often they are offered."""

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.storage.creators import Change, ProfileTaken, existing_ids, profiles, upsert_creator
from scrape_assets.storage.schema import handle_changes


def _profile(handle: str, user_id: str | None = None) -> Profile:
    return Profile(
        platform=Platform.LINKEDIN,
        key=f"in/{handle}",
        url=f"https://www.linkedin.com/in/{handle}",
        handle=handle,
        kind=ProfileKind.PERSON,
        platform_user_id=user_id,
    )


def test_a_creator_is_new_then_unchanged_then_changed(db: Engine) -> None:
    with db.begin() as conn:
        assert upsert_creator(conn, "jane", "Jane Doe", _profile("jane-doe")) is Change.NEW
        assert upsert_creator(conn, "jane", "Jane Doe", _profile("jane-doe")) is Change.UNCHANGED
        assert upsert_creator(conn, "jane", "Jane D. Doe", _profile("jane-doe")) is Change.CHANGED
        assert upsert_creator(conn, "jane", "Jane D. Doe", _profile("jane-doe", "ACoAA1")) is Change.CHANGED
        assert upsert_creator(conn, "jane", "Jane D. Doe", _profile("jane-doe")) is Change.UNCHANGED
        (found,) = profiles(conn, "linkedin")
    assert (found.creator_id, found.creator_name, found.platform_user_id) == ("jane", "Jane D. Doe", "ACoAA1")
    assert (found.profile_key, found.profile_url) == ("in/jane-doe", "https://www.linkedin.com/in/jane-doe")


def test_nothing_is_written_when_nothing_is_new(db: Engine) -> None:
    everything = sa.text(
        "SELECT creators.xmin::text, updated_at, profiles.xmin::text AS profile_xmin, profiles.*"
        " FROM creators JOIN creator_profiles AS profiles USING (creator_id)"
    )
    for _ in range(2):
        with db.begin() as conn:
            upsert_creator(conn, "jane", "Jane Doe", _profile("jane-doe"))
            before = conn.execute(everything).all()
    with db.begin() as conn:
        assert conn.execute(everything).all() == before


def test_a_creator_has_several_profiles(db: Engine) -> None:
    with db.begin() as conn:
        assert upsert_creator(conn, "jane", "Jane Doe", _profile("jane-doe")) is Change.NEW
        assert upsert_creator(conn, "jane", "Jane Doe", _profile("jane-writes")) is Change.NEW
        assert [found.profile_key for found in profiles(conn, "linkedin")] == ["in/jane-doe", "in/jane-writes"]
        assert profiles(conn, "x") == []


def test_a_profile_of_another_creator_is_refused_and_changes_nothing(db: Engine) -> None:
    with db.begin() as conn:
        upsert_creator(conn, "jane", "Jane Doe", _profile("jane-doe"))
        with pytest.raises(ProfileTaken, match="is a profile of creator jane already"):
            upsert_creator(conn, "bob", "Bob", _profile("jane-doe"))
        assert existing_ids(conn, ["jane", "bob", "nobody"]) == {"jane"}
        assert upsert_creator(conn, "bob", "Bob", _profile("bob")) is Change.NEW


def test_a_former_profile_is_read_for_its_time_only(db: Engine) -> None:
    moved = datetime(2026, 6, 1, tzinfo=UTC)
    with db.begin() as conn:
        upsert_creator(conn, "jane", "Jane Doe", _profile("jane"))
        conn.execute(sa.text("UPDATE creator_profiles SET valid_to = :moved"), {"moved": moved})
        assert profiles(conn, "linkedin") == []
        assert len(profiles(conn, "linkedin", at=datetime(2026, 5, 31, tzinfo=UTC))) == 1
        assert profiles(conn, "linkedin", at=moved) == []
        # The key is free again: somebody else may have it now.
        assert upsert_creator(conn, "other", "Other Jane", _profile("jane")) is Change.NEW


def test_two_imports_at_once_make_one_creator(db: Engine) -> None:
    barrier = threading.Barrier(4)
    changes: list[Change] = []

    def take_in() -> None:
        barrier.wait(timeout=30)
        with db.begin() as conn:
            changes.append(upsert_creator(conn, "jane", "Jane Doe", _profile("jane-doe")))

    threads = [threading.Thread(target=take_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(changes) == [Change.NEW, Change.UNCHANGED, Change.UNCHANGED, Change.UNCHANGED]


def test_who_takes_over_a_name_has_it_from_then_on(db: Engine) -> None:
    moved = datetime(2026, 6, 1, tzinfo=UTC)
    with db.begin() as conn:
        upsert_creator(conn, "jane", "Jane Doe", _profile("jane"))
        conn.execute(sa.text("UPDATE creator_profiles SET valid_to = :moved"), {"moved": moved})
        upsert_creator(conn, "other", "Other Jane", _profile("jane"))
        [found] = profiles(conn, "linkedin")
    assert (found.creator_id, found.valid_from) == ("other", moved)


def test_a_list_that_still_has_the_name_which_a_creator_was_seen_to_change_brings_nothing_new(db: Engine) -> None:
    renamed = datetime(2026, 6, 1, tzinfo=UTC)
    with db.begin() as conn:
        upsert_creator(conn, "jane", "Jane Doe", _profile("jane", "42"))
        conn.execute(sa.text("UPDATE creator_profiles SET valid_to = :renamed"), {"renamed": renamed})
        conn.execute(
            sa.insert(handle_changes).values(
                platform="linkedin",
                creator_id="jane",
                platform_user_id="42",
                former_key="in/jane",
                new_key="in/jane-doe",
                new_handle="jane-doe",
                changed_at=renamed,
                outcome="recorded",
                noted_at=renamed,
            )
        )
        assert upsert_creator(conn, "jane", "Jane Doe", _profile("jane")) is Change.UNCHANGED
        assert profiles(conn, "linkedin") == []
