"""Markup that means no good, in a real browser: what it hides, what it asks for, and what it costs."""

from collections.abc import Iterator

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct import web
from scrape_assets.sources.direct.source import DirectSource
from scrape_assets.sources.direct.web import SOURCE, WebSource
from scrape_assets_tests.sources.direct.collecting import collect
from scrape_assets_tests.sources.direct.web_server import (
    BUTTON,
    STUCK,
    Answer,
    ids,
    ids_of,
    numbers,
    of_page,
    own_rules,
    page,
    post,
    shared_browser,
    site,
)

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker


@pytest.fixture(scope="module")
def source() -> Iterator[WebSource]:
    yield from shared_browser()


__all__ = ["own_rules"]
pytestmark = pytest.mark.usefixtures("own_rules")


HOSTILE = {
    "dialogs": "<script>alert(1); confirm(2); prompt(3); onbeforeunload = () => 'stay'</script>",
    "popups": "<script>open('/people/other'); open('about:blank').document.write('<li class=post>')</script>",
    "a download": "<a id=d href='/file.zip' download>x</a><script>document.getElementById('d').click()</script>",
    "redefinitions": """<form name=querySelectorAll></form><img name=querySelector><img name=documentElement>
      <script>Array.prototype.map = () => 1; JSON.stringify = () => 2; Element.prototype.matches = () => false;
      Object.defineProperty(document, 'querySelectorAll', {get() { throw 1 }})</script>""",
    "endless timers": "<script>setInterval(() => document.body.append(' '), 5)</script>",
    "a broken script": "<script>throw new Error('no')</script><script>}{</script>",
    "lone surrogates": "<script>document.body.append('\\ud800')</script>",
    "another address": "<script>history.pushState(null, '', '/somewhere')</script>",
}


@pytest.mark.parametrize(
    "markup", ["".join(HOSTILE.values()), "<script>location.reload()</script>"], ids=["all", "reload"]
)
def test_hostile_markup_does_not_hide_the_posts(source: WebSource, markup: str) -> None:
    with site({"/button/jane": page([post(1)], markup)}) as (asked, url):
        collected = collect(source, url, of_page(BUTTON))
    assert collected.error is None
    assert ids_of(collected) == ids(1)
    assert asked.asked == ["/robots.txt", "/button/jane"]


def test_nothing_but_scripts_styles_and_their_calls_is_loaded(source: WebSource) -> None:
    greedy = """<img src="/a.png"><video src="/b.mp4" poster="/c.png"></video><iframe src="/d.html"></iframe>
      <link rel="stylesheet" href="/e.css"><style>@font-face { font-family: f; src: url(/g.woff2) }
      body { font-family: f; background: url(/h.png) }</style><script src="/i.js"></script>
      <script>new Image().src = "/j.png"; navigator.sendBeacon("/k"); new EventSource("/l");
      fetch("/m"); fetch("http://10.0.0.1/n").catch(() => 0); fetch("file:///etc/passwd").catch(() => 0);
      try { new WebSocket("wss://gazette.example.com/o") } catch {}</script>"""
    with site({"/button/jane": page([post(1)], greedy)}) as (asked, url):
        collected = collect(source, url, of_page(BUTTON))
    assert numbers(collected)[0] == [1]
    assert sorted(asked.asked[2:]) == ["/e.css", "/i.js", "/m"]


FATAL: dict[str, tuple[Answer, ErrorClass, str]] = {
    "a script that never ends": (page([post(1)], "<script>for (;;);</script>"), ErrorClass.NETWORK, "within"),
    "a download": ((200, {"content-type": "application/zip"}, b"PK"), ErrorClass.BAD_DATA, "download"),
    "a redirect loop": ((302, {"location": "/stuck/jane"}, b""), ErrorClass.REFUSED, "redirected more than"),
    "a redirect inwards": ((302, {"location": "http://10.0.0.1/"}, b""), ErrorClass.REFUSED, "not followed"),
    "a redirect to a file": ((302, {"location": "file:///etc/passwd"}, b""), ErrorClass.REFUSED, "not followed"),
    "a login wall": ((403, {"content-type": "text/html"}, b"log in"), ErrorClass.REFUSED, "log in"),
    "nobody": ((410, {}, b""), ErrorClass.NOT_FOUND, "410"),
    "another design": (page(["<li>new markup</li>"]), ErrorClass.BAD_DATA, "impatient.toml looks for 'li.post'"),
}


@pytest.mark.parametrize(("answer", "expected", "says"), FATAL.values(), ids=FATAL)
def test_what_cannot_be_read_is_named(
    source: WebSource, answer: Answer, expected: ErrorClass, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "GRACE_SECONDS", 1)  # few seconds are enough to tell
    with site({"/stuck/jane": answer}) as (_, url):
        collected = collect(source, url, of_page(STUCK))
    assert collected.error is not None
    assert collected.error.error_class is expected, collected.error
    assert says in collected.error.message


def test_a_script_that_gets_stuck_later_costs_its_browser_and_nothing_else(
    source: WebSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "GRACE_SECONDS", 0)
    with site({"/stuck/jane": page([post(1)], "<script>setTimeout(() => { for (;;); }, 100)</script>")}) as (_, url):
        collected = collect(source, url, of_page(STUCK))
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.BAD_DATA
    assert "held" in collected.error.message
