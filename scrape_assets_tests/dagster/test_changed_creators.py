"""The sensor `changed_creators`: who is added is matched over all history, and the partitions show it."""

import dagster as dg

from scrape_assets_tests.dagster.world import PEOPLE, World


def observed(world: World) -> dict[str | None, dict[str, object]]:
    """What the UI shows of the partitions of creator_content, beside that they were materialized."""
    found = world.instance.fetch_observations(dg.AssetKey("creator_content"), limit=50).records
    observations = [record.asset_observation for record in found]
    return {one.partition: {name: value.value for name, value in one.metadata.items()} for one in observations if one}


def test_a_creator_who_is_added_is_matched_by_the_next_tick_and_the_partition_shows_it(world: World) -> None:
    [key] = world.ready_snapshots(1)
    added = PEOPLE[0]
    world.rows("DELETE FROM creator_profiles")
    assert world.process().success
    assert world.rows("SELECT creator_id FROM creator_content") == []
    world.tick("changed_creators")

    world.add_creators(added)
    ticked = world.tick("changed_creators")

    matched = world.rows("SELECT role FROM creator_content WHERE creator_id = :added", added=added)
    assert matched
    assert "1 changed creators matched again" in str(ticked.skip_message)
    assert "1 partitions show it" in str(ticked.skip_message)
    assert not ticked.run_requests
    shown = observed(world)[key]
    assert shown["matches_written"] == len(matched)
    assert shown["posts_matched"] == world.rows("SELECT posts_matched FROM snapshots")[0] > 0
    assert world.paid() == 1

    again = world.tick("changed_creators")
    assert (again.skip_message, again.asset_events) == ("No creator has changed.", [])
