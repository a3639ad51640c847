"""The served API of a test, over empty tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from scrape_assets.api.app import build_app
from scrape_assets.flow.context import FlowContext
from scrape_assets.settings import Settings
from scrape_assets_tests.api.served import CRON, TOKEN, Api, Server
from scrape_assets_tests.flow.context_of import context_of


@pytest.fixture
def api_with(db: Engine, tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Serves the API with settings of one's own choice."""
    with ExitStack() as stack:

        def make(ctx: FlowContext | None = None, **settings: Any) -> Api:
            chosen = Settings(**{"admin_api_token": TOKEN, "cron_secret": CRON, **settings})
            context = ctx or context_of(db, tmp_path, chosen)
            server = stack.enter_context(Server(build_app(chosen, context)))
            api = Api(server.url, db, context)
            stack.callback(api.http.close)
            api.creator("mira", "https://www.linkedin.com/in/mira-okafor")
            return api

        yield make


@pytest.fixture
def api(api_with: Callable[..., Api]) -> Api:
    """The API with both secrets set."""
    return api_with()
