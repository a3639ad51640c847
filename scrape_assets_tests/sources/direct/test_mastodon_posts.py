"""Mastodon's statuses as posts: boosts, quotes, media, the dialects of other servers, and what is no post."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.mastodon import SOURCE
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.mastodon_server import account, status

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "mastodon"
URI = "https://social.example/users/jo/statuses/900"


def mapped(given_status: object, collected_at: datetime = NOON) -> Post | Rejected | None:
    line = item_line("jo@social.example", collected_at, json.dumps(given_status).encode())
    return SOURCE.mapping.map_line(line[:-1], False)


def post(**changes: Any) -> Post:
    result = mapped(status(900, **changes))
    assert isinstance(result, Post), result
    return result


def test_every_field_arrives() -> None:
    found = post(
        content='<p>Hi <span class="h-card"><a href="https://b.example/@kim" class="u-url mention">@<span>kim</span>'
        '</a></span><br />see <a href="https://example.com/page"><span class="invisible">https://</span>'
        '<span class="">example.com/page</span></a> &amp; <a href="https://social.example/tags/rain" '
        'class="mention hashtag">#<span>rain</span></a></p>',
        spoiler_text="weather",
        mentions=[{"id": "2", "username": "kim", "acct": "kim@b.example", "url": "https://b.example/@kim"}],
        tags=[{"name": "rain", "url": "…"}, {"name": "Rain"}],
        card={
            "url": "https://example.com/page",
            "title": "A page",
            "image": "https://example.com/i.png",
            "type": "link",
        },
        media_attachments=[
            {
                "id": "1",
                "type": "gifv",
                "url": "https://files.example/1.mp4",
                "preview_url": "https://files.example/1.png",
                "remote_url": None,
                "meta": {"original": {"width": 640, "height": 360, "duration": 2.5, "frame_rate": "25/1"}},
                "description": "A cat",
            },
            {"id": "2", "type": "unknown", "url": None, "remote_url": "https://far.example/x.bin", "meta": None},
        ],
    )
    assert found._asdict() == {
        "platform": "mastodon",
        "post_id": URI,
        "url": "https://social.example/@jo/900",
        "kind": "post",
        "author_key": "jo@social.example",
        "author_handle": "jo@social.example",
        "author_id": "https://social.example/users/jo",
        "author_name": "Jo :blobcat:",
        "author_url": "https://social.example/@jo",
        "title": "weather",
        "text": "Hi @kim\nsee https://example.com/page & #rain",
        "posted_at": datetime(2026, 11, 17, 8, tzinfo=UTC),
        "collected_at": NOON,
        "hashtags": ["rain"],
        "mentions": ["kim@b.example"],
        "media": found.media,
        "like_count": 3,
        "comment_count": 1,
        "share_count": 2,
        "view_count": None,
        "save_count": None,
        "reposted_from": None,
        "feed_key": "jo@social.example",
        "repairs": None,
        "language": "en",
        "reply_to": None,
        "quote_of": None,
        "latitude": None,
        "longitude": None,
        "tagged": None,
    }
    assert json.loads(found.media or b"") == [
        {
            "type": "video",
            "url": "https://files.example/1.mp4",
            "preview_url": "https://files.example/1.png",
            "width": 640,
            "height": 360,
            "duration": 2.5,
            "alt": "A cat",
        },
        {"type": "link", "url": "https://far.example/x.bin"},
        {
            "type": "link",
            "url": "https://example.com/page",
            "preview_url": "https://example.com/i.png",
            "alt": "A page",
        },
    ]


def test_a_boost_is_the_boosters_with_the_words_of_the_original_and_no_counts() -> None:
    original = status(1, account=account("kim", "b.example", remote=True), content="<p>Mine</p>") | {
        "uri": "https://b.example/users/kim/statuses/1",
        "tags": [{"name": "rain"}],
        "in_reply_to_id": "5",
        "quote": {"state": "accepted", "quoted_status": {"uri": "https://c.example/1"}},
    }
    zeros = {"replies_count": 0, "reblogs_count": 0, "favourites_count": 0}
    found = post(reblog=original, content="", uri=f"{URI}/activity", **zeros)
    assert (found.post_id, found.kind, found.author_key) == (f"{URI}/activity", "repost", "jo@social.example")
    assert found.reposted_from == "https://b.example/users/kim/statuses/1"
    assert (found.text, found.hashtags) == ("Mine", ["rain"])
    assert (found.like_count, found.comment_count, found.share_count) == (None, None, None)
    assert found.posted_at == datetime(2026, 11, 17, 8, tzinfo=UTC)


def test_the_same_status_seen_from_two_servers_is_one_post_of_one_author() -> None:
    at_home = post()
    elsewhere = post(id="777", account=account(remote=True) | {"id": "3"})
    assert at_home == elsewhere


@pytest.mark.parametrize(
    ("quote", "kind", "quote_of"),
    [
        (
            {"state": "accepted", "quoted_status": {"uri": "https://b.example/1", "id": "9"}},
            "quote",
            "https://b.example/1",
        ),
        ({"state": "pending", "quoted_status": None}, "quote", None),
        ({"id": "9", "uri": "https://b.example/2"}, "quote", "https://b.example/2"),  # Akkoma
        (None, "post", None),
    ],
)
def test_quotes(quote: object, kind: str, quote_of: str | None) -> None:
    found = post(quote=quote)
    assert (found.kind, found.quote_of) == (kind, quote_of)


def test_a_reply_is_one_though_what_it_answers_has_a_number_of_this_server_only() -> None:
    found = post(in_reply_to_id="899", quote={"uri": "https://b.example/2"})
    assert (found.kind, found.reply_to, found.quote_of) == ("reply", None, "https://b.example/2")


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ({"url": "https://social.example/@Jo"}, "jo@social.example"),
        ({"url": "https://pleroma.example/users/jo", "acct": "jo@pleroma.example"}, "jo@pleroma.example"),
        ({"url": "https://bridge.example/r/https://x.example/", "acct": "jo.x@bridge.example"}, "jo.x@bridge.example"),
        ({"url": None, "acct": "jo"}, "jo@social.example"),
        ({"url": None, "acct": None, "uri": None}, None),
        ({"url": "not [an address", "acct": "", "uri": "http://[broken"}, None),
    ],
)
def test_authors_of_all_kinds_of_servers(who: dict[str, object], key: str | None) -> None:
    assert post(account=account() | who).author_key == key


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"uri": None}, RejectReason.NO_ID),
        ({"uri": "  "}, RejectReason.NO_ID),
        ({"uri": 7}, RejectReason.NO_ID),
        ({"uri": "https://social.example/" + "x" * 1000}, RejectReason.NO_ID),
        ({"created_at": None}, RejectReason.NO_TIME),
        ({"created_at": "yesterday"}, RejectReason.NO_TIME),
        ({"created_at": 1700000000}, RejectReason.NO_TIME),
        ({"created_at": "0001-01-01T00:00:00Z"}, RejectReason.IMPLAUSIBLE_TIME),
        ({"created_at": "2030-01-01T00:00:00Z"}, RejectReason.IMPLAUSIBLE_TIME),
    ],
)
def test_a_status_without_key_or_time_is_none(changes: dict[str, Any], reason: RejectReason) -> None:
    result = mapped(status(900, **changes))
    assert isinstance(result, Rejected)
    assert result.reason is reason
    assert result.input_url == "jo@social.example"


@pytest.mark.parametrize(
    ("changes", "lost", "note"),
    [
        ({"favourites_count": -1}, {"like_count": None}, "like_count: -1 is no count"),
        ({"replies_count": "many"}, {"comment_count": None}, "comment_count: 'many' is no count"),
        ({"content": 7}, {"text": None}, "content: Expected `str | null`, got `int`"),
        ({"account": account() | {"display_name": 7}}, {"author_name": "jo"}, "account.display_name: "),
        ({"account": "jo"}, {"author_key": None, "author_name": None}, "account: "),
        ({"tags": [{"name": "rain"}, 7, {"name": 8}, None]}, {"hashtags": ["rain"]}, "tags[1]: "),
        ({"mentions": {"0": {"acct": "kim"}}}, {"mentions": None}, "mentions: "),
        (
            {"media_attachments": [{"type": "image", "url": "https://files.example/1", "meta": []}]},
            {"media": b'[{"type":"image","url":"https://files.example/1"}]'},
            "media_attachments[0].meta: ",
        ),
        ({"reblog": "x"}, {"kind": "post", "like_count": 3}, "reblog: "),
    ],
)
def test_a_bad_field_costs_that_field(changes: dict[str, Any], lost: dict[str, object], note: str) -> None:
    found = post(**changes)
    assert {name: getattr(found, name) for name in lost} == lost
    assert found.post_id == URI
    assert found.repairs is not None
    assert found.repairs[0].startswith(note)


@pytest.mark.parametrize(
    "size", [{"width": "640"}, {"width": -1}, {"width": 1e400, "height": True}, {"width": 10**30, "duration": -2}, {}]
)
def test_nonsensical_sizes_are_left_out(size: dict[str, object]) -> None:
    attachment = {"type": "image", "url": "https://files.example/1", "meta": {"original": size}}
    assert post(media_attachments=[attachment]).media == b'[{"type":"image","url":"https://files.example/1"}]'


def test_broken_letters_cost_the_letters() -> None:
    raw = json.dumps(status(900, content="<p>caf#</p>")).encode().replace(b"#", b"\xe9")
    result = SOURCE.mapping.map_line(item_line("k", NOON, raw)[:-1], False)
    assert isinstance(result, Post)
    assert result.text == "caf\ufffd"


def test_a_document_is_no_post() -> None:
    assert SOURCE.mapping.map_line(document_line("k", NOON, "<html>"), False) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.binary(), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    assert isinstance(SOURCE.mapping.map_line(line, last), Post | Rejected | None)
    assert isinstance(SOURCE.mapping.map_line(item_line("k", NOON, line), last), Post | Rejected | None)


@given(
    st.dictionaries(st.sampled_from(sorted(status(1))), json_values), st.sampled_from(sorted(account())), json_values
)
def test_no_status_raises(changes: dict[str, Any], name: str, value: object) -> None:
    changed = status(1, account=account() | {name: value}) | changes
    assert isinstance(mapped(changed), Post | Rejected)
    assert isinstance(mapped(status(2, reblog=changed)), Post | Rejected)


def test_every_recorded_status_is_a_post() -> None:
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded answers: there is no folder {RECORDED}")
    bodies = [(RECORDED / f"tag_timeline_page.{page}.json").read_bytes() for page in range(4)]
    items = [bytes(item) for body in bodies for item in msgspec.json.decode(body, type=list[msgspec.Raw])]
    items.append((RECORDED / "status.json").read_bytes())
    lines = [item_line("search:x", datetime(2025, 7, 18, tzinfo=UTC), item) for item in items]
    found = [result for line in lines if isinstance(result := SOURCE.mapping.map_line(line[:-1], False), Post)]
    assert len(found) == 161
    assert len({one.post_id for one in found}) == 161
    assert all(one.author_key and one.author_url and one.text and one.url and not one.repairs for one in found)
    assert not any("</" in (one.text or "") for one in found)
