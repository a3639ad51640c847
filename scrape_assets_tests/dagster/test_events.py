"""The asset `events`, and events in `collections`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrape_assets_tests.dagster.world import World, failure_of, materializations, today
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story


def fair() -> dict[str, object]:
    period = {"start": f"{today()}T00:00:00Z", "end": f"{today()}T23:59:59Z"}
    return {"eventId": "fair", "name": "The tea fair", "keywords": ["tea"], "timeRange": period}


def test_a_file_is_imported_its_bad_events_are_named_and_the_table_is_shown(world: World, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([fair(), {**fair(), "eventId": "bad", "timeRange": None}]))

    result = world.materialize(["events"], op="events", config={"json_path": str(file)})

    metadata = materializations(result)["events", None].metadata
    assert (metadata["imported"].value, metadata["dagster/row_count"].value) == (1, 1)
    assert "| The tea fair |" in str(metadata["events"].value)
    assert "| 2 | bad | has no timeRange" in str(metadata["refused_events"].value)


def test_a_file_that_is_not_there_fails_once_and_says_so(world: World, tmp_path: Path) -> None:
    result = world.materialize(["events"], op="events", config={"json_path": str(tmp_path / "nowhere.json")})
    assert not result.success
    assert "there is no such file" in failure_of(result)


def test_a_collection_follows_the_events_of_its_day_and_their_posts_are_found(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([fair()]))
    world.materialize(["events"], op="events", config={"json_path": str(file)})
    now = int(datetime.now(UTC).timestamp())
    with hackernews(story(1, now - 5), story(2, now - 5, title="Coffee")) as (_, url):
        monkeypatch.setenv("HACKERNEWS_API_URL", url)
        collected = world.materialize(["collections"], f"{today()}|hackernews")
    assert collected.success

    assert world.process().success

    assert world.rows("SELECT event_id, post_id, matched_by FROM event_posts") == [("fair", "1", "keyword: tea")]
    assert world.rows("SELECT status, source FROM scrape_jobs") == [("completed", "hackernews")]
    assert world.paid() == 0
