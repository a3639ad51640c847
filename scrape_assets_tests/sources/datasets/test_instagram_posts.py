"""What a row of the Instagram datasets says, as a post."""

from datetime import UTC, datetime, timedelta

import pytest

from scrape_assets.posts.model import Post
from scrape_assets_tests.sources.datasets.instagram_rows import (
    CODE,
    COLLECTED,
    NUMBER,
    POSTED,
    UPLOADED,
    media,
    post,
    reel,
    row,
    without,
)


def test_a_row_becomes_a_post() -> None:
    assert post(row()) == Post(
        platform="instagram",
        post_id=CODE,
        url=f"https://www.instagram.com/p/{CODE}",
        kind="post",
        author_key="jane.doe",
        author_handle="jane.doe",
        author_id="300500700",
        author_name=None,
        author_url="https://www.instagram.com/jane.doe",
        title=None,
        text="Tea for everybody, @John_Roe. #Tea",
        posted_at=POSTED,
        collected_at=COLLECTED,
        hashtags=["Tea"],
        mentions=["ann.onym", "acme", "john_roe"],
        media=(
            b'[{"type":"image","url":"https://media.example/1.jpg?oe=68F2",'
            b'"alt":"Photo by Jane Doe. May be an image of tea."},'
            b'{"type":"image","url":"https://media.example/2.jpg?oe=68F2"}]'
        ),
        like_count=12,
        comment_count=0,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="acme",
        repairs=None,
        tagged=["ann.onym", "acme"],
    )


def test_a_row_of_the_reels_dataset_becomes_a_post() -> None:
    found = post(reel())
    assert (found.post_id, found.kind, found.repairs) == (CODE, "reel", None)
    assert (found.author_key, found.author_id, found.feed_key) == ("jane.doe", "300500700", "jane.doe")
    assert (found.posted_at, found.collected_at) == (POSTED, COLLECTED)
    assert (found.like_count, found.comment_count, found.view_count) == (12, 3, 1000)
    assert media(reel()) == [
        {
            "type": "video",
            "url": "https://media.example/v.mp4",
            "duration": 15.033,
            "preview_url": "https://media.example/t.jpg",
        },
        {"type": "audio", "url": "https://media.example/s.m4a"},
    ]


@pytest.mark.parametrize(
    "made",
    [
        row(),
        reel(),
        row(shortcode=None),
        row(shortcode=None, url=f"https://www.instagram.com/jane.doe/reel/{CODE}/?igsh=x"),
        row(shortcode=None, url=None),
        row(shortcode=None, url=None, pk=None),
        row(shortcode=None, url=None, pk=NUMBER, post_id=None),
        row(shortcode=["?"], url=None),
        reel(shortcode="", url=None),
    ],
)
def test_a_post_has_one_id_in_both_datasets_whatever_a_row_gives_of_it(made: dict[str, object]) -> None:
    assert post(made).post_id == CODE


@pytest.mark.parametrize(
    ("number", "code"),
    [(NUMBER + 1, "Ddx9_2ABcdf"), (NUMBER // 64 * 64, "Ddx9_2ABcdA"), (NUMBER | 63, "Ddx9_2ABcd_"), (64, "BA")],
)
def test_a_code_is_the_number_in_other_letters(number: int, code: str) -> None:
    assert post(reel(shortcode=None, url=None, post_id=f"{number}_1")).post_id == code


def test_a_number_from_a_double_is_no_id() -> None:
    odd = post(row(pk=3.995257102182598e18, post_id=None))
    assert (odd.post_id, odd.posted_at) == (CODE, POSTED)
    assert odd.repairs is not None
    assert odd.repairs[0].startswith("pk: ")


@pytest.mark.parametrize(
    ("changes", "key", "handle"),
    [
        ({}, "jane.doe", "jane.doe"),
        ({"profile_url": None}, "jane.doe", "jane.doe"),
        ({"profile_url": None, "user_posted": "Jane.Doe"}, "jane.doe", "jane.doe"),
        ({"profile_url": None, "user_posted": None}, None, None),
        # What the vendor makes of a page of Instagram's own.
        ({"profile_url": "https://www.instagram.com/explore", "user_posted": "explore"}, None, "explore"),
    ],
)
def test_the_author_is_who_the_row_says_and_never_the_owner_of_the_feed(
    changes: dict[str, object], key: str | None, handle: str | None
) -> None:
    found = post(row(**changes))
    assert (found.author_key, found.author_handle, found.feed_key) == (key, handle, "acme")


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (row(content_type="Image"), "post"),
        (row(content_type="Carousel"), "post"),
        (row(content_type="Video"), "video"),
        (row(content_type="Reel"), "reel"),
        (row(content_type="Video", product_type="clips"), "reel"),
        (row(content_type="something new"), "post"),
        (row(content_type=None), "post"),
        (row(content_type=None, url=f"https://www.instagram.com/reel/{CODE}/"), "reel"),
        (reel(product_type=None, url=f"https://www.instagram.com/p/{CODE}"), "reel"),
    ],
)
def test_the_kind_is_in_words_common_to_all_platforms(made: dict[str, object], kind: str) -> None:
    assert post(made).kind == kind


@pytest.mark.parametrize(
    ("changes", "moment", "noted"),
    [
        ({"date_posted": "2026-09-27T06:29:40.000Z"}, POSTED, None),
        ({"date_posted": "2026-09-27T08:29:40+02:00"}, POSTED, None),
        ({"date_posted": None}, UPLOADED, None),
        ({"date_posted": "3d"}, UPLOADED, "date_posted: '3d' is no time"),
        ({"date_posted": "09/27/2026 06:29:40"}, POSTED, "names no zone"),
        ({"date_posted": "27/09/2026 06:29:40"}, UPLOADED, "is no time"),
        # Planned ahead: the upload began four days before.
        ({"date_posted": "2026-10-01T06:00:00.000Z"}, datetime(2026, 10, 1, 6, tzinfo=UTC), None),
        # In another zone than it says: no post is older than its own id.
        ({"date_posted": "2026-09-26T23:29:40.000Z"}, UPLOADED, "the id says 2026-09-27T06:29:39"),
        ({"date_posted": "2027-01-01T00:00:00.000Z"}, UPLOADED, "the id says"),
        ({"date_posted": "2026-09-26T23:29:40.000Z", "pk": None, "post_id": None}, POSTED - timedelta(hours=7), None),
        # Counted ids of the first year hold no time.
        ({"pk": "12345", "date_posted": "2011-02-01T00:00:00Z"}, datetime(2011, 2, 1, tzinfo=UTC), None),
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
        ({"tagged_users": [{"username": "Ann"}, {"username": "ann"}, {"username": None}, None, "bob"]}, ["ann", "bob"]),
        ({"tagged_users": "ann"}, ["ann"]),
        ({"tagged_users": [{"username": "not a name"}]}, None),
        ({"coauthor_producers": ["acme", "jane.doe"]}, ["acme"]),
        ({"coauthor_producers": [{"username": "acme", "id": "7"}]}, ["acme"]),
        ({"partnership_details": {"username": "acme", "profile_id": "7", "profile_url": None}}, ["acme"]),
        ({"partnership_details": NotImplemented}, None),
        ({"description": "@Ann, @bob.! me@example.com @@x https://example.com/@cat"}, ["ann", "bob"]),
        ({"description": "会@annさんと"}, ["ann"]),
        ({"description": "@" + "x" * 31}, ["x" * 30]),
        ({"description": "@"}, None),
    ],
)
def test_mentions_are_whom_the_post_tags_or_names(given: dict[str, object], mentions: list[str] | None) -> None:
    nobody = {"tagged_users": None, "coauthor_producers": None, "description": "Tea"}
    given = {key: value for key, value in given.items() if value is not NotImplemented}
    assert post(row(**nobody | given)).mentions == mentions


def test_whom_the_record_lists_is_tagged_and_whom_the_caption_names_is_not() -> None:
    listed = {"tagged_users": ["ann", "bob"], "coauthor_producers": ["acme"], "description": "With @bob and @cat"}
    found = post(row(**listed))
    assert (found.mentions, found.tagged) == (["ann", "bob", "acme", "cat"], ["ann", "bob", "acme"])
    named = post(row(tagged_users=None, coauthor_producers=None, description="With @bob"))
    assert (named.mentions, named.tagged) == (["bob"], None)


VIDEO = {"index": 1, "type": "Video", "url": "v", "id": "2"}
PHOTO = {"index": 0, "type": "Photo", "url": "p", "id": "1", "alt_text": "A cup"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"post_content": [PHOTO, VIDEO], "photos": ["p"], "videos_duration": [{"video_duration": 7}]},
            [{"type": "image", "url": "p", "alt": "A cup"}, {"type": "video", "url": "v", "duration": 7.0}],
        ),
        (
            {"photos": ["p", None, "", "p"], "videos": ["v"], "videos_duration": "15.5"},
            [{"type": "image", "url": "p", "alt": "All"}, {"type": "video", "url": "v", "duration": 15.5}],
        ),
        ({"images": [{"url": "p\x00", "id": "1"}, {"url": None}]}, [{"type": "image", "url": "p", "alt": "All"}]),
        ({"photos": "p"}, [{"type": "image", "url": "p", "alt": "All"}]),
        (
            {"videos": ["v"], "videos_duration": [True]},
            [{"type": "video", "url": "v", "alt": "All", "preview_url": "t"}],
        ),
        ({"videos_duration": [4.5]}, []),
    ],
)  # fmt: skip
def test_media_are_listed_once_with_what_is_known_of_them(given: dict[str, object], expected: list[object]) -> None:
    none = dict.fromkeys(("post_content", "photos", "images", "videos", "videos_duration"))
    assert media(row(**none | {"alt_text": "All", "thumbnail": "t"} | given)) == expected


@pytest.mark.parametrize("length", [None, "", "soon", -1, 0, 1e9, True, "nan", "1e999", [1, 2], {"a": 1}])
def test_a_length_that_is_none_is_left_out(length: object) -> None:
    assert "duration" not in media(reel(length=length))[0]


@pytest.mark.parametrize(
    ("counts", "views", "notes"),
    [
        ({"video_play_count": 1000, "views": 900}, 1000, 0),
        ({"video_view_count": "7886"}, 7886, 0),
        ({"video_play_count": None, "views": "900"}, 900, 0),
        ({"video_play_count": 3e33, "video_view_count": 5}, 5, 1),
        ({"video_play_count": 0, "views": 900}, 0, 0),
        ({}, None, 0),
    ],
)
def test_views_are_plays_where_given(counts: dict[str, object], views: int | None, notes: int) -> None:
    found = post(row(**counts))
    assert (found.view_count, len(found.repairs or [])) == (views, notes)


@pytest.mark.parametrize("given", [5.5e32, -1, 1.5, "15.033", True, "many", [4]])
def test_an_absurd_count_is_null_and_noted_and_the_post_is_kept(given: object) -> None:
    absurd = post(row(likes=given))
    assert (absurd.like_count, absurd.comment_count) == (None, 0)
    assert absurd.repairs is not None
    assert "like" in absurd.repairs[0]


@pytest.mark.parametrize("empty", [None, "", [], {}, {"username": None, "url": None}])
@pytest.mark.parametrize(
    "field",
    ["hashtags", "tagged_users", "coauthor_producers", "partnership_details", "photos", "images", "videos",
     "videos_duration", "post_content", "description", "likes", "discovery_input", "error", "warning", "alt_text",
     "user_posted_id", "product_type", "shortcode"],
)  # fmt: skip
def test_every_kind_of_empty_means_absent(field: str, empty: object) -> None:
    assert post(row(**{field: empty})) == post(without(field))


def test_unknown_keys_pass() -> None:
    odd = row(location=["Harbour"], location_details={"x": [1, {}]}, has_handshake=None, x_new={"deep": [{}]})
    assert post(odd) == post(row())


def test_hashtags_keep_case_and_order() -> None:
    assert post(row(hashtags=["#Tea", "Cake", " #ШАЙ ", "#tea", "#", "", None])).hashtags == ["Tea", "Cake", "ШАЙ"]
    assert post(row(hashtags="#Tea")).hashtags == ["Tea"]


def test_a_row_collected_directly_was_found_in_no_feed() -> None:
    assert post(without("discovery_input")).feed_key is None


def test_text_of_any_script_and_length_survives_but_for_what_the_database_refuses() -> None:
    text = "שלום 👩‍👩‍👧‍👦 &amp; " * 2000
    assert post(row(description=text)).text == text
    assert post(row(description="a\x00b \ud800 \ud83d\ude00")).text == "ab \ufffd \U0001f600"


def test_one_field_of_a_wrong_type_costs_only_that_field() -> None:
    odd = post(row(hashtags={"#Tea": 1}, post_content=7, description=["Tea"]))
    assert (odd.hashtags, odd.text, odd.like_count) == (None, None, 12)
    assert odd.repairs is not None
    assert {note.partition(":")[0] for note in odd.repairs} == {"hashtags", "post_content", "description"}
    assert odd.media is not None


def test_a_warning_beside_a_post_is_noted_and_the_post_kept() -> None:
    assert post(row(warning="late", warning_code="partial")).repairs == ["the vendor warns: 'late'"]
