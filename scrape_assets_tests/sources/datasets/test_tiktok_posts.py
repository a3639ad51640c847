"""What a row of the TikTok dataset says, as a post."""

import json
from datetime import UTC, datetime

import pytest

from scrape_assets.posts.model import Post
from scrape_assets_tests.sources.datasets.tiktok_rows import (
    COLLECTED,
    POST_ID,
    POSTED,
    UPLOADED,
    media,
    post,
    row,
    without,
)

SOUND = {"type": "audio", "url": "https://media.example/s.mp3", "preview_url": "https://media.example/c.jpeg"}
VIDEO = {
    "type": "video",
    "url": "https://media.example/v.mp4",
    "preview_url": "https://media.example/p.image",
    "width": 576,
    "duration": 53.0,
}


def test_a_row_becomes_a_post() -> None:
    assert post(row()) == Post(
        platform="tiktok",
        post_id=POST_ID,
        url=f"https://www.tiktok.com/@jane.doe/video/{POST_ID}",
        kind="video",
        author_key="jane.doe",
        author_handle="jane.doe",
        author_id="6700100200300400500",
        author_name="Jane \u2615",
        author_url="https://www.tiktok.com/@jane.doe",
        title=None,
        text="Tea for everybody, @John_Roe #Tea ",
        posted_at=POSTED,
        collected_at=COLLECTED,
        hashtags=["tea"],
        mentions=["ann.onym", "john_roe"],
        media=json.dumps([VIDEO, SOUND], separators=(",", ":")).encode(),
        like_count=12,
        comment_count=0,
        share_count=4,
        view_count=1000,
        save_count=3,
        reposted_from=None,
        feed_key="search:tea",
        repairs=None,
    )


@pytest.mark.parametrize(
    ("asked", "feed_key"),
    [
        ({"url": "https://www.tiktok.com/@Acme?lang=en", "start_date": ""}, "acme"),
        ({"search_keyword": " Winter  tea "}, "search:winter tea"),
        ({"url": "https://www.tiktok.com/discover/tea"}, None),
        (None, None),
    ],
)
def test_the_feed_is_what_was_asked_for_and_the_author_is_not_its_owner(asked: object, feed_key: str | None) -> None:
    found = post(row(discovery_input=asked))
    assert (found.feed_key, found.author_key) == (feed_key, "jane.doe")


@pytest.mark.parametrize(
    "made",
    [
        row(post_id=int(POST_ID)),
        row(post_id=None),
        row(post_id=None, shortcode=None),
        row(post_id=7.6e18, shortcode=[1], url=f"https://www.tiktok.com/@jane.doe/photo/{POST_ID}?is_from_webapp=1"),
    ],
)
def test_the_id_is_read_to_the_last_digit_from_wherever_it_stands(made: dict[str, object]) -> None:
    assert post(made).post_id == POST_ID


@pytest.mark.parametrize(
    ("changes", "key", "handle"),
    [
        ({"profile_url": None}, "jane.doe", "jane.doe"),
        ({"profile_url": None, "account_id": "@Jane.Doe"}, "jane.doe", "jane.doe"),
        # Older rows: no account_id, and the handle for a name.
        ({"profile_url": None, "account_id": None, "profile_username": "jane.doe"}, "jane.doe", "jane.doe"),
        ({"profile_url": None, "account_id": None, "url": None}, None, None),
        ({"profile_url": "https://example.com/", "account_id": "not a name"}, None, "not a name"),
        ({"profile_url": "https://www.tiktok.com/@someone.else"}, "someone.else", "someone.else"),
    ],
)
def test_the_author_is_known_by_profile_else_by_handle(
    changes: dict[str, object], key: str | None, handle: str | None
) -> None:
    found = post(row(**changes))
    assert (found.author_key, found.author_handle) == (key, handle)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"post_type": "video"}, "video"),
        ({"post_type": "content"}, "post"),
        ({"post_type": "something new"}, "post"),
        ({"post_type": None}, "video"),
        ({"post_type": "", "carousel_images": ["https://media.example/1.webp"]}, "post"),
        ({"post_type": None, "url": f"https://www.tiktok.com/@jane.doe/photo/{POST_ID}"}, "post"),
    ],
)
def test_the_kind_is_in_words_common_to_all_platforms(changes: dict[str, object], kind: str) -> None:
    assert post(row(**changes)).kind == kind


@pytest.mark.parametrize(
    ("changes", "moment", "noted"),
    [
        ({"create_time": "2026-09-27T06:29:40"}, POSTED, None),
        ({"create_time": "1790490580"}, POSTED, None),
        ({"create_time": 1790490580}, POSTED, None),
        # Unix seconds read as milliseconds.
        ({"create_time": "1970-01-21T17:21:30.580Z"}, POSTED, "is a thousandth of the time since 1970"),
        ({"create_time": None}, UPLOADED, None),
        ({"create_time": "2d ago"}, UPLOADED, "is no time"),
        ({"create_time": "1970-01-01T00:00:00.000Z"}, UPLOADED, "the id says"),
        # Planned ahead.
        ({"create_time": "2026-09-30T06:00:00.000Z"}, datetime(2026, 9, 30, 6, tzinfo=UTC), None),
        # In another zone than it says: no post is older than its own id.
        ({"create_time": "2026-09-26T23:29:40.000Z"}, UPLOADED, "the id says 2026-09-27T06:29:31"),
        ({"create_time": "2027-09-26T23:29:40.000Z"}, UPLOADED, "the id says 2026-09-27T06:29:31"),
        ({"post_id": "12345", "create_time": "2015-02-01"}, datetime(2015, 2, 1, tzinfo=UTC), None),
    ],
)
def test_the_time_is_the_stated_one_unless_the_id_shows_it_to_be_wrong(
    changes: dict[str, object], moment: datetime, noted: str | None
) -> None:
    found = post(row(**changes))
    assert found.posted_at == moment
    assert (noted is None) == (found.repairs is None)
    assert noted is None or noted in (found.repairs or [""])[0]


@pytest.mark.parametrize(
    ("given", "mentions"),
    [
        ({"tagged_user": [{"user_handle": "Ann"}, {"user_url": "https://www.tiktok.com/@ann"}, None, {}]}, ["ann"]),
        ({"tagged_user": "ann"}, ["ann"]),
        ({"tagged_user": ["@ann"]}, ["ann"]),
        ({"description": "@ann.b. me@example.com @bob_ #x"}, ["ann.b", "bob_"]),
        ({"description": "الرد على @ann.b تكملة"}, ["ann.b"]),
        ({"description": "@ @"}, None),
    ],
)
def test_mentions_are_whom_the_post_tags_or_names(given: dict[str, object], mentions: list[str] | None) -> None:
    found = post(row(**{"tagged_user": None, "description": "Tea"} | given))
    assert (found.mentions, found.tagged) == (mentions, None)  # the row's list is of those the description names


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"video_url": None}, [VIDEO, SOUND]),
        ({"music": {"playurl": None, "title": "x"}}, [VIDEO]),
        (
            {"video_url": "", "cdn_url": "", "carousel_images": ["1", {"url": "2"}, {"url": None}, None, "1"]},
            [{"type": "image", "url": "1"}, {"type": "image", "url": "2"}, SOUND],
        ),
        ({"carousel_images": "1", "video_url": None, "cdn_url": None, "music": []}, [{"type": "image", "url": "1"}]),
        ({"width": "576", "video_duration": "53"}, [VIDEO, SOUND]),
        ({"video_url": None, "cdn_url": None, "music": None}, []),
    ],
)
def test_media_are_listed_once_with_what_is_known_of_them(given: dict[str, object], expected: list[object]) -> None:
    assert media(row(**given)) == expected


@pytest.mark.parametrize("given", [None, 0, -1, "", "wide", True, 1e9, "nan", [576]])
def test_a_width_or_length_that_is_none_is_left_out(given: object) -> None:
    video = media(row(width=given, video_duration=given))[0]
    assert video.keys() == {"type", "url", "preview_url"}


@pytest.mark.parametrize(
    ("counts", "shares", "notes"),
    [
        ({"num_share_count": 204, "share_count": "204"}, 204, 0),
        ({"num_share_count": 5, "share_count": "1.2K"}, 5, 0),
        ({"share_count": 204}, 204, 0),
        ({"share_count": None}, None, 0),
        ({"share_count": "1.2K"}, None, 1),
        ({"num_share_count": 4e21, "share_count": "204"}, 204, 1),
    ],
)
def test_shares_are_counted_in_either_field(counts: dict[str, object], shares: int | None, notes: int) -> None:
    found = post(row(**counts))
    assert (found.share_count, len(found.repairs or [])) == (shares, notes)


@pytest.mark.parametrize("field", ["digg_count", "comment_count", "play_count", "collect_count"])
@pytest.mark.parametrize("given", [5.5e32, -1, 1.5, True, "many", {"a": 1}])
def test_an_absurd_count_is_null_and_noted_and_the_post_is_kept(field: str, given: object) -> None:
    ours = {
        "digg_count": "like_count",
        "comment_count": "comment_count",
        "play_count": "view_count",
        "collect_count": "save_count",
    }
    absurd = post(row(**{field: given}))
    assert getattr(absurd, ours[field]) is None
    assert absurd.repairs is not None
    assert absurd.share_count == 4


@pytest.mark.parametrize("empty", [None, "", [], {}, {"url": None}])
@pytest.mark.parametrize(
    "field",
    ["hashtags", "tagged_user", "carousel_images", "music", "description", "digg_count", "discovery_input", "error",
     "warning", "profile_id", "profile_username", "preview_image", "create_time", "shortcode"],
)  # fmt: skip
def test_every_kind_of_empty_means_absent(field: str, empty: object) -> None:
    assert post(row(**{field: empty})) == post(without(field))


def test_unknown_keys_pass() -> None:
    odd = row(commerce_info={"deep": [1, {}]}, subtitle_info=[[]], cdn_link=None, comments=[{"x": 1}])
    assert post(odd) == post(row())


def test_hashtags_of_any_script_keep_their_order() -> None:
    given = ["fyp", "وادي_الذئاب", "🇺🇸", "FYP", "", None, "#tea"]
    assert post(row(hashtags=given)).hashtags == ["fyp", "وادي_الذئاب", "🇺🇸", "tea"]
    assert post(row(hashtags="tea")).hashtags == ["tea"]


def test_text_of_any_script_and_length_survives_but_for_what_the_database_refuses() -> None:
    text = "שלום 👩‍👩‍👧‍👦 " * 2000
    assert post(row(description=text)).text == text
    assert post(row(description="a\x00b \ud800 \ud83d\ude00")).text == "ab \ufffd \U0001f600"


def test_one_field_of_a_wrong_type_costs_only_that_field() -> None:
    odd = post(row(hashtags={"tea": 1}, profile_username=["Jane"], music="x"))
    assert (odd.hashtags, odd.author_name, odd.like_count) == (None, None, 12)
    assert odd.repairs is not None
    assert {note.partition(":")[0] for note in odd.repairs} == {"hashtags", "profile_username", "music"}


def test_a_warning_beside_a_post_is_noted_and_the_post_kept() -> None:
    assert post(row(warning="late", warning_code="partial")).repairs == ["the vendor warns: 'late'"]
