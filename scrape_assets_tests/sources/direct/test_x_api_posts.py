"""Items of X's API as posts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.pieces import objects, read_answer
from scrape_assets.sources.direct.x import SOURCE
from scrape_assets.sources.direct.x_answer import ANSWERS, XItems, referring
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.x_asking import PHOTO, mapped, read
from scrape_assets_tests.sources.direct.x_server import minutes_ago, tweet

RECORDED = Path(__file__).parents[4] / "shared/recorded/x/user_tweets_p1_has_next.json"
WHEN = minutes_ago(30)


def test_a_plain_post() -> None:
    post = tweet(WHEN, 1)
    assert read(post) == Post(
        platform="x",
        post_id=post["id"],
        url=f"https://x.com/ada_l/status/{post['id']}",
        kind="post",
        author_key="ada_l",
        author_handle="ada_l",
        author_id="7001",
        author_name="Ada L. 🌱",
        author_url="https://x.com/ada_l",
        title=None,
        text="Words of 1 & more",
        posted_at=WHEN,
        collected_at=NOON,
        hashtags=None,
        mentions=None,
        media=None,
        like_count=3,
        comment_count=2,
        share_count=1,
        view_count=600,
        save_count=5,
        reposted_from=None,
        feed_key="ada_l",
        repairs=None,
        language="en",
    )


def test_the_new_names_are_read_like_the_old() -> None:
    counts = {"repost_count": 1, "reply_count": 2, "like_count": 3, "bookmark_count": 5, "impression_count": 600}
    references = [{"type": "quoted", "id": "11"}]
    old = tweet(WHEN, 1, referenced_tweets=references, note_tweet={"text": "long"})
    new = tweet(WHEN, 1, referenced_posts=references, public_metrics=counts, note_post={"text": "long"})
    assert read(new) == read(old)


@pytest.mark.parametrize(
    ("fields", "kind", "reply_to", "quote_of"),
    [
        ({"referenced_tweets": [{"type": "replied_to", "id": "11"}]}, "reply", "11", None),
        ({"referenced_tweets": [{"type": "quoted", "id": "12"}]}, "quote", None, "12"),
        (
            {"referenced_tweets": [{"type": "quoted", "id": "12"}, {"type": "replied_to", "id": "11"}]},
            "reply",
            "11",
            "12",
        ),
        ({"in_reply_to_user_id": "5"}, "reply", None, None),
        ({"referenced_tweets": []}, "post", None, None),
    ],
)
def test_kinds(fields: dict[str, Any], kind: str, reply_to: str | None, quote_of: str | None) -> None:
    post = read(tweet(WHEN, **fields))
    assert (post.kind, post.reply_to, post.quote_of) == (kind, reply_to, quote_of)


@pytest.mark.parametrize(("field", "word"), [("referenced_tweets", "retweeted"), ("referenced_posts", "reposted")])
def test_a_repost_has_the_whole_of_its_original_and_no_counts(field: str, word: str) -> None:
    original = tweet(
        minutes_ago(90),
        7,
        author_id="8",
        text="The whole &lt;text&gt; #Tea",
        entities={"hashtags": [{"tag": "Tea"}], "mentions": [{"username": "Bo_B"}]},
        attachments={"media_keys": ["3_9"]},
    )
    repost = tweet(WHEN, 1, text="RT @bo: The wh…", **{field: [{"type": word, "id": original["id"]}]})
    post = read(repost, tweets=[original], media=[PHOTO])
    assert (post.kind, post.reposted_from, post.text) == ("repost", original["id"], "The whole <text> #Tea")
    assert (post.author_key, post.posted_at) == ("ada_l", WHEN)
    assert (post.hashtags, post.mentions) == (["Tea"], ["bo_b"])
    assert post.media is not None
    assert (post.like_count, post.comment_count, post.share_count, post.view_count, post.save_count) == (None,) * 5
    assert read(repost).text == "RT @bo: The wh…"  # the original is gone


def test_a_long_text_is_whole() -> None:
    note = {"text": "All of it", "entities": {"hashtags": [{"tag": "End"}]}}
    post = read(tweet(WHEN, text="All…", note_tweet=note))
    assert (post.text, post.hashtags) == ("All of it", ["End"])


@pytest.mark.parametrize("code", ["und", "zxx", "qme", "qht", "art", None])
def test_a_text_without_words_has_no_language(code: str | None) -> None:
    assert read(tweet(WHEN, lang=code)).language is None


def test_an_author_who_is_not_described_is_known_by_number() -> None:
    post = tweet(WHEN, author_id="99")
    found = read(post)
    assert (found.author_key, found.author_id, found.author_name) == ("id/99", "99", None)
    assert found.url == f"https://x.com/i/status/{post['id']}"


def test_views_that_were_not_counted_yet_are_not_zero() -> None:
    metrics = {"like_count": 3, "impression_count": 0}
    assert read(tweet(WHEN, public_metrics=metrics)).view_count is None
    assert read(tweet(WHEN, public_metrics={"like_count": 0, "impression_count": 0})).view_count == 0


def test_counts_that_are_not_given_are_missing() -> None:
    post = read(tweet(WHEN, public_metrics=None))
    assert (post.like_count, post.comment_count, post.share_count, post.view_count) == (None,) * 4


@pytest.mark.parametrize(
    ("fields", "spoiled"),
    [
        ({"text": 5}, "text"),
        ({"public_metrics": {"like_count": "many", "reply_count": 2}}, "like_count"),
        ({"entities": {"hashtags": "none"}}, "entities"),
        ({"geo": [5]}, "geo"),
        ({"lang": {"code": "en"}}, "lang"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"attachments": {"media_keys": {"a": 1}}}, "attachments"),
    ],
)
def test_one_bad_field_costs_that_field(fields: dict[str, Any], spoiled: str) -> None:
    post = read(tweet(WHEN, 3) | fields)
    assert post.repairs is not None
    assert spoiled in " ".join(post.repairs)
    assert post.posted_at == WHEN
    assert post.comment_count == 2


def test_a_broken_list_beside_the_post_costs_that_list() -> None:
    post = read(tweet(WHEN, attachments={"media_keys": ["3_9"]}), media="none")
    assert (post.author_key, post.media) == ("ada_l", None)
    assert post.repairs is not None


@pytest.mark.parametrize(
    ("post", "reason"),
    [
        (tweet(WHEN, id=None), RejectReason.NO_ID),
        (tweet(WHEN, id="abc"), RejectReason.NO_ID),
        (tweet(WHEN, id="12345", created_at=None), RejectReason.NO_TIME),
        (tweet(WHEN, id="12345", created_at="1999-01-01T00:00:00.000Z"), RejectReason.IMPLAUSIBLE_TIME),
        (tweet(NOON + timedelta(days=3)), RejectReason.IMPLAUSIBLE_TIME),
        ("words", RejectReason.NOT_AN_OBJECT),
        (None, RejectReason.NOT_AN_OBJECT),
        (tweet(WHEN, id={}), RejectReason.NO_ID),
        (tweet(WHEN, id=[5]), RejectReason.BAD_FIELD),
    ],
)
def test_rejects(post: Any, reason: RejectReason) -> None:
    found = mapped(post)
    assert isinstance(found, Rejected)
    assert found.reason is reason


def test_the_time_in_the_id_wins() -> None:
    post = read(tweet(WHEN, created_at="2026-11-20T01:00:00.000Z"))
    assert post.posted_at == WHEN
    assert post.repairs is not None


def test_counted_ids_of_the_first_years_have_the_stated_time() -> None:
    post = read(tweet(WHEN, id="20", created_at="2006-03-21T20:50:14.000Z"))
    assert post.posted_at == datetime(2006, 3, 21, 20, 50, 14, tzinfo=UTC)


def test_a_document_is_no_record() -> None:
    assert SOURCE.mapping.map_line(document_line("k", NOON, "<html>")[:-1], last=False) is None


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_mapped_without_an_error(line: bytes, last: bool) -> None:
    SOURCE.mapping.map_line(line, last)
    SOURCE.mapping.map_line(item_line("k", NOON, line), last)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(sorted([*tweet(WHEN), "geo", "entities", "attachments", "referenced_tweets"])), ANYTHING)
def test_any_value_of_a_field_is_mapped_without_an_error(field: str, value: Any) -> None:
    mapped(tweet(WHEN) | {field: value})
    mapped(tweet(WHEN), **{"media": value, "places": value})


def test_all_recorded_posts_are_mapped() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers of X are not on this machine")
    answer = read_answer(ANSWERS, Answer(200, {}, RECORDED.read_bytes()))
    made = XItems(answer)
    items = [made.item(piece, referring(piece)) for piece in objects(answer.data)]
    found = [SOURCE.mapping.map_line(item_line("k", NOON, item)[:-1], last=False) for item in items]
    posts = [post for post in found if isinstance(post, Post)]
    assert len(posts) == len(items) == 99
    assert not any(post.repairs for post in posts)
    for field in ("author_key", "author_name", "text", "posted_at", "url"):
        assert all(getattr(post, field) for post in posts)
    assert sum(post.kind == "repost" for post in posts) == 84
    assert all(post.reposted_from for post in posts if post.kind == "repost")
    assert sum(bool(post.hashtags) for post in posts) == 23
