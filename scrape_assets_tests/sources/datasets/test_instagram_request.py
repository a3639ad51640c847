"""What the vendor is asked for an Instagram profile."""

from datetime import UTC, datetime

import pytest

from scrape_assets.posts.identity import profile_key
from scrape_assets.posts.search import Search
from scrape_assets.sources.datasets.dataset import MOST_OF_A_PROFILE
from scrape_assets.sources.datasets.instagram import DATASETS
from scrape_assets.sources.mapping import Dataset, TimeWindow
from scrape_assets_tests.sources.datasets.instagram_rows import mapped, row

WINDOW = TimeWindow(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 17, 13, tzinfo=UTC))


def test_the_datasets_are_the_vendors_the_default_first() -> None:
    assert [(dataset.name, dataset.dataset_id) for dataset in DATASETS] == [
        ("posts", "gd_lk5ns7kz21pck8jpis"),
        ("reels", "gd_lyclm20il4r5helnj"),
    ]


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_a_profile_is_asked_for_within_the_window_month_first(dataset: Dataset) -> None:
    discover_by, body = dataset.request_input(profile_key("instagram", "instagram.com/Jane.Doe/?hl=en"), WINDOW)
    assert discover_by == "url"
    assert body == {
        "url": "https://www.instagram.com/jane.doe",
        "start_date": "03-02-2026",
        "end_date": "03-17-2026",
    }
    assert dataset.limit_per_input(discover_by, 25) == MOST_OF_A_PROFILE


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_there_is_no_search(dataset: Dataset) -> None:
    assert dataset.search_inputs(Search(("tea",)), WINDOW) == []
    assert not dataset.abilities.events


def test_a_profile_of_another_platform_is_refused() -> None:
    with pytest.raises(ValueError, match="is a profile on tiktok, not on instagram"):
        DATASETS[0].request_input(profile_key("tiktok", "https://www.tiktok.com/@jane"), WINDOW)


def test_both_datasets_map_their_rows_alike() -> None:
    for dataset in DATASETS:
        assert dataset.mapping.platform == "instagram"
        assert dataset.mapping.version >= 1
        assert dataset.mapping.map_line(b"{}", last=True) == mapped({})
    assert mapped(row())[0] == "instagram"
