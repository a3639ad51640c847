"""Backfills as a person makes them in the UI: what each costs is said before, and is what it then costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.automation_tick_evaluation_context import build_run_requests_with_backfill_policies
from dagster._core.definitions.events import AssetKeyPartitionKey
from dagster._core.definitions.partitions.context import partition_loading_context

from scrape_assets.partitions import collection_key
from scrape_assets.registered import gathered, runs_as_they_lie
from scrape_assets_tests.dagster.world import QUIET, World, failure_of, today

THOUSAND = 1_000
MAPPED_AGAIN = ("raw_posts", "creator_content")


def backfill(world: World, assets: Sequence[str], keys: Sequence[str]) -> Sequence[dg.RunRequest]:
    """The runs that Dagster's daemon makes of these partitions of these assets, chosen in the UI."""
    chosen = [AssetKeyPartitionKey(dg.AssetKey(asset), key) for asset in assets for key in keys]
    graph = world.defs.resolve_asset_graph()
    with partition_loading_context(dynamic_partitions_store=world.instance):
        return build_run_requests_with_backfill_policies(chosen, graph, world.instance)


def launch(world: World, job: str, op: str, **config: object) -> tuple[dg.ExecuteInProcessResult, dict[str, Any]]:
    """A launch from the launchpad, and the metadata that its op shows."""
    result = world.defs.resolve_job_def(job).execute_in_process(
        run_config={"ops": {op: {"config": config}}, **QUIET}, instance=world.instance, raise_on_error=False
    )
    shown: dict[str, Any] = {}
    for event in result.all_events:
        if event.is_successful_output:
            shown = {name: one.value for name, one in event.step_output_data.metadata.items()}
    return result, shown


def estimate(world: World, **config: object) -> dict[str, Any]:
    result, shown = launch(world, "estimate_backfill", "estimate", **config)
    assert result.success, failure_of(result)
    return shown


def test_a_thousand_snapshots_in_the_ui_are_four_runs_whatever_lay_between_them(world: World) -> None:
    keys = world.insert_snapshots(THOUSAND, "processed", payload_uri="file:///kept", payload_rows=100)
    between = [f"{key}x" for key in keys]  # another platform's, come in turn
    in_turn = [key for pair in zip(keys, between, strict=True) for key in pair]
    world.instance.add_dynamic_partitions("snapshots", in_turn)
    assert runs_as_they_lie(world.instance, keys) == THOUSAND
    plain = estimate(world, platform="linkedin")
    assert (plain["snapshots"], plain["posts"], plain["runs"]) == ("1000", "100000", "1000")
    assert "gather: true" in plain["then"]

    shown = estimate(world, platform="linkedin", gather=True)

    requests = backfill(world, MAPPED_AGAIN, keys)
    assert len(requests) == int(shown["runs"]) == 4
    assert (shown["vendor_calls"], shown["cost_usd"]) == ("0", "0")
    assert "the vendor is asked nothing, nothing is paid" in shown["estimate"]
    assert f"from {keys[0]} to {keys[-1]}" in shown["then"]
    assert set(world.registered()) == set(in_turn), "moved, not lost"


def test_mapping_a_dozen_snapshots_again_mends_the_posts_in_one_run_and_asks_the_vendor_nothing(world: World) -> None:
    people = [f"person-{number}-{letter}" for number in range(6) for letter in "ab"]
    world.add_creators(*people)
    keys = world.ready_snapshots(0)
    assert len(keys) == len(people)
    assert world.process().success
    was = world.rows("SELECT platform, post_id, text, mapping_version FROM raw_posts ORDER BY post_id")
    calls, matches = world.calls(), world.rows("SELECT count(*) FROM creator_content")
    world.rows("UPDATE raw_posts SET text = 'what a wrong mapping made of it', mapping_version = mapping_version - 1")
    world.rows("DELETE FROM creator_content")
    assert estimate(world)["runs"] == "1"

    [request] = backfill(world, MAPPED_AGAIN, keys)
    result = world.materialize(MAPPED_AGAIN, *keys, tags=request.tags)

    assert result.success
    assert world.rows("SELECT platform, post_id, text, mapping_version FROM raw_posts ORDER BY post_id") == was
    assert world.rows("SELECT count(*) FROM creator_content") == matches
    assert world.calls() == calls
    assert world.rows("SELECT DISTINCT status FROM snapshots") == ["processed"]
    # The whole range of `snapshots` as well: it is verified and read again, and neither asked for nor paid.
    assert world.materialize(("snapshots",), *keys[:3]).success
    assert (world.calls(), world.paid()) == (calls, len(people))


def test_a_past_week_of_a_platform_is_one_run_and_costs_what_the_estimate_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPE_ASSETS_PRICES", '{"brightdata": 0.002}')
    world.add_creators("ada-arendt", "bram-bakker")
    week = [today() - timedelta(days=number) for number in range(7, 0, -1)]
    shown = estimate(world, backfill="collect", platform="linkedin", first_day=str(week[0]), last_day=str(week[-1]))
    assert world.paid() == 0
    assert world.rows("SELECT count(*) FROM scrape_jobs") == [0]
    keys = [str(collection_key(day, "linkedin")) for day in week]

    [request] = backfill(world, ["collections"], keys)
    result = world.materialize(["collections"], op="collections", config={}, tags=request.tags)

    assert result.success
    assert world.materialized("collections") == set(keys)
    # A person's feed is the same on all seven days, and paid once.
    assert world.paid() == int(shown["vendor_calls"]) == 2
    assert world.rows("SELECT sum(estimated_usd)::text FROM snapshots") == [shown["cost_usd"]]


def test_what_a_rematch_or_a_new_download_comes_to_is_said_before(world: World) -> None:
    [key] = world.ready_snapshots(1)
    assert world.process().success
    calls = world.calls()

    rematch = estimate(world, backfill="rematch", creators=["ada-arendt"])
    again = estimate(world, backfill="redownload", snapshots=[key])

    assert rematch["estimate"].startswith("1 creator, 3 matches now: ")
    assert (again["vendor_calls"], again["cost_usd"], again["posts"]) == ("1", "0", "3")
    assert "1 call at most, free" in again["estimate"]
    assert "redownload: true" in again["then"]
    assert world.calls() == calls
    for config, reason in (
        ({"backfill": "collect"}, "collect needs a platform; nothing was done"),
        ({"backfill": "remap", "snapshots": ["lost"]}, "there is no snapshot lost"),
        ({"backfill": "redownload"}, "needs one snapshot"),
        ({"backfill": "remap", "first_day": "yesterday"}, "Invalid isoformat string"),
    ):
        assert reason in failure_of(launch(world, "estimate_backfill", "estimate", **config)[0])


def test_old_partitions_leave_the_lists_and_nothing_else_and_come_back_to_be_mapped(world: World) -> None:
    old = world.insert_snapshots(3, "processed", payload_uri="file:///kept")
    world.rows("UPDATE snapshots SET status = 'ready' WHERE partition_key = :key", key=old[1])
    world.instance.add_dynamic_partitions("snapshots", [*old, "by-hand"])
    assert "2 of 4 snapshot partitions" in estimate(world, backfill="retire", first_day="2026-11-21")["estimate"]
    assert len(world.registered()) == 4

    result, shown = launch(world, "retire_partitions", "retire_finished", before="2026-11-21")

    assert result.success
    assert world.registered() == [old[1], "by-hand"], "what is still open stays"
    assert "2 of 4 snapshot partitions leave" in shown["retired"]
    assert world.rows("SELECT count(*) FROM snapshots") == [3]
    assert launch(world, "retire_partitions", "retire_finished")[1]["retired"].startswith("0 of 2")
    assert "never" not in failure_of(launch(world, "retire_partitions", "retire_finished", before="never")[0])[:5]

    assert [one.keys for one in gathered(world.instance, [old[0], old[2]])] == [(old[0], old[2])]
