"""What the vendor is asked for a Reddit community or a search."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scrape_assets.posts.identity import Profile, ProfileKind, profile_key
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.datasets.reddit import DATASETS
from scrape_assets.sources.mapping import Dataset, TimeWindow
from scrape_assets_tests.sources.datasets.reddit_rows import mapped, row

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
WINDOW = TimeWindow(NOW - timedelta(days=7), NOW)
DATASET: Dataset = replace(DATASETS[0], now=lambda: NOW)


def test_a_community_is_asked_for_its_newest_posts_limited_by_number() -> None:
    discover_by, body = DATASET.request_input(profile_key("reddit", "old.reddit.com/r/TeaMaths/top"), WINDOW)
    assert (discover_by, body) == ("subreddit_url", {"url": "https://www.reddit.com/r/teamaths", "sort_by": "New"})
    assert DATASET.limit_per_input(discover_by, 25) == 25


def test_a_user_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match=r"user/jane_doe is a Reddit user.* communities \(r/…\) only"):
        DATASET.request_input(profile_key("reddit", "u/Jane_Doe"), WINDOW)


def test_a_profile_of_another_platform_is_refused() -> None:
    jane = Profile(Platform.X, "jane", "https://x.com/jane", "jane", ProfileKind.PERSON)
    with pytest.raises(ValueError, match="is a profile on x, not on reddit"):
        DATASET.request_input(jane, WINDOW)


@pytest.mark.parametrize(
    ("days", "date"),
    [
        (0, "Past week"),
        (1, "Past week"),
        (7, "Past week"),
        (7.01, "Past month"),
        (30, "Past month"),
        (200, "Past year"),
        (366, "All time"),
    ],
)
def test_a_search_reaches_back_to_the_start_of_the_window(days: float, date: str) -> None:
    start = NOW - timedelta(days=days)
    ((_, (_, body)),) = DATASET.search_inputs(Search(("tea",)), TimeWindow(start, start))
    assert body["date"] == date


def test_keywords_are_asked_for_once_and_without_the_sign_of_a_hashtag() -> None:
    search = Search(("Harbour  Forum", "harbour forum", "#HarbourForum", "#", " "))
    assert DATASET.search_inputs(search, WINDOW) == [
        ("search:harbour forum", ("keyword", {"keyword": "Harbour Forum", "date": "Past week"})),
        ("search:harbourforum", ("keyword", {"keyword": "HarbourForum", "date": "Past week"})),
    ]


def test_what_a_search_finds_carries_the_key_under_which_it_was_asked_for() -> None:
    for key, request in DATASET.search_inputs(Search(("Harbour Forum", "#HarbourForum")), WINDOW):
        assert getattr(mapped(row(discovery_input=request.input)), "feed_key", None) == key


def test_the_dataset_is_the_vendors_and_maps_its_rows() -> None:
    dataset: Dataset = DATASETS[0]
    assert (dataset.name, dataset.dataset_id) == ("posts", "gd_lvz8ah06191smkebj4")
    assert dataset.platform is dataset.mapping.platform is Platform.REDDIT
    assert dataset.mapping.version >= 1
    assert dataset.abilities.creators
    assert dataset.abilities.events
    assert dataset.mapping.map_line(b"7", last=False) == mapped(7)
    long_ago = TimeWindow(datetime(2010, 1, 1, tzinfo=UTC), NOW)
    assert dataset.search_inputs(Search(("tea",)), long_ago)[0][1].input["date"] == "All time"
