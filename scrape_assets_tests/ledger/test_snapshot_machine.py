"""Several processes do whatever comes to their minds with snapshots; the ledger and its model agree at every step.

`STATEFUL_EXAMPLES=2000 pytest --timeout 0 …/test_snapshot_machine.py` tries many more, and others each time.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import Engine

from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import SnapshotFilter
from scrape_assets.ledger.states import SNAPSHOT_TRANSITIONS, SnapshotStatus
from scrape_assets_tests.ledger import machines
from scrape_assets_tests.ledger.machines import LEASE, error_classes, moments, owners, wild
from scrape_assets_tests.ledger.snapshot_deeds import ON_DEMAND, SnapshotDeeds
from scrape_assets_tests.ledger.snapshot_model import HELD, said_of

S = SnapshotStatus
PAYLOAD: dict[str, Any] = {
    "payload_uri": "memory://p",
    "payload_bytes": 1,
    "payload_rows": 1,
    "payload_sha256": "a",
}

anyone = st.integers(0, 5)
some = st.lists(anyone, min_size=1, max_size=4, unique=True)
maybe_owner = st.none() | owners
seen = st.sampled_from((S.PENDING, S.RUNNING, S.READY, S.PROCESSED, S.FAILED, S.CANCELED, S.EXPIRED, S.DEAD))


class Snapshots(SnapshotDeeds):
    """Rules are the public functions of `ledger.snapshots` that change anything, allowed or not."""

    @initialize(owner=owners, count=st.integers(2, 4))
    def begin(self, owner: str, count: int) -> None:
        for number in range(count):
            self.intends(owner, 1 + number)

    @rule(owner=owners, max_attempts=st.integers(1, 4))
    def intend(self, owner: str, max_attempts: int) -> None:
        self.intends(owner, max_attempts)

    @rule(moment=moments)
    def time_passes(self, moment: timedelta) -> None:
        self.now += moment

    @rule(number=anyone, wild=wild)
    def accept(self, number: int, wild: bool) -> None:
        self.accepts(self.unsettled(number, wild))

    @rule(number=anyone, wild=wild, owner=maybe_owner)
    def gather(self, number: int, wild: bool, owner: str | None) -> None:
        one = self.unsettled(number, wild)
        self.agree(
            lambda: snapshots.gathered(self.conn, one.snapshot_id, **PAYLOAD, now=self.now, owner=owner),
            lambda: one.gather(self.now, owner),
        )

    @rule(number=anyone, wild=wild)
    def lose_answer(self, number: int, wild: bool) -> None:
        one = self.unsettled(number, wild)
        self.agree(
            lambda: snapshots.answer_lost(self.conn, one.snapshot_id, "timed out", self.now),
            lambda: one.lose_answer(self.now),
        )

    @rule(number=anyone, wild=wild, error_class=error_classes)
    def refuse(self, number: int, wild: bool, error_class: ErrorClass) -> None:
        one = self.unsettled(number, wild)
        self.agree(
            lambda: snapshots.refused(self.conn, one.snapshot_id, error_class, "no"), lambda: one.refuse(error_class)
        )

    @rule(number=anyone, status=seen, error_class=st.none() | error_classes)
    def observe(self, number: int, status: SnapshotStatus, error_class: ErrorClass | None) -> None:
        self.observes(self.named(number), status, error_class)

    @rule(number=anyone, error_class=error_classes)
    def not_answered(self, number: int, error_class: ErrorClass) -> None:
        one = self.named(number)
        self.agree(
            lambda: snapshots.not_answered(self.conn, one.snapshot_id, error_class, "502", self.now),
            lambda: one.not_answered(error_class, self.now),
        )

    @rule(number=anyone, by=owners, wild=wild, status=st.sampled_from((S.PENDING, S.READY, S.RUNNING)))
    def reopen(self, number: int, by: str, wild: bool, status: SnapshotStatus) -> None:
        one = self.in_work(number, by, wild)
        if one.status is S.PROCESSING and not wild:
            self.fails(one, S.FAILED, ErrorClass.BAD_DATA, None)
        self.agree(
            lambda: snapshots.reopen(self.conn, one.snapshot_id, status, self.now),
            lambda: one.reopen(status, self.now),
        )

    @rule(numbers=some, owner=owners, wild=wild, on_demand=st.booleans())
    def claim(self, numbers: list[int], owner: str, wild: bool, on_demand: bool) -> None:
        self.ready(numbers[0], wild)
        self.claims(self.all_named(numbers), owner, ON_DEMAND if on_demand else frozenset({S.READY}))

    @rule(number=anyone, by=owners, wild=wild, owner=maybe_owner, stages=st.integers(0, 3))
    def process(self, number: int, by: str, wild: bool, owner: str | None, stages: int) -> None:
        """Some of the stages in their order, each of which may find that the lease is gone."""
        one = self.in_work(number, by, wild)
        key, now = one.snapshot_id, self.now
        steps: list[tuple[str, Callable[[], object]]] = [
            (
                "downloaded_at",
                lambda: snapshots.downloaded(self.conn, key, **PAYLOAD, cost_usd=None, now=now, owner=owner),
            ),
            (
                "loaded_at",
                lambda: snapshots.loaded(self.conn, key, posts_retrieved=1, rows_rejected=0, now=now, owner=owner),
            ),
            ("matched_at", lambda: snapshots.matched(self.conn, key, posts_matched=0, now=now, owner=owner)),
        ]
        for stage, do in steps[:stages]:
            self.agree(do, partial(one.stay, stage, now, owner))

    @rule(number=anyone, by=owners, wild=wild, owner=maybe_owner)
    def settle(self, number: int, by: str, wild: bool, owner: str | None) -> None:
        one = self.in_work(number, by, wild)
        self.agree(
            lambda: snapshots.settle_processing(self.conn, one.snapshot_id, self.now, owner),
            lambda: one.settle(self.now, owner),
        )

    @rule(number=anyone, by=owners, wild=wild, owner=maybe_owner)
    def finish(self, number: int, by: str, wild: bool, owner: str | None) -> None:
        one = self.in_work(number, by, wild)
        self.agree(
            lambda: snapshots.finish_processing(self.conn, one.snapshot_id, self.now, owner),
            lambda: one.finish(self.now, owner),
        )

    @rule(
        number=anyone,
        by=owners,
        wild=wild,
        owner=maybe_owner,
        to=st.sampled_from((S.READY, S.RUNNING)),
        error_class=st.none() | error_classes,
        counted=st.booleans(),
    )
    def put_back(
        self,
        number: int,
        by: str,
        wild: bool,
        owner: str | None,
        to: SnapshotStatus,
        error_class: ErrorClass | None,
        counted: bool,
    ) -> None:
        one = self.in_work(number, by, wild)
        self.agree(
            lambda: snapshots.put_back(
                self.conn,
                one.snapshot_id,
                to=to,
                error_class=error_class,
                error="later",
                next_check_at=self.now,
                count_attempt=counted,
                owner=owner,
            ),
            lambda: one.put_back(to, error_class, self.now, owner, counted=counted),
        )

    @rule(
        number=anyone,
        by=owners,
        wild=wild,
        owner=maybe_owner,
        to=st.sampled_from((S.FAILED, S.EXPIRED)),
        error_class=error_classes,
    )
    def fail(
        self, number: int, by: str, wild: bool, owner: str | None, to: SnapshotStatus, error_class: ErrorClass
    ) -> None:
        self.fails(self.in_work(number, by, wild), to, error_class, owner)

    @rule(owner=owners)
    def renew(self, owner: str) -> None:
        mine = [one for one in self.snapshots.values() if one.lease_owner == owner]
        assert snapshots.renew_leases(self.conn, owner, LEASE, self.now) == len(mine)
        for one in mine:
            one.leased_until = self.now + LEASE

    @rule(number=anyone, owner=owners, wild=wild, later=moments)
    def reclaim(self, number: int, owner: str, wild: bool, later: timedelta) -> None:
        self.in_work(number, owner, wild)
        self.now += later
        held = [one for one in self.snapshots.values() if one.status in HELD]
        lost = [one for one in held if (one.leased_until or self.now) <= self.now]
        told = snapshots.reclaim_expired(self.conn, self.now)
        assert {one.snapshot_id for one in told} == {one.snapshot_id for one in lost}
        for one in lost:
            one.lose(self.now, counted=True)

    @rule(number=anyone, owner=owners, wild=wild, counted=st.booleans())
    def owner_ends(self, number: int, owner: str, wild: bool, counted: bool) -> None:
        self.in_work(number, owner, wild)
        lost = [one for one in self.snapshots.values() if one.lease_owner == owner]
        told = snapshots.release_run(self.conn, owner, self.now, count_attempt=counted)
        assert {one.snapshot_id for one in told} == {one.snapshot_id for one in lost}
        for one in lost:
            one.lose(self.now, counted=counted)

    @rule(numbers=some, wild=wild, wait=moments)
    def request(self, numbers: list[int], wild: bool, wait: timedelta) -> None:
        self.ready(numbers[0], wild)
        chosen, until = self.all_named(numbers), self.now + wait
        free = [one for one in chosen if one.status is S.READY and (one.requested_until or self.now) <= self.now]
        told = snapshots.mark_requested(self.conn, [one.snapshot_id for one in chosen], until=until, now=self.now)
        assert told == [one.snapshot_id for one in free]
        for one in free:
            one.requested_until = until

    @invariant()
    def every_snapshot_is_where_the_model_has_it(self) -> None:
        told = {one.snapshot_id: one for one in snapshots.list_snapshots(self.conn, SnapshotFilter(), 100)}
        assert {key: said_of(one) for key, one in told.items()} == {
            key: one.told() for key, one in self.snapshots.items()
        }
        for one in told.values():
            assert one.attempts <= one.max_attempts
            assert (one.lease_owner is not None) is (one.leased_until is not None) is (one.status in HELD)
            assert one.status is not S.PROCESSED or one.processed_at is not None

    @invariant()
    def every_step_was_a_legal_one_and_is_told(self) -> None:
        for key, step in self.new_steps("snapshot"):
            self.told.setdefault(key, []).append(step)
            assert S(step[1]) in SNAPSHOT_TRANSITIONS[S(step[0])]
        assert self.told == {key: one.history for key, one in self.snapshots.items() if one.history}


def test_snapshots_and_their_model_agree_whatever_is_done(db: Engine) -> None:
    machines.run(Snapshots, db)
