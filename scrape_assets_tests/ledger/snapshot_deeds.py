"""What a machine of snapshots does in more than one rule, and how it leads one to where a deed fits. No rules."""

from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import NewSnapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.ledger.invented import TODAY, input_of, new_job
from scrape_assets_tests.ledger.machines import LEASE, OWNERS, LedgerMachine
from scrape_assets_tests.ledger.snapshot_model import ModelSnapshot

S = SnapshotStatus
ON_DEMAND = frozenset({S.READY, S.PROCESSED, S.FAILED, S.DEAD, S.EXPIRED})


class SnapshotDeeds(LedgerMachine):
    """Every deed is done to the ledger and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.snapshots: dict[str, ModelSnapshot] = {}
        self.told: dict[str, list[tuple[str, str]]] = {}

    @property
    def models(self) -> dict[str, ModelSnapshot]:
        return self.snapshots

    def named(self, number: int) -> ModelSnapshot:
        """Those that have not been called off come first: most is done to them."""
        known = sorted(self.snapshots.values(), key=lambda one: one.status is S.CANCELED)
        return known[number % len(known)]

    def all_named(self, numbers: list[int]) -> list[ModelSnapshot]:
        return list({one.snapshot_id: one for one in map(self.named, numbers)}.values())

    def unsettled(self, number: int, wild: bool) -> ModelSnapshot:
        """One whose fate at the source is not known; or a wild one."""
        one = self.named(number)
        if not wild and one.status not in (S.TRIGGERING, S.UNKNOWN):
            one = self.intends(OWNERS[number % 2], 1 + number % 4)
        return one

    def ready(self, number: int, wild: bool) -> ModelSnapshot:
        """One that can be processed; or a wild one."""
        one = self.named(number)
        if wild or one.status not in (S.TRIGGERING, S.UNKNOWN, S.PENDING, S.RUNNING):
            return one
        if one.status in (S.TRIGGERING, S.UNKNOWN):
            self.accepts(one)
        self.observes(one, S.READY, None)
        return one

    def in_work(self, number: int, owner: str, wild: bool) -> ModelSnapshot:
        """One that a process holds to process it; or a wild one."""
        one = self.ready(number, wild)
        if not wild and one.status in ON_DEMAND:
            self.claims([one], owner, ON_DEMAND)
        return one

    def intends(self, owner: str, max_attempts: int) -> ModelSnapshot:
        [job_id] = jobs.add_jobs(self.conn, [new_job(next_attempt_at=self.now)])
        taken = {"platform": "linkedin", "collection_date": None, "lease": LEASE, "now": self.now, "limit": 1}
        assert jobs.claim_jobs(self.conn, owner=owner, job_ids=[job_id], **taken)  # type: ignore[arg-type]
        snapshot_id = f"linkedin-{len(self.snapshots):05}"
        new = NewSnapshot(
            snapshot_id=snapshot_id,
            source="brightdata",
            platform="linkedin",
            collection_date=TODAY,
            inputs=(input_of(job_id),),
            max_attempts=max_attempts,
        )
        snapshots.record_intent(self.conn, new, self.now, owner, LEASE)
        self.snapshots[snapshot_id] = ModelSnapshot(snapshot_id, max_attempts, owner, self.now + LEASE)
        return self.snapshots[snapshot_id]

    def accepts(self, one: ModelSnapshot) -> None:
        vendor_id = f"s_{one.snapshot_id}"
        self.agree(
            lambda: snapshots.accepted(
                self.conn, one.snapshot_id, vendor_id, now=self.now, next_check_at=self.now, expires_at=None
            ),
            lambda: one.accept(self.now),
        )

    def observes(self, one: ModelSnapshot, status: SnapshotStatus, error_class: ErrorClass | None) -> None:
        self.agree(
            lambda: snapshots.observed(
                self.conn, one.snapshot_id, status, now=self.now, next_check_at=self.now, error_class=error_class
            ),
            lambda: one.observe(status, self.now, error_class, self.now),
        )

    def claims(self, chosen: list[ModelSnapshot], owner: str, from_states: frozenset[SnapshotStatus]) -> None:
        taken = [one for one in chosen if one.status in from_states]
        wanted = [one.snapshot_id for one in chosen]
        told = snapshots.claim_processing(
            self.conn, wanted, owner=owner, lease=LEASE, now=self.now, from_states=from_states
        )
        assert [one.snapshot_id for one in told] == [one.snapshot_id for one in taken]
        for one in taken:
            one.claim(owner, self.now + LEASE)

    def fails(self, one: ModelSnapshot, to: SnapshotStatus, error_class: ErrorClass, owner: str | None) -> None:
        self.agree(
            lambda: snapshots.fail_processing(self.conn, one.snapshot_id, error_class, "no", to, owner),
            lambda: one.fail(to, error_class, owner),
        )
