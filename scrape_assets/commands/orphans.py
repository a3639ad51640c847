"""What Linux offers so that no process outlives `up`; elsewhere, and where it is refused, nothing happens."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# Loaded here: between fork and exec it would be too late.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """In a child, before its program begins: be ended when the parent is killed without warning.

    Where `up` runs in the background of a script, SIGINT is ignored, and Dagster would ignore SIGTERM with it. A
    group of its own hears of no Ctrl-C anyway.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind.

    In a container nobody else may bury them, and a dead process that nobody buries still counts as running.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
