"""Walks docs/tour.md, step by step as it is written there, and takes a picture of each screen."""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from playwright.sync_api import Browser, Page
from stage import Demo, shoot, until

SIZE = {"width": 1300, "height": 800}
TALL = {"width": 1300, "height": 1500}
LOCATION = "scrape_assets"
# Where the environment lies on this machine is nobody's business.
AS_EVERYWHERE = """where => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(where, '.venv');
}"""
CHOSEN = 'key:"raw_posts" or key:"creator_content"'
CREATORS = """creator_id,name,platform,profile_url
lena-fjord,Lena Fjord,linkedin,https://www.linkedin.com/in/lena-fjord
lena-fjord,Lena Fjord,x,https://x.com/lena_fjord
"""


def walk(shown: Demo, browser: Browser) -> None:
    """All steps after the asset graph, in the order of the tour."""
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(60_000)
    asset(shown, page)
    follow(shown)
    for step in (estimate, collect, sensor, checks, map_again, week, failure):
        step(shown, page)
    page.close()


def asset(shown: Demo, page: Page) -> None:
    """What an asset says of itself."""
    page.goto(f"{shown.dagster}/assets/raw_posts?view=overview")
    page.get_by_text("its_rows").first.wait_for()
    page.get_by_text("Phase 2, second stage").first.wait_for()
    _settled(page)
    shoot(page, "tour-asset")


def follow(shown: Demo) -> None:
    """Somebody is imported."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "more.csv"
        file.write_text(CREATORS, encoding="utf-8")
        shown.command("creators", "import", str(file))


def estimate(shown: Demo, page: Page) -> None:
    """What a collection would cost, asked in the launchpad."""
    config = "ops:\n  estimate:\n    config:\n      backfill: collect\n      platform: linkedin\n"
    run = _launched(shown, page, "estimate_backfill", config)
    until(lambda: _run(shown, run) == "SUCCESS", "the estimate")
    page.goto(f"{shown.dagster}/runs/{run}")
    page.get_by_text("vendor_calls").first.wait_for()
    _settled(page)
    shoot(page, "tour-estimate")


def collect(shown: Demo, page: Page) -> None:
    """Today's collection of a platform, from its dialog."""
    page.goto(f"{shown.dagster}/assets/collections?view=partitions")
    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Latest").click()
    dialog.get_by_text("Select a partition or create one").click()
    page.get_by_text("linkedin", exact=True).locator("visible=true").last.click()
    page.keyboard.press("Escape")
    _settled(page)
    shoot(page, "tour-collect")
    dialog.get_by_role("button", name="Launch").click()
    until(lambda: "lena-fjord" in shown.command("jobs", "--platform", "linkedin", "--json"), "the collection")
    until(lambda: _none_open(shown), "what she has posted")


def sensor(shown: Demo, page: Page) -> None:
    """The ticks of the sensor, with why."""
    page.goto(f"{shown.dagster}/locations/{LOCATION}/sensors/pending_snapshots")
    page.get_by_text("Requested").first.wait_for()
    _settled(page)
    shoot(page, "tour-sensor")


def checks(shown: Demo, page: Page) -> None:
    """What was judged of the posts."""
    page.goto(f"{shown.dagster}/assets/raw_posts?view=checks")
    page.get_by_text("required_fields").first.wait_for()
    _settled(page)
    shoot(page, "tour-checks")


def map_again(shown: Demo, page: Page) -> None:
    """A backfill of everything that is kept, from the dialog."""
    page.goto(f"{shown.dagster}/asset-groups")
    page.locator(".CodeMirror").first.click()
    page.keyboard.type(CHOSEN)
    page.keyboard.press("Enter")
    _settled(page)
    page.get_by_role("button", name="Materialize all").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="All", exact=True).click()
    _settled(page)
    shoot(page, "tour-remap")
    dialog.get_by_role("button", name="Launch backfill").click()
    until(lambda: _backfills(shown)[:1] == ["COMPLETED_SUCCESS"], "the backfill")
    page.goto(f"{shown.dagster}/runs?view=backfills")
    page.get_by_text("raw_posts").first.wait_for()
    _settled(page)
    shoot(page, "tour-backfill")


def week(shown: Demo, page: Page) -> None:
    """Seven days in one run, and how one of them looks."""
    today = datetime.now(UTC).date()
    page.goto(f"{shown.dagster}/assets/creator_activity?view=partitions")
    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill(f"[{today - timedelta(days=6)}...{today}]")
    dialog.get_by_role("textbox").first.press("Enter")
    dialog.get_by_role("button", name="Launch").click()
    until(lambda: _materialized(shown, "creator_activity") >= 7, "the week")
    page.goto(f"{shown.dagster}/assets/creator_activity?view=partitions&partition={today}")
    page.set_viewport_size(TALL)
    page.get_by_text("posts_of_28_days").first.wait_for()
    _settled(page)
    shoot(page, "tour-activity")
    page.set_viewport_size(SIZE)


def failure(shown: Demo, page: Page) -> None:
    """The vendor throws something away; the run says so, the letter is replayed."""
    httpx.post(f"{shown.simulator}/simulator/faults", json={"fault": "expired", "times": 1}).raise_for_status()
    shown.command("collect", "--platform", "linkedin", "--creator", "lena-fjord", "--force")
    until(lambda: _failed_runs(shown) != [], "the failed run")
    page.goto(f"{shown.dagster}/runs/{_failed_runs(shown)[0]}")
    page.get_by_text("cannot be downloaded any more").first.wait_for()
    _settled(page)
    page.evaluate(AS_EVERYWHERE, sys.prefix)
    shoot(page, "tour-failure")
    said = shown.command("dead-letters", "replay", "--creator", "lena-fjord", "--yes")
    until(lambda: _none_open(shown), f"the replay ({said})")


def _settled(page: Page) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(2_000)  # it draws, and says nowhere when it has


def _launched(shown: Demo, page: Page, job: str, config: str) -> str:
    """Launch a job from the launchpad with this config; give the run."""
    before = _runs(shown, job)
    page.goto(f"{shown.dagster}/locations/{LOCATION}/jobs/{job}/playground/setup?config={quote(config)}")
    page.get_by_role("button", name="Launch Run").click()
    until(lambda: len(_runs(shown, job)) > len(before), f"the run of {job}")
    return _runs(shown, job)[0]


def _runs(shown: Demo, job: str) -> list[str]:
    """The newest first."""
    query = "query ($job: String) { runsOrError(filter: {pipelineName: $job}) { ... on Runs { results { runId } } } }"
    return [one["runId"] for one in _ask(shown, query, job=job)["runsOrError"]["results"]]


def _run(shown: Demo, run: str) -> str:
    query = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
    return str(_ask(shown, query, run=run)["runOrError"]["status"])


def _failed_runs(shown: Demo) -> list[str]:
    query = "{ runsOrError(filter: {statuses: [FAILURE]}) { ... on Runs { results { runId } } } }"
    return [one["runId"] for one in _ask(shown, query)["runsOrError"]["results"]]


def _backfills(shown: Demo) -> list[str]:
    query = "{ partitionBackfillsOrError { ... on PartitionBackfills { results { status } } } }"
    return [one["status"] for one in _ask(shown, query)["partitionBackfillsOrError"]["results"]]


def _materialized(shown: Demo, asset_name: str) -> int:
    query = (
        "query ($path: [String!]!) { assetNodeOrError(assetKey: {path: $path}) "
        "{ ... on AssetNode { partitionStats { numMaterialized } } } }"
    )
    return int(_ask(shown, query, path=[asset_name])["assetNodeOrError"]["partitionStats"]["numMaterialized"])


def _none_open(shown: Demo) -> bool:
    found = [json.loads(shown.command("jobs", "--status", status, "--json")) for status in ("pending", "processing")]
    return not any(one["jobs"] if isinstance(one, dict) else one for one in found)


def _ask(shown: Demo, query: str, **variables: object) -> Any:
    asked = {"query": query, "variables": variables}
    answer = httpx.post(f"{shown.dagster}/graphql", json=asked, timeout=60).raise_for_status().json()
    if "errors" in answer:
        raise ValueError(answer["errors"])
    return answer["data"]
