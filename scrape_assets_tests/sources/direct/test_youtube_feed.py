"""YouTube's feeds of channels, over real HTTP, and their entries as posts."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.direct.youtube_feed import SOURCE
from scrape_assets_tests.sources.direct.collecting import collect
from scrape_assets_tests.sources.direct.feed_server import MONTH, NOON, found, parsed_here, site

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker
CHANNEL = "UCinventedinvented-_1234"
PATH = f"/feeds/videos.xml?channel_id={CHANNEL}"

__all__ = ["parsed_here"]
pytestmark = pytest.mark.usefixtures("parsed_here")


def entry(video: str, days_ago: float = 1, likes: str = "12", views: str = "345", text: str = "Words") -> str:
    at = (NOON - timedelta(days=days_ago)).isoformat()
    return f"""<entry><id>yt:video:{video}</id><yt:videoId>{video}</yt:videoId><yt:channelId>{CHANNEL}</yt:channelId>
      <title>Tea &amp; {video} #Leaves</title><link rel="alternate" href="https://www.youtube.com/shorts/{video}"/>
      <author><name>Ada Invented</name><uri>https://www.youtube.com/channel/{CHANNEL}</uri></author>
      <published>{at}</published><updated>{NOON.isoformat()}</updated>
      <media:group><media:title>Tea</media:title>
        <media:content url="https://www.youtube.com/v/{video}?version=3" type="application/x-shockwave-flash"
          width="640" height="390"/>
        <media:thumbnail url="https://i1.ytimg.com/vi/{video}/hqdefault.jpg" width="480" height="360"/>
        <media:description>{text}</media:description>
        <media:community><media:starRating count="{likes}" average="5.00" min="1" max="5"/>
          <media:statistics views="{views}"/></media:community></media:group></entry>"""


def feed(*entries: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
  xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="http://www.youtube.com{PATH}"/>
  <id>yt:channel:{CHANNEL[2:]}</id><yt:channelId>{CHANNEL[2:]}</yt:channelId><title>Ada Invented</title>
  <link rel="alternate" href="https://www.youtube.com/channel/{CHANNEL}"/>
  <author><name>Ada Invented</name><uri>https://www.youtube.com/channel/{CHANNEL}</uri></author>
  <published>2010-01-01T00:00:00+00:00</published>{"".join(entries)}</feed>"""


def channel(key: str = f"channel/{CHANNEL}", user_id: str | None = CHANNEL, remembered: str | None = None) -> Target:
    profile = Profile(Platform.YOUTUBE, key, f"https://www.youtube.com/{key}", None, ProfileKind.ACCOUNT, user_id)
    return Target(key, MONTH, profile=profile, remembered=remembered)


def test_a_video_is_the_row_that_the_api_gives() -> None:
    text = "Thanks to @bob\nand &lt;3 #tea"
    with site({PATH: found(feed(entry("AAAAAAAAA-1", 2, text=text), entry("AAAAAAAAA_2")))}) as (asked, url):
        collected = collect(SOURCE, url, channel())
    assert asked.asked == [PATH]
    assert collected.ids(SOURCE) == ["AAAAAAAAA-1", "AAAAAAAAA_2"]
    assert collected.posts(SOURCE)[0] == Post(
        platform="youtube",
        post_id="AAAAAAAAA-1",
        url="https://www.youtube.com/watch?v=AAAAAAAAA-1",
        kind="video",
        author_key=f"channel/{CHANNEL}",
        author_handle=None,
        author_id=CHANNEL,
        author_name="Ada Invented",
        author_url=f"https://www.youtube.com/channel/{CHANNEL}",
        title="Tea & AAAAAAAAA-1 #Leaves",
        text="Thanks to @bob\nand <3 #tea",
        posted_at=NOON - timedelta(days=2),
        collected_at=NOON,
        hashtags=["tea", "Leaves"],
        mentions=["@bob"],
        media=json.dumps(
            [
                {
                    "type": "video",
                    "url": "https://www.youtube.com/watch?v=AAAAAAAAA-1",
                    "preview_url": "https://i1.ytimg.com/vi/AAAAAAAAA-1/hqdefault.jpg",
                    "width": 640,
                    "height": 390,
                }
            ],
            separators=(",", ":"),
        ).encode(),
        like_count=12,
        comment_count=None,
        share_count=None,
        view_count=345,
        save_count=None,
        reposted_from=None,
        feed_key="in/asked",
        repairs=None,
    )


def test_a_channel_is_named_by_its_id_alone() -> None:
    with site({PATH: found(feed(entry("AAAAAAAAA_1")))}) as (_, url):
        assert collect(SOURCE, url, channel(user_id=None)).ids(SOURCE) == ["AAAAAAAAA_1"]
        assert collect(SOURCE, url, channel("@ada", CHANNEL)).ids(SOURCE) == ["AAAAAAAAA_1"]
        for key in ("@ada", "c/ada", "user/ada", "channel/UCshort"):
            with pytest.raises(ValueError, match="needs the channel's id"):
                collect(SOURCE, url, channel(key, None))
        with pytest.raises(ValueError, match="cannot be searched"):
            collect(SOURCE, url, Target("search:tea", MONTH, search=Search(("tea",))))
        stranger = Profile(Platform.X, "ada", "https://x.com/ada", "ada", ProfileKind.ACCOUNT)
        with pytest.raises(ValueError, match="not on youtube"):
            collect(SOURCE, url, Target("ada", MONTH, profile=stranger))


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_missing_feed_is_no_proof(status: int) -> None:
    with site({PATH: (status, {}, b"<html>Error</html>")}) as (_, url):
        collected = collect(SOURCE, url, channel())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.SERVER


def test_a_channel_without_videos_is_a_result() -> None:
    with site({PATH: found(feed())}) as (_, url):
        collected = collect(SOURCE, url, channel())
    assert collected.error is None
    assert [page.items for page in collected.pages] == [[]]


ENTRY = {"id": "yt:video:AAAAAAAAA_1", "published": "2026-11-20T10:00:00+00:00"}


def mapped(**changes: Any) -> Post | Rejected | None:
    line = item_line("channel/x", NOON, json.dumps({**ENTRY, **changes}).encode())
    return SOURCE.mapping.map_line(line[:-1], last=False)


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({}, "post_id", "AAAAAAAAA_1"),
        ({}, "posted_at", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ({}, "like_count", None),
        ({}, "author_key", None),
        ({"feed": {"key": f"channel/{CHANNEL}"}}, "author_key", f"channel/{CHANNEL}"),
        ({"yt_channelid": CHANNEL}, "author_id", CHANNEL),
        ({"yt_channelid": CHANNEL[2:]}, "author_id", None),
        ({"media_statistics": {"views": "0"}}, "view_count", 0),
        ({"media_starrating": {"count": "-1"}}, "repairs", ["like_count: '-1' is no count"]),
        ({"summary": "a <b> c", "summary_detail": {"type": "text/html"}}, "text", "a <b> c"),
    ],
)
def test_each_field_by_itself(changes: dict[str, Any], field: str, expected: object) -> None:
    assert getattr(mapped(**changes), field) == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "https://www.youtube.com/"}, RejectReason.NO_ID),
        ({"id": None}, RejectReason.NO_ID),
        ({"published": None}, RejectReason.NO_TIME),
    ],
)
def test_what_cannot_be_a_row_is_rejected(changes: dict[str, Any], reason: RejectReason) -> None:
    found = mapped(**changes)
    assert isinstance(found, Rejected)
    assert found.reason is reason


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    assert isinstance(SOURCE.mapping.map_line(line, last), Rejected)
