"""Every pair of states, allowed or not."""

from itertools import product

import pytest

from scrape_assets.ledger import guards
from scrape_assets.ledger.states import (
    JOB_TRANSITIONS,
    SNAPSHOT_TRANSITIONS,
    IllegalTransition,
    JobStatus,
    SnapshotStatus,
    check_snapshot,
    sources_of,
)

# Written down a second time, in another form, so that a slip in the table shows.
JOBS = """
pending processing canceled failed
processing completed pending failed dead canceled
completed
failed pending processing
dead pending processing
canceled
"""
SNAPSHOTS = """
triggering pending unknown failed canceled ready
unknown pending failed canceled dead ready
pending running ready failed dead expired canceled processed
running pending ready failed dead expired canceled processed
ready processing pending running failed dead expired canceled
processing processed ready running failed dead expired
processed processing
failed processing ready pending running
dead processing ready pending
expired processing ready pending
canceled
"""


def allowed(table: str) -> set[tuple[str, str]]:
    return {(source, to) for source, *targets in map(str.split, table.strip().splitlines()) for to in targets}


@pytest.mark.parametrize(("source", "to"), list(product(JobStatus, JobStatus)))
def test_a_job_goes_only_where_the_table_lets_it(source: JobStatus, to: JobStatus) -> None:
    if (source, to) in allowed(JOBS) or source is to:
        guards.JOBS.require([source], [to])
    else:
        with pytest.raises(IllegalTransition, match=f"is {source} and cannot become {to}"):
            guards.JOBS.require([source], [to])


@pytest.mark.parametrize(("source", "to"), list(product(SnapshotStatus, SnapshotStatus)))
def test_a_snapshot_goes_only_where_the_table_lets_it(source: SnapshotStatus, to: SnapshotStatus) -> None:
    if (source, to) in allowed(SNAPSHOTS):
        check_snapshot(source, to)
    else:
        with pytest.raises(IllegalTransition, match=f"is {source} and cannot become {to}"):
            check_snapshot(source, to)


@pytest.mark.parametrize("to", JobStatus)
def test_the_sources_of_a_job_state_are_the_table_read_backwards(to: JobStatus) -> None:
    assert sources_of(to) == {source for source, targets in JOB_TRANSITIONS.items() if to in targets}


@pytest.mark.parametrize("to", SnapshotStatus)
def test_the_sources_of_a_snapshot_state_are_the_table_read_backwards(to: SnapshotStatus) -> None:
    assert sources_of(to) == {source for source, targets in SNAPSHOT_TRANSITIONS.items() if to in targets}


def test_every_state_is_in_the_tables() -> None:
    assert set(JOB_TRANSITIONS) == set(JobStatus)
    assert set(SNAPSHOT_TRANSITIONS) == set(SnapshotStatus)


def test_a_final_state_is_never_left() -> None:
    assert not JOB_TRANSITIONS[JobStatus.COMPLETED] | JOB_TRANSITIONS[JobStatus.CANCELED]
    assert not SNAPSHOT_TRANSITIONS[SnapshotStatus.CANCELED]
