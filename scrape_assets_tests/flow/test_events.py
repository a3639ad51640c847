"""Events: what is looked for, what the source honours, and which posts are theirs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrape_assets.flow.collect import collect
from scrape_assets.flow.targets.import_events import ImportReport, UnreadableFile, import_events
from scrape_assets.flow.wanted.plan import UnknownTarget
from scrape_assets_tests.flow.world import TODAY, World
from scrape_assets_tests.sources.direct.hackernews_server import Search, comment, hackernews, story

NOON = int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp())
FAIR = {
    "eventId": "fair",
    "name": "The tea fair",
    "keywords": ["tea", "Darjeeling Days"],
    "timeRange": {"start": f"{TODAY}T08:00:00Z", "end": f"{TODAY}T20:00:00Z"},
}


@pytest.fixture
def search() -> Iterator[tuple[Search, str]]:
    hits = [
        story(1, NOON, title="Tea in the rain"),
        story(2, NOON - 60, title="Teapots", story_text="nothing of it: tealess"),
        story(3, NOON - 86_400 * 9, title="Tea long ago"),
        comment(4, NOON + 60, comment_text="All of it was tea."),
        comment(5, NOON + 60, comment_text="coffee &amp; cake"),
    ]
    with hackernews(*hits, users=("ada",)) as running:
        yield running


@pytest.fixture
def here(world: World, search: tuple[Search, str]) -> World:
    world.set(hackernews_api_url=search[1])
    return world


def take_in(world: World, folder: Path, *events: object) -> ImportReport:
    file = folder / "events.json"
    file.write_text(json.dumps(list(events)), encoding="utf-8")
    return import_events(world.engine, file)


def test_the_posts_of_an_event_are_found_and_say_by_what(here: World, tmp_path: Path) -> None:
    assert take_in(here, tmp_path, FAIR).new == 1
    collect(here.ctx, "hackernews", TODAY)
    here.process()

    job = here.job("fair")
    assert (job.target_kind, job.status, job.posts_found) == ("event", "completed", 3)
    assert job.honoured == {"timeRange": "at the source", "keywords": "at the source, checked here"}
    assert job.warning is None
    found = here.rows("SELECT post_id, matched_by FROM event_posts ORDER BY post_id")
    assert found == [("1", "keyword: tea"), ("2", "keyword: tea"), ("4", "keyword: tea")]
    assert here.column("SELECT feed_key FROM post_sightings GROUP BY 1") == ["search:event:fair"]


def test_collecting_and_matching_an_event_again_changes_nothing(here: World, tmp_path: Path) -> None:
    take_in(here, tmp_path, FAIR)
    collect(here.ctx, "hackernews", TODAY)
    here.process()
    before = here.rows("SELECT * FROM event_posts ORDER BY post_id")
    assert collect(here.ctx, "hackernews", TODAY).jobs_added == 0
    here.again()
    assert here.rows("SELECT * FROM event_posts ORDER BY post_id") == before


def test_an_event_is_followed_while_it_is_talked_about(here: World, tmp_path: Path) -> None:
    take_in(here, tmp_path, FAIR)
    days = {}
    for distance in (-2, -1, 0, 1, 2):
        day = TODAY + timedelta(days=distance)
        days[distance] = collect(here.ctx, "hackernews", day).jobs_added
    assert days == {-2: 0, -1: 1, 0: 1, 1: 1, 2: 0}


def test_an_event_of_other_platforms_is_left_alone(here: World, tmp_path: Path) -> None:
    take_in(here, tmp_path, {**FAIR, "platforms": ["twitter", "youtube"]})
    assert collect(here.ctx, "hackernews", TODAY).jobs_added == 0
    with pytest.raises(UnknownTarget, match="event fair is followed on x, youtube, not on hackernews"):
        collect(here.ctx, "hackernews", TODAY, events=["fair"])
    with pytest.raises(UnknownTarget, match="there is no event fete"):
        collect(here.ctx, "hackernews", TODAY, events=["fete"])


def test_what_a_source_cannot_honour_is_said_in_the_job(here: World, tmp_path: Path) -> None:
    take_in(here, tmp_path, {**FAIR, "location": {"lat": 27.04, "lng": 88.26, "radius": 30}})
    collect(here.ctx, "hackernews", TODAY)
    here.process()
    job = here.job("fair")
    assert job.honoured is not None
    assert job.honoured["location"] == "not"
    assert job.warning == "hackernews cannot honour location: what it gave is kept without regard to it"
    assert here.count("event_posts") == 3


def test_an_event_of_a_place_alone_fails_where_only_words_can_be_searched(here: World, tmp_path: Path) -> None:
    take_in(here, tmp_path, {**FAIR, "keywords": [], "location": {"lat": 27.04, "lng": 88.26, "radius": 30}})
    collect(here.ctx, "hackernews", TODAY)
    job = here.job("fair")
    assert (job.status, job.error_class) == ("failed", "bad_request")
    assert "by keyword alone" in str(job.error)


def test_a_request_by_another_program_brings_its_own_words(here: World, tmp_path: Path) -> None:
    take_in(here, tmp_path, {**FAIR, "platforms": ["x"]})
    params = {**{"timeRange": FAIR["timeRange"]}, "keywords": ["coffee"]}
    here.ask_for(
        "fair", target_kind="event", platform="hackernews", collection_date=TODAY,
        next_attempt_at=here.clock(), search_params=json.dumps(params),
    )  # fmt: skip
    collect(here.ctx, "hackernews", TODAY, requested_only=True)
    here.process()
    assert here.rows("SELECT post_id, matched_by FROM event_posts") == [("5", "keyword: coffee")]


def test_the_vendor_is_asked_keyword_by_keyword_and_the_finds_are_the_event_s(world: World, tmp_path: Path) -> None:
    take_in(world, tmp_path, {**FAIR, "platforms": ["tiktok"]})
    collect(world.ctx, "tiktok", TODAY)
    [accepted] = world.control.accepted()
    assert sorted(given["search_keyword"] for given in accepted["inputs"]) == ["Darjeeling Days", "tea"]
    assert len(world.snapshot().inputs) == 2

    world.poll()
    world.process()

    job = world.job("fair")
    assert (job.status, job.source) == ("completed", "brightdata")
    assert job.posts_found == world.count("raw_posts") > 0, "a post found by both words is one post"
    assert job.honoured == {"timeRange": "after collection", "keywords": "at the source, checked here"}
    inside = world.column(
        "SELECT count(*) FROM raw_posts WHERE (text ILIKE '%tea%' OR text ILIKE '%darjeeling days%'"
        " OR 'tea' = ANY(hashtags)) AND posted_at >= :start AND posted_at < :end",
        start=datetime.fromisoformat(f"{TODAY}T08:00:00Z") - timedelta(days=1),
        end=datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC) + timedelta(days=1),
    )
    assert world.count("event_posts") == inside[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eventId": None}, "event_id is missing"),
        ({"eventId": "  "}, "event_id is missing"),
        ({"name": 7.5}, "name is no text: 7.5"),
        ({"name": "a\0b"}, "name holds a NUL character"),
        ({"timeRange": None}, "has no timeRange"),
        ({"timeRange": {"start": "soon", "end": "2026-01-01"}}, "timeRange.start is no ISO time: 'soon'"),
        ({"timeRange": {"start": "2026-01-02", "end": "2026-01-01"}}, "end before it starts"),
        ({"location": {"lat": 91, "lng": 0, "radius": 1}}, "location.lat must be a number from -90 to 90, not 91"),
        ({"location": {"lat": 1, "lng": 0, "radius": -1}}, "location.radius must be a number"),
        ({"location": {"lat": 1, "lng": 0}}, "location.radius must be a number .* not None"),
        ({"location": "Darjeeling"}, "location is no"),
        ({"keywords": "tea"}, "keywords is no list of texts"),
        ({"keywords": ["tea"] * 101}, "keywords has 101 entries; at most 100"),
        ({"keywords": []}, "neither keywords nor a location"),
        ({"platforms": ["instergram"]}, "unknown platform 'instergram'. Did you mean instagram?"),
        ({"platforms": "x"}, "platforms is no list of names"),
    ],
)
def test_a_bad_event_is_named_with_its_place_and_reason_and_good_ones_go_in(
    world: World, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    report = take_in(world, tmp_path, {**FAIR, **change}, {**FAIR, "eventId": "good"})
    assert (report.new, [bad.place for bad in report.refused]) == (1, [1])
    with pytest.raises(ValueError, match=reason):
        raise ValueError(report.refused[0].reason)


def test_importing_again_says_what_has_changed(world: World, tmp_path: Path) -> None:
    take_in(world, tmp_path, FAIR)
    again = take_in(world, tmp_path, FAIR)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    other = take_in(world, tmp_path, {**FAIR, "name": "The tea and coffee fair"}, FAIR)
    assert (other.changed, [bad.reason for bad in other.refused]) == (1, ["duplicate: number 1 has this id"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b'{"name": "alone"}', "holds no list of events"),
        (b"\xff\xfe[\x00]\x00", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_so(world: World, tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason):
        import_events(world.engine, file)
    with pytest.raises(UnreadableFile, match="there is no such file"):
        import_events(world.engine, tmp_path / "none.json")


def test_a_byte_order_mark_and_our_own_column_names_are_read(world: World, tmp_path: Path) -> None:
    flat = {
        "event_id": 12, "title": "Flat", "starts_at": "2026-11-20", "ends_at": "2026-11-22T10:00:00+02:00",
        "latitude": 1, "longitude": 2, "radius_km": 3,
    }  # fmt: skip
    file = tmp_path / "events.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps({"events": [flat]}).encode())
    assert import_events(world.engine, file).new == 1
    assert world.rows("SELECT event_id, latitude, longitude, radius_km FROM events") == [("12", 1.0, 2.0, 3.0)]
