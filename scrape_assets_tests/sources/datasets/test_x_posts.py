"""What a row says, as a post."""

from datetime import UTC, datetime, timedelta

import pytest

from scrape_assets.posts.model import Post
from scrape_assets_tests.sources.datasets.x_rows import (
    COLLECTED,
    NO_PARENT,
    NO_QUOTE,
    OTHER_ID,
    POST_ID,
    POSTED,
    id_at,
    mapped,
    post,
    recent,
    row,
    without,
)


def test_a_row_becomes_a_post() -> None:
    assert post(row()) == Post(
        platform="x",
        post_id=POST_ID,
        url=f"https://x.com/Jane_Doe/status/{POST_ID}",
        kind="post",
        author_key="jane_doe",
        author_handle="jane_doe",
        author_id=None,
        author_name="Jane Doe",
        author_url="https://x.com/jane_doe",
        title=None,
        text="Tea & cake for everybody #Tea",
        posted_at=POSTED,
        collected_at=COLLECTED,
        hashtags=["Tea"],
        mentions=None,
        media=b'[{"type":"image","url":"https://media.example/1.jpg"}]',
        like_count=12,
        comment_count=3,
        share_count=4,
        view_count=900,
        save_count=0,
        reposted_from=None,
        feed_key="acme",
        repairs=None,
    )


def test_rows_of_2025_and_of_2026_tell_the_same() -> None:
    assert post(recent()) == post(row())._replace(author_id="20000001")


@pytest.mark.parametrize(
    ("changes", "author"),
    [
        ({}, ("jane_doe", "jane_doe", None, "https://x.com/jane_doe")),
        ({"user_posted": "@JANE_doe "}, ("jane_doe", "jane_doe", None, "https://x.com/jane_doe")),
        ({"user_posted": None}, ("jane_doe", "jane_doe", None, "https://x.com/jane_doe")),
        ({"user_posted": None, "user_id": 17}, ("jane_doe", "jane_doe", "17", "https://x.com/jane_doe")),
        (
            {"user_posted": None, "url": f"https://twitter.com/20000001/status/{POST_ID}"},
            ("id/20000001", None, "20000001", "https://x.com/i/user/20000001"),
        ),
        (
            {"user_posted": None, "url": None, "user_id": "20000001"},
            ("id/20000001", None, "20000001", "https://x.com/i/user/20000001"),
        ),
        ({"user_posted": "no such name", "url": None}, (None, "no such name", None, None)),
        ({"user_posted": None, "url": None}, (None, None, None, None)),
    ],
)
def test_the_author_is_known_by_name_else_by_address_else_by_number(
    changes: dict[str, object], author: tuple[str | None, ...]
) -> None:
    found = post(row(**changes))
    assert (found.author_key, found.author_handle, found.author_id, found.author_url) == author
    assert found.feed_key == "acme"


@pytest.mark.parametrize(
    ("found_at", "owner", "number"),
    [
        (f"https://twitter.com/20000001/status/{POST_ID}", "https://x.com/Jane_Doe?s=20", "20000001"),
        (f"https://twitter.com/20000001/status/{POST_ID}", "https://x.com/acme", None),
        (f"https://twitter.com/20000001/status/{OTHER_ID}", "https://x.com/jane_doe", None),
        (f"https://x.com/jane_doe/status/{POST_ID}", "https://x.com/jane_doe", None),
        ("nonsense", "https://x.com/jane_doe", None),
    ],
)
def test_the_number_in_the_discovered_address_is_the_authors_only_in_their_own_feed(
    found_at: str, owner: str, number: str | None
) -> None:
    assert post(row(input={"url": found_at}, discovery_input={"url": owner})).author_id == number


OTHER = {"post_id": OTHER_ID, "profile_id": "30000002", "profile_name": "John Roe"}
OTHER_URL = f"https://x.com/johnroe/status/{OTHER_ID}"


@pytest.mark.parametrize(
    ("changes", "kind", "reply_to", "quote_of"),
    [
        ({"parent_post_details": OTHER}, "reply", OTHER_ID, None),
        ({"parent_post_details": {**OTHER, "post_id": int(OTHER_ID)}}, "reply", OTHER_ID, None),
        ({"parent_post_details": {"url": OTHER_URL}}, "reply", OTHER_ID, None),
        ({"parent_post_details": {**OTHER, "post_id": POST_ID}}, "post", None, None),
        ({"parent_post_details": {**NO_PARENT, "profile_name": "John"}}, "post", None, None),
        ({"parent_post_details": None, "quoted_post": None}, "post", None, None),
        ({"quoted_post": {**NO_QUOTE, **OTHER, "data_posted": "2026-03-17T05:30:06.000Z"}}, "quote", None, OTHER_ID),
        ({"quoted_post": {**NO_QUOTE, "url": OTHER_URL}}, "quote", None, OTHER_ID),
        ({"quoted_post": {**NO_QUOTE, "description": "no longer there"}}, "quote", None, None),
        ({"quoted_post": {**NO_QUOTE, "post_id": POST_ID, "url": "https://x.com/i"}}, "post", None, None),
        ({"quoted_post": {"photos": None, "videos": None}}, "post", None, None),
        ({"quoted_post": OTHER, "parent_post_details": {**OTHER, "post_id": "77"}}, "reply", "77", OTHER_ID),
        ({"is_repost": True}, "repost", None, None),
        ({"is_repost": True, "quoted_post": OTHER}, "repost", None, OTHER_ID),
    ],
)
def test_replies_and_quotes_point_to_the_other_post(
    changes: dict[str, object], kind: str, reply_to: str | None, quote_of: str | None
) -> None:
    found = post(row(**changes))
    assert (found.kind, found.reply_to, found.quote_of, found.reposted_from) == (kind, reply_to, quote_of, None)


@pytest.mark.parametrize(
    ("text", "tagged", "mentions"),
    [
        ("With @John_Roe and @acme.", None, ["john_roe", "acme"]),
        ("@acme @ACME \uff20acme!", None, ["acme"]),
        ("tea", [{"profile_name": "John", "url": "https://x.com/JohnRoe"}], ["johnroe"]),
        ("with @johnroe", [{"url": "https://x.com/JohnRoe"}, {"url": None}, None, "x.com/acme"], ["johnroe", "acme"]),
        ("write to jane@example.com or https://example.com/@jane", None, None),
        ("@acme@example.social, @", None, None),
        ("@far_too_long_a_name_to_be_one", None, None),
        ("@i @home @search", None, None),
        ("שלום @acme, 今日は@JaneDoe", None, ["acme", "janedoe"]),
        (None, [{"url": "https://example.com/jane"}], None),
    ],
)
def test_tagged_profiles_and_names_in_the_text_are_mentions_once_each(
    text: str | None, tagged: object, mentions: list[str] | None
) -> None:
    found = post(row(description=text, tagged_users=tagged))
    assert (found.mentions, found.tagged) == (mentions, None)  # the row's list is of those the text names


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a &lt;b&gt; &quot;c&quot; &#39;d&#39; &amp;amp;", "a <b> \"c\" 'd' &amp;"),
        ("Q&A ?a=1&copy=2 &unknown;", "Q&A ?a=1&copy=2 &unknown;"),
        (None, None),
        ("", None),
    ],
)
def test_html_entities_become_characters_once(written: str | None, text: str | None) -> None:
    assert post(row(description=written)).text == text


def test_hashtags_keep_case_and_order_and_are_one_each() -> None:
    assert post(row(hashtags=["Tea", "#Cake", "tea", " ШАЙ ", "", None])).hashtags == ["Tea", "Cake", "ШАЙ"]


@pytest.mark.parametrize("empty", [None, "", [], {}, {"post_id": None, "url": None}])
@pytest.mark.parametrize("field", [key for key in row() if key not in ("id", "timestamp", "date_posted")])
def test_every_kind_of_empty_means_absent(field: str, empty: object) -> None:
    assert post(row(**{field: empty})) == post(without(field))


def test_null_and_absent_are_the_same() -> None:
    optional = [key for key in row() if key not in ("id", "timestamp", "date_posted")]
    assert post(row(**dict.fromkeys(optional))) == post(without(*optional))


def test_unknown_keys_pass() -> None:
    assert post(row(edit_history={"deep": [1, {"er": None}]}, quotes="many")) == post(row())


@pytest.mark.parametrize("given", [5.5e32, 3.6e21, -3, 1.5, "15.033", True, "many", [4]])
@pytest.mark.parametrize(
    ("field", "ours"),
    [
        ("likes", "like_count"),
        ("replies", "comment_count"),
        ("reposts", "share_count"),
        ("views", "view_count"),
        ("bookmarks", "save_count"),
    ],
)
def test_an_absurd_count_is_null_and_noted_and_the_post_is_kept(field: str, ours: str, given: object) -> None:
    absurd = post(row(**{field: given}))
    expected = post(row())._asdict() | {ours: None, "repairs": absurd.repairs}
    assert absurd._asdict() == expected
    assert absurd.repairs is not None
    assert absurd.repairs[0].partition(":")[0] in (field, ours)


def test_counters_written_as_text_are_counts_and_missing_ones_are_not_zero() -> None:
    written = post(row(likes="7886", replies="0", views=None))
    assert (written.like_count, written.comment_count, written.view_count) == (7886, 0, None)


def test_a_time_far_from_the_ids_own_is_corrected_and_noted() -> None:
    wrong = post(row(date_posted="2026-03-10T10:30:06.000Z"))
    assert wrong.posted_at == POSTED + timedelta(milliseconds=724)
    assert wrong.repairs is not None
    assert wrong.repairs[0].startswith("posted_at: stated 2026-03-10")


@pytest.mark.parametrize(
    ("stated", "repairs"), [(None, None), ("", None), ("3d ago", ["date_posted: '3d ago' is no time"])]
)
def test_a_missing_time_is_filled_from_the_id(stated: str | None, repairs: list[str] | None) -> None:
    filled = post(row(date_posted=stated))
    assert (filled.posted_at, filled.repairs) == (POSTED + timedelta(milliseconds=724), repairs)


def test_a_post_from_before_the_ids_held_a_time_has_the_stated_one() -> None:
    old = post(row(id="20000000000", date_posted="2010-08-01T10:00:00.000Z"))
    assert (old.post_id, old.posted_at, old.repairs) == ("20000000000", datetime(2010, 8, 1, 10, tzinfo=UTC), None)


def test_a_numeric_id_is_read_to_the_last_digit() -> None:
    assert post(row(id=int(POST_ID))).post_id == POST_ID


def test_one_post_has_one_id_however_it_was_asked_for() -> None:
    direct = row(input={"url": f"https://x.com/jane_doe/status/{POST_ID}?s=20"}, discovery_input=None)
    assert post(direct) == post(row())._replace(feed_key=None)


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"url": "https://twitter.com/ACME/"}, "acme"),
        ({"url": "https://x.com/i/user/20000001"}, "id/20000001"),
        ({"urls": ["https://x.com/acme"]}, None),
        ("https://x.com/acme", "acme"),
        ({"url": "https://example.com/acme"}, None),
    ],
)
def test_the_feed_is_what_the_client_asked_for(asked: object, key: str | None) -> None:
    assert post(row(discovery_input=asked)).feed_key == key


def test_a_warning_beside_a_post_is_noted_and_the_post_kept() -> None:
    assert post(row(warning="no replies", warning_code="partial")).repairs == ["the vendor warns: 'no replies'"]


def test_text_of_any_script_and_length_survives_but_for_what_the_database_refuses() -> None:
    text = "שלום 👩‍👩‍👧‍👦 " * 2000
    assert post(row(description=text)).text == text
    assert post(row(description="a\x00b \ud800 \ud83d\ude00")).text == "ab \ufffd \U0001f600"


def test_one_field_of_a_wrong_type_costs_only_that_field() -> None:
    odd = post(row(hashtags={"Tea": 1}, name=["Jane"], is_repost="no"))
    assert (odd.hashtags, odd.author_name, odd.kind, odd.like_count) == (None, None, "post", 12)
    assert odd.repairs is not None
    assert [note.partition(":")[0] for note in odd.repairs] == ["name", "hashtags", "is_repost"]


def test_the_same_row_twice_gives_the_same_post() -> None:
    assert mapped(row()) == mapped(row())
    assert post(row(id=id_at(POSTED, 1))).post_id != post(row(id=id_at(POSTED, 2))).post_id
