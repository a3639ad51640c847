"""How far long work has come: a bar on stderr where a terminal is, nothing anywhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from scrape_assets.commands.terminal import err

LOOK_SECONDS = 1.0


class Standing(NamedTuple):
    """How far the work is."""

    done: int
    total: int
    words: str


@contextmanager
def followed(what: str, look: Callable[[], Standing]) -> Iterator[None]:
    """Show what `look` finds, once a second, while the block works.

    Args:
        what: what is being done, shown until the first look.
        look: how far it is; called from a thread of its own.
    """
    if not err.is_terminal:
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
    ended = threading.Event()
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as progress:
        task = progress.add_task(what, total=None)

        def follow() -> None:
            while not ended.wait(LOOK_SECONDS):
                try:
                    standing = look()
                except sa.exc.SQLAlchemyError:
                    continue  # the work itself will say so
                progress.update(task, completed=standing.done, total=standing.total, description=standing.words)

        thread = threading.Thread(target=follow, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
