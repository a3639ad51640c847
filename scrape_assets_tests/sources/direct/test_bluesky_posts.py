"""Entries of Bluesky's feeds as posts: facets, embeds, reposts, times that authors write, and what is no post."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.bluesky import SOURCE
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets_tests.sources.direct.bluesky_server import DID, OTHER, author, facet, iso, repost, uri, view
from scrape_assets_tests.sources.direct.collecting import NOON

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "bluesky"
AT = datetime(2026, 11, 17, 8, tzinfo=UTC)  # of number 900


def mapped(entry: object, collected_at: datetime = NOON) -> Post | Rejected | None:
    line = item_line("jo.example.com", collected_at, json.dumps(entry).encode())
    return SOURCE.mapping.map_line(line[:-1], False)


def post(record: dict[str, Any] | None = None, reason: dict[str, Any] | None = None, **changes: Any) -> Post:
    entry = {"post": view(900, record=record, **changes)} | ({"reason": reason} if reason else {})
    result = mapped(entry)
    assert isinstance(result, Post), result
    return result


def test_every_field_arrives() -> None:
    text = "Grüße an @kim.example.com 🌧 #Rain\nexample.com/a/lo... und hier"
    found = post(
        {
            "text": text,
            "langs": ["de", "en"],
            "tags": ["weather", "rain"],
            "facets": [
                facet(text, "hier", uri="https://example.com/here"),
                facet(text, "example.com/a/lo...", uri="https://example.com/a/long"),
                facet(text, "#Rain", tag="Rain"),
                facet(text, "@kim.example.com", did=OTHER),
            ],
        },
        embed={
            "$type": "app.bsky.embed.external#view",
            "external": {
                "uri": "https://example.com/a/long",
                "title": "A page",
                "description": "…",
                "thumb": "https://cdn.example/t",
            },
        },
    )
    assert found._asdict() == {
        "platform": "bluesky",
        "post_id": uri(900),
        "url": f"https://bsky.app/profile/{DID}/post/3k00000000900",
        "kind": "post",
        "author_key": "jo.example.com",
        "author_handle": "jo.example.com",
        "author_id": DID,
        "author_name": "Jo",
        "author_url": "https://bsky.app/profile/jo.example.com",
        "title": None,
        "text": "Grüße an @kim.example.com 🌧 #Rain\nhttps://example.com/a/long und hier (https://example.com/here)",
        "posted_at": AT,
        "collected_at": NOON,
        "hashtags": ["Rain", "weather"],
        "mentions": ["kim.example.com"],
        "media": found.media,
        "like_count": 3,
        "comment_count": 1,
        "share_count": 2,
        "view_count": None,
        "save_count": 5,
        "reposted_from": None,
        "feed_key": "jo.example.com",
        "repairs": None,
        "language": "de",
        "reply_to": None,
        "quote_of": None,
        "latitude": None,
        "longitude": None,
        "tagged": None,
    }
    assert json.loads(found.media or b"") == [
        {
            "type": "link",
            "url": "https://example.com/a/long",
            "preview_url": "https://cdn.example/t",
            "alt": "A page",
        }
    ]


QUOTED = f"at://{OTHER}/app.bsky.feed.post/3kq"
PICTURE = {"thumb": "https://cdn.example/t", "fullsize": "https://cdn.example/f", "alt": ""}
IMAGE = {"type": "image", "url": "https://cdn.example/f", "preview_url": "https://cdn.example/t"}


@pytest.mark.parametrize(
    ("embed", "kind", "quote_of", "media"),
    [
        (
            {"images": [PICTURE | {"aspectRatio": {"width": 4, "height": 3}}]},
            "post",
            None,
            [IMAGE | {"width": 4, "height": 3}],
        ),
        (
            {"items": [{"thumbnail": "https://cdn.example/t", "fullsize": "https://cdn.example/f", "alt": "A cat"}]},
            "post",
            None,
            [IMAGE | {"alt": "A cat"}],
        ),
        (
            {"cid": "b", "playlist": "https://video.example/p.m3u8", "aspectRatio": {"width": "4", "height": 3}},
            "post",
            None,
            [{"type": "video", "url": "https://video.example/p.m3u8"}],
        ),
        ({"record": {"uri": QUOTED, "value": {"text": "theirs"}}}, "quote", QUOTED, None),
        ({"record": {"uri": QUOTED, "notFound": True}}, "quote", QUOTED, None),
        ({"record": {"record": {"uri": QUOTED}}, "media": {"images": [PICTURE]}}, "quote", QUOTED, [IMAGE]),
        ({"record": {"uri": f"at://{OTHER}/app.bsky.feed.generator/x"}}, "post", None, None),
        (
            {"record": {"uri": f"at://{OTHER}/app.bsky.graph.starterpack/x", "record": {"name": "x"}}},
            "post",
            None,
            None,
        ),
        ({"$type": "app.bsky.embed.unheardOf#view", "thing": [1]}, "post", None, None),
    ],
)
def test_embeds(embed: dict[str, Any], kind: str, quote_of: str | None, media: list[dict[str, Any]] | None) -> None:
    found = post(embed=embed)
    assert (found.kind, found.quote_of) == (kind, quote_of)
    assert (json.loads(found.media) if found.media else None) == media
    assert found.repairs is None


def test_a_reply_names_what_it_answers_and_may_quote_as_well() -> None:
    parent = f"at://{OTHER}/app.bsky.feed.post/3kp"
    reply = {"root": {"uri": uri(1), "cid": "b"}, "parent": {"uri": parent, "cid": "b"}}
    found = post({"reply": reply}, embed={"record": {"uri": QUOTED}})
    assert (found.kind, found.reply_to, found.quote_of) == ("reply", parent, QUOTED)


def test_a_repost_with_an_address_is_a_row_of_the_reposters() -> None:
    own = f"at://{DID}/app.bsky.feed.repost/3kr"
    kim = author(OTHER, "kim.example.com", "Kim")
    found = post({"text": "theirs"}, repost(NOON - timedelta(hours=1), own), author=kim, uri=uri(900, OTHER))
    assert (found.post_id, found.kind, found.reposted_from) == (own, "repost", uri(900, OTHER))
    assert (found.author_key, found.posted_at) == ("jo.example.com", NOON - timedelta(hours=1))
    assert (found.text, found.like_count, found.save_count) == ("theirs", None, None)
    assert found.url == f"https://bsky.app/profile/{OTHER}/post/3k00000000900"


def test_a_repost_without_one_is_the_original_by_its_true_author() -> None:
    kim = author(OTHER, "kim.example.com", "Kim")
    found = post(None, repost(NOON - timedelta(hours=1)), author=kim, uri=uri(900, OTHER))
    assert (found.post_id, found.kind, found.reposted_from) == (uri(900, OTHER), "post", None)
    assert (found.author_key, found.posted_at, found.like_count) == ("kim.example.com", AT, 3)
    assert found.feed_key == "jo.example.com"


@pytest.mark.parametrize(
    ("who", "key", "author_id"),
    [
        ({"did": DID, "handle": "Jo.Example.COM"}, "jo.example.com", DID),
        ({"did": DID, "handle": "handle.invalid"}, DID, DID),
        ({"did": DID}, DID, DID),
        ({"handle": "no handle"}, None, None),
        (None, None, None),
    ],
)
def test_authors(who: object, key: str | None, author_id: str | None) -> None:
    found = post(author=who)
    assert (found.author_key, found.author_id) == (key, author_id)


@pytest.mark.parametrize(
    ("created", "indexed", "posted_at", "repaired"),
    [
        ("2026-11-17T08:00:00.561858Z", "2026-11-17T08:00:02Z", AT + timedelta(microseconds=561858), False),
        ("2026-11-17T08:00:00.5618581234Z", "2026-11-17T08:00:02Z", AT + timedelta(microseconds=561858), False),
        ("2026-11-17T10:00:00+02:00", "2026-11-17T08:00:02Z", AT, False),
        ("2026-11-17T08:00:09Z", "2026-11-17T08:00:00Z", AT, False),  # its clock runs ahead
        ("2019-01-01T00:00:00Z", "2026-11-17T08:00:00Z", datetime(2019, 1, 1, tzinfo=UTC), False),  # brought along
        ("2031-01-01T00:00:00Z", "2026-11-17T08:00:00Z", AT, True),
        ("0001-01-01T00:00:00Z", "2026-11-17T08:00:00Z", AT, True),
        ("nonsense", "2026-11-17T08:00:00Z", AT, False),
        ("2026-11-17T08:00:00Z", None, AT, False),
    ],
)
def test_posted_at_is_the_earlier_of_the_authors_word_and_the_first_sight(
    created: str, indexed: str | None, posted_at: datetime, repaired: bool
) -> None:
    found = post({"createdAt": created}, indexedAt=indexed)
    assert (found.posted_at, bool(found.repairs)) == (posted_at, repaired)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({}, RejectReason.NO_ID),
        ({"post": 7}, RejectReason.NO_ID),
        ({"post": {"uri": "https://bsky.app/x"}}, RejectReason.NO_ID),
        ({"post": view(1, uri="at://" + "x" * 1000)}, RejectReason.NO_ID),
        ({"post": view(1, record={"createdAt": None}, indexedAt=None)}, RejectReason.NO_TIME),
        (
            {"post": view(1, record={"createdAt": "0001-01-01T00:00:00Z"}, indexedAt=None)},
            RejectReason.IMPLAUSIBLE_TIME,
        ),
        ({"post": view(1), "reason": repost(NOON, uri(7)) | {"indexedAt": "?"}}, RejectReason.NO_TIME),
    ],
)
def test_an_entry_without_key_or_time_is_none(entry: object, reason: RejectReason) -> None:
    result = mapped(entry)
    assert isinstance(result, Rejected)
    assert (result.reason, result.input_url) == (reason, "jo.example.com")


@pytest.mark.parametrize(
    ("changes", "lost", "note"),
    [
        ({"likeCount": "many"}, {"like_count": None}, "like_count: 'many' is no count"),
        ({"author": author() | {"displayName": 7}}, {"author_name": None}, "post.author.displayName: "),
        ({"record": {"text": 7}}, {"text": None, "posted_at": AT}, "post.record.text: "),
        (
            {"record": {"facets": [7, {"index": 7, "features": [{"tag": "rain"}]}]}},
            {"hashtags": ["rain"]},
            "post.record.f",
        ),
        ({"record": {"langs": "en"}}, {"language": None}, "post.record.langs: "),
        ({"embed": {"images": [PICTURE, "x"], "record": 7}}, {"kind": "post"}, "post.embed.record: "),
    ],
)
def test_a_bad_field_costs_that_field(changes: dict[str, Any], lost: dict[str, object], note: str) -> None:
    found = post(**changes)
    assert {name: getattr(found, name) for name in lost} == lost
    assert found.repairs is not None
    assert any(repair.startswith(note) for repair in found.repairs), found.repairs


def test_a_document_is_no_post() -> None:
    assert SOURCE.mapping.map_line(document_line("k", NOON, "<html>"), False) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)
names = st.sampled_from(["text", "createdAt", "facets", "langs", "tags", "reply", "embed"])


@given(st.binary(), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    assert isinstance(SOURCE.mapping.map_line(line, last), Post | Rejected | None)
    assert isinstance(SOURCE.mapping.map_line(item_line("k", NOON, line), last), Post | Rejected | None)


@given(st.dictionaries(names, json_values), st.dictionaries(st.sampled_from(sorted(view(1))), json_values))
def test_no_entry_raises(record: dict[str, Any], changes: dict[str, Any]) -> None:
    changed = view(1, record=record) | changes
    assert isinstance(mapped({"post": changed}), Post | Rejected)
    assert isinstance(mapped({"post": changed, "reason": repost(NOON, uri(7))}), Post | Rejected)


def test_every_recorded_entry_is_a_post() -> None:
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded answers: there is no folder {RECORDED}")
    body = (RECORDED / "author_feed.json").read_bytes()
    entries = msgspec.json.decode(
        bytes(msgspec.json.decode(body, type=dict[str, msgspec.Raw])["feed"]), type=list[msgspec.Raw]
    )
    collected_at = datetime(2025, 5, 19, 18, tzinfo=UTC)
    lines = [item_line("k", collected_at, bytes(entry)) for entry in entries]
    found = [result for line in lines if isinstance(result := SOURCE.mapping.map_line(line[:-1], False), Post)]
    assert len(found) == len({one.post_id for one in found}) == 50
    assert all(one.author_key and one.author_id and one.text and one.url and not one.repairs for one in found)
    assert sum(one.author_key != found[0].author_key for one in found) == 7  # the originals of reposts
    assert iso(found[0].posted_at or NOON) == "2025-05-05T01:30:17.912Z"
