"""The stage for every picture: a demo of its own, in a new folder, on free ports. What is shown, the others say."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
TOKEN = "shown-in-no-picture"  # noqa: S105 -- of a demo that lives for two minutes
SECONDS = 240
DESK = {"width": 1000, "height": 800}
PHONE = {"width": 390, "height": 780}
LARGEST = 150_000  # bytes of a picture
COLOURS = 96
SETTINGS = {
    "SCRAPE_ASSETS_SIMULATOR_LATENCY_SECONDS": "1",
    "SCRAPE_ASSETS_SIMULATOR_JITTER_SECONDS": "1",
    "SCRAPE_ASSETS_PRICES": '{"brightdata": 0.0015}',
    "SCRAPE_ASSETS_BUDGETS": '{"day": 5, "month": 100, "linkedin": {"day": 2}}',
    "ADMIN_API_TOKEN": TOKEN,
}


@dataclass(frozen=True)
class Demo:
    """A running demo: where its page, Dagster's UI and the vendor's stand-in answer."""

    page: str
    dagster: str
    simulator: str
    settings: dict[str, str]

    def command(self, *words: str) -> str:
        """What `scrape-assets` prints, called beside the demo. That it fails may be what is to be seen."""
        called = [sys.executable, "-m", "scrape_assets", *words]
        ended = subprocess.run(called, check=False, capture_output=True, text=True, env=self.settings)  # noqa: S603
        return ended.stdout + ended.stderr

    def api(self) -> httpx.Client:
        """A caller with the admin token."""
        return httpx.Client(base_url=self.page, headers={"authorization": f"Bearer {TOKEN}"}, timeout=30)


@contextmanager
def demo() -> Iterator[Demo]:
    """`scrape-assets up`, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pictures_", ignore_cleanup_errors=True) as folder:
        page, dagster, simulator = _free_ports(3)
        ports = {"SCRAPE_ASSETS_SIMULATOR_PORT": str(simulator), "SCRAPE_ASSETS_API_PORT": str(page)}
        settings = {**os.environ, "SCRAPE_ASSETS_HOME": folder, **ports, **SETTINGS}
        settings["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, "-m", "scrape_assets", "up", "--port", str(dagster), "--api-port", str(page)]
        process = subprocess.Popen(command, env=settings)  # noqa: S603
        try:
            yield Demo(*(f"http://127.0.0.1:{port}" for port in (page, dagster, simulator)), settings)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for what other processes do."""
    end = time.monotonic() + SECONDS
    while not _now(true):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {SECONDS} s")
        time.sleep(0.5)


def shoot(page: Page, name: str, *, whole: bool = False, clip: Any = None) -> None:
    """Take a picture, of few colours and no larger than it may be.

    Raises:
        ValueError: it is.
    """
    file = HERE / f"{name}.png"
    page.screenshot(path=file, full_page=whole, clip=clip)
    with Image.open(file) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file.name} has {file.stat().st_size:,} bytes: at most {LARGEST:,}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def _free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _now(true: Callable[[], bool]) -> bool:
    try:
        return true()
    except httpx.HTTPError:
        return False  # it is starting
