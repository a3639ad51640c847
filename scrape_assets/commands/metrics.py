"""`scrape-assets metrics`: the figures as Prometheus reads them."""

from __future__ import annotations

import sys

from scrape_assets.commands.terminal import one_clear_line
from scrape_assets.flow.context import open_context
from scrape_assets.operations.metrics import render
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings


def metrics() -> None:
    """Print queues, calls, dead letters, what expires unread, lanes and spending, in Prometheus' text format."""
    with one_clear_line():
        prepared = prepare(Settings.from_environment())
        with open_context(export_environment(prepared)) as ctx:
            sys.stdout.write(render(ctx))
