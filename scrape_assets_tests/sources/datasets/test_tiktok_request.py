"""What the vendor is asked for a TikTok profile or an event."""

from datetime import UTC, datetime

import pytest

from scrape_assets.posts.identity import profile_key
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.datasets.dataset import MOST_OF_A_PROFILE
from scrape_assets.sources.datasets.tiktok import DATASETS
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.datasets.tiktok_rows import mapped, row

WINDOW = TimeWindow(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 17, 13, tzinfo=UTC))
DATASET = DATASETS[0]


def test_a_profile_is_asked_for_within_the_window_month_first() -> None:
    discover_by, body = DATASET.request_input(profile_key("tiktok", "https://m.tiktok.com/@Jane.Doe?lang=en"), WINDOW)
    assert discover_by == "profile_url"
    assert body == {"url": "https://www.tiktok.com/@jane.doe", "start_date": "03-02-2026", "end_date": "03-17-2026"}
    assert DATASET.limit_per_input(discover_by, 25) == MOST_OF_A_PROFILE


def test_an_event_is_searched_for_once_a_keyword_and_limited_by_number() -> None:
    inputs = DATASET.search_inputs(Search(("Winter tea", "#Tea", " tea "), Place(52.0, 4.3, 5)), WINDOW)
    assert inputs == [
        ("search:winter tea", ("keyword", {"search_keyword": "Winter tea"})),
        ("search:tea", ("keyword", {"search_keyword": "#Tea"})),
    ]
    assert DATASET.limit_per_input("keyword", 25) == 25
    assert DATASET.search_inputs(Search(), WINDOW) == []


def test_a_profile_of_another_platform_is_refused() -> None:
    with pytest.raises(ValueError, match="is a profile on instagram, not on tiktok"):
        DATASET.request_input(profile_key("instagram", "https://www.instagram.com/jane"), WINDOW)


def test_the_dataset_is_the_vendors_and_maps_its_rows() -> None:
    assert (DATASET.name, DATASET.dataset_id, len(DATASETS)) == ("posts", "gd_lu702nij2f790tmv9h", 1)
    assert (DATASET.platform, DATASET.mapping.platform) == ("tiktok", "tiktok")
    assert DATASET.mapping.version >= 1
    assert DATASET.mapping.map_line(b"{}", last=True) == mapped({})
    assert mapped(row())[0] == "tiktok"
    assert DATASET.abilities.events
