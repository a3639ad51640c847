"""Being asked to stop: one switch that whatever lasts looks at, and the thread that lets it end in order.

Who catches which signal is the business of cli.py and of Dagster; what becomes of rows is the ledger's. Here is only
how the wish reaches the work, and how long anybody waits for the work to heed it.
"""

from __future__ import annotations

import contextvars
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

GRACE_SECONDS = 3.0
"""How long what runs side by side in a piece of work has to end, once it is asked to."""
WORK_SECONDS = 5.0
"""How long a whole piece of work has: longer than what it waits for itself."""
COMMAND_SECONDS = 8.0
"""How long a command has, which has its work written down as well: shorter than a supervisor waits (10 s)."""
TICK_SECONDS = 0.05
WORK_THREAD = "work"
"""The name of the thread that shielded work is done on."""


class Interrupted(BaseException):
    """The process is to end: what is in hand is finished or put back, and nothing new is begun.

    No Exception, so that nothing on the way takes it for a failure of a snapshot or of a source.

    Attributes:
        number: the signal that asked for it; None where that is not known.
    """

    def __init__(self, number: int | None = None) -> None:
        self.number = number
        super().__init__(f"asked to stop{f' ({signal.Signals(number).name})' if number else ''}")


class Stop:
    """The switch. Turned by whoever hears of the wish; any thread may look."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        """Ask everything that looks here to stop."""
        self._asked.set()

    def withdraw(self) -> None:
        """Forget the wish: a process that does one piece of work after the other begins the next."""
        self._asked.clear()

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        return self._asked.is_set()

    def look(self) -> None:
        """Go on, or not.

        Raises:
            Interrupted: it is time to stop.
        """
        if self._asked.is_set():
            raise Interrupted

    def wait(self, seconds: float) -> None:
        """Sleep, but not through the wish to stop: the sleep of everything that waits for its turn.

        Raises:
            Interrupted: it is time to stop.
        """
        if self._asked.wait(seconds):
            raise Interrupted

    def between(self, pieces: Iterable[T]) -> Iterator[T]:
        """Give the pieces as they come, looking before each."""
        for piece in pieces:
            self.look()
            yield piece

    def before(self, work: Callable[P, T]) -> Callable[P, T]:
        """The same function, looking before each call."""

        def looking(*args: P.args, **named: P.kwargs) -> T:
            self.look()
            return work(*args, **named)

        return looking


PROCESS = Stop()
"""The switch of this process: signals turn it."""


def shielded(work: Callable[[], T], *, stop: Stop = PROCESS, seconds: float = WORK_SECONDS) -> T:
    """Do work on a thread of its own, where no signal cuts it in the middle; this thread only waits.

    What a signal's handler raises here asks the work to stop. The work then has a few seconds to finish or put back
    what it holds; a second signal, or the end of that time, leaves it where it is.

    Args:
        work: looks at `stop`, and raises Interrupted when it has put back what it held.
        stop: the switch.
        seconds: that the work has once it is asked.

    Returns:
        What the work gives, if it came to its end.

    Raises:
        Interrupted: it was cut short, or left.
    """
    done: Future[T] = Future()

    def fulfil() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- whoever waits is told, whatever it is
            done.set_exception(error)

    # A daemon, so that a call that hangs in the network does not keep the process when it is left.
    threading.Thread(target=contextvars.copy_context().run, args=(fulfil,), name=WORK_THREAD, daemon=True).start()
    ended, number = False, None
    for _ in ("asked", "asked again"):
        try:
            ended = _ends(done, stop, seconds)
            break
        except BaseException as signaled:  # noqa: BLE001 -- Dagster's handlers raise one thing, ours another
            stop.ask()
            number = getattr(signaled, "number", signal.SIGINT)
    if not ended:
        raise Interrupted(number)
    try:
        return done.result()
    except Interrupted:
        raise Interrupted(number) from None


def _ends(done: Future[T], stop: Stop, seconds: float) -> bool:
    """Wait for the work: for ever, and once it is asked to stop for so many seconds. Whether it has ended."""
    until: float | None = None
    while not wait([done], timeout=TICK_SECONDS).done:
        if until is None and stop.asked:
            until = time.monotonic() + seconds
        if until is not None and time.monotonic() >= until:
            return False
    return True
