"""Takes every picture of the product in this folder, from a demo of its own: `.venv/bin/python docs/pictures/take.py`.

It starts `scrape-assets up` in a new folder on free ports, without a key: invented people, no cost. When the posts have
been matched it makes some trouble, so that there is something to see, and looks at everything in Chromium.
`soak.svg` is the benchmark's own.
"""

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
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
TOKEN = "shown-in-no-picture"  # noqa: S105 -- of a demo that lives for two minutes
SECONDS = 240
DESK = {"width": 1000, "height": 800}
PHONE = {"width": 390, "height": 780}
LARGEST = 150_000  # bytes of a picture
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

    def api(self) -> httpx.Client:
        """A caller with the admin token."""
        return httpx.Client(base_url=self.page, headers={"authorization": f"Bearer {TOKEN}"}, timeout=30)


@contextmanager
def demo() -> Iterator[Demo]:
    """`scrape-assets up`, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pictures_", ignore_cleanup_errors=True) as folder:
        page, dagster, simulator = _free_ports(3)
        settings = {"SCRAPE_ASSETS_HOME": folder, "SCRAPE_ASSETS_SIMULATOR_PORT": str(simulator), **SETTINGS}
        command = [sys.executable, "-m", "scrape_assets", "up", "--port", str(dagster), "--api-port", str(page)]
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        process = subprocess.Popen(command, env={**os.environ, **settings, "PATH": programs})  # noqa: S603
        try:
            yield Demo(*(f"http://127.0.0.1:{port}" for port in (page, dagster, simulator)))
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


def make_trouble(shown: Demo) -> None:
    """Some jobs that fail, one that is called off, some that wait for the vendor."""
    with shown.api() as api, httpx.Client(base_url=f"{shown.simulator}/simulator") as vendor:
        before = _in_states(api)
        vendor.post("/faults", json={"fault": "trigger_400", "match": "facebook.com"})
        for name in ("harbour.lamps", "tide.mill", "slate.quarry"):
            _ask(api, "northwind-grid", "facebook", f"https://www.facebook.com/{name}")
        until(lambda: _in_states(api)["failed"] == before["failed"] + 3, "the failures")
        vendor.put("/settings", json={"latency": 3_600})
        _ask(api, "mira-okafor", "tiktok", "https://www.tiktok.com/@mira.okafor.7b")
        _ask(api, "yuki-tanabe", "tiktok", "https://www.tiktok.com/@yuki.tanabe.design")
        off = _ask(api, "lagoon-robotics", "youtube", "https://www.youtube.com/@lagoonrobotics")
        api.post(f"/api/admin/jobs/{off}/cancel").raise_for_status()
        until(lambda: _in_states(api)["pending"] == 0, "the triggers")


def of_the_page(shown: Demo, browser: Browser) -> None:
    """The operator's page, on a desk and on a phone."""
    with shown.api() as api:
        done: dict[str, str | int] = {"status": "completed", "platform": "linkedin", "limit": 1}
        story = api.get("/api/admin/jobs", params=done).json()["jobs"][0]["jobId"]
    desk = _logged_in(browser, shown, DESK)
    for name, path in (
        ("page-overview", "/"),
        ("page-jobs", "/jobs?status=failed"),
        ("page-story", f"/jobs/{story}"),
        ("page-dead-letters", "/dead-letters"),
        ("page-platforms", "/platforms"),
    ):
        desk.goto(shown.page + path)
        _take(desk, name, whole=name != "page-story")
    _take(_logged_in(browser, shown, PHONE), "page-phone")


def of_dagster(shown: Demo, browser: Browser) -> None:
    """Dagster's UI: the asset graph, and one partition with its counts and preview."""
    page = browser.new_page(viewport={"width": 2000, "height": 820})
    page.goto(f"{shown.dagster}/asset-groups")
    page.get_by_text("Hide navigation").click()
    for group in ("who", "collection", "content", "activity"):
        page.wait_for_timeout(3_000)  # the graph lays itself out, and says nowhere when it has
        page.get_by_text(group, exact=True).locator("visible=true").last.click()
        page.wait_for_timeout(1_000)
        page.reload()  # it fits the window anew, and remembers which groups are open
    page.get_by_text("creator_content").locator("visible=true").first.wait_for()
    page.wait_for_timeout(3_000)
    _take(page, "assets", clip={"x": 372, "y": 112, "width": 1568, "height": 700})
    page.set_viewport_size({"width": 1400, "height": 960})
    page.goto(f"{shown.dagster}/assets/creator_content?view=partitions")
    page.get_by_text("linkedin-").locator("visible=true").first.click()
    page.mouse.move(0, 0)
    page.get_by_text("by_role").locator("visible=true").first.wait_for()
    page.wait_for_timeout(1_000)
    _take(page, "partition")


def main() -> None:
    """Take them all."""
    with demo() as shown, sync_playwright() as playwright:
        with shown.api() as api:
            until(lambda: _matched(api), "the matching of the sample posts")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        of_dagster(shown, browser)
        make_trouble(shown)
        of_the_page(shown, browser)
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


def _in_states(api: httpx.Client) -> dict[str, int]:
    # Counted every two seconds; what is listed is of now.
    states = ("pending", "processing", "completed", "failed")
    found = {state: api.get("/api/admin/jobs", params={"status": state, "limit": 100}) for state in states}
    return {state: len(answer.raise_for_status().json()["jobs"]) for state, answer in found.items()}


def _matched(api: httpx.Client) -> bool:
    states = _in_states(api)
    return states["completed"] >= 16 and not states["pending"] + states["processing"]


def _ask(api: httpx.Client, creator: str, platform: str, url: str) -> str:
    asked = {"creatorId": creator, "platform": platform, "priority": "high", "searchParams": {"profileUrl": url}}
    answer: dict[str, Any] = api.post("/api/admin/scrape", json=asked).raise_for_status().json()
    return str(answer["job"]["jobId"])


def _logged_in(browser: Browser, shown: Demo, size: Any) -> Page:
    page = browser.new_page(viewport=size)
    page.goto(shown.page)
    page.get_by_label("Admin token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="What is going on").wait_for()
    return page


def _take(page: Page, name: str, *, whole: bool = False, clip: Any = None) -> None:
    file = HERE / f"{name}.png"
    page.screenshot(path=file, full_page=whole, clip=clip)
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file.name} has {file.stat().st_size:,} bytes: at most {LARGEST:,}")


if __name__ == "__main__":
    main()
