"""Takes every picture of the product in this folder, from a demo of its own: `.venv/bin/python docs/pictures/take.py`.

It starts `scrape-assets up` in a new folder on free ports, without a key: invented people, no cost. When the posts have
been matched it walks the tour, makes some trouble, so that there is something to see, and looks at everything in
Chromium. With `tour`, `graph` or `page` it takes those alone. `soak.svg` is the benchmark's own.
"""

from __future__ import annotations

import sys
from typing import Any

import httpx
from playwright.sync_api import Browser, Page
from stage import DESK, PHONE, TOKEN, Demo, chromium, demo, shoot, until
from tour import walk


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
        shoot(desk, name, whole=name != "page-story")
    shoot(_logged_in(browser, shown, PHONE), "page-phone")


def of_dagster(shown: Demo, browser: Browser) -> None:
    """Dagster's UI: the asset graph, and one partition with its counts and preview."""
    page = browser.new_page(viewport={"width": 2000, "height": 1300})
    page.goto(f"{shown.dagster}/asset-groups")
    page.get_by_text("Hide navigation").click()
    for group in ("who", "collection", "content", "activity"):  # housekeeping stays folded: nothing depends on it
        page.wait_for_timeout(3_000)  # the graph lays itself out, and says nowhere when it has
        page.get_by_text(group, exact=True).locator("visible=true").last.click()
        page.wait_for_timeout(1_000)
        page.reload()  # it fits the window anew, and remembers which groups are open
    page.get_by_text("creator_content").locator("visible=true").first.wait_for()
    page.wait_for_timeout(3_000)
    shoot(page, "assets", clip={"x": 372, "y": 112, "width": 1568, "height": 1150})
    page.set_viewport_size({"width": 1400, "height": 960})
    page.goto(f"{shown.dagster}/assets/creator_content?view=partitions")
    page.get_by_text("linkedin-").locator("visible=true").first.click()
    page.mouse.move(0, 0)
    page.get_by_text("by_role").locator("visible=true").first.wait_for()
    page.wait_for_timeout(1_000)
    shoot(page, "partition")


def main() -> None:
    """Take them all, or those that are named."""
    wanted = sys.argv[1:] or ["tour", "graph", "page"]
    with demo() as shown, chromium() as browser:
        with shown.api() as api:
            until(lambda: _matched(api), "the matching of the sample posts")
        if "tour" in wanted:
            walk(shown, browser)
        if "graph" in wanted:
            of_dagster(shown, browser)
        if "page" in wanted:
            make_trouble(shown)
            of_the_page(shown, browser)


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


if __name__ == "__main__":
    main()
