"""What the vendor is asked for a profile on X."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scrape_assets.posts.identity import profile_key
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import How
from scrape_assets.sources.datasets.x import DATASETS
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.datasets.x_rows import mapped, row

WINDOW = TimeWindow(
    datetime(2026, 3, 10, tzinfo=UTC),
    datetime(2026, 3, 17, 1, 59, 59, 999_000, tzinfo=timezone(timedelta(hours=2))),
)
(POSTS,) = DATASETS


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        ("twitter.com/Jane_Doe?lang=en", "https://x.com/jane_doe"),
        ("https://x.com/i/user/20000001", "https://x.com/i/user/20000001"),
    ],
)
def test_a_profile_is_asked_for_within_the_window(pasted: str, url: str) -> None:
    assert POSTS.request_input(profile_key("x", pasted), WINDOW) == (
        "profile_url",
        {"url": url, "start_date": "2026-03-10T00:00:00.000Z", "end_date": "2026-03-16T23:59:59.999Z"},
    )


def test_the_window_is_limit_enough_and_nothing_is_searched() -> None:
    assert POSTS.limit_per_input("profile_url", 25) is None
    assert POSTS.search_inputs(Search(("tea",)), WINDOW) == []
    assert (POSTS.abilities.events, POSTS.abilities.creator_time) == (False, How.CHECKED)


def test_a_profile_of_another_platform_is_refused() -> None:
    with pytest.raises(ValueError, match="is a profile on facebook, not on x"):
        POSTS.request_input(profile_key("facebook", "facebook.com/jane"), WINDOW)


def test_the_dataset_is_the_vendors_and_maps_its_rows() -> None:
    assert (POSTS.name, POSTS.platform, POSTS.dataset_id) == ("posts", "x", "gd_lwxkxvnf1cynvib9co")
    assert POSTS.mapping.platform == "x"
    assert POSTS.mapping.version >= 1
    assert POSTS.mapping.map_line(b"{}", last=True) == mapped({})
    assert mapped(row())[0] == POSTS.platform
