"""Videos of YouTube's Data API as posts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.youtube import SOURCE
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.youtube_server import CHANNEL, hours_ago, video

RECORDED = Path(__file__).parents[4] / "shared/recorded/youtube/videos_list_multi.json"
WHEN = hours_ago(5)
BOTTOM = {"kind": "youtube#video", "id": "video-1"}


def mapped(item: Any) -> Post | Rejected | None:
    return SOURCE.mapping.map_line(item_line("@ada", NOON, json.dumps(item, indent=1).encode())[:-1], last=False)


def read(item: Any) -> Post:
    found = mapped(item)
    assert isinstance(found, Post), found
    return found


def snippet(**fields: Any) -> dict[str, Any]:
    whole = video("video-1", WHEN)
    return whole | {"snippet": whole["snippet"] | fields}


def test_a_video() -> None:
    item = video("video-1", WHEN)
    media = [
        {
            "type": "video",
            "url": "https://www.youtube.com/watch?v=video-1",
            "preview_url": "https://example.com/video-1/high.jpg",
            "duration": 3723,
        }
    ]
    post = read(item)
    assert json.loads(post.media or b"") == media
    assert post._replace(media=None) == Post(
        platform="youtube",
        post_id="video-1",
        url="https://www.youtube.com/watch?v=video-1",
        kind="video",
        author_key=f"channel/{CHANNEL}",
        author_handle=None,
        author_id=CHANNEL,
        author_name="Ada's Kettle",
        author_url=f"https://www.youtube.com/channel/{CHANNEL}",
        title="Video video-1 #Tea",
        text=item["snippet"]["description"],
        posted_at=WHEN,
        collected_at=NOON,
        hashtags=["Tea", "Kettle"],
        mentions=["@bo_b"],
        media=None,
        like_count=34,
        comment_count=5,
        share_count=None,
        view_count=1200,
        save_count=None,
        reposted_from=None,
        feed_key="@ada",
        repairs=None,
        language="en-GB",
        latitude=52.5,
        longitude=13.4,
    )


@pytest.mark.parametrize(
    ("given_duration", "seconds"),
    [
        ("PT15S", 15),
        ("PT1M", 60),
        ("PT2H", 7200),
        ("P1DT2H3M4S", 93_784),
        ("P1W", 604_800),
        ("P0D", None),
        ("PT0S", None),
        (None, None),
    ],
)
def test_durations_are_seconds(given_duration: str | None, seconds: int | None) -> None:
    post = read(video("video-1", WHEN, contentDetails={"duration": given_duration}))
    assert json.loads(post.media or b"")[0].get("duration") == seconds
    assert post.repairs is None


def test_counts_that_are_hidden_are_missing() -> None:
    post = read(video("video-1", WHEN, statistics={"viewCount": "0", "favoriteCount": "0"}))
    assert (post.view_count, post.like_count, post.comment_count) == (0, None, None)


@pytest.mark.parametrize(
    ("item", "spoiled"),
    [
        (video("video-1", WHEN, statistics={"viewCount": "many", "likeCount": "34"}), "view_count"),
        (video("video-1", WHEN, statistics=5), "statistics"),
        (video("video-1", WHEN, contentDetails={"duration": "an hour"}), "duration"),
        (video("video-1", WHEN, contentDetails=["x"]), "contentDetails"),
        (video("video-1", WHEN, recordingDetails={"location": {"latitude": 95.0, "longitude": 1.0}}), "location"),
        (video("video-1", WHEN, recordingDetails={"location": "here"}), "location"),
        (snippet(title=["x"]), "title"),
        (snippet(thumbnails="x"), "thumbnails"),
        (snippet(defaultAudioLanguage=4), "defaultAudioLanguage"),
    ],
)
def test_one_bad_field_costs_that_field(item: dict[str, Any], spoiled: str) -> None:
    post = read(item)
    assert post.repairs is not None
    assert spoiled in " ".join(post.repairs)
    assert (post.author_id, post.posted_at) == (CHANNEL, WHEN)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (video("", WHEN), RejectReason.NO_ID),
        (video("a b", WHEN), RejectReason.NO_ID),
        (video("video-1", WHEN, id={"videoId": "video-1"}), RejectReason.BAD_FIELD),
        (BOTTOM, RejectReason.NO_TIME),
        (BOTTOM | {"snippet": 5}, RejectReason.NO_TIME),
        (snippet(publishedAt=None), RejectReason.NO_TIME),
        (snippet(publishedAt="soon"), RejectReason.NO_TIME),
        (snippet(publishedAt="1999-01-01T00:00:00Z"), RejectReason.IMPLAUSIBLE_TIME),
        (video("video-1", NOON + timedelta(days=2)), RejectReason.IMPLAUSIBLE_TIME),
        (None, RejectReason.NOT_AN_OBJECT),
    ],
)
def test_rejects(item: Any, reason: RejectReason) -> None:
    found = mapped(item)
    assert isinstance(found, Rejected)
    assert found.reason is reason


def test_a_video_with_nothing_but_id_and_time() -> None:
    post = read(BOTTOM | {"snippet": {"publishedAt": "2020-02-13T19:00:04.000Z"}})
    assert (post.author_key, post.title, post.text, post.hashtags, post.latitude) == (None,) * 5
    assert post.posted_at == datetime(2020, 2, 13, 19, 0, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spoken", "written", "language"), [("zxx", "de", "de"), (None, "pt-BR", "pt-BR"), (None, None, None)]
)
def test_the_language(spoken: str | None, written: str | None, language: str | None) -> None:
    assert read(snippet(defaultAudioLanguage=spoken, defaultLanguage=written)).language == language


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_mapped_without_an_error(line: bytes, last: bool) -> None:
    SOURCE.mapping.map_line(line, last)
    SOURCE.mapping.map_line(item_line("k", NOON, line), last)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(sorted(video("v", WHEN))), st.sampled_from(sorted(video("v", WHEN)["snippet"])), ANYTHING)
def test_any_value_of_a_field_is_mapped_without_an_error(part: str, field: str, value: Any) -> None:
    mapped(video("video-1", WHEN) | {part: value})
    mapped(snippet(**{field: value}))


def test_all_recorded_videos_are_mapped() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers of YouTube are not on this machine")
    posts = [read(item) for item in json.loads(RECORDED.read_bytes())["items"]]
    assert len(posts) == 2
    for post in posts:
        assert post.repairs is None
        assert all((post.author_key, post.author_name, post.title, post.text, post.language, post.media))
