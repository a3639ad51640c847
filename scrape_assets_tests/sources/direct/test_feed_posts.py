"""Entries of feeds as posts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.feed import SOURCE
from scrape_assets.sources.direct.feed_document import read_document
from scrape_assets_tests.sources.direct.feed_entries import mapped
from scrape_assets_tests.sources.direct.feed_server import KEY, NOON, parsed_here

RECORDED = Path(__file__).parents[4] / "shared/recorded/rss"
__all__ = ["parsed_here"]


def from_feed(body: str) -> Iterator[Post | Rejected | None]:
    answer = Answer(200, {"content-type": "text/xml"}, body.encode())
    for one in read_document(answer, KEY, f"https://{KEY}", f"https://{KEY}").items:
        yield SOURCE.mapping.map_line(item_line(KEY, NOON, one)[:-1], last=False)


def test_an_entry_of_rss_arrives_whole(parsed_here: None) -> None:
    body = """<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
      xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
      xmlns:media="http://search.yahoo.com/mrss/" xmlns:georss="http://www.georss.org/georss"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Tea</title><link>https://blog.example.com</link>
      <language>en-gb</language><item>
        <title>Leaves &amp;amp; water</title> <link>/leaves?a=1&amp;b=2#top</link>
        <guid isPermaLink="false">4711</guid> <pubDate>Thu, 19 Nov 2026 18:58:00 +1100</pubDate>
        <dc:creator>Ada Invented</dc:creator>
        <category domain="x">Black Tea</category> <category>#water</category> <category>black tea</category>
        <description>Short.</description>
        <content:encoded><![CDATA[<p>A <b>pot</b> &amp; <a href="https://example.com/x">a leaf</a>.</p>
          <a href="https://example.com/big"><img src="/pot.jpg" alt="A pot" width="640" height="480"></a>
          <img src="https://count.example.com/1.gif" width="1" height="1">]]></content:encoded>
        <enclosure url="https://cdn.example.com/1.mp3" length="38068096" type="audio/mpeg"/>
        <itunes:duration>1:02:03</itunes:duration>
        <media:content url="https://cdn.example.com/1.mp4" medium="video" width="1280" height="720" duration="61"/>
        <media:thumbnail url="https://cdn.example.com/1.jpg"/>
        <slash:comments>7</slash:comments> <georss:point>51.5 -0.12</georss:point>
      </item></channel></rss>"""
    (found,) = from_feed(body)
    assert isinstance(found, Post)
    assert found.media
    media = json.loads(found.media)
    assert found._replace(media=None) == Post(
        platform="feed",
        post_id=f"{KEY}#4711",
        url="https://blog.example.com/leaves?a=1&b=2#top",
        kind="article",
        author_key=KEY,
        author_handle=None,
        author_id=None,
        author_name="Ada Invented",
        author_url=f"https://{KEY}",
        title="Leaves & water",
        text="A pot & a leaf (https://example.com/x).",
        posted_at=datetime(2026, 11, 19, 7, 58, tzinfo=UTC),
        collected_at=NOON,
        hashtags=["Black Tea", "water"],
        mentions=None,
        media=None,
        like_count=None,
        comment_count=7,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key=KEY,
        repairs=None,
        language="en-gb",
        latitude=51.5,
        longitude=-0.12,
    )
    assert media == [
        {
            "type": "video",
            "url": "https://cdn.example.com/1.mp4",
            "preview_url": "https://cdn.example.com/1.jpg",
            "width": 1280,
            "height": 720,
            "duration": 61.0,
        },
        {"type": "audio", "url": "https://cdn.example.com/1.mp3", "bytes": 38068096, "duration": 3723.0},
        {"type": "image", "url": "https://blog.example.com/pot.jpg", "width": 640, "height": 480, "alt": "A pot"},
    ]


def test_an_entry_of_atom_arrives_whole(parsed_here: None) -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"
      xml:lang="de">
      <title type="html">Tee &amp;amp; mehr</title><id>tag:example.com,2020:feed</id>
      <entry><id>tag:example.com,2020:1</id>
        <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Ein <em>Blatt</em></div></title>
        <link rel="replies" href="https://example.com/1/c"/><link rel="alternate" type="application/xhtml+xml" href="https://example.com/1"/>
        <updated>2026-11-20T12:00:00.25+01:00</updated><category term="https://example.com/t/1" label="Tee"/>
        <thr:in-reply-to ref="17"/><thr:total>3</thr:total><summary>kurz</summary>
        <source><id>https://other.example.com/</id><title>Andere</title></source></entry></feed>"""
    (found,) = from_feed(body)
    assert isinstance(found, Post)
    assert found.post_id == "tag:example.com,2020:1"
    assert (found.url, found.title, found.text) == ("https://example.com/1", "Ein Blatt", "kurz")
    assert (found.kind, found.reply_to, found.comment_count) == ("reply", f"{KEY}#17", 3)
    assert found.posted_at == datetime(2026, 11, 20, 11, 0, 0, 250_000, tzinfo=UTC)
    assert (found.author_key, found.author_url, found.author_name) == (None, None, "Andere")
    assert (found.hashtags, found.language) == (["Tee"], "de")


def test_an_entry_of_a_json_feed_arrives_whole() -> None:
    found = mapped(
        {
            "id": 12,
            "url": "https://blog.example.com/12",
            "content_html": "<p>Two &amp; three</p>",
            "content_text": "Two & three",
            "image": "/big.png",
            "date_published": "2026-11-20T10:00:00-05:00",
            "authors": [{"name": "Bob Invented", "url": "https://bob.example.com"}],
            "tags": ["tea", "Tea", None, 5],
            "language": "en",
            "attachments": [
                {
                    "url": "https://cdn.example.com/a",
                    "mime_type": "audio/mp4",
                    "duration_in_seconds": 61.5,
                    "size_in_bytes": 900,
                }
            ],
        }
    )
    assert isinstance(found, Post)
    assert (found.post_id, found.url, found.kind) == (f"{KEY}#12", "https://blog.example.com/12", "post")
    assert (found.title, found.text, found.author_name) == (None, "Two & three", "Bob Invented")
    assert (found.hashtags, found.language) == (["tea"], "en")
    assert found.posted_at == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert json.loads(found.media or b"") == [
        {"type": "audio", "url": "https://cdn.example.com/a", "duration": 61.5, "bytes": 900},
        {"type": "image", "url": "https://blog.example.com/big.png"},
    ]
    assert found.repairs == ["tags[3]: Expected `str | object | null`, got `int`"]


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not on this machine")
@pytest.mark.parametrize(("name", "entries"), [("heise.atom", 15), ("pagination-links.rss", 1)])
def test_recorded_feeds_become_posts(name: str, entries: int, parsed_here: None) -> None:
    found = list(from_feed((RECORDED / name).read_text()))
    assert len(found) == entries
    assert all(isinstance(one, Post) and one.text and one.title and one.url for one in found)
