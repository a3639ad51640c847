"""Lanes in PostgreSQL: shared by processes, locked only for a moment, each by itself."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import (
    Failed,
    Good,
    Lane,
    Limit,
    Paced,
    Permit,
    Throttled,
    Wait,
    block,
    give_back,
    lane_state,
    lane_states,
    revive,
    shut_lanes,
    take,
    take_probe,
    trip,
    unblock,
)
from scrape_assets_tests.ledger.pace.asking_process import LIMIT
from scrape_assets_tests.ledger.pace.lanes import HOLD, NOON

ONE, OTHER = Lane("sundial", "x", "key 1"), Lane("sundial", "x", "key 2")
ROOT = Path(__file__).parents[3]
FEW = Limit(70, 60, burst=10)
SECOND = timedelta(seconds=1)


def asked(db: Engine, lane: Lane = ONE, limit: Limit = FEW, *, after: timedelta = timedelta()) -> bool:
    """Make one call, if it may be made."""
    with db.begin() as conn:
        answer = take(conn, [Paced(lane, limit)], NOON + after, HOLD)
    return not isinstance(answer, Wait)


def test_two_processes_share_one_pace(db: Engine) -> None:
    url = db.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "scrape_assets_tests.ledger.pace.asking_process", url, "1.2"]
    running = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0].split() for process in running]
    assert all(told), "both of them got calls"
    moments = sorted(float(moment) for own in told for moment in own)
    assert LIMIT.rate is not None
    fair = LIMIT.burst + LIMIT.rate * (moments[-1] - moments[0])
    assert 10 <= len(moments) <= fair + 1
    assert LIMIT.calls is not None
    assert all(last - first > 0.99 for first, last in zip(moments, moments[LIMIT.calls :], strict=False))


def test_what_is_told_to_a_row_is_read_back_from_it(db: Engine) -> None:
    with db.begin() as conn:
        permits = take(conn, [Paced(ONE, FEW)], NOON, HOLD)
        lost = take(conn, [Paced(ONE, FEW)], NOON, HOLD)
    assert not isinstance(permits, Wait)
    assert not isinstance(lost, Wait)
    with db.begin() as conn:
        give_back(conn, permits, Throttled("HTTP 429: \0 slow down", timedelta(minutes=2)), NOON + SECOND)
    with db.connect() as conn:
        state = lane_state(conn, ONE, NOON + SECOND)
    assert (state.lane, state.pace, state.in_flight, state.throttles) == (ONE, 0.5, 1, 1)
    assert state.blocked_until == NOON + SECOND + timedelta(minutes=2)
    assert (state.error_class, state.error) == ("throttled", "HTTP 429: \ufffd slow down")


def test_a_lane_that_nobody_asked_is_free_and_is_no_row(db: Engine) -> None:
    with db.connect() as conn:
        assert lane_state(conn, ONE, NOON).shut_until(NOON) is None
        assert lane_states(conn, NOON) == []


def test_one_key_s_or_server_s_limit_is_no_other_s(db: Engine) -> None:
    assert [asked(db) for _ in range(11)] == [True] * 10 + [False]
    assert asked(db, OTHER)
    assert asked(db, Lane("sundial", "y", "key 1"))


def test_a_call_passes_all_of_its_lanes_or_none(db: Engine) -> None:
    with db.begin() as conn:
        block(conn, OTHER, until=NOON + SECOND, error_class=ErrorClass.THROTTLED, error="a moment", now=NOON)
        answer = take(conn, [Paced(ONE, FEW), Paced(OTHER, FEW)], NOON, HOLD)
        assert isinstance(answer, Wait)
        assert answer.lane == OTHER
        assert lane_state(conn, ONE, NOON).in_flight == 0
        passed = take(conn, [Paced(OTHER, FEW), Paced(ONE, FEW)], NOON + SECOND, HOLD)
        assert not isinstance(passed, Wait)
        assert [permit.paced.lane for permit in passed] == [OTHER, ONE]
        assert [state.in_flight for state in lane_states(conn, NOON + SECOND)] == [1, 1]


def test_who_waits_holds_nothing_and_who_is_slow_holds_only_its_own_lane(db: Engine) -> None:
    for _ in range(10):
        asked(db)
    assert not asked(db), "somebody waits from here on"
    with db.begin() as slow:
        slow.execute(sa.text("SELECT 1 FROM source_state WHERE credential = 'key 1' FOR UPDATE NOWAIT"))
        with db.begin() as conn:
            conn.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
            assert not isinstance(take(conn, [Paced(OTHER, FEW)], NOON, HOLD), Wait)


def test_lanes_taken_in_any_order_by_many_never_lock_each_other_out(db: Engine) -> None:
    lanes = [Paced(Lane("sundial", str(number)), Limit()) for number in range(4)]

    def work(number: int) -> int:
        passage: Sequence[Paced] = lanes if number % 2 else lanes[::-1]
        for _ in range(10):
            with db.begin() as conn:
                permits = take(conn, passage, NOON, HOLD)
            assert not isinstance(permits, Wait)
            with db.begin() as conn:
                give_back(conn, permits, Good(), NOON)
        return 10

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 40
    with db.connect() as conn:
        assert {state.in_flight for state in lane_states(conn, NOON)} == {0}


def test_one_probe_over_all_processes(db: Engine) -> None:
    limit = Limit()
    for _ in range(6):
        with db.begin() as conn:
            permits = take(conn, [Paced(ONE, limit)], NOON, HOLD)
            assert not isinstance(permits, Wait)
            give_back(conn, permits, Failed(ErrorClass.NETWORK, "connection refused"), NOON)
    later = NOON + timedelta(seconds=20)

    def try_it(_number: int) -> tuple[Permit, ...] | Wait:
        with db.begin() as conn:
            return take(conn, [Paced(ONE, limit)], later, HOLD)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_it, range(8)))
    [probe] = [answer for answer in answers if not isinstance(answer, Wait)]
    with db.begin() as conn:
        give_back(conn, probe, Good(), later)
        assert lane_state(conn, ONE, later).why(later) is None


def test_a_lane_that_brings_nothing_is_tried_by_one_and_revived_by_what_comes(db: Engine) -> None:
    with db.begin() as conn:
        assert take_probe(conn, ONE, NOON, HOLD) is None, "there is nothing to try"
        trip(conn, ONE, "answers, but brought nothing", NOON)
        assert take_probe(conn, ONE, NOON, HOLD) is False
        assert [state.lane for state in shut_lanes(conn, NOON)] == [ONE]
        until = lane_state(conn, ONE, NOON).shut_until(NOON)
        assert until is not None
        assert [take_probe(conn, ONE, until, HOLD) for _ in range(2)] == [True, False]
        assert "being tried with one input" in str(lane_state(conn, ONE, until).why(until))
        assert take_probe(conn, ONE, until + HOLD, HOLD) is True, "the first one was killed"
        revive(conn, ONE, until)
        assert take_probe(conn, ONE, until, HOLD) is None
        assert shut_lanes(conn, until) == []


def test_each_further_spell_of_nothing_is_left_alone_for_twice_as_long(db: Engine) -> None:
    lengths, now = [], NOON
    with db.begin() as conn:
        for _ in range(8):
            trip(conn, ONE, "nothing", now)
            until = lane_state(conn, ONE, now).shut_until(now)
            assert until is not None
            lengths.append((until - now).total_seconds() / 60)
            now = until
    assert all(after > before * 1.5 for before, after in pairwise(lengths[:6]))
    assert max(lengths) <= 12 * 60


def test_a_block_of_one_kind_is_lifted_and_others_stay(db: Engine) -> None:
    hour = NOON + timedelta(hours=1)
    with db.begin() as conn:
        block(conn, ONE, until=hour, error_class=ErrorClass.REFUSED, error="no such key", now=NOON)
        block(conn, OTHER, until=hour, error_class=ErrorClass.PAYMENT, error="no credit", now=NOON)
        unblock(conn, "sundial", ErrorClass.REFUSED, NOON)
        assert [state.lane for state in shut_lanes(conn, NOON)] == [OTHER]


@pytest.mark.parametrize("earlier", [True, False])
def test_of_two_blocks_the_longer_one_holds(db: Engine, *, earlier: bool) -> None:
    hours = [timedelta(hours=2), timedelta(hours=1)]
    with db.begin() as conn:
        for length in hours if earlier else hours[::-1]:
            why = f"{length.seconds // 3600} hours"
            block(conn, ONE, until=NOON + length, error_class=ErrorClass.THROTTLED, error=why, now=NOON)
        state = lane_state(conn, ONE, NOON)
        assert state.shut_until(NOON) == NOON + timedelta(hours=2)
        assert replace(state, error="2 hours") == state
