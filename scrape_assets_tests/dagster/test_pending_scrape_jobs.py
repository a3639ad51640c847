"""The sensor `pending_scrape_jobs`: rows that anybody inserts with SQL become runs of `collections`."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from scrape_assets_tests.dagster.world import World, today

PLAIN = "INSERT INTO scrape_jobs (target_id, platform) VALUES ('ada-arendt', 'linkedin')"


def insert_job(world: World, **columns: object) -> None:
    row = {"target_id": "ada-arendt", "platform": "linkedin", **columns}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    world.rows(f"INSERT INTO scrape_jobs ({names}) VALUES ({values})", **row)


def one_request(world: World) -> dg.RunRequest:
    [request] = world.tick("pending_scrape_jobs").run_requests or []
    return request


def test_a_row_with_a_target_and_a_platform_becomes_a_run_that_collects_it(world: World) -> None:
    world.add_creators("ada-arendt", "bram-bakker")
    world.rows(PLAIN)

    request = one_request(world)
    result = world.run("collect", request)

    assert request.partition_key == f"{today()}|linkedin"
    assert result.success
    assert world.rows("SELECT target_id, status, snapshot_id IS NOT NULL FROM scrape_jobs") == [
        ("ada-arendt", "processing", True)
    ]
    [accepted] = world.vendor.control.accepted()
    assert "ada-arendt" in accepted["inputs"][0]["url"]


def test_a_row_is_requested_once_while_its_run_waits(world: World) -> None:
    world.rows(PLAIN)
    assert one_request(world)

    again = world.tick("pending_scrape_jobs")

    assert not again.run_requests
    assert again.skip_message == "1 jobs wait for a run that is already requested."


def test_rows_of_one_day_and_platform_share_a_run(world: World) -> None:
    for creator in ("ada-arendt", "bram-bakker", "chidi-castillo"):
        insert_job(world, target_id=creator)

    assert one_request(world).partition_key == f"{today()}|linkedin"


def test_high_priority_is_requested_first_and_dequeued_first(world: World) -> None:
    yesterday, before = today() - timedelta(days=1), today() - timedelta(days=2)
    insert_job(world, priority="low", collection_date=today())
    insert_job(world, priority="normal", collection_date=before)
    insert_job(world, priority="low", collection_date=yesterday)
    insert_job(world, priority="high", collection_date=yesterday)

    requests = world.tick("pending_scrape_jobs").run_requests or []

    assert [(request.partition_key, request.tags["dagster/priority"]) for request in requests] == [
        (f"{yesterday}|linkedin", "10"),
        (f"{before}|linkedin", "0"),
        (f"{today()}|linkedin", "-10"),
    ]


def test_a_low_job_that_has_waited_long_enough_is_dequeued_as_a_high_one(world: World) -> None:
    insert_job(world, priority="low", next_attempt_at=datetime.now(UTC) - timedelta(hours=12))

    assert one_request(world).tags["dagster/priority"] == "10"


def test_a_crowd_that_nobody_can_serve_keeps_no_other_platform_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BRIGHTDATA_API_KEY")
    world.rows(
        "INSERT INTO scrape_jobs (target_id, platform, priority, next_attempt_at)"
        " SELECT 'crowd-' || n, 'facebook', 'high', now() - interval '1 h' FROM generate_series(1, 6000) AS n"
    )
    for creator in ("ada-arendt", "bram-bakker", "chidi-castillo"):
        insert_job(world, platform="bluesky", target_id=creator)

    assert one_request(world).partition_key == f"{today()}|bluesky"

    assert world.rows("SELECT count(*) FROM scrape_jobs WHERE requested_until IS NOT NULL") == [3]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"platform": "friendster"}, "friendster"),
        ({"platform": "LinkedIn"}, "write the platform as linkedin"),
        ({"collection_date": "2019-01-01"}, "collection_date must lie between 2025-01-01 and today"),
        ({"collection_date": str(today() + timedelta(days=2))}, "collection_date must lie between"),
    ],
)
def test_a_row_that_cannot_be_collected_fails_with_its_reason(
    world: World, columns: dict[str, object], reason: str
) -> None:
    insert_job(world, **columns)

    ticked = world.tick("pending_scrape_jobs")

    assert not ticked.run_requests
    assert ticked.skip_message == "1 jobs cannot be collected and have failed with their reason."
    [(status, error_class, error)] = world.rows("SELECT status, error_class, error FROM scrape_jobs")
    assert (status, error_class) == ("failed", "bad_request")
    assert reason in error


def test_a_bad_row_does_not_hold_up_a_good_one(world: World) -> None:
    insert_job(world, platform="friendster")
    insert_job(world)

    assert one_request(world).partition_key == f"{today()}|linkedin"
    assert sorted(world.rows("SELECT status FROM scrape_jobs")) == ["failed", "pending"]


def test_a_row_whose_time_has_not_come_waits(world: World) -> None:
    insert_job(world, next_attempt_at=datetime.now(UTC) + timedelta(hours=1))

    assert world.tick("pending_scrape_jobs").skip_message == "1 jobs wait for the time of their next attempt."


def test_without_pending_rows_it_says_so(world: World) -> None:
    assert world.tick("pending_scrape_jobs").skip_message == "No job is pending."


def test_what_a_dead_process_had_claimed_is_requested_again(world: World) -> None:
    insert_job(
        world, status="processing", lease_owner="run:gone", leased_until=datetime.now(UTC) - timedelta(seconds=1)
    )

    assert one_request(world)
    assert world.rows("SELECT status, attempts, error_class FROM scrape_jobs") == [("pending", 1, "lease_lost")]


def test_jobs_that_nobody_can_serve_for_want_of_a_key_wait_with_the_reason_and_start_no_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BRIGHTDATA_API_KEY")
    insert_job(world, platform="x")
    insert_job(world, platform="bluesky", target_kind="event", search_params='{"keywords": ["tea"]}')

    ticked = world.tick("pending_scrape_jobs")

    assert not ticked.run_requests
    assert "brightdata is not configured: BRIGHTDATA_API_KEY not set" in str(ticked.skip_message)
    waiting = dict(world.rows("SELECT platform, error FROM scrape_jobs WHERE status = 'pending' AND attempts = 0"))
    assert waiting["x"].startswith("x is not configured: X_BEARER_TOKEN not set; brightdata is")
    assert waiting["bluesky"].endswith("BLUESKY_HANDLE and BLUESKY_APP_PASSWORD not set")
    [soonest] = world.rows("SELECT min(next_attempt_at) FROM scrape_jobs")
    assert soonest > datetime.now(UTC) + timedelta(minutes=10), "no storm of ticks, and no run at all"


def test_a_platform_that_gives_profiles_without_a_key_is_asked_for_those_alone(world: World) -> None:
    insert_job(world, platform="bluesky")
    insert_job(world, platform="bluesky", target_kind="event", search_params='{"keywords": ["tea"]}')

    assert one_request(world).partition_key == f"{today()}|bluesky"

    asked = world.rows("SELECT target_kind FROM scrape_jobs WHERE requested_until IS NOT NULL")
    assert asked == ["creator"]
