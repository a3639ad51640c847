"""Who holds a lease, and the heartbeat."""

import os
import threading
from datetime import timedelta

import pytest

from scrape_assets.ledger.owner import LeaseKeeper, process_owner

PATIENCE = 10.0


def test_an_owner_names_its_process_and_no_two_are_alike() -> None:
    first, second = process_owner(), process_owner()
    assert first.split(":")[-2] == str(os.getpid())
    assert first != second


def test_a_lease_is_renewed_again_and_again_until_the_block_is_left() -> None:
    renewals = threading.Semaphore(0)
    with LeaseKeeper(renewals.release, timedelta(milliseconds=15)):
        for _ in range(3):
            assert renewals.acquire(timeout=PATIENCE)
    assert not any(thread.name == "lease-keeper" for thread in threading.enumerate())


def test_a_renewal_that_fails_does_not_end_the_heartbeat() -> None:
    renewed = threading.Event()
    failures = iter([ConnectionError("the database restarts")])

    def renew() -> None:
        for failure in failures:
            raise failure
        renewed.set()

    with LeaseKeeper(renew, timedelta(milliseconds=15)):
        assert renewed.wait(PATIENCE)


def test_leaving_the_block_does_not_wait_for_the_next_beat() -> None:
    with LeaseKeeper(lambda: pytest.fail("not due for a day"), timedelta(days=3)):
        pass


def test_an_error_in_the_block_comes_out_and_stops_the_heartbeat() -> None:
    with (
        pytest.raises(RuntimeError, match="the work failed"),
        LeaseKeeper(lambda: None, timedelta(seconds=3)),
    ):
        raise RuntimeError("the work failed")
    assert not any(thread.name == "lease-keeper" for thread in threading.enumerate())


def test_a_lease_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="must last"):
        LeaseKeeper(lambda: None, timedelta(0))
