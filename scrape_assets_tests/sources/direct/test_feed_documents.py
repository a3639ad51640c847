"""Feeds as they come: wrong letters, broken XML, and documents made to do harm. Each is read in its own process."""

import os
import re
import sys
import time
from pathlib import Path

import msgspec
import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct import feed_document
from scrape_assets.sources.direct.feed_document import Document, read_document
from scrape_assets.sources.direct.feed_text import tame, text_of
from scrape_assets.sources.errors import SourceError
from scrape_assets_tests.sources.direct.feed_server import KEY, item, rss

TITLE = "Tee für Ömer"
LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def read(body: str | bytes, content_type: str = "text/xml") -> Document:
    raw = body.encode() if isinstance(body, str) else body
    return read_document(Answer(200, {"content-type": content_type}, raw), KEY, f"https://{KEY}", f"https://{KEY}")


def titles(document: Document) -> list[object]:
    return [msgspec.json.decode(one).get("title") for one in document.items]


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><item><title>{TITLE}</title></item></rss>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (declared("utf-8").encode(), "text/xml"),
        (declared("utf-8").encode(), "text/xml; charset=iso-8859-1"),
        (declared("utf-8").encode("utf-8-sig"), ""),
        (declared("iso-8859-1").encode("latin-1"), "application/xml"),
        (declared("none-such").encode("cp1252"), "text/xml"),
        (declared("utf-8").encode("cp1252"), "application/xml; charset=windows-1252"),
        (declared("utf-16").encode("utf-16"), "application/xml"),
        (declared("utf-16").encode("utf-16-be"), "application/xml"),
        (declared("utf-16").encode("utf-16-le"), "application/xml"),
        (declared("utf-32").encode("utf-32"), ""),
        (declared("idna").encode("cp1252"), ""),
        (declared("x").encode("gb18030"), 'text/xml;charset="GB2312"'),
    ],
)
def test_letters_are_read_whatever_is_declared(body: bytes, content_type: str) -> None:
    assert TITLE in text_of(body, {"content-type": content_type})


def test_japanese_in_seven_bits_is_no_utf8() -> None:
    body = '<?xml version="1.0" encoding="ISO-2022-JP"?><a>お茶</a>'.encode("iso-2022-jp")
    assert "お茶" in text_of(body, {})


NETSCAPE = '\n<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://a.example/rss.dtd">\n'


def titled(title: str) -> str:
    return rss(f"<item><title>{title}</title></item>", item(2))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(rss(item(1)) + "<p>after the end", ["Entry 1"], id="words after the end"),
        pytest.param(rss(item(1))[:-30], ["Entry 1"], id="cut off"),
        pytest.param(titled("A &eacute; &nbsp; B"), ["A é \xa0 B", "Entry 2"], id="entities of HTML"),
        pytest.param(titled("a\x01b\x0b\x00c"), ["abc", "Entry 2"], id="letters that XML forbids"),
        pytest.param(
            titled("a&#1;&#xD800;&#55357;&#x110000;&#99999999999;b"),
            ["a\ufffd\ufffd\ufffd\ufffd\ufffdb", "Entry 2"],
            id="numbers of no letter",
        ),
        pytest.param(titled("AT&T &more; &amp; <![CDATA[&co]]>"), ["AT&T &more; & &co", "Entry 2"], id="bare signs"),
        pytest.param(titled("t</title><x:y>1</x:y><title>"), ["t", "Entry 2"], id="undeclared prefix"),
        pytest.param("\n\n  " + rss(item(1)), ["Entry 1"], id="space before the declaration"),
        pytest.param(rss(item(1)).replace("\n", NETSCAPE, 1), ["Entry 1"], id="a DOCTYPE"),
        pytest.param(titled("<![CDATA[<!DOCTYPE> & b]]>"), ["&lt;!DOCTYPE> & b", "Entry 2"], id="words about one"),
    ],
)
def test_a_broken_feed_gives_its_entries(body: str, expected: list[str]) -> None:
    assert titles(read(body)) == expected


@pytest.mark.parametrize(
    "prolog",
    [
        LAUGHS + "]>",
        "\n" + LAUGHS.replace("<!", "\n<!") + "\n]>",
        "<!-- <a --><?x <b ?>" + LAUGHS + "]>",
        # feedparser cuts out such a line, and what is left of the document is sound.
        "<!ENTITY z><!-- -->" + LAUGHS + "]>",
        "<!DOCTYPE l [ <!-- ' --> " + LAUGHS.partition("[")[2] + "]>",
        '<!DOCTYPE l [<!ENTITY i SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE l [<!ENTITY % e SYSTEM "http://127.0.0.1:1/e.dtd"> %e;]>',
    ],
)
def test_no_entity_is_defined(prolog: str) -> None:
    body = rss("<item><title>x&i;x</title></item>").replace("\n", prolog, 1)
    assert "<!DOCTYPE" not in tame(body)
    assert "<!ENTITY" not in tame(body)
    assert titles(read(body)) == ["x&i;x"]


def test_a_feed_that_is_the_name_of_a_file_is_not_that_file(tmp_path: Path) -> None:
    here = tmp_path / "feed.xml"
    here.write_text(rss(item(1)))
    with pytest.raises(SourceError, match="no feed"):
        read(str(here))


def test_a_feed_made_to_hang_its_reader_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_document, "_PATIENCE", 1)
    begun = time.monotonic()
    with pytest.raises(SourceError, match="could not be read within 1 s") as caught:
        read(rss(f"<item><author>{'a' * 1_000_000}</author></item>"))
    assert caught.value.error_class is ErrorClass.BAD_DATA
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    "body",
    [
        "<?" + 'encoding="' * 20_000 + "<rss><item/>",
        "<rss><item/>" + "<!--" * 20_000,
        "<!DOCTYPE l [" + "<!--" * 100_000 + "<rss><item/>",
        "<!DOCTYPE l " + "'" * 100_001 + "<rss><item/>",
    ],
)
def test_long_nonsense_takes_no_longer_than_words(body: str) -> None:
    said = ""
    try:
        read(body)
    except SourceError as error:
        said = str(error)
    assert not re.search(r"could not be read within|took more than", said)


def test_the_reader_of_feeds_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    fake.chmod(0o755)
    monkeypatch.setenv("INVENTED_API_KEY", "b1946ac9")
    monkeypatch.setattr(sys, "executable", os.fspath(fake))
    with pytest.raises(SourceError, match="cannot be read"):
        read(rss(item(1)))
    assert "b1946ac9" not in (tmp_path / "seen").read_text()
