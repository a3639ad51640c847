"""A process killed (-9) while it pages through a direct source: what came is kept, the rest is asked for again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from scrape_assets.flow.collect import collect
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.world import TODAY
from scrape_assets_tests.recovery.conftest import KilledWorld
from scrape_assets_tests.recovery.driver import GATHER_POINTS
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story

MORNING = int(datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC).timestamp())
STORIES = 450


@pytest.fixture
def here(make_world: Callable[..., KilledWorld]) -> Iterator[KilledWorld]:
    world = make_world()
    hits = [story(number, MORNING - 60 * number) for number in range(STORIES)]
    with hackernews(*hits, users=("ada",)) as (_, url):
        world.set(hackernews_api_url=url)
        world.environment["HACKERNEWS_API_URL"] = url
        with world.engine.begin() as conn:
            ada = profile_key("hackernews", "https://news.ycombinator.com/user?id=ada")
            upsert_creator(conn, "ada", "Ada", ada)
        yield world


@pytest.mark.parametrize("point", GATHER_POINTS)
def test_killed_while_it_gathers(here: KilledWorld, point: str) -> None:
    here.kill_at("gather", point)
    assert {one.status for one in here.snapshots()} <= {SnapshotStatus.TRIGGERING}, "its lease still runs"

    here.clock.forward(minutes=10)
    collect(here.ctx, "hackernews", TODAY)
    here.process()

    assert here.statuses() == {"completed": 1}
    posts = here.rows("SELECT post_id FROM raw_posts")
    assert sorted(posts) == sorted((str(number),) for number in range(STORIES))
    assert here.count("creator_content") == STORIES
    assert {one.status for one in here.snapshots()} <= {SnapshotStatus.PROCESSED, SnapshotStatus.FAILED}
