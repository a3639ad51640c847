"""A creator who was added or corrected is matched over all history, without another collection and without a scan."""

import datetime as dt
import importlib
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.storage.matching.creators import changed_creators, take_affected
from scrape_assets_tests.storage.invented import row
from scrape_assets_tests.storage.matching_world import NOW, World

LATER = NOW + dt.timedelta(days=1)
NEEDED = "creator_id, platform, profile_url, profile_key"


def everything(world: World) -> list[Any]:
    return world.loading.rows(
        "SELECT creator_id, post_id, role, method, confidence FROM creator_content ORDER BY 1, 2, 3"
    )


def history(world: World) -> None:
    """Posts that have to do with jane in every way there is; nobody knows her yet."""
    jane = {"author_key": "in/jane", "author_handle": "jane", "author_id": "42"}
    world.loading.load(
        "s1",
        row("1", **jane),
        row("2", author_key="in/jane", kind="repost"),
        row("3", author_key="in/x", mentions=["in/jane", "in/y"]),
        row("4", author_key="in/x", feed_key="in/jane"),
        row("5", author_key="in/x", feed_key="in/y"),
    )
    world.loading.load(
        "s2",
        row("6", author_key="in/former-name", author_handle="former-name", author_id="42"),
        row("7", author_key=None, author_handle="jane"),
        row("8", author_key=None, author_handle="somebody"),
    )
    for snapshot in ("s1", "s2"):
        world.match(snapshot)


def test_a_creator_who_is_added_is_matched_as_if_known_from_the_beginning(world: World) -> None:
    history(world)
    world.creator("jane", "in/jane", handle="jane")
    report = world.rematch("jane")
    assert world.roles() == [
        ("jane", "1", "author"),
        ("jane", "2", "reposter"),
        ("jane", "3", "mentioned"),
        ("jane", "4", "found_in_feed"),
        ("jane", "6", "author"),  # by the user id that post 1 has taught
        ("jane", "7", "author"),
    ]
    assert (report.posts, report.written, report.removed, report.snapshots) == (6, 6, 0, 2)
    assert report.names.ids_learnt == 1
    assert waiting(world) == []

    rematched = everything(world)
    world.do("DELETE FROM creator_content")
    for snapshot in ("s1", "s2"):
        world.match(snapshot)
    assert everything(world) == rematched, "the same as matching every snapshot again"


def test_rematching_again_changes_nothing(world: World) -> None:
    history(world)
    world.creator("jane", "in/jane", handle="jane", platform_user_id="42")
    world.rematch("jane")
    before = world.loading.rows("SELECT xmin::text, * FROM creator_content ORDER BY 2, 3, 4, 5")
    again = world.rematch("jane", now=LATER)
    assert (again.posts, again.written, again.removed, again.snapshots) == (6, 0, 0, 0)
    assert world.loading.rows("SELECT xmin::text, * FROM creator_content ORDER BY 2, 3, 4, 5") == before


def test_a_profile_that_was_wrong_takes_its_matches_along_and_gives_them_to_whose_they_are(world: World) -> None:
    world.creator("wrong", "in/jane", handle="jane", platform_user_id="42")
    history(world)
    assert len(world.roles()) == 6
    world.do("INSERT INTO creators (creator_id, name) VALUES ('jane', 'Jane')")
    world.do("UPDATE creator_profiles SET creator_id = 'jane'")
    assert waiting(world) == ["jane", "wrong"]
    world.rematch("wrong")
    assert {match[0] for match in world.roles()} == {"jane"}, "a post is judged as a whole, whosever it is"
    assert waiting(world) == ["jane"]


def test_only_one_platform_is_rematched_if_so_asked(world: World) -> None:
    history(world)
    world.creator("jane", "in/jane", platform_user_id="42")
    world.creator("jane", "jane", platform="x")
    assert world.rematch("jane", platform="x").posts == 0
    assert waiting(world) == ["jane"]
    assert world.rematch("jane", platform="linkedin").posts == 5
    assert waiting(world) == []


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        (
            "INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key) VALUES ('a', 'x', 'u', 'k')",
            "a",
        ),
        ("UPDATE creator_profiles SET valid_to = now() WHERE creator_id = 'a'", "a"),
        ("UPDATE creator_profiles SET handle = 'other'", "ab"),
        ("UPDATE creator_profiles SET profile_url = 'https://example.com/spelt-otherwise'", ""),
        ("DELETE FROM creator_profiles WHERE creator_id = 'b'", "b"),
        ("UPDATE creators SET name = 'Another'", ""),
    ],
)
def test_a_change_of_a_profile_is_noticed_whoever_makes_it(world: World, change: str, noticed: str) -> None:
    world.creator("a", "in/a")
    world.creator("b", "in/b")
    world.rematch("a", "b")
    world.do(change)
    assert waiting(world) == list(noticed)


def test_a_change_that_is_not_committed_while_a_rematch_runs_is_not_lost(world: World) -> None:
    world.creator("a", "in/a")
    world.rematch("a")
    with world.engine.begin() as conn:
        conn.execute(sa.text("UPDATE creator_profiles SET handle = 'new'"))
        world.rematch("a")
    assert waiting(world) == ["a"]


def test_the_snapshots_whose_posts_are_matched_anew_are_named_once_with_their_counts_put_right(world: World) -> None:
    history(world)
    for name, posts in (("s1", 5), ("s2", 3)):
        world.do(
            "INSERT INTO snapshots (snapshot_id, source, platform, partition_key, collection_date, status, inputs,"
            f" creator_urls, posts_retrieved, posts_matched) VALUES ('{name}', 'brightdata', 'linkedin', 'key-{name}',"
            f" '2026-11-02', 'processed', '[]', '{{}}', {posts}, 0)"
        )
    world.creator("jane", "in/jane", handle="jane")
    world.rematch("jane")
    with world.engine.begin() as conn:
        affected = take_affected(conn, 10)
        assert take_affected(conn, 10) == []
    assert [(one.partition_key, one.posts, one.written, one.removed, one.posts_matched) for one in affected] == [
        ("key-s1", 4, 4, 0, 4),
        ("key-s2", 2, 2, 0, 2),
    ]
    world.do("DELETE FROM creator_profiles")
    assert world.rematch("jane").removed == 6
    with world.engine.begin() as conn:
        assert [(one.removed, one.posts_matched) for one in take_affected(conn, 10)] == [(4, 0), (2, 0)]


def test_the_migration_remembers_what_the_matching_would_have(world: World) -> None:
    history(world)
    tables = ("seen_authors", "seen_feeds", "seen_mentions")

    def remembered() -> dict[str, list[Any]]:
        return {table: world.loading.rows(f"SELECT * FROM {table} ORDER BY {table}") for table in tables}

    before = remembered()
    assert all(before.values())
    for table in tables:
        world.do(f"DELETE FROM {table}")
    migration = importlib.import_module("scrape_assets.storage.migrations.versions.0006_matching")
    with world.engine.begin() as conn:
        conn.exec_driver_sql(migration.FILLING)
    assert remembered() == before


def test_names_longer_than_an_index_takes_do_not_stop_the_matching(world: World) -> None:
    world.creator("jane", "in/jane")
    long = "in/" + "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(900))
    world.loading.load("s", row("1", mentions=[long], feed_key="feed:" + long), row("2", author_key="in/jane"))
    assert world.match().matched_posts == 1


def waiting(world: World) -> list[str]:
    with world.engine.connect() as conn:
        return sorted(changed_creators(conn, 10))
