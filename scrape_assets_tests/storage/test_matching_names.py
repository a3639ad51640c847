"""A user id is learnt, and a change of name recorded, where the posts leave no doubt; the rest is left to people."""

import datetime as dt

import pytest

from scrape_assets_tests.storage.invented import COLLECTED, LATER, POSTED, row
from scrape_assets_tests.storage.matching_world import World

DAY = dt.timedelta(days=1)
PROFILES = (
    "SELECT creator_id, profile_key, handle, platform_user_id, valid_from, valid_to"
    " FROM creator_profiles ORDER BY 1, profile_id"
)


def by(handle: str, author_id: str | None = None, section: str = "in") -> dict[str, str | None]:
    """The fields that say who wrote a post."""
    return {"author_key": f"{section}/{handle}", "author_handle": handle, "author_id": author_id}


def ids(world: World) -> dict[str, str | None]:
    return dict(world.loading.rows("SELECT creator_id, platform_user_id FROM creator_profiles ORDER BY profile_id"))


def test_a_change_of_name_is_recorded_and_older_posts_stay_matched(world: World) -> None:
    world.creator("jane", "in/jane-old", handle="jane-old", platform_user_id="42")
    world.loading.load("s1", row("1", **by("jane-old", "42")), row("2", **by("jane-old")))
    world.match("s1")
    renamed = POSTED + 5 * DAY
    world.loading.load(
        "s2",
        row("4", **by("jane-new", "42"), posted_at=POSTED + 6 * DAY, collected_at=LATER),
        row("3", **by("jane-new", "42"), posted_at=renamed, collected_at=LATER),
        row("5", **by("jane-new"), posted_at=POSTED + 7 * DAY, collected_at=LATER),
        row("6", author_key="in/x", mentions=["in/jane-new"], posted_at=POSTED + 7 * DAY, collected_at=LATER),
        row("7", **by("jane-old"), posted_at=POSTED + 7 * DAY, collected_at=LATER),
    )
    [name] = world.match("s2").names.new_names
    assert (name.creator_id, name.former_key, name.new_key, name.changed_at, name.taken_by) == (
        "jane",
        "in/jane-old",
        "in/jane-new",
        renamed,
        None,
    )
    assert world.loading.rows(PROFILES) == [
        ("jane", "in/jane-old", "jane-old", "42", None, renamed),
        ("jane", "in/jane-new", "jane-new", "42", renamed, None),
    ]
    world.match("s1")
    assert world.roles() == [
        ("jane", "1", "author"),
        ("jane", "2", "author"),  # by the former name, in its time
        ("jane", "3", "author"),
        ("jane", "4", "author"),
        ("jane", "5", "author"),
        ("jane", "6", "mentioned"),
        # 7 is somebody's who took the name that jane has given up
    ]
    assert world.match("s2").names.new_names == ()


def test_several_changes_of_name_come_one_after_the_other(world: World) -> None:
    world.creator("jane", "in/a", handle="a", platform_user_id="42")
    names = ("a", "b", "c", "a")
    world.loading.load(
        "s",
        *(row(str(number), **by(name, "42"), posted_at=POSTED + number * DAY) for number, name in enumerate(names[:3])),
    )
    world.match()
    world.loading.load("t", row("3", **by("a", "42"), posted_at=POSTED + 3 * DAY))
    world.match("t")
    assert [(key, until) for _, key, _, _, _, until in world.loading.rows(PROFILES)] == [
        ("in/a", POSTED + DAY),
        ("in/b", POSTED + 2 * DAY),
        ("in/c", POSTED + 3 * DAY),
        ("in/a", None),
    ]


def test_a_new_name_that_is_another_creators_profile_is_reported_and_not_taken(world: World) -> None:
    world.creator("jane", "in/jane", handle="jane", platform_user_id="42")
    world.creator("star", "in/star", handle="star")
    world.loading.load("s", row("1", **by("jane", "42")), row("2", **by("star", "42"), posted_at=POSTED + DAY))
    [name] = world.match().names.new_names
    assert (name.creator_id, name.new_key, name.taken_by) == ("jane", "in/star", "star")
    assert [row[5] for row in world.loading.rows(PROFILES)] == [None, None]
    assert ids(world) == {"jane": "42", "star": None}
    assert world.roles() == [("jane", "1", "author"), ("jane", "2", "author")]
    assert world.match().names.new_names == (), "it is told once"

    world.do("UPDATE creator_profiles SET valid_to = '2026-10-20 10:00Z' WHERE creator_id = 'star'")
    [name] = world.rematch("star", "jane").names.new_names
    assert name.taken_by is None, "once a person has said that the name is free, it is recorded"


@pytest.mark.parametrize(
    "second",
    [
        {**by("jane-new", "42"), "posted_at": POSTED - DAY},  # an older post is no later name
        {**by("jane-new", None), "posted_at": POSTED + DAY},  # nobody says that it is the same account
        {**by("jane-new", "43"), "posted_at": POSTED + DAY},
        {**by("jane", "42", "company"), "posted_at": POSTED + DAY},  # another address of the same name
        {**by("jane-new", "42"), "author_handle": None, "posted_at": POSTED + DAY},
    ],
)
def test_no_change_of_name_is_guessed(world: World, second: dict[str, object]) -> None:
    world.creator("jane", "in/jane", handle="jane", platform_user_id="42")
    world.loading.load("s", row("1", **by("jane", "42")), row("2", **second))
    assert world.match().names.new_names == ()
    assert world.loading.rows(PROFILES) == [("jane", "in/jane", "jane", "42", None, None)]


def test_a_creator_who_is_known_by_the_new_name_alone_is_not_renamed_back(world: World) -> None:
    world.creator("jane", "in/new", handle="new", platform_user_id="42")
    world.loading.load("s", row("1", **by("old", "42")))
    assert world.match().names.new_names == ()
    assert world.roles() == [("jane", "1", "author")]


def test_what_a_person_has_put_right_stays_so(world: World) -> None:
    world.creator("jane", "in/jane", handle="jane", platform_user_id="42")
    world.loading.load("s", row("1", **by("jane", "42")), row("2", **by("other", "42"), posted_at=POSTED + DAY))
    world.match()
    world.do("DELETE FROM creator_profiles WHERE profile_key = 'in/other'")
    world.do("UPDATE creator_profiles SET valid_to = NULL")
    assert world.match().names.new_names == ()
    assert world.loading.rows(PROFILES) == [("jane", "in/jane", "jane", "42", None, None)]


def test_a_user_id_is_learnt_from_the_only_account_that_was_seen_under_exactly_that_profile(world: World) -> None:
    world.creator("jane", "in/jane", handle="jane")
    world.loading.load("s", row("1", **by("jane", "42")), row("2", **by("jane")), row("3", **by("other", "7")))
    report = world.match()
    assert report.names.ids_learnt == 1
    assert ids(world) == {"jane": "42"}
    assert [match[1:4] for match in world.matches()] == [
        ("1", "author", "platform_user_id"),
        ("2", "author", "handle"),
    ]
    assert world.match().names.ids_learnt == 0


def test_no_user_id_is_learnt_where_there_is_doubt(world: World) -> None:
    world.creator("two", "in/two", handle="two")
    world.creator("shared", "in/shared", handle="shared")
    world.creator("sharer", "in/sharer", handle="sharer", platform_user_id="5")
    world.creator("later", "in/later", handle="later", valid_from=POSTED - DAY)
    world.creator("now", "in/handed-on", handle="handed-on")
    world.creator("then", "in/handed-on", handle="handed-on", valid_to=POSTED - DAY)
    world.creator("one-name", "in/one-name", handle="one-name")
    world.creator("its-other-name", "in/its-other-name", handle="its-other-name")
    world.loading.load(
        "s",
        row("1", **by("two", "1")),
        row("2", **by("two", "2")),
        row("3", **by("shared", "5")),
        row("4", **by("later", "6")),
        row("5", **by("handed-on", "7")),
        row("6", **by("one-name", "8")),
        row("7", **by("its-other-name", "8")),
    )
    assert world.match().names.ids_learnt == 0


def test_whose_user_id_is_known_to_be_another_is_not_the_creator_although_the_name_is(world: World) -> None:
    world.creator("jane", "in/jane", handle="jane", platform_user_id="42")
    world.loading.load("s", row("1", **by("jane", "43")), row("2", **by("jane", "42")), row("3", **by("jane")))
    world.match()
    assert world.roles() == [("jane", "2", "author"), ("jane", "3", "author")]


def test_a_name_without_a_name_space_counts_only_while_it_is_known_in_one(world: World) -> None:
    world.creator("person", "in/acme", handle="acme")
    nameless = {"author_key": None, "author_handle": "acme"}
    world.loading.load("s", row("1", **nameless))
    world.match()
    assert world.roles() == [("person", "1", "author")]
    world.loading.load("t", row("2", **by("acme", section="company")), row("3", **nameless, collected_at=COLLECTED))
    world.match("t")
    world.match("s")
    assert world.roles() == []
