"""What a row of the Reddit dataset says, as a post."""

import json

import pytest

from scrape_assets.posts.model import Post
from scrape_assets_tests.sources.datasets.reddit_rows import COLLECTED, POST_ID, POSTED, URL, mapped, post, row, without


def test_a_row_becomes_a_post() -> None:
    assert post(row()) == Post(
        platform="reddit",
        post_id=POST_ID,
        url=URL,
        kind="post",
        author_key="user/jane_doe",
        author_handle="jane_doe",
        author_id="t2_1kv65fo8oy",
        author_name="Jane_Doe",
        author_url="https://www.reddit.com/user/jane_doe",
        title="Tea & cake for everybody",
        text="Pour it > 90 degrees.",
        posted_at=POSTED,
        collected_at=COLLECTED,
        hashtags=None,
        mentions=None,
        media=json.dumps(
            [
                {"type": "image", "url": "https://media.example/1.jpg?width=1080&s=ab"},
                {"type": "link", "url": "https://data.example.org/tea"},
            ],
            separators=(",", ":"),
        ).encode(),
        like_count=469,
        comment_count=33,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="r/teamaths",
        repairs=None,
    )


@pytest.mark.parametrize("given", [f"t3_{POST_ID}", POST_ID, f" {POST_ID} "])
def test_a_post_has_one_id_with_the_prefix_or_without(given: str) -> None:
    assert post(row(post_id=given)).post_id == POST_ID


@pytest.mark.parametrize(
    ("changes", "key", "name", "user_id"),
    [
        ({"user_posted": "u/Jane_Doe"}, "user/jane_doe", "Jane_Doe", "t2_1kv65fo8oy"),
        ({"user_id": None}, "user/jane_doe", "Jane_Doe", None),
        ({"user_posted": "[deleted]", "user_id": ""}, None, None, None),
        ({"user_posted": None}, None, None, "t2_1kv65fo8oy"),
        ({"user_posted": "no user's name"}, None, "no user's name", "t2_1kv65fo8oy"),
    ],
)
def test_the_author_is_whom_the_row_names_and_never_the_community(
    changes: dict[str, object], key: str | None, name: str | None, user_id: str | None
) -> None:
    found = post(row(**changes))
    assert (found.author_key, found.author_name, found.author_id) == (key, name, user_id)
    assert found.feed_key == "r/teamaths"


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"url": "https://www.reddit.com/r/TeaMaths", "sort_by": "New"}, "r/teamaths"),
        ({"keyword": "Harbour  Forum", "date": "Past week", "num_of_posts": ""}, "search:harbour forum"),
        ({"url": ""}, None),
        ({}, None),
    ],
)
def test_a_find_is_attributed_to_what_was_asked_for(asked: object, key: str | None) -> None:
    assert post(row(discovery_input=asked)).feed_key == key


@pytest.mark.parametrize(
    ("videos", "kind"),
    [(["https://media.example/a.mp4"], "video"), ([], "post"), ([None, ""], "post"), (None, "post")],
)
def test_a_post_with_a_video_is_a_video(videos: object, kind: str) -> None:
    assert post(row(videos=videos)).kind == kind


def test_media_of_all_forms_are_listed_once() -> None:
    media = post(
        row(
            photos=[{"url": "https://media.example/1.jpg"}, "https://media.example/1.jpg", None, ""],
            videos="https://media.example/2.mp4",
            embedded_links=[{"link": "https://data.example.org/"}, {"url": None}],
        )
    ).media
    assert json.loads(media or b"") == [
        {"type": "image", "url": "https://media.example/1.jpg"},
        {"type": "video", "url": "https://media.example/2.mp4"},
        {"type": "link", "url": "https://data.example.org/"},
    ]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt; is how it is written", "&lt; is how it is written"),
        ('"quotes" &quot; &nbsp; stay', '"quotes" &quot; &nbsp; stay'),
        ("AT&T", "AT&T"),
    ],
)
def test_the_three_escapes_of_reddit_are_read_once(given: str, text: str) -> None:
    assert (post(row(description=given)).text, post(row(title=given)).title) == (text, text)


def test_the_markdown_is_read_where_there_is_no_plain_text() -> None:
    assert post(row(description=None)).text == "**Pour it > 90 degrees.**"
    assert post(row(description=None, description_markdown=None)).text is None


@pytest.mark.parametrize("placeholder", ["[removed]", "[deleted]"])
def test_a_text_that_is_gone_is_missing_and_noted(placeholder: str) -> None:
    gone = post(row(description=placeholder))
    assert (gone.text, gone.title) == (None, "Tea & cake for everybody")
    assert gone.repairs == [f"text: {placeholder} by Reddit"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("As u/John_Roe and /r/CoffeeMaths said (u/john_roe).", ["user/john_roe", "r/coffeemaths"]),
        ("https://www.reddit.com/user/John_Roe/ and old.reddit.com/r/CoffeeMaths", ["user/john_roe", "r/coffeemaths"]),
        ("thanks /u/JANE_DOE, see r/TeaMaths and r/all", None),
        ("either/or, tea/u/x, https://example.com/r/tea, 1/u/nobody", None),
        ("", None),
    ],
)
def test_users_and_communities_named_in_the_text_are_mentions(text: str, keys: list[str] | None) -> None:
    assert post(row(description=text, description_markdown=None)).mentions == keys
    assert post(row(title=text, description=None, description_markdown=None)).mentions == keys


def test_counters_written_as_text_are_counts_and_missing_ones_are_not_zero() -> None:
    written = post(row(num_upvotes="7886", num_comments=None))
    assert (written.like_count, written.comment_count, written.repairs) == (7886, None, None)


@pytest.mark.parametrize("given", [5.5e32, -3, 1.5, "7.4k", True, [4]])
def test_an_absurd_count_is_null_and_noted_and_the_post_is_kept(given: object) -> None:
    absurd = post(row(num_upvotes=given))
    assert (absurd.like_count, absurd.comment_count) == (None, 33)
    assert absurd.repairs is not None


def test_a_row_as_documented_is_a_post_too() -> None:
    documented = {
        "post_id": POST_ID,
        "url": f"https://www.reddit.com/r/TeaMaths/comments/{POST_ID}/",
        "user_posted": "Jane_Doe",
        "title": "Tea",
        "description": "Sharing a cup...",
        "num_upvotes": 842,
        "num_comments": 54,
        "date_posted": "2026-03-17T10:30:06Z",
        "tag": "Research",
        "community_name": "TeaMaths",
        "community_url": "https://www.reddit.com/r/TeaMaths",
        "community_rank": "Top 1%",
        "related_posts": [],
        "comments": [],
        "photos": [],
        "videos": [],
        "timestamp": "2026-03-20T08:00:01.500Z",
    }
    found = post(documented)
    assert (found.author_key, found.media, found.feed_key, found.repairs) == ("user/jane_doe", None, None, None)


@pytest.mark.parametrize("empty", [None, "", [], {}, {"url": None, "link": None}])
@pytest.mark.parametrize(
    "field",
    ["description", "description_markdown", "title", "photos", "videos", "embedded_links", "num_upvotes", "user_id",
     "user_posted", "community_name", "discovery_input", "error", "warning", "url"],
)  # fmt: skip
def test_every_kind_of_empty_means_absent(field: str, empty: object) -> None:
    assert post(row(**{field: empty})) == post(without(field))


def test_null_and_absent_are_the_same() -> None:
    optional = [key for key in row() if key not in ("post_id", "timestamp", "date_posted")]
    assert post(row(**dict.fromkeys(optional))) == post(without(*optional))


def test_unknown_keys_pass_and_nested_lists_cost_nothing() -> None:
    odd = row(error=None, warning_code="", crosspost={"deep": [1]}, comments=[{"replies": [{}] * 500}] * 50)
    assert post(odd) == post(row())


def test_one_field_of_a_wrong_type_costs_only_that_field() -> None:
    odd = post(row(photos={"1": 1}, title=["Tea"]))
    assert (odd.title, odd.like_count, odd.author_key) == (None, 469, "user/jane_doe")
    assert odd.repairs is not None
    assert [note.partition(":")[0] for note in odd.repairs] == ["title", "photos"]


def test_nul_and_lone_surrogates_are_cleaned_from_every_text() -> None:
    bad = "x\x00\udc00"
    texts = ("title", "description", "url", "user_posted", "user_id", "community_name", "post_id")
    dirty = post(row(**dict.fromkeys(texts, bad), photos=[bad], discovery_input={"keyword": bad}))
    for value in dirty:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()
    assert b"\\u0000" not in (dirty.media or b"")


def test_the_same_row_twice_gives_the_same_post() -> None:
    assert mapped(row()) == mapped(row())
