"""What the vendor is asked for a YouTube channel or a search."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scrape_assets.posts.identity import Profile, ProfileKind, profile_key
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.datasets.youtube import DATASETS
from scrape_assets.sources.mapping import Dataset, TimeWindow
from scrape_assets_tests.sources.datasets.youtube_rows import CHANNEL_ID, mapped, row

WINDOW = TimeWindow(
    datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 17, 1, 59, 59, tzinfo=timezone(timedelta(hours=2)))
)
DAYS = {"start_date": "03-10-2026", "end_date": "03-16-2026"}
DATASET: Dataset = DATASETS[0]


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        ("m.youtube.com/@JaneDoe/videos?view=0", "https://www.youtube.com/@janedoe"),
        (f"https://www.youtube.com/channel/{CHANNEL_ID}/about", f"https://www.youtube.com/channel/{CHANNEL_ID}"),
    ],
)
def test_a_channel_is_asked_for_by_its_address_and_days(pasted: str, url: str) -> None:
    discover_by, body = DATASET.request_input(profile_key("youtube", pasted), WINDOW)
    assert (discover_by, body) == ("url", {"url": url, **DAYS})
    assert DATASET.limit_per_input(discover_by, 25) == 25


def test_a_profile_of_another_platform_is_refused() -> None:
    jane = Profile(Platform.X, "jane", "https://x.com/jane", "jane", ProfileKind.PERSON)
    with pytest.raises(ValueError, match="is a profile on x, not on youtube"):
        DATASET.request_input(jane, WINDOW)


def test_keywords_and_hashtags_are_asked_for_each_in_its_own_way_and_once() -> None:
    search = Search(("Harbour  Forum", "#HarbourForum", "harbour forum", "# Harbour Forum", "#", " ", "#Tea", "tea"))
    assert DATASET.search_inputs(search, WINDOW) == [
        ("search:harbour forum", ("keyword", {"keyword": "Harbour Forum", **DAYS})),
        ("search:harbourforum", ("hashtag", {"hashtag": "HarbourForum", **DAYS})),
        ("search:tea", ("hashtag", {"hashtag": "Tea", **DAYS})),
        ("search:tea", ("keyword", {"keyword": "tea", **DAYS})),
    ]


def test_what_a_search_finds_carries_the_key_under_which_it_was_asked_for() -> None:
    for key, request in DATASET.search_inputs(Search(("Harbour Forum", "#HarbourForum")), WINDOW):
        assert getattr(mapped(row(discovery_input=request.input)), "feed_key", None) == key


def test_the_dataset_is_the_vendors_and_maps_its_rows() -> None:
    assert (DATASET.name, DATASET.dataset_id) == ("videos", "gd_lk56epmy2i5g7lzu0k")
    assert DATASET.platform is DATASET.mapping.platform is Platform.YOUTUBE
    assert DATASET.mapping.version >= 1
    assert DATASET.abilities.creators
    assert DATASET.abilities.events
    assert DATASET.mapping.map_line(b"7", last=False) == mapped(7)
