"""What a snapshot must become by every deed of the ledger, in plain Python: the model its machine is held against.

The table of transitions and the table of retries are taken as they are; what each deed does is written from the
documentation of the ledger, not from its SQL. No database here.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.retries import BUDGETS
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SNAPSHOT_TRANSITIONS, SnapshotStatus
from scrape_assets_tests.ledger.job_model import Refused

S = SnapshotStatus
HELD = frozenset({S.TRIGGERING, S.PROCESSING})
UNSETTLED = frozenset({S.TRIGGERING, S.UNKNOWN})
AT_THE_SOURCE = frozenset({S.PENDING, S.RUNNING})
ASKED_ABOUT = UNSETTLED | AT_THE_SOURCE | {S.READY}
GIVEN_UP = frozenset({S.FAILED, S.DEAD, S.EXPIRED})


@dataclass
class ModelSnapshot:
    """A snapshot as it must be."""

    snapshot_id: str
    max_attempts: int
    lease_owner: str | None
    leased_until: datetime | None
    status: SnapshotStatus = S.TRIGGERING
    attempts: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    checks: int = 0
    next_check_at: datetime | None = None
    error_class: ErrorClass | None = None
    requested_until: datetime | None = None
    downloaded_at: datetime | None = None
    loaded_at: datetime | None = None
    matched_at: datetime | None = None
    processed_at: datetime | None = None
    history: list[tuple[str, str]] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """What the row must say."""
        return {name: getattr(self, name) for name in SAID}

    def accept(self, at: datetime) -> None:
        """The source has taken it on."""
        self._leave(UNSETTLED, S.PENDING)
        self.next_check_at, self.error_class = at, None

    def gather(self, now: datetime, owner: str | None) -> None:
        """A direct source gave it at once."""
        self._of(owner, UNSETTLED)
        self._leave(UNSETTLED, S.READY)
        self.next_check_at, self.error_class, self.downloaded_at = None, None, now

    def lose_answer(self, at: datetime) -> None:
        """Nobody knows whether the source took it on."""
        self._leave(frozenset({S.TRIGGERING}), S.UNKNOWN)
        self.next_check_at, self.error_class = at, ErrorClass.NETWORK

    def refuse(self, error_class: ErrorClass) -> None:
        """It does not exist at the source."""
        self._leave(UNSETTLED, S.FAILED)
        self.next_check_at, self.error_class = None, error_class

    def observe(
        self, status: SnapshotStatus, at: datetime | None, error_class: ErrorClass | None, now: datetime
    ) -> None:
        """The source says what it is."""
        stays = status is self.status and status in AT_THE_SOURCE | {S.READY}
        if not stays:
            self._leave(ASKED_ABOUT, status)
        self._let_go()
        self.checks += 1
        self.next_check_at, self.error_class = at, error_class
        if status is S.PROCESSED:
            self.processed_at = now

    def not_answered(self, error_class: ErrorClass, at: datetime) -> None:
        """Asking about it failed."""
        if self.status not in AT_THE_SOURCE | {S.UNKNOWN}:
            raise Refused
        self.checks += 1
        self.error_class, self.next_check_at = error_class, at

    def reopen(self, status: SnapshotStatus, at: datetime) -> None:
        """Taken up again by a person."""
        self._leave(GIVEN_UP, status)
        self.attempts, self.failures, self.requested_until, self.next_check_at = 0, {}, None, at

    def claim(self, owner: str, until: datetime) -> None:
        """Taken by a process."""
        if self.status is not S.READY:
            self.attempts, self.failures = 0, {}
        self._come_to(S.PROCESSING)
        self.lease_owner, self.leased_until, self.requested_until = owner, until, None

    def stay(self, stage: str, now: datetime, owner: str | None) -> None:
        """A stage is done."""
        self._of(owner, frozenset({S.PROCESSING}))
        setattr(self, stage, now)

    def settle(self, now: datetime, owner: str | None) -> None:
        """Let go of after the stages that were wanted."""
        self._of(owner, frozenset({S.PROCESSING}))
        loaded, matched = self.loaded_at, self.matched_at
        done = bool(loaded and matched and loaded >= (self.downloaded_at or loaded) and matched >= loaded)
        self._finish(S.PROCESSED if done else S.READY)
        self.processed_at = now if done else self.processed_at

    def finish(self, now: datetime, owner: str | None) -> None:
        """Ended well."""
        self._of(owner, frozenset({S.PROCESSING}))
        self._finish(S.PROCESSED)
        self.processed_at = now

    def put_back(
        self, to: SnapshotStatus, error_class: ErrorClass | None, at: datetime, owner: str | None, *, counted: bool
    ) -> None:
        """Left for later."""
        self._of(owner, frozenset({S.PROCESSING}))
        status = to
        if counted and (error_class is None or BUDGETS[error_class].counts):
            last = self._spend(error_class, patient=True)
            status = S.FAILED if self.processed_at else S.DEAD if last else to
        self._come_to(status)
        self._let_go()
        self.next_check_at, self.error_class = at, error_class

    def fail(self, to: SnapshotStatus, error_class: ErrorClass, owner: str | None) -> None:
        """Given up in the middle."""
        self._of(owner, frozenset({S.PROCESSING}))
        if BUDGETS[error_class].counts:
            self._spend(error_class)
        self._come_to(to)
        self._let_go()
        self.next_check_at, self.error_class = None, error_class

    def lose(self, now: datetime, *, counted: bool) -> None:
        """Whoever held it is gone."""
        self.next_check_at = now
        if self.status is S.TRIGGERING:
            self._come_to(S.UNKNOWN)
            self.error_class = ErrorClass.LEASE_LOST
        elif counted:
            self._come_to(S.DEAD if self._spend(ErrorClass.LEASE_LOST) else S.READY)
            self.error_class = ErrorClass.LEASE_LOST
        else:
            self._come_to(S.READY)
        self._let_go()

    def copy(self) -> "ModelSnapshot":
        """As it is now, to look at what was refused."""
        return replace(self, failures=dict(self.failures), history=list(self.history))

    def _spend(self, error_class: ErrorClass | None, *, patient: bool = False) -> bool:
        self.attempts += 1
        if error_class is None:
            return self.attempts >= self.max_attempts
        budget = BUDGETS[error_class]
        of_class = self.failures.get(error_class.value, 0) + 1
        self.failures = {**self.failures, error_class.value: of_class}
        tries = None if patient and budget.ends_at_once else budget.tries
        return self.attempts >= self.max_attempts or (tries is not None and of_class >= tries)

    def _of(self, owner: str | None, states: frozenset[SnapshotStatus]) -> None:
        if self.status not in states or (owner is not None and self.lease_owner != owner):
            raise Refused

    def _leave(self, states: frozenset[SnapshotStatus], to: SnapshotStatus) -> None:
        if self.status not in states or to not in SNAPSHOT_TRANSITIONS[self.status]:
            raise Refused
        self._come_to(to)
        self._let_go()

    def _finish(self, status: SnapshotStatus) -> None:
        self._come_to(status)
        self._let_go()
        self.next_check_at, self.error_class = None, None

    def _let_go(self) -> None:
        self.lease_owner, self.leased_until = None, None

    def _come_to(self, status: SnapshotStatus) -> None:
        if status is not self.status:
            self.history.append((self.status.value, status.value))
        self.status = status


SAID = (
    "status",
    "attempts",
    "failures",
    "checks",
    "next_check_at",
    "error_class",
    "lease_owner",
    "leased_until",
    "requested_until",
    "downloaded_at",
    "loaded_at",
    "matched_at",
    "processed_at",
)


def said_of(snapshot: Snapshot) -> dict[str, object]:
    """What the ledger says of a snapshot, as `ModelSnapshot.told`."""
    return {name: getattr(snapshot, name) for name in SAID}
