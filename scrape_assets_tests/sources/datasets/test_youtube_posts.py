"""What a row of the YouTube dataset says, as a post."""

import json
from typing import Any

import pytest

from scrape_assets.posts.model import Post
from scrape_assets_tests.sources.datasets.youtube_rows import (
    CHANNEL_ID,
    COLLECTED,
    POSTED,
    STREAM,
    VIDEO_ID,
    mapped,
    post,
    row,
    without,
)

CHANNEL_KEY = f"channel/{CHANNEL_ID}"
PREVIEW = f"https://media.example/vi_webp/{VIDEO_ID}/maxresdefault.webp"


def media(value: object) -> list[dict[str, Any]]:
    found = json.loads(post(value).media or b"[]")
    assert isinstance(found, list)
    return found


def test_a_row_becomes_a_post() -> None:
    assert post(row()) == Post(
        platform="youtube",
        post_id=VIDEO_ID,
        url=f"https://www.youtube.com/watch?v={VIDEO_ID}",
        kind="video",
        author_key=CHANNEL_KEY,
        author_handle="janedoe",
        author_id=CHANNEL_ID,
        author_name="Jane Doe \u2615",
        author_url=f"https://www.youtube.com/channel/{CHANNEL_ID}",
        title="Tea for everybody",
        text="How to make tea.\n\nSubscribe: https://www.youtube.com/@JaneDoe?sub_confirmation=1",
        posted_at=POSTED,
        collected_at=COLLECTED,
        hashtags=["Tea"],
        mentions=None,
        media=json.dumps(
            [{"type": "video", "url": STREAM, "preview_url": PREVIEW, "width": 640, "height": 360, "duration": 395}],
            separators=(",", ":"),
        ).encode(),
        like_count=41654,
        comment_count=0,
        share_count=None,
        view_count=1761333,
        save_count=None,
        reposted_from=None,
        feed_key="@janedoe",
        repairs=None,
        language="en",
    )


@pytest.mark.parametrize(
    ("changes", "key", "handle", "user_id"),
    [
        ({}, CHANNEL_KEY, "janedoe", CHANNEL_ID),
        ({"youtuber_id": None}, "@janedoe", "janedoe", None),
        ({"youtuber_id": "Jane"}, "@janedoe", "janedoe", None),
        ({"youtuber": None}, CHANNEL_KEY, "janedoe", CHANNEL_ID),
        # Channels with an old name and no handle: the "/" of /c/… is lost in the vendor's rows.
        (
            {
                "youtuber": "cCaf%C3%A9TV",
                "channel_url": "https://www.youtube.com/cCaf%C3%A9TV",
                "channel_url_decoded": 0,
            },
            CHANNEL_KEY,
            None,
            CHANNEL_ID,
        ),
        (
            {
                "youtuber": None,
                "youtuber_id": None,
                "channel_url_decoded": None,
                "channel_url": f"https://www.youtube.com/channel/{CHANNEL_ID}",
            },
            CHANNEL_KEY,
            None,
            CHANNEL_ID,
        ),
        ({"youtuber": "@Caf%C3%A9", "channel_url": None}, CHANNEL_KEY, "caf\u00e9", CHANNEL_ID),
        ({"youtuber": "", "youtuber_id": "", "channel_url": "", "channel_url_decoded": ""}, None, None, None),
    ],
)
def test_the_author_is_known_by_the_channels_id_else_by_its_handle(
    changes: dict[str, object], key: str | None, handle: str | None, user_id: str | None
) -> None:
    found = post(row(**changes))
    assert (found.author_key, found.author_handle, found.author_id) == (key, handle, user_id)


def test_the_author_is_never_the_owner_of_the_feed() -> None:
    nobody = post(row(youtuber=None, youtuber_id=None, channel_url=None, channel_url_decoded=None))
    assert (nobody.author_key, nobody.author_id, nobody.feed_key) == (None, None, "@janedoe")


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"url": "https://www.youtube.com/@JaneDoe/videos", "start_date": "03-01-2026"}, "@janedoe"),
        ({"url": f"https://www.youtube.com/channel/{CHANNEL_ID}"}, CHANNEL_KEY),
        ({"keyword": "Harbour  Forum", "num_of_posts": "", "country": ""}, "search:harbour forum"),
        ({"hashtag": "HarbourForum", "start_date": ""}, "search:harbourforum"),
        ({}, None),
        (None, None),
    ],
)
def test_a_find_is_attributed_to_what_was_asked_for(asked: object, key: str | None) -> None:
    assert post(row(discovery_input=asked)).feed_key == key


@pytest.mark.parametrize(
    ("changes", "kind", "url"),
    [
        ({"post_type": "post"}, "video", f"https://www.youtube.com/watch?v={VIDEO_ID}"),
        ({"post_type": "video"}, "video", f"https://www.youtube.com/watch?v={VIDEO_ID}"),
        ({"post_type": None}, "video", f"https://www.youtube.com/watch?v={VIDEO_ID}"),
        ({"post_type": "Short"}, "reel", f"https://www.youtube.com/shorts/{VIDEO_ID}"),
        (
            {"post_type": None, "url": f"https://www.youtube.com/shorts/{VIDEO_ID}?feature=share"},
            "reel",
            f"https://www.youtube.com/shorts/{VIDEO_ID}",
        ),
        ({"url": None}, "video", f"https://www.youtube.com/watch?v={VIDEO_ID}"),
        ({"video_id": "odd id", "url": "https://youtu.be/odd"}, "video", "https://youtu.be/odd"),
    ],
)
def test_the_kind_and_the_page_follow_from_the_row(changes: dict[str, object], kind: str, url: str) -> None:
    found = post(row(**changes))
    assert (found.kind, found.url) == (kind, url)


def test_the_shortcode_stands_in_for_the_id() -> None:
    assert post(without("video_id")) == post(row()) == post(without("shortcode"))


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        ([{"hashtag": "#Tea", "link": "x"}, {"hashtag": "#tea"}, {"hashtag": " #ШАЙ "}], ["Tea", "ШАЙ"]),
        (["#Tea", "Cake", None, "", "#"], ["Tea", "Cake"]),
        ([{"hashtag": None, "link": None}], None),
        ([], None),
        (None, None),
    ],
)
def test_hashtags_of_all_forms_are_read_and_keywords_are_none(given: object, tags: list[str] | None) -> None:
    assert post(row(hashtags=given)).hashtags == tags


@pytest.mark.parametrize(
    ("given", "duration", "note"),
    [
        (83, 83, None),
        ("395", 395, None),
        (82.666, 82.666, None),
        ("15.033", 15.033, None),
        (0, None, None),
        (None, None, None),
        ("", None, None),
        ("6:35", None, "video_length: '6:35' is no length"),
        (-5, None, "video_length: -5 is no length"),
        (2.6e32, None, "video_length: 2.6e+32 is no length"),
        (True, None, "video_length: True is no length"),
        ("nan", None, "video_length: 'nan' is no length"),
        (10**400, None, "video_length"),
    ],
)
def test_the_length_is_seconds_or_noted(given: object, duration: float | None, note: str | None) -> None:
    found = post(row(video_length=given))
    assert media(row(video_length=given))[0].get("duration") == duration
    assert (found.repairs is None) if note is None else (found.repairs or [""])[0].startswith(note)


def test_a_video_without_a_stream_is_shown_by_its_page() -> None:
    (one,) = media(row(video_url=None, current_optimal_res=None))
    assert one == {
        "type": "video",
        "url": f"https://www.youtube.com/watch?v={VIDEO_ID}",
        "preview_url": PREVIEW,
        "duration": 395,
    }


def test_counters_written_as_text_are_counts_and_hidden_ones_are_missing() -> None:
    written = post(row(views="7886", likes=None, num_comments=""))
    assert (written.view_count, written.like_count, written.comment_count) == (7886, None, None)
    assert written.repairs is None


@pytest.mark.parametrize("given", [5.5e32, -3, 1.5, "1.7M", True, [4]])
def test_an_absurd_count_is_null_and_noted_and_the_post_is_kept(given: object) -> None:
    absurd = post(row(views=given))
    assert (absurd.view_count, absurd.like_count) == (None, 41654)
    assert absurd.repairs is not None
    assert "view" in absurd.repairs[0]


def test_a_row_as_of_2025_is_a_post_too() -> None:
    kept = {"url", "title", "youtuber", "video_url", "video_length", "likes", "views", "date_posted", "description",
            "num_comments", "subscribers", "video_id", "channel_url", "preview_image", "shortcode", "handle_name",
            "youtuber_id", "timestamp", "input"}  # fmt: skip
    old = {key: value for key, value in row().items() if key in kept} | {"music": None, "discovery_input": {}}
    found = post(old)
    assert found.author_key == CHANNEL_KEY
    assert (found.hashtags, found.language, found.feed_key, found.repairs) == (None, None, None, None)


@pytest.mark.parametrize("empty", [None, "", [], {}, {"hashtag": None, "link": None}])
@pytest.mark.parametrize(
    "field",
    ["hashtags", "transcript_language", "description", "title", "handle_name", "likes", "video_length", "video_url",
     "preview_image", "discovery_input", "error", "warning", "post_type", "current_optimal_res", "url"],
)  # fmt: skip
def test_every_kind_of_empty_means_absent(field: str, empty: object) -> None:
    assert post(row(**{field: empty})) == post(without(field))


def test_null_and_absent_are_the_same() -> None:
    optional = [key for key in row() if key not in ("video_id", "timestamp", "date_posted")]
    assert post(row(**dict.fromkeys(optional))) == post(without(*optional))


def test_unknown_keys_pass_and_good_rows_may_carry_null_errors() -> None:
    odd = row(ai_content_label=False, live_status=None, audio_tracks=[{"deep": [1]}], error=None, warning_code="")
    assert post(odd) == post(row())


def test_a_huge_row_is_a_post_like_any_other() -> None:
    huge = row(transcript="tea " * 200_000, formatted_transcript=[{"text": "tea", "start_time": 1}] * 5000)
    assert post(huge) == post(row())


def test_one_field_of_a_wrong_type_costs_only_that_field() -> None:
    odd = post(row(hashtags={"#Tea": 1}, handle_name=["Jane"]))
    assert (odd.hashtags, odd.author_name, odd.like_count) == (None, None, 41654)
    assert odd.repairs is not None
    assert [note.partition(":")[0] for note in odd.repairs] == ["handle_name", "hashtags"]


def test_nul_and_lone_surrogates_are_cleaned_from_every_text() -> None:
    bad = "x\x00\udc00"
    texts = ("handle_name", "title", "description", "url", "youtuber", "youtuber_id", "video_url", "preview_image")
    dirty = post(row(**dict.fromkeys(texts, bad), video_id=bad, hashtags=[bad], discovery_input={"keyword": bad}))
    for value in dirty:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()
    assert b"\\u0000" not in (dirty.media or b"")


def test_the_same_row_twice_gives_the_same_post() -> None:
    assert mapped(row()) == mapped(row())
