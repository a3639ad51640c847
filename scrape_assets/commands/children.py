"""The processes that `up` starts: each in a group of its own, each with a log, all ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from scrape_assets.commands.orphans import adopt_orphans, end_with_parent

GRACE_SECONDS = 15.0
PAUSE_SECONDS = 0.1


class StopAsked(Exception):
    """Somebody asked to stop while something was being waited for."""


class ChildEnded(Exception):
    """A process ended by itself; the message names its log and its last line."""


class Child:
    """One process and everything it starts."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self.may_end = False  # whether its end is no reason to end the others
        with log.open("ab") as file:
            # A group of its own: Ctrl-C reaches only `up`, which then ends the group, run workers included.
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours, from up.py
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    @property
    def ended(self) -> bool:
        """Whether the process itself has ended."""
        return self._process.poll() is not None

    @property
    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it is empty"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    @property
    def group_lives(self) -> bool:
        """Whether any process of the group is left."""
        self._process.poll()
        try:
            while os.waitpid(-self._process.pid, os.WNOHANG)[0]:
                continue  # an orphan of the group, adopted and now buried
        except ChildProcessError:
            pass
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Children:
    """Starts processes; leaving the block ends them: politely first, for good after a grace time."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []
        self._stop = threading.Event()
        self.asked_by: int | None = None
        """The signal that asked to stop."""

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        return self

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            # Asked a second time: at once.
            for child in self._children:
                child.signal(signal.SIGKILL)
        self.asked_by = self.asked_by or number
        self._stop.set()

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start a process whose output goes to its log."""
        child = Child(name, command, self._logs / f"{name}.log")
        self._children.append(child)
        return child

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for something that one of the processes does.

        Raises:
            StopAsked: somebody asked to stop.
            ChildEnded: a process ended by itself.
            TimeoutError: it took longer than `seconds`.
        """
        end = time.monotonic() + seconds
        while not ready():
            self._look()
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not start within {seconds:g} s; the logs are in {self._logs}")

    def wait(self) -> None:
        """Wait until somebody asks to stop.

        Raises:
            ChildEnded: a process ended by itself.
        """
        try:
            while True:
                self._look()
        except StopAsked:
            return

    def _look(self) -> None:
        if self._stop.wait(PAUSE_SECONDS):
            raise StopAsked
        for child in self._children:
            if child.ended and not child.may_end:
                raise ChildEnded(f"{child.name} ended by itself; its log is {child.log}, and ends: {child.last_words}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [child for child in reversed(self._children) if child.group_lives]
        for child in running:
            child.signal(signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        while running and time.monotonic() < end:
            time.sleep(PAUSE_SECONDS)
            running = [child for child in running if child.group_lives]
        for child in running:
            child.signal(signal.SIGKILL)
