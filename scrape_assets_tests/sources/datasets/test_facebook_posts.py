"""What a row says, as a post."""

import json

import pytest

from scrape_assets.posts.model import Post
from scrape_assets_tests.sources.datasets.facebook_rows import (
    ACME,
    COLLECTED,
    POSTED,
    REEL,
    STILL,
    mapped,
    post,
    row,
    without,
)


def test_a_row_becomes_a_post() -> None:
    found = post(row())
    assert found == Post(
        platform="facebook",
        post_id="1393461115000001",
        url="https://www.facebook.com/reel/2166091230000001/",
        kind="reel",
        author_key="acmetea",
        author_handle="acmetea",
        author_id="100044541000001",
        author_name="Acme Tea",
        author_url=ACME,
        title=None,
        text="Tea & cake for everybody. #Tea",
        posted_at=POSTED,
        collected_at=COLLECTED,
        hashtags=["tea"],
        mentions=None,
        media=found.media,
        like_count=12,
        comment_count=3,
        share_count=4,
        view_count=900,
        save_count=None,
        reposted_from=None,
        feed_key="acmetea",
        repairs=None,
    )
    assert found.media is not None
    assert json.loads(found.media) == [
        {"type": "video", "url": REEL["video_url"], "preview_url": STILL, "duration": 30.025}
    ]


JOHN = {"user_url": "https://www.facebook.com/john.roe", "user_username_raw": "John Roe"}


@pytest.mark.parametrize(
    ("changes", "author"),
    [
        (JOHN, ("johnroe", "johnroe", None, "John Roe")),
        (JOHN | {"user_username_raw": None}, ("johnroe", "johnroe", None, None)),
        (JOHN | {"profile_handle": "John.Roe"}, ("johnroe", "johnroe", "100044541000001", "John Roe")),
        (JOHN | {"profile_handle": None}, ("johnroe", "johnroe", "100044541000001", "John Roe")),
        (
            {"user_url": "https://www.facebook.com/profile.php?id=100044541000001"},
            ("id/100044541000001", None, "100044541000001", "Acme Tea"),
        ),
        (
            {"user_url": "https://www.facebook.com/profile.php?id=100011111000009", "user_username_raw": None},
            ("id/100011111000009", None, "100011111000009", None),
        ),
        ({"user_url": None}, ("acmetea", "acmetea", "100044541000001", "Acme Tea")),
        (
            {"user_url": None, "profile_handle": None},
            ("id/100044541000001", None, "100044541000001", "Acme Tea"),
        ),
        (
            {"user_url": None, "profile_handle": None, "profile_id": 100044541000001},
            ("id/100044541000001", None, "100044541000001", "Acme Tea"),
        ),
        ({"user_url": "https://example.com/", "profile_handle": "", "profile_id": "x"}, (None, None, "x", "Acme Tea")),
        (
            dict.fromkeys(("user_url", "profile_handle", "profile_id", "user_username_raw", "page_name")),
            (None, None, None, None),
        ),
    ],
)
def test_the_author_is_never_the_owner_of_the_page(changes: dict[str, object], author: tuple[str | None, ...]) -> None:
    found = post(row(**changes))
    assert (found.author_key, found.author_handle, found.author_id, found.author_name) == author
    assert found.feed_key == "acmetea"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"post_type": "Reel"}, "reel"),
        ({"post_type": "Post"}, "post"),
        ({"post_type": "video"}, "video"),
        ({"post_type": "Post shared"}, "repost"),
        ({"post_type": "something new"}, "post"),
        ({"post_type": None}, "reel"),
        ({"post_type": None, "url": f"{ACME}/videos/123456"}, "video"),
        ({"post_type": None, "url": f"{ACME}/posts/123456"}, "post"),
        ({"post_type": None, "url": None}, "post"),
    ],
)
def test_the_kind_is_in_words_common_to_all_platforms(changes: dict[str, object], kind: str) -> None:
    assert post(row(**changes)).kind == kind


@pytest.mark.parametrize(
    ("original", "kind", "reposted_from"),
    [
        ({"user_avatar_image": None}, "post", None),
        (None, "post", None),
        ("", "post", None),
        ({"user_avatar_image": "https://media.example/a.jpg"}, "post", None),
        ({"post_id": "1393461115000099"}, "repost", "1393461115000099"),
        ({"post_id": 1393461115000099}, "repost", "1393461115000099"),
        ({"url": "https://www.facebook.com/john.roe/posts/1393461115000099/"}, "repost", "1393461115000099"),
        (
            {"url": "https://www.facebook.com/john.roe/posts/some-words-here/1393461115000099?x=1"},
            "repost",
            "1393461115000099",
        ),
        ({"url": "https://www.facebook.com/john.roe/posts/pfbid0abc"}, "repost", None),
        ({"content": "Tea", "user_url": "https://www.facebook.com/john.roe"}, "repost", None),
        ("https://www.facebook.com/john.roe/posts/1393461115000099", "repost", "1393461115000099"),
    ],
)
def test_a_shared_post_points_to_its_original(original: object, kind: str, reposted_from: str | None) -> None:
    found = post(row(post_type="Post", original_post=original))
    assert (found.kind, found.reposted_from, found.author_key) == (kind, reposted_from, "acmetea")


def test_a_number_in_an_original_reel_s_address_is_no_post_id() -> None:
    found = post(row(original_post={"url": "https://www.facebook.com/reel/2166091230000077/"}))
    assert (found.kind, found.reposted_from) == ("repost", None)


@pytest.mark.parametrize(
    ("changes", "likes"),
    [
        ({}, 12),
        ({"likes": "12"}, 12),
        ({"likes": 0}, 0),
        ({"likes": None}, 12),
        ({"likes": None, "count_reactions_type": [{"type": "Like", "reaction_count": "1020"}, None]}, 1020),
        ({"likes": None, "count_reactions_type": [{"reaction_count": 5}, {"reaction_count": "many"}]}, None),
        ({"likes": None, "count_reactions_type": []}, None),
        ({"likes": None, "count_reactions_type": None, "num_likes_type": [{"num": 9, "type": "Like"}]}, None),
    ],
)
def test_likes_are_all_reactions_and_one_kind_of_them_is_not_enough(changes: dict[str, object], likes: object) -> None:
    assert post(row(**changes)).like_count == likes


def test_views_are_plays_where_only_those_are_given() -> None:
    assert post(row(video_view_count=None, play_count="45717")).view_count == 45717
    assert post(row(play_count=45717)).view_count == 900
    assert post(row(video_view_count=None)).view_count is None


@pytest.mark.parametrize("given", [5.5e32, 3.6e21, -3, 1.5, "1.2K", True, [4]])
@pytest.mark.parametrize(
    ("field", "ours"),
    [("num_comments", "comment_count"), ("num_shares", "share_count"), ("video_view_count", "view_count")],
)
def test_an_absurd_count_is_null_and_noted_and_the_post_is_kept(field: str, ours: str, given: object) -> None:
    absurd = post(row(**{field: given}))
    assert absurd._asdict() == post(row())._asdict() | {ours: None, "repairs": absurd.repairs}
    assert absurd.repairs is not None
    assert absurd.repairs[0].partition(":")[0] in (field, ours)


@pytest.mark.parametrize("tags", [["tea", "cake"], ["#tea", "#CAKE", "cake"], ["tea", None, "", "cake"]])
def test_hashtags_come_with_and_without_their_sign(tags: list[str]) -> None:
    found = post(row(hashtags=tags)).hashtags
    assert found is not None
    assert [tag.casefold() for tag in found] == ["tea", "cake"]


@pytest.mark.parametrize("empty", [None, "", [], {}, {"id": None, "url": None}])
@pytest.mark.parametrize("field", [key for key in row() if key not in ("post_id", "timestamp", "date_posted")])
def test_every_kind_of_empty_means_absent(field: str, empty: object) -> None:
    assert post(row(**{field: empty})) == post(without(field))


def test_null_and_absent_are_the_same() -> None:
    optional = [key for key in row() if key not in ("post_id", "timestamp", "date_posted")]
    assert post(row(**dict.fromkeys(optional))) == post(without(*optional))


def test_unknown_keys_pass() -> None:
    assert post(row(handshake={"deep": [1, {"er": None}]}, num_likes_type=[{"num": 7}], about="x")) == post(row())


def test_the_post_has_one_id_whatever_the_shortcode() -> None:
    numbered = row(post_id=1393461115000001, shortcode="2166091230000001", url=f"{ACME}/posts/1393461115000001")
    assert post(numbered).post_id == post(row()).post_id


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"url": "https://m.facebook.com/Acme.Tea?locale=de_DE"}, "acmetea"),
        ({"url": "https://www.facebook.com/profile.php?id=100044541000001"}, "id/100044541000001"),
        (ACME, "acmetea"),
        ({"url": "https://www.facebook.com/reel/2166091230000001/"}, None),
        (None, None),
    ],
)
def test_the_feed_is_what_the_client_asked_for(asked: object, key: str | None) -> None:
    assert post(row(input=asked)).feed_key == key


@pytest.mark.parametrize("stated", ["2026-03-17T10:30:06.000Z", "2026-03-17T12:30:06+02:00", "2026-03-17 10:30:06"])
def test_times_are_read_in_several_forms(stated: str) -> None:
    assert post(row(date_posted=stated)).posted_at == POSTED


def test_a_warning_beside_a_post_is_noted_and_the_post_kept() -> None:
    assert post(row(warning="no comments", warning_code="partial")).repairs == ["the vendor warns: 'no comments'"]


def test_text_of_any_script_and_length_survives_but_for_what_the_database_refuses() -> None:
    text = "שלום 👩‍👩‍👧‍👦 " * 2000
    assert post(row(content=text)).text == text
    assert post(row(content="a\x00b \ud800 \ud83d\ude00")).text == "ab \ufffd \U0001f600"


def test_one_field_of_a_wrong_type_costs_only_that_field() -> None:
    odd = post(row(hashtags={"tea": 1}, attachments=[{"url": 5}]))
    assert (odd.hashtags, odd.media, odd.like_count) == (None, None, 12)
    assert odd.repairs is not None
    assert [note.partition(":")[0] for note in odd.repairs] == ["hashtags", "attachments"]


def test_the_same_row_twice_gives_the_same_post() -> None:
    assert mapped(row()) == mapped(row())
