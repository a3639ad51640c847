"""A person materializes partitions again, from the UI or as a backfill: any asset, one or many, at any time."""

import pytest

from scrape_assets_tests.dagster.world import (
    THREE_ASSETS,
    World,
    check_results,
    events_of,
    failure_of,
    materializations,
)


def processed(world: World, count: int) -> list[str]:
    keys = world.ready_snapshots(count)
    assert world.process().success
    return keys


def test_any_asset_alone_of_one_partition_or_of_many_asks_the_vendor_nothing(world: World) -> None:
    keys = processed(world, 3)
    before = world.calls()

    for asset in THREE_ASSETS:
        for chosen in ([keys[1]], keys):
            result = world.materialize([asset], *chosen)
            assert result.success
            assert sorted(events_of(result)) == [(asset, key) for key in chosen]
            assert {checked for checked, _ in check_results(result)} <= {asset}

    assert world.calls() == before


def test_everything_again_changes_no_post_and_asks_the_vendor_nothing(world: World) -> None:
    key, _ = processed(world, 2)
    before, posts = world.calls(), world.rows("SELECT * FROM raw_posts ORDER BY post_id")

    found = materializations(world.materialize(THREE_ASSETS, key))

    assert found["snapshots", key].metadata["from"].value == "kept payload, the vendor was not asked"
    assert found["raw_posts", key].metadata["posts_unchanged"].value == 3
    assert world.rows("SELECT * FROM raw_posts ORDER BY post_id") == posts
    assert world.calls() == before


def test_with_redownload_the_vendor_is_asked_again_and_not_paid_again(world: World) -> None:
    [key] = processed(world, 1)

    result = world.materialize(["snapshots"], key, config={"redownload": True})

    assert result.success
    assert materializations(result)["snapshots", key].metadata["from"].value == "vendor"
    assert world.calls()["snapshot"] == {"200": 2}
    assert world.paid() == 1
    assert world.rows("SELECT payload_generation FROM snapshots") == [2]


def test_a_creator_added_later_is_matched_by_materializing_creator_content_alone(world: World) -> None:
    [key] = processed(world, 1)
    [(author, _)] = world.rows("SELECT author_key, count(*) FROM raw_posts GROUP BY 1 ORDER BY 2 DESC LIMIT 1")
    world.rows("DELETE FROM creator_content")
    world.rows("DELETE FROM creator_profiles")
    world.add_creators("newly-followed")
    world.rows("UPDATE creator_profiles SET profile_key = :author", author=author)
    before = world.calls()

    result = world.materialize(["creator_content"], key)

    assert materializations(result)["creator_content", key].metadata["posts_matched"].value in (1, 2, 3)
    assert world.rows("SELECT DISTINCT creator_id FROM creator_content WHERE role = 'author'") == ["newly-followed"]
    assert world.calls() == before


def test_a_sensor_s_run_executed_again_by_hand_does_its_work_again(world: World) -> None:
    world.ready_snapshots(2)
    [request] = world.tick("pending_snapshots").run_requests or []
    first = world.run("process_snapshots", request)
    job = world.defs.resolve_job_def("process_snapshots")

    again = job.execute_in_process(
        instance=world.instance,
        tags={**request.tags, "dagster/parent_run_id": first.run_id, "dagster/root_run_id": first.run_id},
        raise_on_error=False,
    )

    assert sorted(events_of(again)) == sorted(events_of(first))


def test_what_the_vendor_has_ready_by_now_is_processed_without_waiting_for_the_sensor(world: World) -> None:
    [key] = world.triggered_snapshots(1)
    world.instance.add_dynamic_partitions("snapshots", [key])

    assert world.materialize(THREE_ASSETS, key).success
    assert world.status_of(key) == "processed"


def test_what_the_vendor_still_works_on_is_refused_with_its_state(world: World) -> None:
    world.vendor.control.settings(latency=600)
    [key] = world.triggered_snapshots(1)
    world.instance.add_dynamic_partitions("snapshots", [key])

    result = world.materialize(THREE_ASSETS, key)

    assert not result.success
    assert f"{key}: the vendor still works on it (last word: " in failure_of(result)
    assert "the sensor pending_snapshots takes it when it is ready" in failure_of(result)
    assert events_of(result) == []


def test_a_key_that_the_ledger_does_not_know_is_refused(world: World) -> None:
    world.instance.add_dynamic_partitions("snapshots", ["added-by-hand"])

    result = world.materialize(["raw_posts"], "added-by-hand")

    assert "added-by-hand: the ledger knows no such snapshot; the partition key was added by hand" in failure_of(result)


def test_what_another_run_holds_is_refused_with_the_end_of_its_lease(world: World) -> None:
    [key] = world.insert_snapshots(1, "processing", lease_owner="run:other")
    world.rows("UPDATE snapshots SET leased_until = now() + interval '1 hour', payload_uri = 'memory:/nowhere'")
    world.instance.add_dynamic_partitions("snapshots", [key])

    assert f"{key}: another run holds it until" in failure_of(world.materialize(THREE_ASSETS, key))


@pytest.mark.parametrize(
    ("asset", "advice"),
    [
        ("raw_posts", "it has no payload yet: materialize snapshots first"),
        ("creator_content", "it has no loaded posts yet: materialize raw_posts first"),
    ],
)
def test_a_stage_whose_ground_is_missing_says_what_to_materialize_first(world: World, asset: str, advice: str) -> None:
    [key] = world.ready_snapshots(1)
    world.instance.add_dynamic_partitions("snapshots", [key])

    assert f"{key}: {advice}" in failure_of(world.materialize([asset], key))
    assert world.status_of(key) == "ready"


def test_of_many_partitions_the_possible_ones_are_done_and_the_others_named(world: World) -> None:
    first, last = processed(world, 2)
    world.instance.delete_dynamic_partition("snapshots", last)
    world.instance.add_dynamic_partitions("snapshots", ["added-by-hand", last])

    result = world.materialize(["creator_content"], first, "added-by-hand", last)

    assert not result.success
    assert sorted(events_of(result)) == [("creator_content", first), ("creator_content", last)]
    assert failure_of(result).startswith("1 of the run's snapshots were not processed; the others were.\nadded-by-hand")


def test_the_download_alone_leaves_the_rest_to_the_sensor(world: World) -> None:
    [key] = world.ready_snapshots(1)
    world.instance.add_dynamic_partitions("snapshots", [key])

    assert world.materialize(["snapshots"], key).success
    assert world.status_of(key) == "ready"

    assert world.process().success
    assert world.status_of(key) == "processed"
    assert world.calls()["snapshot"] == {"200": 1}
