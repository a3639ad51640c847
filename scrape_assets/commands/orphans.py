"""What Linux offers so that no process outlives `up`; elsewhere, and where it is refused, nothing happens."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# Loaded here: between fork and exec it would be too late.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """In a child, before its program begins: be ended when the parent is killed without warning."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind.

    In a container nobody else may bury them, and a dead process that nobody buries still counts as running.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
