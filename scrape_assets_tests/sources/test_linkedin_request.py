"""What the vendor is asked for a LinkedIn profile."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scrape_assets.posts.identity import Profile, ProfileKind, profile_key
from scrape_assets.posts.platforms import Platform
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets.sources.registry import NoSource, collectable_platforms, dataset, sources_of
from scrape_assets_tests.sources.linkedin_rows import mapped, row

START = datetime(2026, 3, 10, tzinfo=UTC)
WINDOW = TimeWindow(START, datetime(2026, 3, 17, 1, 59, 59, 999_000, tzinfo=timezone(timedelta(hours=2))))
DATASET = dataset("linkedin")


def test_a_person_is_asked_for_by_profile_without_dates_and_limited_by_number() -> None:
    person = profile_key("linkedin", "uk.linkedin.com/in/Jos%C3%A9?trk=x")
    discover_by, body = DATASET.request_input(person, WINDOW)
    assert (discover_by, body) == ("profile_url", {"url": "https://www.linkedin.com/in/jos%C3%A9"})
    assert DATASET.limit_per_input(discover_by, 25) == 25


def test_an_organization_is_asked_for_by_company_within_the_window() -> None:
    discover_by, body = DATASET.request_input(profile_key("linkedin", "linkedin.com/school/Acme"), WINDOW)
    assert discover_by == "company_url"
    assert body == {
        "url": "https://www.linkedin.com/company/acme",
        "start_date": "2026-03-10T00:00:00.000Z",
        "end_date": "2026-03-16T23:59:59.999Z",
    }
    assert DATASET.limit_per_input(discover_by, 25) is None


def test_a_profile_of_another_platform_is_refused() -> None:
    jane = Profile(Platform.X, "jane", "https://x.com/jane", "jane", ProfileKind.PERSON)
    with pytest.raises(ValueError, match="is a profile on x, not on linkedin"):
        DATASET.request_input(jane, WINDOW)


@pytest.mark.parametrize("end", [datetime(2026, 3, 17), START - timedelta(seconds=1)])  # noqa: DTZ001
def test_a_window_without_zone_or_backwards_is_refused(end: datetime) -> None:
    with pytest.raises(ValueError, match="a window"):
        TimeWindow(START, end)


def test_the_dataset_is_the_vendors_and_maps_its_rows() -> None:
    assert DATASET.dataset_id == "gd_lyy3tktm25m4avu764"
    assert DATASET.platform == "linkedin"
    assert DATASET.mapping.platform == "linkedin"
    assert DATASET.mapping.version >= 1
    assert DATASET.mapping.map_line(b"7", last=False) == mapped(7)
    assert DATASET.mapping.map_line(b"{}", last=True) == mapped({})
    assert mapped(row())[0] == DATASET.platform


def test_linkedin_is_collected_through_the_vendor_alone() -> None:
    assert sources_of("linkedin") == ("brightdata",)
    assert "linkedin" in collectable_platforms()


def test_a_platform_without_a_dataset_is_said_so() -> None:
    with pytest.raises(NoSource, match="lemmy is not collected through Bright Data; it collects linkedin"):
        dataset("lemmy")
    with pytest.raises(NoSource, match="has no dataset 'reels' for linkedin; it has posts"):
        dataset("linkedin", "reels")
    with pytest.raises(ValueError, match="Did you mean linkedin"):
        sources_of("linkdin")
