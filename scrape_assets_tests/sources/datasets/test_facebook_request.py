"""What the vendor is asked for a Facebook page."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scrape_assets.posts.identity import profile_key
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import How
from scrape_assets.sources.datasets.facebook import DATASETS
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.datasets.facebook_rows import mapped, row

WINDOW = TimeWindow(
    datetime(2026, 3, 10, tzinfo=UTC),
    datetime(2026, 3, 17, 1, 59, 59, 999_000, tzinfo=timezone(timedelta(hours=2))),
)
(POSTS,) = DATASETS


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        ("m.facebook.com/Acme.Tea?ref=x", "https://www.facebook.com/acme.tea"),
        ("https://www.facebook.com/profile.php?id=100044541000001",) * 2,
    ],
)
def test_a_page_is_asked_for_within_the_window_month_first_and_without_discovery(pasted: str, url: str) -> None:
    discover_by, body = POSTS.request_input(profile_key("facebook", pasted), WINDOW)
    assert discover_by is None
    assert body == {"url": url, "num_of_posts": 1000, "start_date": "03-10-2026", "end_date": "03-16-2026"}


def test_a_window_within_a_day_begins_the_day_before() -> None:
    day = TimeWindow(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 14, tzinfo=UTC))
    _, body = POSTS.request_input(profile_key("facebook", "facebook.com/acme"), day)
    assert (body["start_date"], body["end_date"]) == ("02-28-2026", "03-01-2026")


def test_the_window_is_limit_enough_and_nothing_is_searched() -> None:
    assert POSTS.limit_per_input(None, 25) is None
    assert POSTS.search_inputs(Search(("tea",)), WINDOW) == []
    assert (POSTS.abilities.events, POSTS.abilities.creator_time) == (False, How.CHECKED)


def test_a_profile_of_another_platform_is_refused() -> None:
    with pytest.raises(ValueError, match="is a profile on x, not on facebook"):
        POSTS.request_input(profile_key("x", "x.com/jane"), WINDOW)


def test_the_dataset_is_the_vendors_and_maps_its_rows() -> None:
    assert (POSTS.name, POSTS.platform, POSTS.dataset_id) == ("posts", "facebook", "gd_lkaxegm826bjpoo9m5")
    assert POSTS.mapping.platform == "facebook"
    assert POSTS.mapping.version >= 1
    assert POSTS.mapping.map_line(b"{}", last=True) == mapped({})
    assert mapped(row())[0] == POSTS.platform
