"""The API as one of the processes of `up`: with a token of its own where none is set, kept in the data folder."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import httpx

from scrape_assets.commands.children import Children
from scrape_assets.settings import Settings

FILE_NAME = "admin_token"


def start_api(children: Children, settings: Settings, host: str, port: int, dagster_url: str) -> str | None:
    """Start the API.

    Returns:
        Where its token lies, when it was made up here; None when the settings name one.
    """
    file = None
    if settings.admin_api_token is None:
        file = settings.home_folder / FILE_NAME
        os.environ["ADMIN_API_TOKEN"] = _kept_token(file)
    os.environ.setdefault("SCRAPE_ASSETS_DAGSTER_URL", dagster_url)
    children.start("api", [sys.executable, "-m", "scrape_assets", "api", "--host", host, "--port", str(port)])
    return str(file) if file else None


def api_is_ready(url: str) -> bool:
    """Whether it serves."""
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _kept_token(file: Path) -> str:
    """The token of this data folder, made up once; only its owner can read it."""
    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(24))
    except FileExistsError:
        pass
    return file.read_text().strip()
