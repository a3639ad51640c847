"""A scheduler outside that calls every minute, for ever, twice at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx

from scrape_assets_tests.api.served import CRON, Api

PATH = "/api/cron/process-brightdata-snapshots"


def snapshots(api: Api) -> None:
    api.change(
        "INSERT INTO snapshots (snapshot_id, partition_key, source, platform, collection_date, status, inputs,"
        " creator_urls, next_check_at, attempts)"
        " SELECT s || n, s || n, source, 'linkedin', '2026-11-20', s, '[]', '{}', now() + interval '1 hour', n"
        " FROM unnest(ARRAY['pending', 'running', 'unknown', 'ready', 'processing', 'processed', 'dead']) s,"
        " generate_series(0, 1) n, (VALUES ('brightdata')) v(source)"
    )


def poke(api: Api, method: str = "POST") -> dict[str, int]:
    answer = httpx.request(method, api.url + PATH, headers={"authorization": f"Bearer {CRON}"})
    assert answer.status_code == 200, answer.text
    queued: dict[str, int] = answer.json()
    return queued


def due(api: Api) -> list[str]:
    return sorted(api.rows("SELECT snapshot_id FROM snapshots WHERE coalesce(next_check_at, now()) <= now()"))


def test_what_is_pending_or_ready_is_due_at_once(api: Api) -> None:
    snapshots(api)
    assert poke(api) == {"askedAbout": 6, "processed": 1, "dueBefore": 0, "backingOff": 1}
    assert due(api) == ["pending0", "pending1", "ready0", "running0", "running1", "unknown0", "unknown1"]


def test_a_ready_snapshot_that_failed_keeps_its_backoff_however_often_one_calls(api: Api) -> None:
    snapshots(api)
    for method in ("GET", "POST", "GET"):
        poke(api, method)
    assert "ready1" not in due(api)
    assert poke(api) == {"askedAbout": 0, "processed": 0, "dueBefore": 7, "backingOff": 1}
    assert api.rows("SELECT sum(attempts) FROM snapshots") == [7]


def test_ten_at_once_make_each_due_once(api: Api) -> None:
    snapshots(api)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: poke(api), range(10)))
    assert sum(answer["askedAbout"] for answer in answers) == 6
    assert len(due(api)) == 7


def test_other_sources_are_left_alone(api: Api) -> None:
    snapshots(api)
    api.change("UPDATE snapshots SET source = 'hackernews' WHERE status <> 'pending'")
    assert poke(api)["askedAbout"] == 2
    assert due(api) == ["pending0", "pending1"]
