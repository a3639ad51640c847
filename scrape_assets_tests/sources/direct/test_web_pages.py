"""What is asked of a browser, and when it is enough: with a browser that shows what a test says."""

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.direct import web
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.direct.web import SOURCE, WebSource
from scrape_assets.sources.direct.web_browser import Browser
from scrape_assets.sources.direct.web_orders import Order, Sighting, View
from scrape_assets.sources.errors import SourceError, Throttled
from scrape_assets.sources.http import HttpTransport
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import collect, nothing_known
from scrape_assets_tests.sources.direct.feed_server import knowing
from scrape_assets_tests.sources.direct.web_server import (
    BUTTON,
    JANE,
    MONTH,
    NOON,
    PLAIN,
    ids,
    ids_of,
    of_page,
    own_rules,
    site,
)

__all__ = ["own_rules"]
pytest.importorskip("protego", reason="robots.txt is read with protego, of the extra `web`")
pytestmark = pytest.mark.usefixtures("own_rules")


@dataclass
class Shown:
    """A browser that shows one view after the other, and the last for ever."""

    views: Sequence[View | SourceError]
    orders: list[Order] = field(default_factory=list)
    user_agent: str = "a browser of scrape-assets"

    def obey(self, order: Order) -> View:
        self.orders.append(order)
        view = self.views[min(len(self.orders), len(self.views)) - 1]
        if isinstance(view, SourceError):
            raise view
        return view

    @property
    def source(self) -> WebSource:
        def open_it(executable: str | None) -> AbstractContextManager[Browser]:
            return nullcontext(self)

        return replace(SOURCE, browser=open_it)


def sighting(number: int) -> Sighting:
    moment = (NOON - timedelta(days=number)).isoformat()
    return Sighting(fields={"id": [[f"p{number}"]], "time": [[moment]]}, media=[])


def view(
    *numbers: int, address: str = JANE, html: str | None = "<p>", more: bool = True, nothing: bool = False
) -> View:
    return View([sighting(number) for number in numbers], address, html, more=more, nothing=nothing)


@pytest.fixture
def url() -> Iterator[str]:
    """A site that has all pages; what they hold is the browser's affair here."""
    with site({"/people/jane": "<p>", "/button/jane": "<p>", "/notes": "<p>"}) as (_, address):
        yield address


def test_what_is_old_or_known_is_the_end(url: str) -> None:
    views = [view(1, 2), view(1, 2, 3, 4), view(5, 6)]
    collected = collect(Shown(views).source, url, of_page(window=TimeWindow(NOON - timedelta(days=2.5), NOON)))
    assert ids_of(collected) == ids(1, 2, 3, 4)
    assert collected.pages[-1].cursor is None
    collected = collect(Shown(views).source, url, of_page(), known=knowing(*ids(1, 2)))
    assert ids_of(collected) == ids(1, 2)
    collected = collect(Shown(views).source, url, of_page(), known=knowing(*ids(2, 3, 4)))
    assert ids_of(collected) == ids(1, 2, 3, 4)


def test_two_barren_steps_in_a_row_are_the_end(url: str) -> None:
    shown = Shown([view(1), view(1), view(1, 2), view(1, 2), view()])
    collected = collect(shown.source, url, of_page())
    assert ids_of(collected) == ids(1, 2)
    assert [order.do for order in shown.orders] == ["open", "step", "step", "step", "step"]
    assert [json.loads(one.cursor)["steps"] if one.cursor else None for one in collected.pages] == [1, 2, 3, 4, None]


def test_what_was_scrolled_through_is_so_again_and_not_given_again(url: str) -> None:
    shown = Shown([view(1), view(1, 2), view(1, 2, 3), view(4)])
    collected = collect(shown.source, url, of_page(), cursor='{"steps": 2, "next": null}')
    assert ids_of(collected) == ids(3, 4)
    assert len(collected.slept) == len(shown.orders) - 1


def test_next_pages_are_taken_up_where_they_were_left(url: str) -> None:
    views = [
        View([sighting(2)], f"{PLAIN}?page=2", "<p>", next=f"{PLAIN}?page=3"),
        View([sighting(3)], f"{PLAIN}?page=3", "<p>", next=f"{PLAIN}?page=2"),
    ]
    shown = Shown(views)
    collected = collect(shown.source, url, of_page(PLAIN), cursor=f'{{"steps": 1, "next": "{PLAIN}?page=2"}}')
    assert [order.url for order in shown.orders] == [f"{PLAIN}?page=2", f"{PLAIN}?page=3"], "and not in circles"
    assert [one.cursor is None for one in collected.pages] == [False, True]


def test_a_page_too_long_to_be_kept_is_not_read_on(url: str) -> None:
    collected = collect(Shown([view(1, html=None), view(2)]).source, url, of_page())
    assert ids_of(collected) == ids(1)
    assert collected.pages[0].documents == ()


def test_a_person_without_posts_is_no_fault_and_a_page_without_any_is_one(url: str) -> None:
    collected = collect(Shown([view(nothing=True, more=False)]).source, url, of_page(BUTTON))
    assert collected.error is None
    assert collected.items == []
    collected = collect(Shown([view(more=False)]).source, url, of_page(BUTTON))
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.BAD_DATA
    assert collected.pages[0].documents == ("<p>",), "kept, so that a person can see why"


def test_what_came_before_a_fault_stays(url: str) -> None:
    shown = Shown([view(1), SourceError(ErrorClass.BAD_DATA, "it broke")])
    collected = collect(shown.source, url, of_page())
    assert ids_of(collected) == ids(1)
    assert collected.error is not None
    assert collected.pages[0].cursor


def test_a_page_that_leads_itself_inwards_or_round_is_not_followed(url: str) -> None:
    for wish in ("http://192.168.0.1/", "http://localhost/", JANE):
        inwards = View([], JANE, "<p>", nothing=True, wish=wish)
        collected = collect(Shown([inwards]).source, url, of_page())
        assert collected.error is None
        assert len(collected.calls) == 2
    restless = [View([], JANE, "<p>", wish=f"{PLAIN}?{number}") for number in range(20)]
    collected = collect(Shown(restless).source, url, of_page())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.REFUSED


def test_one_page_of_a_host_is_read_at_a_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LOCK_SECONDS", 0.05)
    source = Shown([view(1)]).source
    with HttpTransport("web", lambda _call: None) as transport:
        pages = source.pages(Api(transport, override=url), of_page(), None, nothing_known)
        next(iter(pages))
        blocked = collect(source, url, of_page(BUTTON))
        assert collect(source, url, of_page(PLAIN)).error is None, "another host is free"
        del pages
    assert isinstance(blocked.error, Throttled)
    assert collect(source, url, of_page(BUTTON)).error is None


def test_what_is_no_page_is_refused_in_plain_words(url: str) -> None:
    with pytest.raises(ValueError, match="cannot be searched"):
        collect(SOURCE, url, Target("search:tea", MONTH, search=Search(("tea",))))
    stranger = Profile(Platform.X, "jane", "https://x.com/jane", "jane", ProfileKind.ACCOUNT)
    with pytest.raises(ValueError, match="not a page"):
        collect(SOURCE, url, Target("jane", MONTH, profile=stranger))
