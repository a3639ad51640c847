"""Work that is asked to stop in the middle: what came is kept, the rest goes back, and nothing counts against it."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.flow.asking import parts
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import FlowContext, Transports
from scrape_assets.flow.mending.recovery import release_owner
from scrape_assets.flow.side_by_side import Crew, as_they_end, in_groups
from scrape_assets.flow.stopping import Interrupted, Stop, shielded
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.ledger.jobs import Job
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.posts.identity import profile_key
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.datasets import linkedin
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, TODAY
from scrape_assets_tests.recovery.conftest import KilledWorld
from scrape_assets_tests.sources.direct.hackernews_server import Search, hackernews, story

MakeWorld = Callable[..., KilledWorld]
MORNING = int(datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC).timestamp())
STORIES = 450  # three pages


def stoppable(world: KilledWorld) -> FlowContext:
    """The world's process with a switch of its own."""
    world.ctx = replace(world.ctx, stop=Stop())
    return world.ctx


def restarted(world: KilledWorld) -> None:
    """Another process takes over, of which nobody wants anything."""
    world.ctx = replace(world.ctx, stop=Stop(), owner="host:2:test")


def untouched(job: Job) -> bool:
    """Whether nothing counts against a job that waits."""
    return (job.status, job.attempts, job.failures, job.error_class, job.error, job.snapshot_id) == (
        JobStatus.PENDING,
        0,
        {},
        None,
        None,
        None,
    )


@pytest.fixture
def ada(make_world: MakeWorld) -> Iterator[tuple[KilledWorld, Search]]:
    """Somebody with three pages of stories, and somebody without any."""
    world = make_world()
    hits = [story(number, MORNING - 60 * number) for number in range(STORIES)]
    with hackernews(*hits, users=("ada", "bob")) as (search, url):
        world.set(hackernews_api_url=url)
        stoppable(world)
        with world.engine.begin() as conn:
            for name in ("ada", "bob"):
                profile = profile_key("hackernews", f"https://news.ycombinator.com/user?id={name}")
                upsert_creator(conn, name, name.title(), profile)
        yield world, search


def asked_at(search: Search, page: int, do: Callable[[], None]) -> None:
    """Have something happen while a page of Ada's is being answered."""
    honest = search.page
    pages = iter(range(1, 1_000))

    def answered(params: dict[str, str]) -> dict[str, object]:
        if "author_ada" in params["tags"] and next(pages) == page:
            do()
        return honest(params)

    search.page = answered  # type: ignore[method-assign]


def test_a_direct_source_is_left_after_the_page_that_is_being_read(ada: tuple[KilledWorld, Search]) -> None:
    world, search = ada
    asked_at(search, 2, world.ctx.stop.ask)
    with pytest.raises(Interrupted):
        collect(world.ctx, "hackernews", TODAY)

    assert all(map(untouched, world.jobs()))
    read = len(search.asked)
    [kept] = world.snapshots()
    assert (kept.status, kept.payload_rows, kept.lease_owner) == (SnapshotStatus.READY, 400, None)

    restarted(world)
    collect(world.ctx, "hackernews", TODAY)
    world.process()
    assert world.statuses() == {"completed": 2}
    assert sorted(world.column("SELECT post_id FROM raw_posts")) == sorted(str(number) for number in range(STORIES))
    of_ada = [params for _, params in search.asked[read:] if "author_ada" in params.get("tags", "")]
    assert len(of_ada) == 1, "it goes on where it was stopped"


def test_what_was_stopped_before_anything_came_leaves_nothing_to_load(ada: tuple[KilledWorld, Search]) -> None:
    world, search = ada
    stop = world.ctx.stop

    def pause(seconds: float) -> None:
        threading.Timer(0.2, stop.ask).start()
        stop.wait(seconds)

    ways = Transports(world.engine, world.ctx.settings, now=world.clock, sleep=pause)
    world.ctx = replace(world.ctx, transports=ways)
    search.first = [(429, {"Retry-After": "15"}, b"")]
    begun = time.monotonic()
    with pytest.raises(Interrupted):
        collect(world.ctx, "hackernews", TODAY)

    assert time.monotonic() - begun < 14, "a pause that the source asks for is not slept through"
    assert all(map(untouched, world.jobs()))
    [gone] = world.snapshots()
    assert (gone.status, gone.lease_owner) == (SnapshotStatus.CANCELED, None)
    assert "its jobs are asked for again" in str(gone.error)


def test_a_collection_that_was_left_in_the_middle_of_a_call_is_kept_without_counting(
    ada: tuple[KilledWorld, Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, search = ada
    monkeypatch.setattr(parts, "PART_BYTES", 1)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        goes_on.wait(20)

    asked_at(search, 2, hang)
    with pytest.raises(Interrupted) as left:
        shielded(lambda: collect(world.ctx, "hackernews", TODAY), stop=AskedWhen(hangs), seconds=0.1)
    assert left.value.number is None
    reclaimed = release_owner(world.ctx, world.ctx.owner, count_attempt=False)

    assert (reclaimed.jobs, reclaimed.snapshots) == (0, 1)
    assert all(map(untouched, world.jobs()))
    [kept] = world.snapshots()
    assert (kept.status, kept.payload_rows) == (SnapshotStatus.READY, 200)
    goes_on.set()


class AskedWhen(Stop):
    """A switch that turns when something has happened."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._asked = event


def test_the_paid_call_under_way_is_finished_and_no_other_begun(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    for creator, url in {"anna": ANNA, "harbour": HARBOUR, "mill": MILL}.items():
        world.creator(creator, url)
    stop = stoppable(world).stop
    honest = BrightDataClient.trigger

    def trigger(*args: object, **named: object) -> str:
        stop.ask()
        return honest(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(BrightDataClient, "trigger", trigger)
    with pytest.raises(Interrupted):
        world.collect()
    paid = world.paid()
    assert [one.status for one in world.snapshots()] == [SnapshotStatus.PENDING]
    waiting = [job for job in world.jobs() if job.status is JobStatus.PENDING]
    assert len(waiting) == len(world.jobs()) - sum(paid.values()) > 0
    assert all(map(untouched, waiting))

    restarted(world)
    world.finish()
    assert world.paid() == dict.fromkeys([ANNA, HARBOUR, MILL], 1)
    assert world.statuses() == {"completed": 3}


def test_a_paid_call_that_still_waits_for_its_turn_is_not_made(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    world.creator("anna", ANNA)

    def trigger(*args: object, **named: object) -> str:
        raise Interrupted  # as the gate's sleep does

    with monkeypatch.context() as patch:
        patch.setattr(BrightDataClient, "trigger", trigger)
        with pytest.raises(Interrupted):
            world.collect()
    assert untouched(world.job())
    assert world.snapshot().status is SnapshotStatus.CANCELED

    world.finish()
    assert world.paid() == {ANNA: 1}
    assert world.statuses() == {"completed": 1}


@pytest.mark.parametrize("where", ["in the middle of a download", "in the middle of a load"])
def test_a_snapshot_in_hand_goes_back_with_no_attempt_spent(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    world = make_world(rows_per_input=900)
    world.creator("harbour", HARBOUR)
    world.collected()
    stop = stoppable(world).stop
    if "load" in where:
        honest = linkedin._post
        seen = iter(range(10_000))

        def post(*args: Any) -> Any:
            if next(seen) == 400:
                stop.ask()
            return honest(*args)

        monkeypatch.setattr(linkedin, "_post", post)
    else:
        world.control.fault("slow_drip", bytes=20_000, seconds=0.1)
        threading.Timer(0.3, stop.ask).start()
    with pytest.raises(Interrupted):
        world.process()

    back = world.snapshot()
    assert (back.status, back.attempts, back.failures, back.lease_owner) == (SnapshotStatus.READY, 0, {}, None)
    assert (back.error_class, back.error) == (None, None)
    assert world.count("raw_posts") == 0

    restarted(world)
    world.control.clear_faults()
    world.process()
    assert world.snapshot().status is SnapshotStatus.PROCESSED
    assert world.count("raw_posts") == 900


def test_a_download_that_hangs_is_waited_for_a_moment_and_left(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(rows_per_input=900)
    world.creator("harbour", HARBOUR)
    world.collected()
    stop = stoppable(world).stop
    monkeypatch.setattr("scrape_assets.flow.side_by_side.GRACE_SECONDS", 0.3)
    world.control.fault("slow_drip", bytes=1, seconds=30)
    threading.Timer(0.3, stop.ask).start()
    begun = time.monotonic()
    with pytest.raises(Interrupted):
        world.process()
    assert time.monotonic() - begun < 25
    assert (world.snapshot().status, world.snapshot().attempts) == (SnapshotStatus.READY, 0)


def test_asking_about_snapshots_ends_with_what_was_heard(make_world: MakeWorld) -> None:
    world = make_world()
    for creator, url in {"anna": ANNA, "harbour": HARBOUR, "mill": MILL}.items():
        world.creator(creator, url)
    world.collect()
    stoppable(world).stop.ask()
    world.clock.forward(minutes=3)
    with pytest.raises(Interrupted):
        poll_due(world.ctx, timedelta(minutes=1))
    assert {one.status for one in world.snapshots()} == {SnapshotStatus.PENDING}


def test_shielded_work_that_comes_to_its_end_is_no_interruption() -> None:
    stop = Stop()

    def work() -> int:
        stop.ask()
        return 7

    assert shielded(work, stop=stop) == 7


def test_shielded_work_that_fails_fails_where_it_is_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        shielded(lambda: 1 // 0, stop=Stop())


def test_what_has_not_begun_is_never_begun_once_it_is_time_to_stop() -> None:
    stop = Stop()
    begun: list[int] = []
    ended: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 1:
            stop.ask()
        return number

    def all_of_it() -> None:
        with Crew(1, "test", stop) as crew:
            ended.extend(one.result() for one in as_they_end([crew.submit(work, n) for n in range(50)], stop))

    with pytest.raises(Interrupted):
        all_of_it()
    assert begun == ended == [0, 1]


def test_what_has_ended_is_given_together_but_not_too_much_of_it() -> None:
    with Crew(2, "test", Stop()) as crew:
        futures = [crew.submit(lambda number: number, number) for number in range(50)]
        wait(futures)
        groups = [[one.result() for one in group] for group in in_groups(futures, Stop(), most=7)]
    assert [len(group) for group in groups] == [7] * 7 + [1]
    assert sorted(number for group in groups for number in group) == list(range(50))
