"""What both state machines are run with: how many steps, the people who take part, the clock. No rules."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Connection, Engine, text

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import IllegalTransition
from scrape_assets_tests.ledger.invented import NOW
from scrape_assets_tests.ledger.job_model import Refused

OWNERS = ("host:1:aaaa", "run:bbbb")
LEASE = timedelta(minutes=5)
MOMENTS = (timedelta(0), timedelta(seconds=1), timedelta(minutes=4), timedelta(minutes=5), timedelta(hours=7))
MORE = os.environ.get("STATEFUL_EXAMPLES")  # as many, and others each time

owners = st.sampled_from(OWNERS)
moments = st.sampled_from(MOMENTS)
# One of each kind: ends at once, counts with few and with many tries, waits without counting.
error_classes = st.sampled_from(
    (ErrorClass.NOT_FOUND, ErrorClass.BAD_DATA, ErrorClass.VENDOR_FAILED, ErrorClass.THROTTLED)
)
wild = st.sampled_from((False, False, False, True))  # whether a deed is tried with anything, or where it makes sense
limits = settings(
    max_examples=int(MORE or 10),
    stateful_step_count=40,
    derandomize=MORE is None,  # the same in every run, so that nobody's change fails of somebody else's chance
    # To find the shortest way to a failure takes minutes: worth it only where one looks for it.
    phases=(Phase.generate, Phase.shrink) if MORE else (Phase.generate,),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class LedgerMachine(RuleBasedStateMachine):
    """One example: one transaction on the real database, which is never committed, and one clock."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.conn: Connection = self.engine.connect()
        self.now: datetime = NOW
        self._seen = 0

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.conn.rollback()
        self.conn.close()

    @property
    def models(self) -> Mapping[str, Any]:
        """The model of each row."""
        raise NotImplementedError

    def agree(self, theirs: Callable[[], object], ours: Callable[[], object]) -> None:
        """Both do it, or both refuse."""
        before = {key: model.copy() for key, model in self.models.items()}
        try:
            ours()
        except Refused:
            self._restore(before)
            try:
                theirs()
            except IllegalTransition:
                return
            raise AssertionError("the ledger allowed what nobody may do") from None
        theirs()

    def _restore(self, before: Mapping[str, Any]) -> None:
        for key, model in before.items():
            vars(self.models[key]).update(vars(model))

    def new_steps(self, kind: str) -> list[tuple[str, tuple[str, str]]]:
        """The changes of status that `state_changes` tells since the last look: of which row, from and to."""
        query = text(
            "SELECT change_id, subject_id, from_status, to_status FROM state_changes"
            " WHERE kind = :kind AND change_id > :seen ORDER BY change_id"
        )
        rows = self.conn.execute(query, {"kind": kind, "seen": self._seen}).all()
        self._seen = max((row.change_id for row in rows), default=self._seen)
        return [(row.subject_id, (row.from_status, row.to_status)) for row in rows]


def run(machine: type[LedgerMachine], engine: Engine) -> None:
    """Run a machine on a database with empty tables."""
    bound: Any = type(machine.__name__, (machine,), {"engine": engine})
    run_state_machine_as_test(bound, settings=limits)
