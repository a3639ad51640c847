"""Several snapshots matched in one transaction come to what each comes to by itself."""

from dataclasses import replace

import sqlalchemy as sa

from scrape_assets.storage.matching import MatchReport, match_snapshots
from scrape_assets_tests.storage.invented import LATER, row
from scrape_assets_tests.storage.matching_world import NOW, World

ALL = ["s1", "s2", "s3", "s4"]


def crowd(world: World) -> None:
    """Four snapshots: two share a post, one holds nobody's, one holds nothing."""
    world.creator("jane", "in/jane-doe", handle="jane-doe")
    world.creator("bob", "in/bob")
    world.loading.load(
        "s1",
        row("1", author_key="in/jane-doe", text="the newest", feed_key="in/jane-doe"),
        row("2", author_key="in/stranger", author_name="A Stranger", feed_key="in/jane-doe"),
        row("3", author_key="in/bob", mentions=("in/jane-doe",)),
    )
    world.loading.load(
        "s2",
        row("2", author_key="in/stranger", author_name="A Stranger", feed_key="in/bob", collected_at=LATER),
        row("4", author_key="in/bob", kind="repost", collected_at=LATER),
    )
    world.loading.load("s3", row("5", author_key="in/nobody", author_name="Nobody Known"))


def together(world: World, *snapshot_ids: str) -> dict[str, MatchReport]:
    with world.engine.begin() as conn:
        return dict(match_snapshots(conn, snapshot_ids, NOW))


def test_the_same_matches_and_the_same_reports(world: World) -> None:
    crowd(world)
    reports = together(world, *ALL)
    matches = world.matches()
    world.do("DELETE FROM creator_content")

    assert reports == {snapshot_id: world.match(snapshot_id) for snapshot_id in ALL}
    assert matches == world.matches()
    assert (len(matches), sum(one.written for one in reports.values())) == (6, 6)
    assert [(one.posts, one.matched_posts) for one in reports.values()] == [(3, 3), (2, 2), (1, 0), (0, 0)]
    assert [one.author_key for one in reports["s3"].unmatched_authors] == ["in/nobody"]
    assert reports["s1"].preview[0].creator == "Jane"
    assert {one.role for one in reports["s2"].preview} == {"reposter", "found_in_feed"}


def test_a_post_of_two_snapshots_counts_in_both_and_is_written_once(world: World) -> None:
    crowd(world)
    reports = together(world, *reversed(ALL))

    assert (reports["s1"].by_role["found_in_feed"], reports["s2"].by_role["found_in_feed"]) == (2, 2)
    assert world.loading.rows("SELECT DISTINCT snapshot_id FROM creator_content WHERE post_id = '2'") == [("s1",)]
    again = together(world, *ALL)
    assert {(one.written, one.removed) for one in again.values()} == {(0, 0)}
    assert again == {name: replace(one, written=0) for name, one in reports.items()}


def test_what_no_longer_holds_is_removed_and_counted_where_it_was_found(world: World) -> None:
    crowd(world)
    together(world, *ALL)
    with world.engine.begin() as conn:
        conn.execute(sa.text("DELETE FROM creator_profiles WHERE creator_id = 'bob'"))

    reports = together(world, *ALL)

    assert [reports[name].removed for name in ALL] == [2, 1, 0, 0]


def test_what_is_learnt_of_names_is_told_of_the_snapshot_that_taught_it(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.creator("bob", "in/bob", platform_user_id="7", handle="bob")
    world.loading.load("s1", row("1", author_key="in/bob", author_handle="bob", author_id="7"))
    together(world, "s1")
    world.loading.load("s2", row("2", author_key="in/jane-doe", author_handle="jane-doe", author_id="42"))
    world.loading.load(
        "s3", row("3", author_key="in/bobby", author_handle="bobby", author_id="7", posted_at=LATER, collected_at=LATER)
    )

    reports = together(world, "s2", "s3")

    assert (reports["s2"].names.ids_learnt, reports["s2"].names.new_names) == (1, ())
    assert [name.new_key for name in reports["s3"].names.new_names] == ["in/bobby"]
