"""How `up` runs Dagster: one code server that the web server and the daemon share.

On their own each would start one, and the daemon a new one every minute.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import httpx

from scrape_assets.commands.children import Children

LOCATION = "scrape_assets"
MODULE = "scrape_assets.definitions"
# Runs inherit it from the code server: whoever waits for a page or for the API's answer goes before a load.
BACKGROUND = ("nice", "-n", "5")
LONGEST_SOCKET = 103  # bytes in a socket's path: 107 on Linux, 103 on macOS


def start_dagster(children: Children, home: Path, host: str, port: int) -> None:
    """Start the three processes at once: the other two connect by themselves when the code server is there."""
    server = _socket(home)
    workspace = home / "workspace.yaml"
    workspace.write_text(
        f"load_from:\n  - grpc_server:\n      socket: {server}\n      location_name: {LOCATION}\n", encoding="utf-8"
    )
    python = (sys.executable, "-m")
    code = ("--module-name", MODULE, "--location-name", LOCATION, "--socket", str(server))
    children.start("dagster-code", [*BACKGROUND, *python, "dagster", "api", "grpc", *code])
    where = ("--workspace", str(workspace))
    children.start("dagster-webserver", [*python, "dagster_webserver", *where, "--host", host, "--port", str(port)])
    children.start("dagster-daemon", [*python, "dagster._daemon", "run", *where])


def _socket(home: Path) -> Path:
    """The same at every start: Dagster remembers schedules and sensors by where their code was served."""
    path = home / "dagster" / "code.socket"
    if len(os.fsencode(path)) > LONGEST_SOCKET or not str(path).isascii() or " " in str(path):
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"scrape_assets-{os.geteuid()}-{name}" / "code.socket"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.lstat().st_uid != os.geteuid():
        raise PermissionError(1, "belongs to somebody else", str(path.parent))
    path.unlink(missing_ok=True)
    return path


def is_ready(address: str) -> bool:
    """Whether the UI answers and shows our code location."""
    query = "{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { __typename } } } } }"
    try:
        answer = httpx.post(f"{address}/graphql", json={"query": query}, timeout=10)
        return '"RepositoryLocation"' in answer.raise_for_status().text
    except httpx.HTTPError:
        return False
