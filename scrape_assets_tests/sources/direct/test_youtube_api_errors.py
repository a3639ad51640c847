"""YouTube's Data API over real HTTP: pauses, errors, keys, and pages that are broken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct import youtube_answer
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.direct.youtube import SOURCE
from scrape_assets.sources.direct.youtube_answer import judge_youtube, until_midnight
from scrape_assets.sources.errors import KeyRefused, NotConfigured, Throttled
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.platform_server import Reply
from scrape_assets_tests.sources.direct.youtube_asking import FIVE, IDS, SITE, about, by, channel, collect
from scrape_assets_tests.sources.direct.youtube_server import (
    KEY,
    error,
    reply,
    youtube_server,
)

RECORDED = Path(__file__).parents[4] / "shared/recorded/youtube/error_key_invalid.json"


def test_an_unknown_channel_is_not_found() -> None:
    with youtube_server() as (_, url):
        found = collect(url, by(channel("@nobody", f"{SITE}@nobody"))).error
    assert found is not None
    assert found.error_class is ErrorClass.NOT_FOUND
    assert "@nobody" in found.message


def test_a_channel_that_published_nothing_is_empty() -> None:
    missing = error(404, "playlistNotFound", "The playlist cannot be found.", "youtube.playlistItem")
    with youtube_server(replies=[None, missing]) as (_, url):
        collected = collect(url, by())
    assert collected.error is None
    assert [(list(page.items), page.cursor) for page in collected.pages] == [([], None)]


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_spent_quota_lasts_to_midnight_pacific_and_leaves_what_was_read(at: int) -> None:
    spent = error(403, "quotaExceeded", 'You have exceeded your <a href="/youtube/v3">quota</a>.')
    with youtube_server(*FIVE, replies=[*[None] * at, spent]) as (_, url):
        collected = collect(url, by())
        assert isinstance(collected.error, Throttled)
        assert collected.error.retry_after == timedelta(hours=20)  # noon UTC is 4 in the morning
        rest = collect(url, by(), collected.pages[-1].cursor if collected.pages else None)
    assert collected.ids(SOURCE) + rest.ids(SOURCE) == IDS


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 21, 7, 59, tzinfo=UTC), 1 / 60),
        (datetime(2026, 11, 21, 8, tzinfo=UTC), 24),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), 23),  # summer
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), 24.5),  # the day on which the clocks go back
    ],
)
def test_midnight_pacific(now: datetime, hours: float) -> None:
    assert until_midnight(now) == timedelta(hours=hours)


@pytest.mark.parametrize(("hour", "hours"), [(12, 20), (7, 1), (8, 24)])
def test_midnight_without_a_database_of_time_zones_is_never_too_early(
    monkeypatch: pytest.MonkeyPatch, hour: int, hours: int
) -> None:
    def no_zones(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(youtube_answer, "ZoneInfo", no_zones)
    assert until_midnight(datetime(2026, 7, 1, hour, tzinfo=UTC)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("said", "error_class"),
    [
        (error(400, "keyInvalid", "Bad Request", "usageLimits"), ErrorClass.REFUSED),
        (error(403, "accessNotConfigured"), ErrorClass.REFUSED),
        (error(403, "forbidden", f"Consumer 'api_key:{KEY}' has been suspended."), ErrorClass.REFUSED),
        (error(403, "playlistItemsNotAccessible"), ErrorClass.NOT_FOUND),
        (error(403, "rateLimitExceeded"), ErrorClass.THROTTLED),
        (error(429, "RATE_LIMIT_EXCEEDED"), ErrorClass.THROTTLED),
        (error(400, "invalidPageToken"), ErrorClass.BAD_REQUEST),
        (reply(403, f"<html>no {KEY}</html>".encode()), ErrorClass.REFUSED),
        (reply(404, b""), ErrorClass.NOT_FOUND),
    ],
)
def test_errors_go_by_their_reason_and_hold_no_key(said: Reply, error_class: ErrorClass) -> None:
    with youtube_server(replies=[said]) as (server, url):
        found = collect(url, by()).error
    assert found is not None
    assert found.error_class is error_class
    assert KEY not in found.message + str(found)
    assert len(server.asked) == 1


def test_a_wrong_key_and_a_missing_one() -> None:
    with youtube_server() as (_, url):
        wrong = collect_with({"YOUTUBE_API_KEY": "wrong"}, SOURCE, url, by()).error
        missing = collect_with({}, SOURCE, url, by()).error
    assert isinstance(wrong, KeyRefused)
    assert isinstance(missing, NotConfigured)


def test_the_key_is_sent_in_a_header_alone() -> None:
    with youtube_server(*FIVE) as (server, url):
        collected = collect(url, by())
    assert all(headers["x-goog-api-key"] == KEY for headers in server.headers)
    written = [call.url for call in collected.calls] + [str(page.cursor) for page in collected.pages]
    assert KEY not in "".join(written) + str(collected.items) + str(server.asked)


def test_a_half_broken_page_gives_what_can_be_used() -> None:
    items: list[object] = [
        None,
        "x",
        {"contentDetails": 5},
        {"contentDetails": {"videoId": "video-1"}},
        {"contentDetails": {}},
    ]
    page = reply(200, {"items": items, "nextPageToken": "at2"})
    found = reply(200, {"items": [None, 3, FIVE[0]]})
    with youtube_server(*FIVE, replies=[None, page, found]) as (_, url):
        assert collect(url, by()).ids(SOURCE) == ["video-1", *IDS[2:]]


def test_a_page_without_a_list_is_empty() -> None:
    with youtube_server(replies=[reply(200, {"nextPageToken": "x"}), reply(200, {"items": {}})]) as (_, url):
        collected = collect(url, about("tea"))
    assert [list(page.items) for page in collected.pages] == [[], []]


@pytest.mark.parametrize("body", [b'{"items": [', b"[]", b"<html>", b'{"nextPageToken": 5}', b""])
def test_what_is_no_page_is_bad_data(body: bytes) -> None:
    with youtube_server(replies=[None, reply(200, body)]) as (_, url):
        found = collect(url, by()).error
    assert found is not None
    assert found.error_class is ErrorClass.BAD_DATA


@pytest.mark.parametrize("target", [by(), about("tea")], ids=["channel", "search"])
def test_a_listing_that_turns_in_circles_ends(target: Target) -> None:
    items = [{"id": {"videoId": "video-1"}, "contentDetails": {"videoId": "video-1"}}]
    same = reply(200, {"items": items, "nextPageToken": "at0"})
    with youtube_server(*FIVE[:1]) as (server, url):
        first: list[Reply | None] = [None] if target.profile else []
        server.replies = [*first, *[same, None] * 9]
        collected = collect(url, target)
    assert collected.error is None
    assert collected.pages[-1].cursor is None
    assert len(server.asked) < 9


def test_a_server_error_and_a_cut_answer_are_tried_again() -> None:
    cut: Reply = (200, {"content-length": "900"}, b'{"items": [')
    with youtube_server(*FIVE[:1], replies=[reply(503, b""), cut]) as (server, url):
        assert collect(url, by()).ids(SOURCE) == IDS[:1]
    assert server.paths == ["/channels"] * 3 + ["/playlistItems", "/videos"]


def test_the_recorded_error_is_a_wrong_key() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers of YouTube are not on this machine")
    assert isinstance(judge_youtube(Answer(400, {}, RECORDED.read_bytes()), NOON, KEY), KeyRefused)
