import io
import threading

import pytest
from rich.console import Console

from scrape_assets.commands import progress
from scrape_assets.commands.progress import Standing, followed


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    stderr = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=stderr, force_terminal=terminal, width=80))
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.01)
    looked = threading.Event()

    def look() -> Standing:
        if not looked.is_set():
            looked.set()
            return Standing(1, 4, "first look")
        enough.set()
        return Standing(3, 4, "open: 1 running")

    enough = threading.Event()
    with followed("looking", look):
        if terminal:
            assert enough.wait(10)
    return stderr.getvalue()


def test_long_work_shows_how_far_it_is_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(monkeypatch, terminal=True)
    assert "open: 1 running" in written
    assert "3/4" in written


def test_where_no_terminal_is_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=False) == ""
