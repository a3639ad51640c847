"""How many threads work on requests: few for what is quick, others for what takes as long as it takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import FastAPI

# Work waits for a thread rather than threads for the interpreter: with 40 of them, FastAPI's own number, an answer took
# twice as long at 100 requests a second. One is busy with what is written (see together.py) as long as much is.
QUICK = 4
SLOW = 16  # deliveries being stored, the vendor being asked: they mostly wait
P = ParamSpec("P")
T = TypeVar("T")


def provide(app: FastAPI) -> None:
    """Limit the threads of this application. Called in its loop."""
    current_default_thread_limiter().total_tokens = QUICK
    app.state.slow = CapacityLimiter(SLOW)


async def slowly(app: FastAPI, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do in a thread what may take long, without taking one from those that are answered in milliseconds."""
    return await run_sync(partial(work, *arguments, **named), limiter=app.state.slow)
