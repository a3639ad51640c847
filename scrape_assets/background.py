"""Running in the background of a script, where the shell has SIGINT ignored so that Ctrl-C stops the script alone."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def sigterm_stays_heard() -> Iterator[None]:
    """Keep SIGTERM apart from an ignored SIGINT while Dagster executes something in this process.

    Dagster does with SIGTERM whatever is done with SIGINT. Ignored both, this process could not be asked to stop any
    more, nor could those that Dagster starts to copy its output, which then keep a pipe open for ever.
    """
    asked = signal.getsignal(signal.SIGTERM)
    told_apart = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN or asked is signal.SIG_IGN
    if told_apart or threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGTERM:
            return
        if callable(asked):
            asked(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, asked)
