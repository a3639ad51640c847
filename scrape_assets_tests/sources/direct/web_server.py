"""An invented site with people's pages on loopback, and a browser that the tests of a module share. No tests."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scrape_assets.posts.identity import Profile, profile_key
from scrape_assets.posts.model import Post
from scrape_assets.posts.platforms import Platform
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.direct.web import SOURCE, WebSource
from scrape_assets.sources.direct.web_browser import Browser, BrowserProcess
from scrape_assets.sources.direct.web_rules import OWN_RULES, SHIPPED
from scrape_assets.sources.errors import NotConfigured
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import Collected
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONTH = TimeWindow(NOON - timedelta(days=30), NOON + timedelta(days=1))
RULES = Path(__file__).parent / "web_rules"
JANE = "https://gazette.example.com/people/jane"
BUTTON = "https://gazette.example.com/button/jane"
STUCK = "https://gazette.example.com/stuck/jane"
PLAIN = "https://plain.example.org/notes"

Answer = Reply | str | Callable[[dict[str, list[str]]], Reply | str]


@dataclass
class Site:
    """What is found at which path, and what was asked for."""

    answers: dict[str, Answer]
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(
        self, method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        del method, body
        self.asked.append(path + "".join(f"?{name}={values[0]}" for name, values in query.items()))
        self.headers.append(headers)
        answer = self.answers.get(path, (404, {"content-type": "text/html"}, b"<h1>No such page</h1>"))
        if callable(answer):
            answer = answer(query)
        return (
            (200, {"content-type": "text/html; charset=utf-8"}, answer.encode()) if isinstance(answer, str) else answer
        )


@contextmanager
def site(answers: Mapping[str, Answer]) -> Iterator[tuple[Site, str]]:
    """The site, and the address of its server."""
    found = Site(dict(answers))
    with platform_server(found) as url:
        yield found, url


def shared_browser() -> Iterator[WebSource]:
    """The source with one browser for all; a module makes a fixture of it."""
    try:
        browser = BrowserProcess(None)
    except NotConfigured as error:
        pytest.skip(f"no browser to test with: {error}")

    def open_it(executable: str | None) -> AbstractContextManager[Browser]:
        return nullcontext(browser)

    yield replace(SOURCE, browser=open_it)
    browser.close()


def of_page(url: str = JANE, window: TimeWindow = MONTH) -> Target:
    """Whoever wants a page."""
    profile: Profile = profile_key(Platform.WEB, url)
    return Target(profile.key, window, profile=profile)


@pytest.fixture
def own_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the rules of the invented sites, and the one for any site with less patience."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for file in RULES.glob("*.toml"):
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    any_site = (SHIPPED / "generic.toml").read_text("utf-8")
    (folder / "generic.toml").write_text(f"{any_site}\n[wait]\nquiet = 0.15\nseconds = 5.0\n", "utf-8")
    monkeypatch.setenv(OWN_RULES, str(folder))
    return folder


def post(number: int, days_ago: float | None = None, more: str = "") -> str:
    """A post of the invented site; the higher its number, the older."""
    moment = NOON - timedelta(days=number if days_ago is None else days_ago)
    return (
        f'<li class="post" data-id="p{number}"><a class="when" href="/posts/{number}">'
        f'<time datetime="{moment.isoformat()}">the other day</time></a><div class="body"><p>Words {number}</p></div>'
        f"{more}</li>"
    )


def page(posts: Sequence[str], more: str = "") -> str:
    """A page with posts."""
    return (
        '<!doctype html><html lang="en-GB"><head><title>Jane</title></head>'
        f'<body><ul id="posts">{"".join(posts)}</ul>{more}</body></html>'
    )


LOADER = """
let asked = 0, busy = false;
async function load() {
  if (busy) return;
  busy = true;
  const answer = await fetch("/more?page=" + ++asked);
  document.getElementById("posts").insertAdjacentHTML("beforeend", await answer.text());
  busy = false;
}
"""
SCROLLING = f"""<div id="end" style="height: 30px">…</div><script>{LOADER}
new IntersectionObserver((seen) => seen[0].isIntersecting && load(), {{rootMargin: "0px"}}).observe(
  document.getElementById("end"));
</script><style>li.post {{ height: 900px }}</style>"""
CLICKING = f"""<button class="more" onclick="load()">More</button><script>{LOADER}</script>"""


def in_pages(size: int, last: int) -> Callable[[dict[str, list[str]]], str]:
    """What a script is given: page 1 follows what the page itself holds, and after the last post there is nothing."""

    def answer(query: dict[str, list[str]]) -> str:
        first = int(query["page"][0]) * size + 1
        return "".join(post(number) for number in range(first, min(first + size, last + 1)))

    return answer


def posts_of(collected: Collected, url: str = JANE) -> list[Post]:
    """The posts, in their order, as they are attributed to a page."""
    mapped = collected.mapped(SOURCE, of_page(url).key)
    assert all(isinstance(one, Post) for one in mapped), mapped
    return [one for one in mapped if isinstance(one, Post)]


def ids_of(collected: Collected, url: str = JANE) -> list[str]:
    """The ids of the posts, in their order."""
    return [one.post_id for one in posts_of(collected, url)]


def ids(*numbers: int) -> list[str]:
    """The ids of posts of the invented site."""
    return [f"gazette.example.com#p{number}" for number in numbers]


def article(number: int, inner: str = "") -> str:
    """A note on a page that has no rule of its own."""
    moment = (NOON - timedelta(days=number)).isoformat()
    return (
        f'<article><h2><a href="/notes/{number}">Note {number}</a></h2><time datetime="{moment}">{number} d</time>'
        f'<p>See <a href="../about">this</a>.</p>{inner}</article>'
    )


def scrolling(last: int = 8) -> dict[str, Answer]:
    """A page of three posts, and what its script is given."""
    return {
        "/people/jane": page([post(number) for number in range(1, 4)], SCROLLING),
        "/more": in_pages(3, last),
    }


def numbers(collected: Collected) -> list[list[int]]:
    """The posts of each page."""
    return [[int(json.loads(item)["id"][1:]) for item in one.items] for one in collected.pages]
