"""A body that HTTP calls whole and that is torn: it is downloaded once more, once, and never paid for again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.taking import download, process, stages
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES, Outcome, Stage
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets_tests.flow.one_snapshot import POSTS, assert_whole, later, make_ready
from scrape_assets_tests.flow.world import HARBOUR, World
from scrape_assets_tests.operations.letters import replayed

TORN = "truncated_last_line"
MISSING = "posts may be missing"


@pytest.fixture
def ready(world: World) -> World:
    return make_ready(world)


def at_download(world: World, number: int, do: Callable[[], object]) -> None:
    """Do something just before the vendor is asked for a body for the so-and-so-many-th time from now on."""
    client, begun = world.ctx.vendor, 0

    def counted(vendor_id: str, **asked: object) -> object:
        nonlocal begun
        begun += 1
        if begun == number:
            do()
        return BrightDataClient.download(client, vendor_id, **asked)  # type: ignore[arg-type]

    client.download = counted  # type: ignore[method-assign,assignment]


def assert_accepted_as_it_is(world: World, outcome: Outcome, downloads: int) -> None:
    """All but the torn row is loaded, and whoever asked can read it."""
    assert outcome.error is None
    assert_whole(world, POSTS - 1)
    assert world.rows("SELECT row_number, reason FROM rejected_rows") == [(POSTS, "truncated")]
    warning = str(world.job().warning)
    assert "ends in the middle of a record" in warning
    assert MISSING in warning
    assert world.download_calls() == {"": downloads}


@pytest.mark.parametrize("whole_line", [False, True], ids=["in a line", "between lines, as the vendor's count tells"])
def test_a_body_that_is_torn_once_is_downloaded_once_more_and_no_post_is_missing(
    ready: World, *, whole_line: bool
) -> None:
    ready.control.fault(TORN, times=1, whole_line=whole_line)
    [outcome] = ready.process()
    assert (outcome.error, outcome.remark, outcome.payload_kept) == (None, None, False)
    assert_whole(ready)
    snapshot = ready.snapshot()
    assert (snapshot.attempts, snapshot.failures, snapshot.payload_generation) == (0, {}, 2)
    assert (snapshot.rows_rejected, snapshot.payload_rows, ready.count("rejected_rows")) == (0, POSTS, 0)
    assert (ready.job().warning, ready.download_calls()) == (None, {"": 2})
    assert ready.archive.open(str(snapshot.payload_uri).replace("/g2/", "/g1/")), "the torn one lies beside it"


def test_a_body_that_is_torn_twice_is_loaded_but_for_its_end_and_says_so(ready: World) -> None:
    ready.control.fault(TORN)
    [outcome] = ready.process()
    assert_accepted_as_it_is(ready, outcome, downloads=2)
    assert (ready.snapshot().attempts, ready.snapshot().payload_generation) == (0, 2)
    ready.control.clear_faults()
    for wanted in (ALL_STAGES, frozenset({Stage.LOAD})):
        ready.clock.forward(hours=1)
        assert ready.again(wanted).error is None
    ready.process()
    assert_accepted_as_it_is(ready, outcome, downloads=2)

    assert ready.again(redownload=True).error is None, "a person may ask for it again"
    assert (ready.count("raw_posts"), ready.count("rejected_rows")) == (POSTS, 0)


def test_too_few_records_twice_are_loaded_and_say_so(ready: World) -> None:
    ready.control.fault(TORN, whole_line=True)
    ready.process()
    assert_whole(ready, POSTS - 1)
    assert f"has {POSTS - 1} rows of {POSTS} records" in str(ready.job().warning)
    assert ready.download_calls() == {"": 2}


def test_the_second_body_is_not_taken_if_there_is_less_in_it(ready: World) -> None:
    ready.control.fault(TORN, times=1)
    at_download(ready, 2, lambda: ready.control.fault("zero_rows"))
    [outcome] = ready.process()
    assert_accepted_as_it_is(ready, outcome, downloads=2)
    assert "/g1/" in str(ready.snapshot().payload_uri)
    ready.control.clear_faults()
    ready.clock.forward(minutes=1)
    assert ready.again(redownload=True).error is None
    assert ready.count("raw_posts") == POSTS, "the vendor's third, not what lay in the archive"
    assert ready.download_calls() == {"": 3}


def test_a_torn_part_is_noticed_in_a_snapshot_of_many(world: World) -> None:
    world.control.settings(rows_per_input=1_100)
    world.set(rows_per_part=1_000)
    world.creator("harbour", HARBOUR)
    world.collected()
    at_download(world, 1, lambda: world.control.fault(TORN, times=1))
    world.process()
    assert_whole(world, 1_100)
    assert world.download_calls() == {"1": 2, "2": 2}


class Killed(BaseException):
    """What no code of ours catches, as no code runs after a kill -9."""


def kill(*_: object, **__: object) -> None:
    raise Killed


def killed(world: World) -> None:
    """Process what is ready, and be killed on the way; the lease is still held."""
    [claimed], _ = claim_for_processing(world.ctx, [world.snapshot().partition_key], ALL_STAGES, only_ready=True)
    with pytest.raises(Killed):
        process.process_one(world.ctx, claimed)


@pytest.mark.parametrize("moment", ["before the second", "second not noted", "second noted"])
@pytest.mark.parametrize("second", ["whole", "torn", "less"])
def test_a_process_that_is_killed_in_between_neither_forgets_the_second_download_nor_does_it_twice(
    ready: World, monkeypatch: pytest.MonkeyPatch, moment: str, second: str
) -> None:
    ready.control.fault(TORN, times=2 if second == "torn" else 1)

    def at_second() -> None:
        if moment == "before the second":
            raise Killed
        if second == "less":
            ready.control.fault("zero_rows")

    at_download(ready, 2, at_second)
    note, noted = download._note, 0

    def killed_at_second(*args: object) -> object:
        nonlocal noted
        noted += 1
        if noted == 2 and moment == "second not noted":
            raise Killed
        return note(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(download, "_note", killed_at_second)
    if moment == "second noted":
        monkeypatch.setattr(stages, "_load", kill)
    killed(ready)
    monkeypatch.undo()
    ready.clock.forward(minutes=5)
    assert reclaim_expired(ready.ctx).snapshots == 1

    if moment == "before the second" and second == "less":
        ready.control.fault("zero_rows")
    [outcome] = ready.process()
    assert ready.snapshot().failures == {"lease_lost": 1}
    if second == "whole":
        assert_whole(ready)
        assert ready.download_calls() == {"": 2}
    else:
        assert_accepted_as_it_is(ready, outcome, downloads=2)


def test_what_the_vendor_no_longer_keeps_is_accepted_as_it_came_and_says_so(ready: World) -> None:
    ready.control.fault(TORN, times=1)
    at_download(ready, 2, lambda: ready.clock.forward(days=17))
    [outcome] = ready.process()
    assert_accepted_as_it_is(ready, outcome, downloads=2)
    assert "no longer keeps" in str(ready.job().warning)
    assert (ready.snapshot().attempts, ready.snapshot().payload_generation) == (0, 1)
    assert ready.again().error is None
    assert ready.download_calls() == {"": 2}, "what was accepted is accepted"


def test_a_second_download_that_breaks_is_tried_as_often_as_any_and_then_the_first_must_do(ready: World) -> None:
    ready.control.fault(TORN, times=1)
    at_download(ready, 2, lambda: ready.control.fault("corrupt_gzip"))
    [outcome] = ready.process()
    assert (outcome.error_class, ready.snapshot().failures) == ("bad_data", {"bad_data": 1})
    assert (ready.count("raw_posts"), ready.job().status) == (0, "processing")
    later(ready, hours=7)
    [outcome] = later(ready, hours=7)
    assert_accepted_as_it_is(ready, outcome, downloads=4)
    assert ready.snapshot().failures == {"bad_data": 2}, "the third would have ended it"
    assert "damaged" in str(ready.job().warning)


def test_after_a_second_download_that_breaks_a_whole_one_is_waited_for(ready: World) -> None:
    ready.control.fault(TORN, times=1)
    at_download(ready, 2, lambda: ready.control.fault("cut_body", times=1))
    ready.process()
    later(ready, hours=7)
    assert_whole(ready)
    assert (ready.job().warning, ready.snapshot().payload_generation) == (None, 2)


@pytest.mark.parametrize(("forward", "posts"), [({"minutes": 3}, POSTS), ({"hours": 25}, POSTS - 1)])
def test_a_vendor_that_builds_it_anew_is_waited_for_until_the_deadline(
    ready: World, forward: dict[str, float], posts: int
) -> None:
    ready.control.fault(TORN, times=1)
    at_download(ready, 2, lambda: ready.control.fault("building_after_ready", times=2))
    [outcome] = ready.process()
    assert outcome.deferred
    assert ready.snapshot().status is SnapshotStatus.RUNNING
    for _ in range(2):
        ready.poll(**forward)
        ready.process()
    assert_whole(ready, posts)
    assert (ready.snapshot().attempts, bool(ready.job().warning)) == (0, posts < POSTS)


def test_while_the_key_is_refused_what_is_torn_waits_and_no_attempt_is_spent(ready: World) -> None:
    ready.control.fault(TORN, times=1)
    at_download(ready, 2, lambda: ready.control.fault("unauthorized", operation="snapshot"))
    for _ in range(5):
        later(ready, minutes=31)
    assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.READY, 0)
    ready.control.clear_faults()
    later(ready, minutes=31)
    assert_whole(ready)


@pytest.mark.parametrize(("forward", "posts"), [({"minutes": 1}, POSTS), ({"days": 17}, POSTS - 1)])
def test_one_that_died_with_a_torn_payload_is_made_whole_when_it_is_taken_up_if_the_vendor_still_has_it(
    ready: World, forward: dict[str, float], posts: int
) -> None:
    ready.control.fault(TORN, times=1)
    for _ in range(5):
        at_download(ready, 2 if ready.snapshot().payload_uri is None else 1, kill)
        killed(ready)
        ready.clock.forward(minutes=5)
        reclaim_expired(ready.ctx)
    assert (ready.snapshot().status, ready.job().status) == (SnapshotStatus.DEAD, "failed")
    del ready.ctx.vendor.download
    assert replayed(ready).snapshots
    later(ready, **forward)
    assert_whole(ready, posts)
    assert bool(ready.job().warning) == (posts < POSTS)


def test_a_snapshot_without_an_id_at_the_vendor_is_loaded_as_it_came(ready: World) -> None:
    ready.control.fault(TORN, times=1)
    at_download(ready, 2, kill)
    killed(ready)
    torn = replace(ready.snapshot(), vendor_snapshot_id=None)
    outcome = process.process_one(ready.ctx, torn)
    assert_accepted_as_it_is(ready, outcome, downloads=1)
