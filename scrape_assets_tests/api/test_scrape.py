"""Asking for a scrape: one job a target and platform, written at once, and never twice for one key."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from scrape_assets.api.forgetting import forgetting
from scrape_assets_tests.api.own_loop import in_a_loop
from scrape_assets_tests.api.served import Api, assert_problem

FESTIVAL = {
    "name": "Harbour festival",
    "startsAt": "2026-11-01T00:00:00Z",
    "endsAt": "2026-11-08T00:00:00Z",
    "keywords": ["harbour festival"],
}
WISHES = {
    "location": {"lat": 59.91, "lng": 10.75, "radius": 5},
    "timeRange": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00Z"},
    "keywords": ["tall ships"],
}


def test_a_creators_scrape_is_accepted_with_the_job_and_its_url(api: Api) -> None:
    answer = api.ask({"creatorId": "mira", "platform": "linkedin", "priority": "high"})
    assert answer.status_code == 202
    job = answer.json()["job"]
    assert (job["targetKind"], job["targetId"], job["platform"]) == ("creator", "mira", "linkedin")
    assert (job["status"], job["priority"]) == ("pending", "high")
    assert answer.headers["location"] == job["url"]
    assert api.http.get(job["url"]).json()["job"] == job
    assert api.rows("SELECT job_id, priority, origin FROM scrape_jobs") == [(job["jobId"], "high", "request")]


def test_snake_case_is_taken_as_well(api: Api) -> None:
    answer = api.ask(
        {"creator_id": "mira", "platform": "linkedin", "search_params": {"time_range": WISHES["timeRange"]}}
    )
    assert answer.status_code == 202
    assert answer.json()["job"]["searchParams"]["timeRange"]["start"] == "2026-11-01T00:00:00Z"


def test_a_list_of_platforms_makes_a_job_each(api: Api) -> None:
    answer = api.ask({"eventId": "festival", "event": FESTIVAL, "platform": ["twitter", "instagram", "x"]})
    assert answer.status_code == 202
    assert [job["platform"] for job in answer.json()["jobs"]] == ["x", "instagram"]
    assert sorted(api.rows("SELECT platform FROM scrape_jobs")) == ["instagram", "x"]


def test_an_unknown_event_is_created_from_its_fields(api: Api) -> None:
    answer = api.ask({"eventId": "festival", "event": FESTIVAL, "platform": "x", "searchParams": WISHES})
    assert answer.status_code == 202
    assert answer.json()["job"]["searchParams"] == WISHES
    assert api.rows("SELECT name FROM events WHERE event_id = 'festival'") == ["Harbour festival"]


def test_an_event_without_wishes_is_looked_for_as_it_is_known(api: Api) -> None:
    api.ask({"eventId": "festival", "event": FESTIVAL, "platform": "x"})
    again = api.ask({"eventId": "festival", "platform": "hackernews"})
    assert again.status_code == 202
    assert again.json()["job"]["searchParams"]["keywords"] == ["harbour festival"]


def test_the_same_key_gives_the_same_job(api: Api) -> None:
    body = {"creatorId": "mira", "platform": "linkedin"}
    first, second = (api.ask(body, **{"idempotency-key": "order-1"}) for _ in range(2))
    assert first.json() == second.json()
    assert api.rows("SELECT count(*) FROM scrape_jobs") == [1]


def test_a_key_for_another_request_is_refused(api: Api) -> None:
    api.ask({"creatorId": "mira", "platform": "linkedin"}, **{"idempotency-key": "order-1"})
    other = api.ask({"creatorId": "mira", "platform": "linkedin", "priority": "low"}, **{"idempotency-key": "order-1"})
    assert_problem(other, 409, "Idempotency-Key")
    assert api.rows("SELECT count(*) FROM scrape_jobs") == [1]


def test_one_key_sent_twenty_times_at_once_writes_one_job(api: Api) -> None:
    body = {"creatorId": "mira", "platform": "linkedin"}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: api.ask(body, **{"idempotency-key": "order-1"}), range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["job"]["jobId"] for answer in answers}) == 1
    assert api.rows("SELECT count(*) FROM scrape_jobs") == [1]


def test_a_key_is_forgotten_after_two_days_and_may_be_used_anew(api: Api) -> None:
    body = {"creatorId": "mira", "platform": "linkedin"}
    first = api.ask(body, **{"idempotency-key": "order-1"})
    api.change("UPDATE idempotency_keys SET created_at = created_at - interval '49 hours'")

    async def forget() -> None:
        async with forgetting(api.engine, lambda: datetime.now(UTC), every=0.01):
            while api.rows("SELECT count(*) FROM idempotency_keys") != [0]:
                await asyncio.sleep(0.01)

    in_a_loop(forget, 10)
    again = api.ask({**body, "priority": "low"}, **{"idempotency-key": "order-1"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert api.rows("SELECT count(*) FROM scrape_jobs") == [2]


def test_each_write_is_noted_without_the_token(api: Api) -> None:
    job = api.job()
    [(caller, action, subjects)] = api.rows("SELECT caller, action, subjects FROM api_writes")
    assert (action, subjects) == ("scrape", [job["jobId"]])
    assert "@127.0.0.1" in caller
    assert "token" not in caller


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no target": ({"creatorId": None}, "exactly one of eventId and creatorId"),
    "two targets": ({"eventId": "festival"}, "exactly one of eventId and creatorId"),
    "end before start": (
        {"searchParams": {"timeRange": {"start": "2026-11-08T00:00:00Z", "end": "2026-11-01T00:00:00Z"}}},
        "must lie after start",
    ),
    "latitude 91": (
        {"searchParams": {"location": {"lat": 91, "lng": 0, "radius": 1}}},
        "searchParams.location.lat: Input should be less than or equal to 90",
    ),
    "radius -1": (
        {"searchParams": {"location": {"lat": 1, "lng": 0, "radius": -1}}},
        "searchParams.location.radius: Input should be greater than",
    ),
    "unknown platform": ({"platform": "myspace"}, "bluesky"),
    "text as latitude": (
        {"searchParams": {"location": {"lat": "north", "lng": 0, "radius": 1}}},
        "searchParams.location.lat: Input should be a valid number",
    ),
    "text as keywords": (
        {"searchParams": {"keywords": "tall ships"}},
        "searchParams.keywords: Input should be a valid",
    ),
    "a list as time range": (
        {"searchParams": {"timeRange": ["2026-11-01"]}},
        "searchParams.timeRange: Input should be",
    ),
    "a word as time": (
        {"searchParams": {"timeRange": {"start": "soon", "end": "2026-11-01T00:00:00Z"}}},
        "searchParams.timeRange.start: Input should be a valid datetime",
    ),
    "a list as creator": ({"creatorId": ["mira"]}, "creatorId: Input should be a valid string"),
    "no platform": ({"platform": []}, "platform"),
    "a number as platform": ({"platform": 3}, "platform"),
    "too many keywords": (
        {"searchParams": {"keywords": ["k"] * 10_000}},
        "searchParams.keywords: List should have at most",
    ),
    "an unknown field": ({"prioritty": "high"}, "prioritty"),
    "an unknown priority": ({"priority": "urgent"}, "'high', 'normal' or 'low'"),
    "a NUL in the name": ({"creatorId": "mi\0ra"}, "creatorId"),
    "a year nobody means": (
        {"searchParams": {"timeRange": {"start": "0001-01-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"}}},
        "searchParams.timeRange.start",
    ),
    "another platform's profile": ({"searchParams": {"profileUrl": "https://example.com/mira"}}, "profileUrl"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_names_the_field_and_writes_nothing(api: Api, case: str) -> None:
    changes, named = BAD[case]
    answer = api.ask({"creatorId": "mira", "platform": "linkedin", **changes})
    assert_problem(answer, 422, named)
    assert api.rows("SELECT count(*) FROM scrape_jobs") == [0]


def test_somebody_unknown_is_not_found(api: Api) -> None:
    assert_problem(api.ask({"creatorId": "nobody", "platform": "linkedin"}), 404, "there is no creator 'nobody'")
    assert_problem(api.ask({"creatorId": "mira", "platform": "tiktok"}), 404, "no tiktok profile")
    assert_problem(api.ask({"eventId": "nothing", "platform": "x"}), 404, "describe it in `event`")


def test_malformed_json_is_a_bad_request(api: Api) -> None:
    answer = api.http.post("/api/admin/scrape", content=b"{nope", headers={"content-type": "application/json"})
    assert_problem(answer, 400, "JSON")
    assert_problem(api.ask([{"creatorId": "mira", "platform": "linkedin"}]), 422, "Input should be a valid")
    assert api.rows("SELECT count(*) FROM scrape_jobs") == [0]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_fifty_megabytes_is_refused_unread(api: Api, announced: bool) -> None:
    piece = b" " * (1 << 20)
    body = piece * 50 if announced else iter([piece] * 50)
    with suppress(httpx.WriteError):  # the rest of it was not even read
        answer = api.http.post("/api/admin/scrape", content=body, headers={"content-type": "application/json"})
        assert_problem(answer, 413, "1,048,576 bytes")
    assert api.rows("SELECT count(*) FROM scrape_jobs") == [0]
