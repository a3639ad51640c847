"""What a worker's process leaves of one run to the next."""

import os
import signal
import subprocess
import sys

import pytest

from scrape_assets.celery_worker import _ready_for_the_next
from scrape_assets.flow.stopping import PROCESS, Interrupted, shielded

# A run that is asked to stop and holds on; then the end of its task, as Celery tells of it.
HOLDS_ON = """
import threading
from scrape_assets.flow.stopping import PROCESS, Interrupted, shielded
from scrape_assets.celery_worker import _ready_for_the_next
PROCESS.ask()
try:
    shielded(threading.Event().wait, seconds=0.1)
except Interrupted:
    print("cut", flush=True)
_ready_for_the_next()
print("goes on", flush=True)
"""


def test_the_wish_to_stop_one_run_is_not_one_to_stop_the_next() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        PROCESS.ask()
        with pytest.raises(Interrupted):
            PROCESS.look()
        _ready_for_the_next()
        PROCESS.look()
        assert shielded(lambda: "done") == "done"
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "Celery ends idle processes with it"
    finally:
        PROCESS.withdraw()
        signal.signal(signal.SIGTERM, before)


def test_a_process_whose_work_did_not_heed_the_wish_makes_room_for_another() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HOLDS_ON],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (ended.returncode, ended.stdout) == (1, "cut\n"), ended.stderr
