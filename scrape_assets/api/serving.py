"""Runs the application on uvicorn until somebody asks it to stop."""

from __future__ import annotations

import uvicorn

from scrape_assets.api.app import build_app
from scrape_assets.flow.context import open_context
from scrape_assets.settings import Settings

GRACE_SECONDS = 10  # a request that was begun may end


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that were begun are answered, a second signal ends at once."""
    with open_context(settings) as ctx:
        config = uvicorn.Config(
            build_app(settings, ctx),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,  # an address may hold a webhook's token
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
        uvicorn.Server(config).run()
