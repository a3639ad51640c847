"""Feeds in several documents, over real HTTP: where paging goes on, where it ends, and what is remembered then."""

import json
from datetime import timedelta

import pytest

from scrape_assets.sources.direct import feed_pages
from scrape_assets.sources.direct.feed import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import collect
from scrape_assets_tests.sources.direct.feed_server import (
    NOON,
    found,
    ids,
    item,
    knowing,
    of_feed,
    parsed_here,
    remembered,
    rss,
    site,
)
from scrape_assets_tests.sources.direct.platform_server import Reply

__all__ = ["parsed_here"]
pytestmark = pytest.mark.usefixtures("parsed_here")


def paged() -> dict[str, Reply]:
    return {
        "/feed.xml": found(rss(item(6), item(5, 2), older="https://blog.example.com/feed.xml?page=2"), etag='"p"'),
        "/feed.xml?page=2": found(rss(item(5, 2), item(4, 3), "<item/>", older="?page=3")),
        "/feed.xml?page=3": found(rss(item(3, 4), item(2, 40))),
    }


def test_pages_are_read_to_the_last_and_remembered_then() -> None:
    with site(paged()) as (asked, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.ids(SOURCE) == ids(6, 5, 5, 4, 3, 2)
    assert asked.asked == list(paged())
    assert [page.remember is None for page in collected.pages] == [True, True, False]
    assert '"p"' in json.loads(remembered(collected))["etag"]


def test_every_cursor_gives_the_rest() -> None:
    with site(paged()) as (_, url):
        whole = collect(SOURCE, url, of_feed())
        for number, page in enumerate(whole.pages[:-1]):
            rest = collect(SOURCE, url, of_feed(), cursor=page.cursor)
            assert rest.items == [one for later in whole.pages[number + 1 :] for one in later.items]
            assert remembered(rest) == remembered(whole)


def test_a_cursor_of_another_version_begins_anew() -> None:
    with site(paged()) as (_, url):
        assert len(collect(SOURCE, url, of_feed(), cursor='{"page": 2}').pages) == 3


def test_paging_ends_with_what_is_old_or_known() -> None:
    with site(paged()) as (asked, url):
        collect(SOURCE, url, of_feed(TimeWindow(NOON - timedelta(days=1.5), NOON)))
        assert asked.asked == ["/feed.xml", "/feed.xml?page=2"]
        del asked.asked[:]
        collected = collect(SOURCE, url, of_feed(), known=knowing(*ids(6, 5)))
        assert asked.asked == ["/feed.xml"]
        assert collected.pages[-1].remember
        del asked.asked[:]
        collect(SOURCE, url, of_feed(), known=knowing(*ids(6)))
        assert len(asked.asked) == 3


def test_pages_that_lead_in_circles_or_nowhere_end(monkeypatch: pytest.MonkeyPatch) -> None:
    same = found(rss(item(1), older="/feed.xml"))
    with site({"/feed.xml": same}) as (asked, url):
        assert collect(SOURCE, url, of_feed()).ids(SOURCE) == ids(1)
    assert len(asked.asked) == 1

    with site({"/feed.xml": found(rss(item(1), older="/a")), "/a": found(rss(item(1), older="/b"))}) as (asked, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.error is None
    assert asked.asked == ["/feed.xml", "/a"], "a page without anything new is the last"

    with site({"/feed.xml": found(rss(item(1), older="/a"))}) as (_, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.error is None, "the feed is there, its second page is not"
    assert collected.ids(SOURCE) == ids(1)
    assert collected.pages[-1].cursor is None
    assert remembered(collected)

    inward = found(rss(item(1), older="http://10.0.0.1/feed"))
    with site({"/feed.xml": inward}) as (asked, url):
        assert collect(SOURCE, url, of_feed()).error is None
    assert len(asked.asked) == 1

    monkeypatch.setattr(feed_pages, "MOST_DOCUMENTS", 2)
    with site(paged()) as (asked, url):
        collect(SOURCE, url, of_feed())
    assert len(asked.asked) == 2
