"""The processes that `up` starts: each in a group of its own, each with a log, all ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

GRACE_SECONDS = 15.0


class Child:
    """One process and everything it starts."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self.stopped_by_us = False
        with log.open("ab") as file:
            # A group of its own: Ctrl-C reaches only `up`, which then ends the group, run workers included.
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours, from up.py
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether the process itself has ended."""
        return self._process.poll() is not None

    @property
    def ended_badly(self) -> bool:
        """Whether it ended although nobody asked it to."""
        return self.ended and not self.stopped_by_us

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        self.stopped_by_us = True
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    @property
    def group_lives(self) -> bool:
        """Whether any process of the group is left."""
        self._process.poll()
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

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        return self

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            # Asked a second time: at once.
            for child in self._children:
                child.signal(signal.SIGKILL)
        self._stop.set()

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start a process whose output goes to its log."""
        child = Child(name, command, self._logs / f"{name}.log")
        self._children.append(child)
        return child

    def wait(self) -> None:
        """Wait until somebody asks to stop, or a process ends by itself."""
        while not self._stop.wait(0.5):
            if any(child.ended for child in self._children):
                return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [child for child in reversed(self._children) if child.group_lives]
        for child in running:
            child.signal(signal.SIGTERM)
        waited = threading.Event()
        for _ in range(int(GRACE_SECONDS / 0.1)):
            running = [child for child in running if child.group_lives]
            if not running:
                return
            waited.wait(0.1)
        for child in running:
            child.signal(signal.SIGKILL)
