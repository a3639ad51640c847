"""The page, in a real browser: log in, see, filter, open, replay; and what a stranger writes stays text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from scrape_assets_tests.api.served import TOKEN, Api

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = _launched(playwright)
        yield found
        found.close()


def _launched(playwright: Playwright) -> Browser:
    """The system's Chromium, or Playwright's own."""
    why = ""
    for place in (*filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None):
        try:
            return playwright.chromium.launch(executable_path=place, args=["--no-sandbox"])
        except Error as error:
            why = str(error).strip().partition("\n")[0]
    pytest.skip(f"no browser to test with: {why}")


@pytest.fixture
def page(api: Api, browser: Browser) -> Iterator[Page]:
    """Logged in; a console error or a page error fails the test."""
    context = browser.new_context(base_url=api.url)
    found = context.new_page()
    said: list[str] = []
    found.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: said.append(str(error)))
    found.goto("/")
    found.get_by_label("Admin token").fill(TOKEN)
    found.get_by_role("button", name="Log in").click()
    expect(found.get_by_role("heading", name="What is going on")).to_be_visible()
    yield found
    context.close()
    assert said == []


def test_nobody_sees_anything_without_the_token(api: Api, browser: Browser) -> None:
    job = api.job()
    for path in ("/", "/jobs", f"/jobs/{job['jobId']}", "/dead-letters", "/platforms"):
        answer = httpx.get(api.url + path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?")
        assert "mira" not in answer.text
    context = browser.new_context(base_url=api.url)
    page = context.new_page()
    page.goto("/jobs")
    page.get_by_label("Admin token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not accepted")
    context.close()


def test_the_counts_follow_what_happens(api: Api, page: Page) -> None:
    card = page.get_by_role("link", name="pending")
    expect(card).to_contain_text("0")
    api.job()
    expect(card).to_contain_text("1", timeout=15_000)


def test_jobs_are_filtered_and_opened(api: Api, page: Page) -> None:
    api.creator("otto", "https://www.linkedin.com/in/otto-lind")
    mira, otto = api.job(), api.job(creatorId="otto")
    api.change("UPDATE scrape_jobs SET status = 'processing' WHERE target_id = 'otto'")
    api.change("UPDATE scrape_jobs SET status = 'failed', error = 'gone fishing' WHERE target_id = 'otto'")
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("link", name="mira")).to_be_visible()
    page.get_by_label("state").select_option("failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name="mira")).to_have_count(0)
    page.get_by_role("link", name="otto").click()
    expect(page).to_have_url(f"{api.url}/jobs/{otto['jobId']}")
    expect(page.get_by_role("listitem").filter(has_text="processing → failed (gone fishing)")).to_be_visible()
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("pending")
    assert api.rows("SELECT status FROM scrape_jobs WHERE job_id = :id", id=mira["jobId"]) == ["pending"]


def test_dead_letters_of_one_cause_are_replayed_together(api: Api, page: Page) -> None:
    for _ in range(3):
        api.job()
    api.change("UPDATE scrape_jobs SET status = 'processing'")
    api.change(
        "UPDATE scrape_jobs SET status = 'dead', finished_at = now(), error_class = 'network', error = 'no answer'"
    )
    page.get_by_role("link", name="Dead letters").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("network: 3 jobs")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Replay 3").click()
    expect(page.get_by_text("There are none.")).to_be_visible()
    assert api.rows("SELECT DISTINCT status FROM scrape_jobs") == ["pending"]


def test_what_a_stranger_writes_stays_text(api: Api, page: Page) -> None:
    job = api.job()
    api.change("UPDATE scrape_jobs SET status = 'processing', target_id = :text", text=HOSTILE)
    api.change(
        "UPDATE scrape_jobs SET status = 'dead', finished_at = now(), error_class = 'network', error = :text,"
        " warning = :text",
        text=HOSTILE,
    )
    for path in ("/", "/jobs", f"/jobs/{job['jobId']}", "/dead-letters"):
        page.goto(path)
        assert page.locator("img").count() == 0
        assert page.title() != "taken"
        expect(page.get_by_text("onerror").first).to_be_visible()


def test_a_form_from_another_site_is_refused(api: Api, page: Page) -> None:
    cookie = page.context.cookies()[0]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    job = api.job()
    answer = httpx.post(
        f"{api.url}/jobs/{job['jobId']}/cancel",
        cookies={str(cookie["name"]): str(cookie["value"])},
        headers={"origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
    assert api.rows("SELECT status FROM scrape_jobs") == ["pending"]


def test_it_fits_a_phone_and_is_walked_with_the_keyboard(api: Api, page: Page) -> None:
    api.job()
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/jobs", "/platforms"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/jobs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "mira":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("mira on linkedin")
