"""What was spent, from what was delivered: by platform, day, creator, snapshot and source; and what is left."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.flow.collect import collect
from scrape_assets.ledger.costs import CostLine
from scrape_assets.operations.costs import By, add_up
from scrape_assets.operations.spending import money_lines
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.invented_rows import post, replay
from scrape_assets_tests.flow.test_never_twice import ask
from scrape_assets_tests.flow.world import HARBOUR, MILL, NOW, QUARRY, TODAY, World
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story

PRICE = Decimal("0.01")


def costs(world: World, by: By, since: date = TODAY, until: date = TODAY) -> dict[str, CostLine]:
    with world.engine.connect() as conn:
        return {line.name: line for line in add_up(conn, by, since, until)}


def spent(world: World, by: By, **days: Any) -> dict[str, Decimal | None]:
    return {name: line.cost_usd for name, line in costs(world, by, **days).items()}


@pytest.fixture
def delivered(world_with: Callable[..., World], tmp_path: Path) -> World:
    """One snapshot of four records: three of Harbour, asked for by two, one of the mill, none of the quarry."""
    rows = [post(1), post(2), post(3), post(4, feed=MILL)]
    world = world_with(replay_dir=replay(tmp_path / "replay", rows))
    world.set(prices={"brightdata": PRICE})
    for name, url in (("harbour", HARBOUR), ("mill", MILL), ("quarry", QUARRY)):
        world.creator(name, url)
    ask(world, "somebody")
    world.run()
    return world


def test_a_snapshots_cost_is_shared_out_by_what_each_creator_gave(delivered: World) -> None:
    assert delivered.snapshot().cost_usd == 4 * PRICE
    assert spent(delivered, By.CREATOR) == {
        "harbour": Decimal("0.015"),
        "somebody": Decimal("0.015"),
        "mill": PRICE,
        "quarry": 0,
    }
    assert sum(line.records for line in costs(delivered, By.CREATOR).values()) == 4


@pytest.mark.parametrize(
    ("by", "name"), [(By.PLATFORM, "linkedin"), (By.SOURCE, "brightdata"), (By.DAY, str(TODAY)), (By.SNAPSHOT, "")]
)
def test_it_is_added_up_as_a_whole_by_everything_else(delivered: World, by: By, name: str) -> None:
    [line] = costs(delivered, by).values()
    assert line == CostLine(name or delivered.snapshot().snapshot_id, 1, Decimal(4), 4 * PRICE)


def test_what_was_served_without_asking_costs_nothing(delivered: World) -> None:
    before = costs(delivered, By.CREATOR)
    ask(delivered, "late")
    delivered.collect()
    assert costs(delivered, By.CREATOR) == before


def test_only_what_was_asked_for_in_those_days_counts(delivered: World) -> None:
    yesterday = TODAY - timedelta(days=1)
    assert spent(delivered, By.DAY, since=yesterday, until=yesterday) == {}
    with delivered.engine.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET created_at = '2026-11-20 00:30+02'"))
    assert spent(delivered, By.DAY, since=yesterday, until=yesterday) == {str(yesterday): 4 * PRICE}


def test_where_nothing_came_the_cost_is_shared_out_evenly(delivered: World) -> None:
    with delivered.engine.begin() as conn:
        conn.execute(sa.text("DELETE FROM post_sightings"))
    shares = spent(delivered, By.CREATOR)
    assert shares["mill"] == shares["quarry"]
    assert sum(share or 0 for share in shares.values()) == pytest.approx(4 * PRICE)


def test_what_is_not_delivered_yet_is_reserved_and_what_was_refused_is_neither(world: World) -> None:
    world.set(prices={"brightdata": PRICE})
    world.creator("harbour", HARBOUR)
    world.control.fault("throttled", operation="trigger", times=1)
    world.collect()
    assert costs(world, By.CREATOR) == {}
    world.clock.forward(hours=1)
    world.collect()
    assert costs(world, By.CREATOR) == {"harbour": CostLine("harbour", 1, Decimal(0), None, 25 * PRICE)}


def test_what_has_no_price_is_not_called_free(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.run()
    line = costs(world, By.PLATFORM)["linkedin"]
    assert (line.cost_usd, line.unpriced) == (None, 1)
    assert line.records > 0


def test_a_direct_sources_cost_is_shared_out_too(world: World) -> None:
    begin = int(NOW.timestamp())
    hits = [story(number, begin - 60 * number) for number in range(3)] + [story(9, begin - 7, author="ben")]
    with hackernews(*hits, users=("ada", "ben")) as (_, url):
        world.set(hackernews_api_url=url, prices={"hackernews": PRICE})
        with world.engine.begin() as conn:
            for name in ("ada", "ben"):
                profile = profile_key("hackernews", f"https://news.ycombinator.com/user?id={name}")
                upsert_creator(conn, name, name, profile)
        collect(world.ctx, "hackernews", TODAY)
        world.process()
    assert spent(world, By.CREATOR) == {"ada": 3 * PRICE, "ben": PRICE}
    assert spent(world, By.SOURCE) == {"hackernews": 4 * PRICE}


def test_an_operator_reads_what_is_spent_and_what_is_left(delivered: World) -> None:
    delivered.set(prices={"brightdata": PRICE}, budgets={"day": 1, "linkedin": {"month": "0.03"}})
    assert money_lines(delivered.ctx) == [
        "spent: $0.04 today, $0.04 this month (UTC)",
        "the day's budget of $1.00: $0.96 left, renewed 2026-11-21 00:00 UTC",
        "the month's budget of $0.03 for linkedin: $0.00 left ($0.01 over), renewed 2026-12-01 00:00 UTC",
    ]


def test_an_operator_reads_that_a_budget_cannot_be_kept_without_a_price(delivered: World) -> None:
    delivered.set(budgets={"day": 1})
    *_, last = money_lines(delivered.ctx)
    assert last.startswith("nobody has told what a record of brightdata costs for linkedin")


def test_where_nobody_speaks_of_money_nothing_is_said_of_it(world: World) -> None:
    world.creator("harbour", HARBOUR)
    assert money_lines(world.ctx) == []
