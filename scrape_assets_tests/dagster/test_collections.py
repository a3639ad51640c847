"""The asset `collections`, as a person or a backfill materializes it."""

from collections.abc import Callable
from datetime import timedelta

import dagster as dg
import pytest

from scrape_assets.flow import collect as flow_collect
from scrape_assets_tests.dagster.world import (
    World,
    events_of,
    failure_of,
    materializations,
    today,
)


def key_of(days_ago: int = 0) -> str:
    return f"{today() - timedelta(days=days_ago)}|linkedin"


def collect(world: World, *keys: str, **config: object) -> dg.ExecuteInProcessResult:
    return world.materialize(["collections"], *(keys or [key_of()]), op="collections", config=config)


def test_a_day_is_asked_for_in_batches_and_told_in_the_metadata(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRAPE_ASSETS_BATCH_SIZE", "2")
    world.add_creators("ada-arendt", "bram-bakker", "chidi-castillo")

    result = collect(world)

    metadata = materializations(result)["collections", key_of()].metadata
    assert result.success
    assert world.paid() == 2
    assert metadata["dagster/partition_row_count"].value == 3
    assert (metadata["jobs_added"].value, metadata["inputs_accepted"].value) == (3, 3)
    assert str(metadata["snapshots"].value).count("\n") == 3
    assert "| processing | 3 |" in str(metadata["jobs_by_status"].value)


def test_the_same_day_again_asks_for_nothing(world: World) -> None:
    world.add_creators("ada-arendt")
    collect(world)

    again = collect(world)

    assert again.success
    assert events_of(again) == [("collections", key_of())]
    assert world.paid() == 1


def test_with_force_the_same_day_is_asked_for_once_more(world: World) -> None:
    world.add_creators("ada-arendt")
    collect(world)

    assert collect(world, force=True).success

    assert world.paid() == 2


@pytest.mark.parametrize("dies", ["before the round is planned", "after it is paid for"])
def test_a_second_attempt_at_a_forced_round_never_pays_for_another(
    world: World, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    world.add_creators("ada-arendt")
    collect(world)
    attempts = iter([True, False])

    def collect_and_die(*args: object, **kwargs: object) -> object:
        dying = next(attempts)
        if dying and dies == "before the round is planned":
            raise OSError("the process lost its disk")
        report = flow_collect.collect(*args, **kwargs)  # type: ignore[arg-type]
        if dying:
            raise OSError("the process lost its disk")
        return report

    monkeypatch.setattr("scrape_assets.assets.collections.collect", collect_and_die)
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)

    assert collect(world, force=True).success

    assert world.paid() == 2


def test_only_the_creators_named_are_asked_for(world: World) -> None:
    world.add_creators("ada-arendt", "bram-bakker")

    collect(world, creators=["bram-bakker"])

    assert world.rows("SELECT target_id FROM scrape_jobs") == ["bram-bakker"]


def test_a_backfill_of_several_days_is_one_run_and_each_day_is_materialized(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPE_ASSETS_FRESHNESS_MINUTES", "0")  # a person's feed is the same on all three days
    world.add_creators("ada-arendt")
    days = [key_of(2), key_of(1), key_of(0)]

    result = collect(world, *days)

    assert result.success
    assert world.materialized("collections") == set(days)
    assert world.rows("SELECT count(*), count(DISTINCT collection_date) FROM snapshots") == [(3, 3)]
    assert world.paid() == 3


def test_a_backfill_pays_once_for_a_feed_that_is_the_same_on_all_its_days(world: World) -> None:
    world.add_creators("ada-arendt")
    days = [key_of(2), key_of(1), key_of(0)]

    result = collect(world, *days)

    assert world.materialized("collections") == set(days)
    assert world.paid() == 1
    assert world.rows("SELECT count(DISTINCT snapshot_id) FROM scrape_jobs WHERE status = 'processing'") == [1]
    told = materializations(result)["collections", key_of(0)].metadata["not_asked_again"].value
    assert "the same is being collected for job" in str(told)


def test_a_day_that_nobody_accepted_fails_alone_and_says_what_comes_next(world: World) -> None:
    world.add_creators("ada-arendt")
    world.vendor.control.fault("throttled", operation="trigger", times=1)

    result = collect(world, key_of(1), key_of(0))

    assert world.materialized("collections") == {key_of(0)}
    said = failure_of(result)
    assert said.startswith(f"{key_of(1)}: ")
    assert said.endswith("the jobs stay in the ledger and are asked for again by themselves")
    assert "\n" not in said


def test_a_lost_answer_is_said_to_be_looked_up_first(world: World) -> None:
    world.add_creators("ada-arendt")
    world.vendor.control.fault("lost_answer")

    result = collect(world)

    assert "its list is looked at before anything is asked for again" in failure_of(result)
    assert world.rows("SELECT status FROM snapshots") == ["unknown"]
    assert world.paid() == 1


def refuse_the_key(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    world.vendor.control.fault("unauthorized")
    return "Bright Data refused the key"


def take_the_key_away(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("BRIGHTDATA_API_KEY")
    return "there is no key for Bright Data; set BRIGHTDATA_API_KEY"


@pytest.mark.parametrize("trouble", [refuse_the_key, take_the_key_away])
def test_without_an_accepted_key_nothing_is_written_or_triggered(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[World, pytest.MonkeyPatch], str]
) -> None:
    world.add_creators("ada-arendt")
    reason = trouble(world, monkeypatch)

    result = collect(world, key_of(1), key_of(0))

    assert failure_of(result).startswith(f"{key_of(1)}: {reason}")
    assert failure_of(result).endswith("; nothing has been asked for: mend that and materialize it again")
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert world.rows("SELECT count(*) FROM scrape_jobs") == [0]
    assert "trigger" not in world.calls()


def test_a_creator_that_nobody_knows_is_named(world: World) -> None:
    result = collect(world, creators=["nobody-known"])

    assert "there is no creator nobody-known" in failure_of(result)


def test_jobs_that_failed_are_named_with_their_reason(world: World) -> None:
    world.add_creators("ada-arendt")
    world.rows(
        "INSERT INTO scrape_jobs (target_id, platform, profile_url) VALUES ('bram', 'linkedin', 'https://example.com')"
    )

    metadata = materializations(collect(world))["collections", key_of()].metadata

    assert "| bram |" in str(metadata["jobs_failed"].value)
    assert "example.com" in str(metadata["jobs_failed"].value)
