"""In the background of a script SIGINT is ignored, and SIGTERM is not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import os, signal
from dagster._utils.interrupts import raise_interrupts_as
from scrape_assets.background import sigterm_stays_heard
from scrape_assets.flow.stopping import Interrupted

def asked(number, frame):
    raise Interrupted(number)
"""
EXECUTE = """
with sigterm_stays_heard():
    with raise_interrupts_as(KeyboardInterrupt):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    print("goes on", flush=True)
    {then}
"""
ASKED = """
signal.signal(signal.SIGTERM, asked)
try:
    {execute}
except Interrupted as told:
    print(told.number, signal.getsignal(signal.SIGINT) is signal.SIG_IGN, signal.getsignal(signal.SIGTERM) is asked)
"""
TERM = "os.kill(os.getpid(), signal.SIGTERM)"


def in_background(code: str, *, ignored: bool = True) -> subprocess.CompletedProcess[str]:
    """A Python as `python … &` in a script is one."""

    def begin() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL)

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        preexec_fn=begin,
    )


def test_whoever_hears_of_sigterm_still_does_after_dagster_has_executed_something() -> None:
    execute = EXECUTE.format(then=TERM).replace("\n", "\n    ")
    said = in_background(ASKED.format(execute=execute))
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == ["goes on", "15 True True"]


def test_where_nobody_hears_of_it_sigterm_ends_the_process() -> None:
    said = in_background(EXECUTE.format(then=TERM))
    assert (said.returncode, said.stdout, said.stderr) == (-signal.SIGTERM, "goes on\n", "")


@pytest.mark.parametrize("ignored", [True, False])
def test_what_dagster_starts_can_be_ended(ignored: bool) -> None:
    look = """
import subprocess
with sigterm_stays_heard():
    with raise_interrupts_as(KeyboardInterrupt):
        pass
    tail = subprocess.Popen(["sleep", "60"])
    tail.terminate()
    print(tail.wait(10))
"""
    said = in_background(look, ignored=ignored)
    assert (said.stdout, said.stderr) == (f"{-signal.SIGTERM}\n", "")


def test_what_up_starts_does_not_ignore_it() -> None:
    look = """
import subprocess, sys
from scrape_assets.commands.orphans import end_with_parent
ask = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
subprocess.run([sys.executable, "-c", ask], preexec_fn=end_with_parent)
"""
    assert in_background(look).stdout == "False\n"
