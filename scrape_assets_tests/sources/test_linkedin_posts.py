"""What a row says, as a post."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from scrape_assets.posts.model import Post
from scrape_assets_tests.sources.linkedin_rows import (
    ACTIVITY_ID,
    COLLECTED,
    POSTED,
    mapped,
    post,
    row,
    without,
)

ARTICLE = {
    "id": "tea-for-b%C3%A9ginners-jane-doe",
    "url": "https://www.linkedin.com/pulse/tea-for-b%C3%A9ginners-jane-doe",
    "post_type": "article",
    "title": "Tea for béginners",
    "headline": "All about tea",
}


def test_a_row_becomes_a_post() -> None:
    assert post(row()) == Post(
        platform="linkedin",
        post_id=ACTIVITY_ID,
        url=f"https://uk.linkedin.com/posts/jane-doe_tea-activity-{ACTIVITY_ID}-AbCd",
        kind="post",
        author_key="in/jane-doe",
        author_handle="jane-doe",
        author_id=None,
        author_name="Jane Doe",
        author_url="https://www.linkedin.com/in/jane-doe",
        title=None,
        text="Tea for everybody #Tea",
        posted_at=POSTED,
        collected_at=COLLECTED,
        hashtags=["Tea"],
        mentions=None,
        media=b'[{"type":"image","url":"https://media.example/1.jpg"}]',
        like_count=12,
        comment_count=0,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="company/acme",
        repairs=None,
    )


def test_the_author_is_never_the_owner_of_the_feed() -> None:
    nobody = post(row(use_url=None, user_id=None))
    assert (nobody.author_key, nobody.author_handle, nobody.feed_key) == (None, None, "company/acme")


@pytest.mark.parametrize(
    ("use_url", "user_id", "account_type", "key"),
    [
        ("https://it.linkedin.com/company/Acme?trk=x", None, "Organization", "company/acme"),
        ("https://www.linkedin.com/in/jane-doe", "somebody-else", "Person", "in/jane-doe"),
        (None, "Jane-Doe", "Person", "in/jane-doe"),
        (None, "acme", "Organization", "company/acme"),
        (None, "jos%C3%A9", "Person", "in/josé"),
        (None, 12345, "Organization", "company/12345"),
        ("https://www.linkedin.com/login?session_redirect=%2Fposts%2Fx", "jane-doe", "Person", "in/jane-doe"),
        ("https://www.linkedin.com/school/acme/", "x", None, "company/acme"),
        (None, "jane-doe", None, None),
        ("https://example.com/", None, "Person", None),
    ],
)
def test_the_author_is_known_by_profile_else_by_user_id(
    use_url: str | None, user_id: object, account_type: str | None, key: str | None
) -> None:
    assert post(row(use_url=use_url, user_id=user_id, account_type=account_type)).author_key == key


def test_an_opaque_member_id_is_kept_as_an_id() -> None:
    member = post(row(use_url="https://www.linkedin.com/in/ACoAAB3xYz_9"))
    assert (member.author_id, member.author_handle) == ("ACoAAB3xYz_9", None)


@pytest.mark.parametrize(
    ("title", "headline", "name"),
    [
        ("Jane Doe on LinkedIn: Tea", "Jane Doe\u2019s Post", "Jane Doe"),
        ("Jane Doe on LinkedIn: Tea", "Jane Doe's Post", "Jane Doe"),
        ("James Jones on LinkedIn: #tea", "James Jones\u2019 Post", "James Jones"),
        ("Jane Doe on LinkedIn: Tea", None, "Jane Doe"),
        ("Jane Doe posted on LinkedIn", "", "Jane Doe"),
        (None, "Jane Doe\u2019s Post", "Jane Doe"),
        ("The Acme\u2019s activity on LinkedIn", "Acme\u2019s Post", "Acme"),
        ("How to grow on LinkedIn: five ways", "How to grow on LinkedIn: five ways. First", None),
        ("Today\u2019s tea", "Today\u2019s Post", None),
        ("Jane Doe on LinkedIn: Tea", "Acme\u2019s Post", None),
        ("#tea", "Tea for everybody", None),
        (None, None, None),
    ],
)
def test_the_authors_name_is_taken_from_a_title_only_when_evident(
    title: str | None, headline: str | None, name: str | None
) -> None:
    assert post(row(user_name=None, title=title, headline=headline)).author_name == name


def test_an_article_keeps_its_slug_as_id_and_its_title() -> None:
    article = post(row(**ARTICLE))
    assert (article.kind, article.post_id) == ("article", "tea-for-b%C3%A9ginners-jane-doe")
    assert (article.title, article.posted_at) == ("Tea for béginners", POSTED)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"post_type": "post"}, "post"),
        ({"post_type": "document"}, "post"),
        ({"post_type": "something new"}, "post"),
        ({"post_type": "Repost"}, "repost"),
        ({"post_type": None}, "post"),
        ({**ARTICLE, "post_type": None}, "article"),
    ],
)
def test_the_kind_is_in_words_common_to_all_platforms(changes: dict[str, object], kind: str) -> None:
    assert post(row(**changes)).kind == kind


@pytest.mark.parametrize("repost_id", ["7176470998558453672", 7176470998558453672])
def test_a_shared_post_points_to_its_original(repost_id: object) -> None:
    original = {
        "repost_id": repost_id,
        "repost_url": "https://uk.linkedin.com/in/john-roe",
        "repost_text": "Tea",
    }
    shared = post(row(repost=original))
    assert (shared.kind, shared.reposted_from) == ("repost", "7176470998558453672")
    assert shared.author_key == "in/jane-doe"


def test_a_shared_post_of_an_unknown_id_is_still_a_repost() -> None:
    shared = post(row(repost={"repost_url": "https://uk.linkedin.com/in/john-roe", "repost_id": None}))
    assert (shared.kind, shared.reposted_from) == ("repost", None)


def test_tagged_profiles_are_mentions_once_each() -> None:
    tagged = post(
        row(
            tagged_people=[
                {"name": "John Roe", "link": "https://uk.linkedin.com/in/John-Roe?trk=x"},
                {"name": "John Roe", "link": "https://www.linkedin.com/in/john-roe"},
                {"name": "no link", "link": None},
                {"name": "elsewhere", "link": "https://example.com/in/john-roe"},
                None,
            ],
            tagged_companies=[{"name": "Acme", "link": "https://it.linkedin.com/company/acme?trk=x"}],
        )
    )
    assert tagged.mentions == tagged.tagged == ["in/john-roe", "company/acme"]
    assert tagged.repairs is None


def test_media_of_all_forms_are_listed() -> None:
    media = post(
        row(
            images=["https://media.example/1.jpg", "https://media.example/1.jpg", None, ""],
            videos=[{"url": "https://media.example/2.mp4", "thumbnail": "t"}, "https://media.example/3.mp4"],
            document_cover_image="https://media.example/4\x00.png",
        )
    ).media
    assert media is not None
    assert json.loads(media) == [
        {"type": "image", "url": "https://media.example/1.jpg"},
        {"type": "video", "url": "https://media.example/2.mp4"},
        {"type": "video", "url": "https://media.example/3.mp4"},
        {"type": "document", "url": "https://media.example/4.png"},
    ]


def test_hashtags_keep_case_and_order() -> None:
    assert post(row(hashtags=["#Tea", "Cake", " #ШАЙ ", "#", "", None])).hashtags == ["Tea", "Cake", "ШАЙ"]


def test_text_is_taken_from_the_original_when_only_that_is_given() -> None:
    html = 'Tea<br/><a href="x">#Tea</a> &amp; cake'
    assert post(row(post_text=None, original_post_text=html)).text == "Tea\n#Tea & cake"


@pytest.mark.parametrize("empty", [None, "", [], {}, {"link": None, "url": None}])
@pytest.mark.parametrize(
    "field",
    ["hashtags", "tagged_people", "images", "videos", "document_cover_image", "repost", "post_text",
     "user_name", "num_likes", "discovery_input", "error", "warning", "title", "url"],
)  # fmt: skip
def test_every_kind_of_empty_means_absent(field: str, empty: object) -> None:
    assert post(row(**{field: empty})) == post(without(field))


def test_null_and_absent_are_the_same() -> None:
    optional = [key for key in row() if key not in ("id", "timestamp", "date_posted")]
    assert post(row(**dict.fromkeys(optional))) == post(without(*optional))


def test_unknown_keys_pass() -> None:
    assert post(row(num_shares=3, author={"deep": [1, {"er": None}]})) == post(row())


@pytest.mark.parametrize("given", [5.5e32, 3.6e21, -3, 1.5, "15.033", True, "many", [4]])
def test_an_absurd_count_is_null_and_noted_and_the_post_is_kept(given: object) -> None:
    absurd = post(row(num_likes=given))
    assert (absurd.like_count, absurd.comment_count) == (None, 0)
    assert absurd.repairs is not None
    assert any("likes" in note or "like_count" in note for note in absurd.repairs)


def test_counters_written_as_text_are_counts() -> None:
    written = post(row(num_likes="7886", num_comments="0"))
    assert (written.like_count, written.comment_count) == (7886, 0)


def test_a_time_far_from_the_ids_own_is_corrected_and_noted() -> None:
    wrong = post(row(date_posted="2026-03-10T10:30:06.724Z"))
    assert wrong.posted_at == POSTED
    assert wrong.repairs is not None
    assert wrong.repairs[0].startswith("posted_at: stated 2026-03-10")


def test_a_time_near_to_the_ids_own_stays() -> None:
    near = post(row(date_posted="2026-03-17T10:30:08.000"))
    assert (near.posted_at, near.repairs) == (POSTED + timedelta(seconds=1.276), None)


@pytest.mark.parametrize("stated", [None, ""])
def test_a_missing_time_is_filled_from_the_id(stated: str | None) -> None:
    filled = post(row(date_posted=stated))
    assert (filled.posted_at, filled.repairs) == (POSTED, None)


def test_an_unreadable_time_is_filled_from_the_id_and_noted() -> None:
    filled = post(row(date_posted="3d ago"))
    assert (filled.posted_at, filled.repairs) == (POSTED, ["date_posted: '3d ago' is no time"])


def test_an_id_that_holds_no_plausible_time_leaves_the_stated_one() -> None:
    short = post(row(id="12345", date_posted="2026-03-01T00:00:00Z"))
    assert (short.posted_at, short.repairs) == (datetime(2026, 3, 1, tzinfo=UTC), None)


def test_a_numeric_id_is_read_to_the_last_digit() -> None:
    assert post(row(id=int(ACTIVITY_ID))).post_id == ACTIVITY_ID


def test_a_warning_beside_a_post_is_noted_and_the_post_kept() -> None:
    warned = post(row(warning="some comments are missing", warning_code="partial"))
    assert warned.repairs == ["the vendor warns: 'some comments are missing'"]


def test_a_row_collected_directly_was_found_in_no_feed() -> None:
    assert post(without("discovery_input")).feed_key is None
    assert post(row(discovery_input={"url": "https://www.linkedin.com/today/author/Jane-Doe?trk=x"})).feed_key == (
        "in/jane-doe"
    )


def test_text_of_any_script_and_length_survives_but_for_what_the_database_refuses() -> None:
    text = "שלום 👩‍👩‍👧‍👦 " * 2000
    assert post(row(post_text=text)).text == text
    assert post(row(post_text="a\x00b \ud800 \ud83d\ude00")).text == "ab \ufffd \U0001f600"


def test_nul_and_lone_surrogates_are_cleaned_from_every_text() -> None:
    bad = "x\x00\udc00"
    dirty = row(
        user_name=bad, title=bad, url=bad, hashtags=[bad], images=[bad], repost={"repost_id": bad},
        user_id=bad, use_url=bad, account_type=bad, tagged_people=[{"link": bad}],
        discovery_input={"url": bad},
    )  # fmt: skip
    for value in (*post(dirty), *post(row(**ARTICLE | {"id": bad, "title": bad}))):
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()
    assert b"\\u0000" not in (post(dirty).media or b"")


def test_one_field_of_a_wrong_type_costs_only_that_field() -> None:
    odd = post(row(hashtags={"#Tea": 1}, user_name=["Jane"], title=None, headline=None))
    assert (odd.hashtags, odd.author_name, odd.like_count) == (None, None, 12)
    assert odd.repairs is not None
    assert [note.partition(":")[0] for note in odd.repairs] == ["user_name", "hashtags"]


def test_the_same_row_twice_gives_the_same_post() -> None:
    assert mapped(row()) == mapped(row())
