"""`scrape-assets api`: the admin HTTP API alone; `up` starts it with the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from scrape_assets.commands.ports import require_free
from scrape_assets.commands.terminal import err, one_clear_line, out
from scrape_assets.runtime import export_environment, prepare, stand_in
from scrape_assets.settings import Settings

LOCALHOST = "127.0.0.1"


def api(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default: 8000.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOCALHOST,
) -> None:
    """Serve the admin HTTP API. It needs the database, and nothing else: not Dagster, not the vendor."""
    with one_clear_line():
        settings = Settings.from_environment()
        port = port or settings.api_port
        require_free(host, port, "choose another one with --port")
        prepared = prepare(settings)
        settings = export_environment(prepared, stand_in(settings))
        if settings.admin_api_token is None:
            err.print("ADMIN_API_TOKEN is not set: the admin routes stay closed until it is", highlight=False)
        out.print(f"API at http://{host}:{port}, described at http://{host}:{port}/api/docs", highlight=False)
        from scrape_assets.api.serving import serve  # FastAPI is imported only where it serves

        serve(settings, host, port)
