"""Pace and breaker through whole collections: who waits, who goes on, who is told why, and what it costs: nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import scrape_assets
from scrape_assets.flow.choosing.choose import standings
from scrape_assets.flow.collect import CollectReport, collect
from scrape_assets.flow.pacing.gate import PacedGate, RowBook
from scrape_assets.flow.pacing.lanes import account_lane, check_names, lane_of, limit_of, passage, trigger_lane
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import Lane, block, lane_state
from scrape_assets.posts.identity import profile_key
from scrape_assets.settings import Settings, SettingsError
from scrape_assets.sources.errors import Shut, SourceError
from scrape_assets.sources.limits import LIMITS
from scrape_assets.sources.registry import DIRECT
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.world import HARBOUR, MILL, TODAY, World
from scrape_assets_tests.sources.direct.hackernews_server import Search, hackernews, story
from scrape_assets_tests.sources.direct.x_server import TOKEN, XServer, reply, tweet, x_server

BRIEF = timedelta(seconds=30)


@pytest.fixture
def x(world: World) -> Iterator[tuple[XServer, str]]:
    with x_server(*(tweet(world.clock() - timedelta(hours=hour), hour) for hour in range(1, 4))) as running:
        yield running


@pytest.fixture
def both(world: World, x: tuple[XServer, str]) -> Iterator[tuple[World, XServer, Search]]:
    """X's own API and Hacker News, each with somebody to follow."""
    hits = [story(number, int(world.clock().timestamp()) - 60 * number) for number in range(1, 6)]
    with hackernews(*hits, users=("ada",)) as (search, url):
        world.set(x_api_url=x[1], x_bearer_token=TOKEN, hackernews_api_url=url, source_order={"x": ["x"]})
        follow(world, "x", "ada", "https://x.com/Ada_L")
        follow(world, "hackernews", "ben", "https://news.ycombinator.com/user?id=ada")
        yield world, x[0], search


def follow(world: World, platform: str, creator: str, url: str) -> None:
    with world.engine.begin() as conn:
        upsert_creator(conn, creator, creator.title(), profile_key(platform, url))


def ask(world: World, platform: str, **options: Any) -> CollectReport:
    return collect(world.ctx, platform, TODAY, **options)


def due_in(world: World, creator: str) -> timedelta:
    return world.job(creator).next_attempt_at - world.clock()


def test_a_platform_that_takes_nothing_waits_without_an_attempt_and_the_others_go_on(
    both: tuple[World, XServer, Search],
) -> None:
    world, api, _ = both
    api.replies = [reply(429, {}, retry_after="900") for _ in range(50)]
    before = world.clock()
    ask(world, "x")
    ask(world, "hackernews")
    world.process()
    assert world.clock() == before, "nobody has waited"
    assert (world.job("ada").status, world.job("ada").attempts) == ("pending", 0)
    assert timedelta(seconds=900) <= due_in(world, "ada") <= timedelta(seconds=1_000)
    assert world.job("ben").status == "completed"
    assert len(api.asked) == 1


def test_a_block_that_another_process_met_stops_this_one_before_it_asks(both: tuple[World, XServer, Search]) -> None:
    world, api, _ = both
    with world.engine.begin() as conn:
        lane = lane_of(world.ctx.settings, "x", "x")
        until = world.clock() + timedelta(minutes=14)
        block(conn, lane, until=until, error_class=ErrorClass.THROTTLED, error="HTTP 429: enough", now=world.clock())
    ask(world, "x")
    assert api.asked == []
    assert world.snapshots() == [], "nothing was begun"
    assert "x is blocked until 2026-11-20 12:14 UTC: HTTP 429: enough" in str(world.job("ada").error)
    assert world.job("ada").attempts == 0
    world.clock.forward(minutes=15)
    ask(world, "x")
    assert len(api.asked) > 1


def test_a_pause_of_seconds_is_waited_for_and_the_source_stays_the_one_to_ask(
    both: tuple[World, XServer, Search],
) -> None:
    world, api, _ = both
    api.replies = [reply(429, {}, retry_after="7")]
    before = world.clock()
    assert ask(world, "x").triggered[0].error is None
    assert timedelta(seconds=7) <= world.clock() - before < timedelta(seconds=20)
    assert standings(world.ctx, "x")[0].why_not is None


def test_what_a_good_answer_says_of_the_next_call_holds_for_every_process(
    both: tuple[World, XServer, Search],
) -> None:
    world, api, _ = both
    reset = str(int((world.clock() + timedelta(minutes=10)).timestamp()))
    user = {"data": {"id": "2244", "username": "Ada_L", "name": "Ada"}}
    api.replies = [reply(200, user, x_rate_limit_remaining="0", x_rate_limit_reset=reset)]
    ask(world, "x")
    assert len(api.asked) == 1
    other = world.context("host:2:other", x_api_url=world.ctx.settings.x_api_url, x_bearer_token=TOKEN)
    [stand] = [one for one in standings(other, "x") if one.source == "x"]
    assert stand.why_not is not None
    assert "asks for a pause of 600 s" in stand.why_not
    with pytest.raises(Shut, match="asks for a pause"):
        other.transports.of("x").request("page", "GET", f"{other.settings.x_api_url}/2", judge=no_judge)
    assert len(api.asked) == 1


def test_our_own_pace_costs_nobody_an_attempt_and_nothing_is_bought_instead(
    world: World, x: tuple[XServer, str]
) -> None:
    world.set(x_api_url=x[1], x_bearer_token=TOKEN, pace={"x": {"per_hour": 4, "burst": 3}})
    for creator in ("ada", "bo", "cy"):
        follow(world, "x", creator, f"https://x.com/{creator}_l")
    ask(world, "x")
    assert len(x[0].asked) == 3
    assert {job.attempts for job in world.jobs() if job.status == "pending"} == {0}
    assert all("out of pace: 4 calls in 3600 s" in str(job.error) for job in world.jobs() if job.status == "pending")
    assert world.control.calls().get("trigger") is None, "the vendor, who costs money, is not asked instead"
    for _ in range(6):
        world.clock.forward(hours=3)
        ask(world, "x")
        world.process()
    assert world.statuses() == {"completed": 3}


def test_servers_of_one_source_do_not_share_a_limit(world: World) -> None:
    gate = gate_of(world, "mastodon")
    gate.pause("https://one.example/api", "", timedelta(hours=1), "one.example asks for a pause of 3600 s")
    with pytest.raises(Shut, match=r"mastodon \(one.example\) is blocked"):
        gate.enter("page", "https://one.example/api", "", BRIEF)
    gate.leave(gate.enter("page", "https://two.example/api", "", BRIEF), None)


def test_too_many_running_jobs_of_one_platform_stop_its_triggers_and_nothing_else(world: World) -> None:
    world.creator("harbour", HARBOUR)
    ask(world, "linkedin")
    world.creator("mill", MILL)
    world.control.fault("throttled", operation="trigger", times=1, retry_after=600)
    ask(world, "linkedin", creators=["mill"])
    [stand] = standings(world.ctx, "linkedin")
    assert stand.why_not is not None
    assert "too many running jobs" in stand.why_not
    assert [one.why_not for one in standings(world.ctx, "facebook")] == [None]
    assert len(world.poll().ready) == 1, "asking after what runs is what ends it"
    world.process()
    assert world.job("harbour").status == "completed"
    with world.engine.connect() as conn:
        account = lane_state(conn, account_lane(world.ctx.settings), world.clock())
    assert (account.throttles, account.pace, account.blocked_until) == (1, 1.0, None)


def test_while_the_vendor_s_account_is_shut_nothing_is_asked_and_nothing_is_held_against_anybody(
    world: World,
) -> None:
    world.creator("harbour", HARBOUR)
    ask(world, "linkedin")
    shut_account(world, timedelta(minutes=30))
    calls = world.control.calls()
    report = world.poll()
    assert (report.asked, report.errors, report.left) == (0, [], 1)
    assert "blocked until 2026-11-20 12:30 UTC: enough for now" in str(report.shut)
    assert world.snapshot().checks == 0

    world.creator("mill", MILL)
    ask(world, "linkedin")
    assert world.control.calls() == calls
    mill = world.job("mill")
    assert (mill.status, mill.attempts) == ("pending", 0)
    assert "enough for now" in str(mill.error)
    assert len(world.snapshots()) == 1

    world.clock.forward(minutes=40)
    ask(world, "linkedin")
    assert world.paid() == {HARBOUR: 1, MILL: 1}


def test_a_trigger_that_the_gate_stops_is_no_lost_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate shuts between the choice of the vendor and the trigger."""
    world.creator("harbour", HARBOUR)
    check = world.ctx.vendor.check_key

    def then_shut() -> None:
        check()
        shut_account(world, timedelta(minutes=30))

    stands = standings(world.ctx, "linkedin")
    monkeypatch.setattr(world.ctx.vendor, "check_key", then_shut)
    monkeypatch.setattr("scrape_assets.flow.collect.standings", lambda *_: stands)
    ask(world, "linkedin")
    assert world.calls("trigger") == 0
    assert (world.snapshot().status, world.snapshot().error_class) == ("failed", "throttled")
    assert (world.job().status, world.job().attempts) == ("pending", 0)


def test_what_is_stopped_at_the_gate_is_no_call_in_the_audit(world: World) -> None:
    shut_account(world, timedelta(minutes=30))
    with pytest.raises(Shut):
        world.ctx.vendor.progress("s_1")
    assert world.count("scrape_attempts") == 0


def test_a_gate_that_shuts_between_two_tries_hides_no_error(both: tuple[World, XServer, Search]) -> None:
    world, api, _ = both
    transport = world.ctx.transports.of("x")
    api.replies = [reply(503, {"title": "the real trouble"}) for _ in range(20)]
    errors = []
    for _ in range(3):
        with pytest.raises(SourceError) as caught:
            transport.request("page", "GET", f"{world.ctx.settings.x_api_url}/2", judge=judge_503)
        errors.append(caught.value)
    assert [error.error_class for error in errors] == [ErrorClass.SERVER] * 3
    with pytest.raises(Shut, match="failures in a row, the last: HTTP 503"):
        transport.request("page", "GET", f"{world.ctx.settings.x_api_url}/2", judge=judge_503)


def test_whoever_waits_for_a_gate_holds_no_lock(world: World) -> None:
    lane = Lane("mastodon", "mastodon", "one.example")
    noticed = []

    def sleep(seconds: float) -> None:
        with world.engine.begin() as conn:
            conn.execute(sa.text("SELECT 1 FROM source_state FOR UPDATE NOWAIT"))
        noticed.append(seconds)
        world.clock.forward(seconds=seconds)

    gate = PacedGate(RowBook(world.engine), Settings(), "mastodon", now=world.clock, sleep=sleep)
    gate.pause("https://one.example/", "", timedelta(seconds=12), "a pause")
    gate.leave(gate.enter("page", "https://one.example/", "", BRIEF), None)
    assert noticed == [12.0]
    with world.engine.connect() as conn:
        assert lane_state(conn, lane, world.clock()).in_flight == 0


def test_look_ups_wait_for_a_second_at_most(world: World) -> None:
    gate = gate_of(world, "brightdata")
    with world.engine.begin() as conn:
        until = world.clock() + timedelta(seconds=5)
        lane = account_lane(world.ctx.settings)
        block(conn, lane, until=until, error_class=ErrorClass.THROTTLED, error="5 s", now=world.clock())
    with pytest.raises(Shut):
        gate.enter("progress", "https://vendor.example/", "", BRIEF)
    gate.leave(gate.enter("download", "https://vendor.example/", "", BRIEF), None)


def test_a_database_that_is_away_when_a_call_comes_back_loses_no_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.creator("harbour", HARBOUR)
    monkeypatch.setattr(RowBook, "give_back", lambda *_: 1 / 0)
    ask(world, "linkedin")
    assert world.snapshot().vendor_snapshot_id is not None
    assert world.paid() == {HARBOUR: 1}


def test_a_source_is_asked_as_much_as_the_settings_say() -> None:
    settings = Settings(pace={"x": {"per_minute": 30, "burst": 5}, "brightdata": {"guard": 9}})
    x = limit_of(settings, "x")
    assert (x.calls, x.seconds, x.burst) == (30, 60.0, 5)
    vendor = limit_of(settings, "brightdata")
    assert (vendor.guard, vendor.calls, vendor.burst) == (9, 1_200, 60)
    small = limit_of(Settings(pace={"x": {"per_minute": 2}}), "x")
    assert (small.calls, small.burst) == (2, 1), "a burst is never more than what there is"
    assert limit_of(settings, "bluesky") == LIMITS["bluesky"]


def test_a_pace_of_what_is_no_source_is_refused_in_words() -> None:
    with pytest.raises(SettingsError, match=r"SCRAPE_ASSETS_PACE names nitter; there are brightdata, instagram"):
        check_names(Settings(pace={"nitter": {"per_minute": 3}}))


def test_another_key_is_another_lane_and_no_key_is_in_any() -> None:
    one, other = (Settings(x_bearer_token=key, brightdata_api_key=key) for key in ("secret-1", "secret-2"))
    for lane in (lane_of, lambda settings, *_: trigger_lane(settings, "x")):
        assert lane(one, "x", "x") != lane(other, "x", "x")
        assert "secret" not in str(lane(one, "x", "x"))
    both = passage(one, "brightdata", "trigger", "https://vendor.example/", "x")
    assert [(paced.lane.platform, paced.only_counts) for paced in both] == [("", True), ("x", False)]


def test_every_source_has_a_limit_and_no_call_goes_out_by_another_way() -> None:
    assert set(LIMITS) == set(DIRECT)
    made = {
        str(path.relative_to(Path(scrape_assets.__file__).parent))
        for path in Path(scrape_assets.__file__).parent.rglob("*.py")
        if re.search(r"\bHttpTransport\(", path.read_text(encoding="utf-8")) and path.name != "http.py"
    }
    assert made == {"flow/context.py"}


def shut_account(world: World, length: timedelta) -> None:
    with world.engine.begin() as conn:
        block(
            conn,
            account_lane(world.ctx.settings),
            until=world.clock() + length,
            error_class=ErrorClass.THROTTLED,
            error="enough for now",
            now=world.clock(),
        )


def gate_of(world: World, source: str) -> PacedGate:
    def sleep(seconds: float) -> None:
        world.clock.forward(seconds=seconds)

    return PacedGate(RowBook(world.engine), Settings(), source, now=world.clock, sleep=sleep)


def no_judge(_answer: object) -> SourceError:
    return SourceError(ErrorClass.BAD_REQUEST, "nobody was to ask")


def judge_503(_answer: object) -> SourceError:
    return SourceError(ErrorClass.SERVER, "HTTP 503", status_code=503)
