"""Budgets a day and a month, by platform and in all: what would break one waits, with no attempt spent, and says so."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.flow.collect import CollectReport, collect
from scrape_assets.flow.money.budget import Budget, Period, Purse, fit, purses
from scrape_assets.ledger.sharing import one_intent_at_a_time
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.world import HARBOUR, NOW, TODAY, World
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 12, 1, tzinfo=UTC)
PRICE = Decimal("0.002")
ONE = 25 * PRICE  # what one company is expected to cost: nothing was collected yet


@pytest.fixture
def yards(world: World) -> World:
    """Five companies to be collected at a price."""
    for number in range(5):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    return world


def with_budgets(world: World, **budgets: object) -> World:
    world.set(prices={"brightdata": PRICE}, budgets=budgets)
    return world


def left(world: World) -> dict[str, Decimal]:
    with world.engine.connect() as conn:
        return {str(one.budget): one.left for one in purses(conn, world.ctx.settings, world.clock())}


def test_as_much_as_fits_is_asked_for_and_the_rest_waits_until_the_day_is_over(yards: World) -> None:
    report = with_budgets(yards, day=2.5 * float(ONE)).collect()

    assert [len(together) for together in yards.paid_together()] == [2]
    assert yards.snapshot().estimated_usd == 2 * ONE
    assert yards.statuses() == {"processing": 2, "pending": 3}
    waiting = [job for job in yards.jobs() if job.status == "pending"]
    assert {(job.error_class, job.next_attempt_at, job.attempts) for job in waiting} == {("budget", MIDNIGHT, 0)}
    assert {job.error for job in waiting} == {
        "would cost about $0.05; the day's budget of $0.1250 has $0.0250 left; waits until 2026-11-21 00:00 UTC"
    }
    [held] = report.held_back
    assert (len(held.job_ids), held.until, report.problems) == (3, MIDNIGHT, [])
    assert held.why == (
        "would cost about $0.15 together; the day's budget of $0.1250 has $0.0250 left; "
        "they wait until 2026-11-21 00:00 UTC"
    )

    assert yards.collect(requested_only=True).jobs_claimed == 0
    yards.clock.now = MIDNIGHT
    yards.collect(requested_only=True)
    assert [len(together) for together in yards.paid_together()] == [2, 2]


@pytest.mark.parametrize(
    ("budgets", "until", "said"),
    [
        ({"month": 0.04}, NEXT_MONTH, "the month's budget of $0.04 has $0.04 left"),
        ({"day": 0.04, "month": 0.04}, NEXT_MONTH, "the month's budget of $0.04"),
        ({"day": 9, "linkedin": {"day": 0.04}}, MIDNIGHT, "the day's budget of $0.04 for linkedin has $0.04 left"),
        ({"twitter": {"day": 0}}, None, ""),
        ({"day": 9, "month": 9, "linkedin": {"day": 9}}, None, ""),
    ],
)
def test_the_budget_that_is_broken_says_until_when(
    world: World, budgets: dict[str, object], until: datetime | None, said: str
) -> None:
    world.creator("harbour", HARBOUR)
    with_budgets(world, **budgets).collect()
    job = world.job()
    if until is None:
        assert job.status == "processing"
    else:
        assert (job.status, job.next_attempt_at, world.control.accepted()) == ("pending", until, [])
        assert said in str(job.error)
        assert world.count("snapshots") == 0


def test_what_is_too_dear_for_the_whole_budget_says_that_it_must_be_raised(world: World) -> None:
    world.creator("harbour", HARBOUR)
    with_budgets(world, day=0.01).collect()
    assert str(world.job().error).endswith("$0.01 left, and is too small for it altogether; raise it")


def test_a_budget_that_was_raised_lets_the_next_collection_go_on_at_once(yards: World) -> None:
    with_budgets(yards, day=float(ONE)).collect()
    with_budgets(yards, day=9).collect()
    assert yards.statuses() == {"processing": 5}
    assert set(yards.paid().values()) == {1}


def test_what_was_delivered_takes_the_place_of_what_was_expected(world: World) -> None:
    world.control.settings(rows_per_input=3)
    world.creator("harbour", HARBOUR)
    with_budgets(world, day=1, linkedin={"month": 1})
    world.collect()
    assert set(left(world).values()) == {1 - ONE}
    world.poll()
    world.process()
    assert world.snapshot().cost_usd == 3 * PRICE
    assert set(left(world).values()) == {1 - 3 * PRICE}
    world.clock.now = MIDNIGHT
    assert left(world) == {"the day's budget of $1.00": 1, "the month's budget of $1.00 for linkedin": 1 - 3 * PRICE}


def test_an_empty_snapshot_cost_nothing(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("empty")
    with_budgets(world, day=1)
    world.run()
    assert (world.snapshot().status.value, world.snapshot().cost_usd) == ("processed", Decimal(0))
    assert left(world) == {"the day's budget of $1.00": 1}


@pytest.mark.parametrize(("fault", "reserved"), [("throttled", 0), ("trigger_400", 0), ("lost_answer", ONE)])
def test_what_was_refused_costs_nothing_and_what_may_have_been_accepted_does(
    world: World, fault: str, reserved: Decimal
) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault(fault, operation="trigger", times=1)
    with_budgets(world, day=1).collect()
    assert left(world) == {"the day's budget of $1.00": 1 - reserved}


def test_without_a_price_no_budget_can_be_kept_and_nobody_is_held_back(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.set(budgets={"day": 0})
    world.run()
    snapshot = world.snapshot()
    assert (snapshot.status, snapshot.estimated_usd, snapshot.cost_usd) == ("processed", None, None)


@pytest.fixture
def direct(world: World) -> Iterator[Callable[..., CollectReport]]:
    """Collects one user of Hacker News, who has written six stories, with settings of one's choice."""
    begin = int(NOW.timestamp())
    with hackernews(*(story(number, begin - 60 * number) for number in range(6)), users=("ada",)) as (_, url):
        with world.engine.begin() as conn:
            profile = profile_key("hackernews", "https://news.ycombinator.com/user?id=ada")
            upsert_creator(conn, "ada", "Ada", profile)

        def ask(**settings: Any) -> CollectReport:
            world.set(hackernews_api_url=url, **settings)
            return collect(world.ctx, "hackernews", TODAY)

        yield ask


def test_a_free_source_is_never_held_back(world: World, direct: Callable[..., CollectReport]) -> None:
    direct(budgets={"day": 0}, prices={"brightdata": 1})
    assert (world.snapshot().status, world.snapshot().cost_usd) == ("ready", None)


def test_a_direct_source_with_a_price_is_paid_for_when_it_gives_and_held_back_when_it_may_not(
    world: World, direct: Callable[..., CollectReport]
) -> None:
    report = direct(budgets={"day": 1}, prices={"hackernews": "0.5"})
    assert (report.triggered, len(report.held_back), world.job().error_class) == ([], 1, "budget")

    direct(budgets={"day": 100}, prices={"hackernews": "0.5"})
    snapshot = world.snapshot()
    assert (snapshot.status.value, snapshot.estimated_usd, snapshot.cost_usd) == ("ready", Decimal("12.5"), Decimal(3))


def wait_for_waiters(world: World, number: int) -> None:
    """Until so many transactions wait for the one that may write an intent."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    end = monotonic() + 20
    while world.column(query) != [number]:
        assert monotonic() < end, "they never came to the same point"
        sleep(0.01)


def race(world: World, *asks: Callable[[], object]) -> None:
    """Let all come to the moment at which an intent is written, and then go on together."""
    threads = [Thread(target=ask) for ask in asks]
    with world.engine.begin() as conn:
        one_intent_at_a_time(conn)
        for thread in threads:
            thread.start()
        wait_for_waiters(world, len(threads))
    for thread in threads:
        thread.join()


def test_two_processes_never_spend_the_same_last_dollar(yards: World) -> None:
    settings: dict[str, Any] = {"prices": {"brightdata": PRICE}, "budgets": {"day": 1.5 * float(ONE)}}
    ones = [yards.context(f"host:{number}:race", **settings) for number in range(2)]
    race(
        yards,
        lambda: yards.collect(ctx=ones[0], creators=["yard-0"]),
        lambda: yards.collect(ctx=ones[1], creators=["yard-1"]),
    )
    assert len(yards.control.accepted()) == 1
    assert yards.statuses() == {"processing": 1, "pending": 1}


def test_two_processes_never_ask_for_the_same_thing_at_the_same_moment(world: World) -> None:
    for name in ("one", "two"):
        world.ask_for(name, profile_url=HARBOUR, collection_date=TODAY, next_attempt_at=world.clock())
    ones = [world.context(f"host:{number}:race") for number in range(2)]
    race(
        world,
        lambda: world.collect(ctx=ones[0], creators=["one"], requested_only=True),
        lambda: world.collect(ctx=ones[1], creators=["two"], requested_only=True),
    )
    assert world.paid() == {HARBOUR: 1}
    assert {job.snapshot_id for job in world.jobs()} == {world.snapshot().snapshot_id}
    world.poll()
    world.process()
    assert world.statuses() == {"completed": 2}


def purse(usd: float, spent: float, renews_at: datetime = MIDNIGHT) -> Purse:
    return Purse(Budget(Period.DAY, None, Decimal(str(usd))), Decimal(str(spent)), renews_at)


def amounts(*given: float) -> list[Decimal]:
    return [Decimal(str(one)) for one in given]


@pytest.mark.parametrize(
    ("own", "given", "fits"),
    [
        ([], (1, 2), "yy"),
        ([purse(10, 0)], (4, 4, 4), "yyn"),
        ([purse(10, 0)], (4, 7, 4), "yny"),  # what is too dear keeps nobody behind it waiting
        ([purse(10, 0)], (4, 6), "yy"),  # to the last cent
        ([purse(10, 10)], (0,), "n"),  # where nothing is left, nothing is asked for
        ([purse(10, 12)], (1,), "n"),
        ([purse(10, 0), purse(3, 0)], (2, 2), "yn"),
        ([purse(0, 0)], (0,), "n"),
    ],
)
def test_what_fits_is_asked_for_in_its_order(own: list[Purse], given: tuple[float, ...], fits: str) -> None:
    assert "".join("n" if short else "y" for short in fit(own, amounts(*given))) == fits


def test_of_several_broken_budgets_that_is_waited_for_which_renews_last() -> None:
    [short] = fit([purse(1, 0, NEXT_MONTH), purse(1, 0, MIDNIGHT)], amounts(2))
    assert short is not None
    assert short.until == NEXT_MONTH


@pytest.mark.parametrize(
    ("now", "day_ends", "month_ends"),
    [
        ("2026-12-31T23:59:59+00:00", "2027-01-01", "2027-01-01"),
        ("2027-01-31T00:00:00+00:00", "2027-02-01", "2027-02-01"),
        ("2027-02-01T00:00:00+00:00", "2027-02-02", "2027-03-01"),
        ("2027-02-28T23:30:00-02:00", "2027-03-02", "2027-04-01"),  # in UTC it is March
    ],
)
def test_days_and_months_are_those_of_utc(now: str, day_ends: str, month_ends: str) -> None:
    moment = datetime.fromisoformat(now)
    assert [str(period.ends(moment).date()) for period in Period] == [day_ends, month_ends]
    assert all(period.began(moment) <= moment < period.ends(moment) for period in Period)
    assert Period.DAY.ends(moment) - Period.DAY.began(moment) == timedelta(days=1)


def test_a_month_counts_what_was_asked_for_in_it_alone(world: World) -> None:
    with_budgets(world, month=1)
    world.creator("harbour", HARBOUR)
    world.collect()
    with world.engine.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET created_at = '2026-10-31 23:59:59+00'"))
    assert left(world) == {"the month's budget of $1.00": 1}
