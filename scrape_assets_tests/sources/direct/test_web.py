"""Pages in a real browser: more by scrolling, clicking and next links, and all that stands on them."""

import importlib.util
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.source import DirectSource
from scrape_assets.sources.direct.web import SOURCE, WebSource
from scrape_assets.sources.http import HttpTransport
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import Collected, collect, nothing_known
from scrape_assets_tests.sources.direct.platform_server import Reply
from scrape_assets_tests.sources.direct.web_server import (
    BUTTON,
    CLICKING,
    NOON,
    PLAIN,
    Answer,
    article,
    ids,
    ids_of,
    in_pages,
    numbers,
    of_page,
    own_rules,
    page,
    post,
    posts_of,
    scrolling,
    shared_browser,
    site,
)

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker


@pytest.fixture(scope="module")
def source() -> Iterator[WebSource]:
    yield from shared_browser()


__all__ = ["own_rules"]
pytestmark = pytest.mark.usefixtures("own_rules")


def test_a_page_is_scrolled_until_nothing_new_comes_and_every_cursor_gives_the_rest(source: WebSource) -> None:
    with site(scrolling()) as (asked, url):
        collected = collect(source, url, of_page())
        cursor = collected.pages[1].cursor
        assert json.loads(cursor or "") == {"steps": 2, "next": None}
        assert numbers(collect(source, url, of_page(), cursor=cursor))[0] == [7, 8]
    assert collected.error is None
    assert ids_of(collected) == ids(1, 2, 3, 4, 5, 6, 7, 8)
    assert numbers(collected)[:3] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert collected.pages[-1].cursor is None
    assert all(len(one.documents) == 1 for one in collected.pages)
    assert "Words 3" in collected.pages[0].documents[0]
    assert "Words 4" not in collected.pages[0].documents[0]
    assert asked.asked[:2] == ["/robots.txt", "/people/jane"]
    assert {call.operation for call in collected.calls} == {"robots", "page"}, "what scripts ask for is no call of ours"
    assert all("scrape-assets" in headers["user-agent"] for headers in asked.headers)
    assert set(collected.slept) == {0.5}, "the pause of the rule, before each step"


def test_a_page_without_end_is_bounded(source: WebSource) -> None:
    with site({"/people/jane": scrolling()["/people/jane"], "/more": in_pages(3, 10**6)}) as (_, url):
        collected = collect(source, url, of_page(window=TimeWindow(NOON - timedelta(days=3000), NOON)))
    assert collected.error is None
    assert len(collected.pages) == 5
    assert collected.pages[-1].cursor is None


def test_a_button_is_clicked_until_it_is_gone(source: WebSource) -> None:
    more = CLICKING.replace(
        "busy = false;\n}", "busy = false; if (asked > 1) document.querySelector('button').hidden = true }"
    )
    answers: dict[str, Answer] = {"/button/jane": page([post(1), post(2)], more), "/more": in_pages(2, 6)}
    with site(answers) as (_, url):
        collected = collect(source, url, of_page(BUTTON))
    assert collected.error is None
    assert numbers(collected) == [[1, 2], [3, 4], [5, 6]]


def test_a_button_that_leads_to_another_page_is_followed(source: WebSource) -> None:
    leading = "<button class=more onclick='location=\"/button/jane/older\"'>More</button>"
    answers: dict[str, Answer] = {
        "/button/jane": page([post(1)], leading),
        "/button/jane/older": page([post(1), post(2)]),
        "/robots.txt": (200, {}, b"User-agent: *\nCrawl-delay: 7"),
    }
    with site(answers) as (asked, url):
        collected = collect(source, url, of_page(BUTTON))
    assert numbers(collected) == [[1], [2]]
    assert asked.asked == ["/robots.txt", "/button/jane", "/button/jane/older"]
    assert set(collected.slept) == {7.0}


def test_next_links_are_followed_on_a_page_without_rules_of_its_own(source: WebSource) -> None:
    link = '<a rel="prev next" href="/notes?page={}">Older</a>'
    pages = {
        None: page([article(1), article(2)], link.format(2)),
        "2": page([article(2), article(3), "<article>no time</article>"], link.format(3)),
        "3": page([article(4)], link.format(3) + '<a rel="next" href="https://elsewhere.example.net/">x</a>'),
    }

    def answer(query: dict[str, list[str]]) -> str:
        return pages[query.get("page", [None])[0]]

    with site({"/notes": answer}) as (asked, url):
        collected = collect(source, url, of_page(PLAIN))
        assert collected.error is None
        assert asked.asked == ["/robots.txt", "/notes", "/notes?page=2", "/notes?page=3"]
    assert json.loads(collected.pages[1].cursor or "") == {"steps": 2, "next": f"{PLAIN}?page=3"}
    notes = [f"https://plain.example.org/notes/{number}" for number in range(1, 5)]
    assert ids_of(collected, PLAIN) == notes
    first = posts_of(collected, PLAIN)[0]
    assert (first.title, first.kind, first.language) == ("Note 1", "article", "en-GB")
    assert "this (https://plain.example.org/about)" in (first.text or "")
    assert collected.calls[1].url.endswith("/notes")


def test_microformats_and_microdata_are_read_without_rules_of_their_own(source: WebSource) -> None:
    entry = """<div class="h-feed"><article class="h-entry"><a class="p-author h-card" href="/tom"><img src="/t.png">
      <span class="p-name">Tom Invented</span></a><a class="u-url" href="/notes/7"><time class="dt-published"
      datetime="2026-11-20T10:00:00Z">Friday</time></a><div class="e-content"><p>Rain <img class="u-photo" src="/r.jpg">
      <a class="p-category">weather</a></p></div><div class="p-comment h-entry"><a class="u-url" href="/notes/8"></a>
      <a class="u-in-reply-to" href="/notes/7"></a><time class="dt-published" datetime="2026-11-20T11:00:00Z"></time>
      <p class="e-content">Sun</p></div></article></div>"""
    microdata = """<div itemscope itemtype="https://schema.org/BlogPosting"><meta itemprop="datePublished"
      content="2026-11-19"><link itemprop="mainEntityOfPage" href="/notes/9"><h2 itemprop="headline">Snow</h2>
      <span itemprop="author" itemscope><a itemprop="url" href="/ada"><b itemprop="name">Ada Invented</b></a></span>
      <meta itemprop="commentCount" content="4"><div itemprop="articleBody">White</div></div>"""
    with site({"/notes": page([], entry + microdata)}) as (_, url):
        collected = collect(source, url, of_page(PLAIN))
    first, reply, third = posts_of(collected, PLAIN)
    home = "https://plain.example.org"
    assert (first.url, first.kind, first.author_name) == (f"{home}/notes/7", "post", "Tom Invented")
    assert (first.author_key, first.text, first.hashtags) == (
        "plain.example.org/tom",
        "Rain \n      weather",
        ["weather"],
    )
    assert [one["url"] for one in json.loads(first.media or b"[]")] == [f"{home}/r.jpg"]
    assert (reply.url, reply.kind, reply.reply_to, reply.text) == (f"{home}/notes/8", "reply", first.post_id, "Sun")
    assert (third.url, third.title, third.kind) == (f"{home}/notes/9", "Snow", "article")
    assert (third.author_name, third.author_url) == ("Ada Invented", f"{home}/ada")
    assert (third.text, third.comment_count) == ("White", 4)


def test_robots_txt_is_obeyed(source: WebSource) -> None:
    forbidding = b"User-agent: *\nAllow: /\n\nUser-agent: Scrape-Assets\nDisallow: /people/\nDisallow: /hidden"
    answers = {**scrolling(), "/robots.txt": (200, {"content-type": "text/plain"}, forbidding)}
    moved: Reply = (302, {"location": "/hidden"}, b"")
    with site({**answers, "/notes": moved, "/hidden": page([article(1)])}) as (asked, url):
        collected = collect(source, url, of_page())
        assert collected.error is not None
        assert collected.error.error_class is ErrorClass.REFUSED
        assert "robots.txt" in collected.error.message
        assert asked.asked == ["/robots.txt"]
        collected = collect(source, url, of_page(PLAIN))
        assert collected.error is not None
        assert collected.error.error_class is ErrorClass.REFUSED
        assert "/hidden" not in asked.asked


def test_a_page_that_a_script_writes_or_moves_is_read(source: WebSource) -> None:
    written = "<script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', `%s`), 100)</script>"
    answers: dict[str, Answer] = {
        "/notes": "<script>location.replace('/notes/en')</script>",
        "/notes/en": '<meta http-equiv="refresh" content="0; url=/notes/all">',
        "/notes/all": page([], written % article(1)),
    }
    with site(answers) as (asked, url):
        collected = collect(source, url, of_page(PLAIN))
    assert ids_of(collected, PLAIN) == ["https://plain.example.org/notes/1"]
    assert asked.asked == ["/robots.txt", *answers]


def test_retry_after_is_honoured(source: WebSource) -> None:
    with site({"/people/jane": (429, {"retry-after": "3600"}, b"slow down")}) as (asked, url):
        collected = collect(source, url, of_page())
    assert collected.error is not None
    assert collected.error.retry_after == timedelta(hours=1)
    assert len(asked.asked) == 2


def test_a_selector_that_is_none_is_named(source: WebSource, own_rules: Path) -> None:
    rule = own_rules / "gazette_button.toml"
    rule.write_text(rule.read_text("utf-8").replace('".by a"', '".by >>> a"'), "utf-8")
    with site({"/button/jane": page([post(1)])}) as (_, url):
        collected = collect(source, url, of_page(BUTTON))
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.NOT_CONFIGURED
    assert "gazette_button.toml" in collected.error.message
    assert "fields.author_url" in collected.error.message


def test_what_stands_on_the_page_arrives(source: WebSource) -> None:
    rich = """<h2>A walk</h2><p class="by">by <a href="/people/jane?from=post"><b>Jane Invented</b></a></p>
      <div class="body"><p>Further <a href="/map">on</a>: <a class="mention" href="/people/tom">@tom</a>
      <script>x</script></p>
      <img src="/pot.jpg" alt="A pot" width="640" height="480"><img src="data:image/png;base64,AA">
      <video poster="p.jpg"><source src="v.mp4"></video></div>
      <a class="tag">#Tea</a><a class="tag">tea</a><a class="tag">Water</a>
      <span class="likes">1.2K likes</span><span class="comments">Be the first</span>"""
    with site({"/button/jane": page([post(1, more=rich).replace('<div class="body"><p>Words 1</p></div>', "")])}) as (
        _,
        url,
    ):
        collected = collect(source, url, of_page(BUTTON))
    (found,) = posts_of(collected, BUTTON)
    assert found.media
    assert json.loads(found.media) == [
        {"type": "image", "url": "https://gazette.example.com/pot.jpg", "width": 640, "height": 480, "alt": "A pot"},
        {
            "type": "video",
            "url": "https://gazette.example.com/button/v.mp4",
            "preview_url": "https://gazette.example.com/button/p.jpg",
        },
    ]
    assert found._replace(media=None) == Post(
        platform="web",
        post_id="gazette.example.com#p1",
        url="https://gazette.example.com/posts/1",
        kind="article",
        author_key="gazette.example.com/people/jane?from=post",
        author_handle=None,
        author_id=None,
        author_name="Jane Invented",
        author_url="https://gazette.example.com/people/jane?from=post",
        title="A walk",
        text="Further on (https://gazette.example.com/map): @tom",
        posted_at=NOON - timedelta(days=1),
        collected_at=NOON,
        hashtags=["Tea", "Water"],
        mentions=["gazette.example.com/people/tom"],
        media=None,
        like_count=1200,
        comment_count=None,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="gazette.example.com/button/jane",
        repairs=None,
        language="en-GB",
    )


def test_fields_may_be_missing_one_by_one(source: WebSource) -> None:
    nameless = f'<li class="post"><time datetime="{NOON.isoformat()}"></time><div class="body">Only words</div></li>'
    timeless = '<li class="post" data-id="p7"><div class="body">Some day</div></li>'
    empty = '<li class="post"></li>'
    with site({"/button/jane": page([nameless, timeless, empty, nameless, post(2)])}) as (_, url):
        collected = collect(source, url, of_page(BUTTON))
    mapped = collected.mapped(source, of_page(BUTTON).key)
    assert len(mapped) == 3
    first, second, third = mapped
    assert isinstance(first, Post)
    assert first.post_id.startswith("gazette.example.com#sha256:")
    assert (first.text, first.url, first.author_key) == ("Only words", None, "gazette.example.com/button/jane")
    assert isinstance(second, Rejected)
    assert second.reason is RejectReason.NO_TIME
    assert isinstance(third, Post)


def test_a_page_without_another_address_is_asked_itself(source: WebSource) -> None:
    with site({"/notes": page([article(1)], "<script src='/a.js'></script>")}) as (asked, url):
        collected = Collected()
        with HttpTransport("web", collected.calls.append) as transport:
            target = of_page(f"{url}/notes")
            collected.pages.extend(source.pages(Api(transport), target, None, nothing_known))
    assert len(collected.items) == 1
    assert asked.asked == ["/robots.txt", "/notes", "/a.js"]


def test_without_a_browser_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright", reason="without Playwright there is nothing to leave out")
    with site(scrolling()) as (asked, url):
        monkeypatch.setenv("SCRAPE_ASSETS_CHROMIUM", "/nowhere/chromium")
        collected = collect(SOURCE, url, of_page())
        assert collected.error is not None
        assert collected.error.error_class is ErrorClass.NOT_CONFIGURED
        assert "SCRAPE_ASSETS_CHROMIUM" in collected.error.message
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
        collected = collect(SOURCE, url, of_page())
        assert collected.error is not None
        assert collected.error.error_class is ErrorClass.NOT_CONFIGURED
        assert "pip install 'scrape_assets[web]'" in collected.error.message
        assert "\n" not in collected.error.message
    assert asked.asked == [], "nothing is asked for in vain"
