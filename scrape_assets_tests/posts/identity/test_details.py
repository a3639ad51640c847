import pytest

from scrape_assets.posts.identity import Profile, ProfileKind, profile_key
from scrape_assets.posts.identity.instagram import post_code
from scrape_assets.posts.platforms import Platform

FACEBOOK_URL = "https://www.facebook.com/profile.php?id=123456789012"
CHANNEL_ID = "UCaBcDeFgHiJkLmNoPqRsT_-"
DID = "did:plc:abcdefghijklmnopqrstuvw2"


@pytest.mark.parametrize(
    ("platform", "pasted", "url", "handle", "kind"),
    [
        ("instagram", "@Jane.Doe", "https://www.instagram.com/jane.doe", "jane.doe", ProfileKind.ACCOUNT),
        ("tiktok", "Jane", "https://www.tiktok.com/@jane", "jane", ProfileKind.ACCOUNT),
        ("twitter", "twitter.com/Jane", "https://x.com/jane", "jane", ProfileKind.ACCOUNT),
        ("facebook", "fb.com/Jane.Doe", "https://www.facebook.com/jane.doe", "janedoe", ProfileKind.ACCOUNT),
        ("youtube", "@Jane", "https://www.youtube.com/@jane", "jane", ProfileKind.ACCOUNT),
        ("youtube", "@王芳", "https://www.youtube.com/@%E7%8E%8B%E8%8A%B3", "王芳", ProfileKind.ACCOUNT),
        ("reddit", "u/Jane", "https://www.reddit.com/user/jane", "jane", ProfileKind.ACCOUNT),
        ("reddit", "r/Cats", "https://www.reddit.com/r/cats", "cats", ProfileKind.COMMUNITY),
        ("bluesky", "@Jane.bsky.social", "https://bsky.app/profile/jane.bsky.social", "jane.bsky.social", "account"),
        ("mastodon", "@Jane@a.example", "https://a.example/@jane", "jane@a.example", ProfileKind.ACCOUNT),
        ("mastodon", "https://b.example/@Jane@a.example", "https://a.example/@jane", "jane@a.example", "account"),
        ("hackernews", "Jane", "https://news.ycombinator.com/user?id=Jane", "Jane", ProfileKind.ACCOUNT),
        ("lemmy", "https://b.example/u/Jane@a.example", "https://a.example/u/jane", "jane@a.example", "account"),
        ("lemmy", "!Cats@a.example", "https://a.example/c/cats", "cats@a.example", ProfileKind.COMMUNITY),
        ("lemmy", "!коты@a.example", "https://a.example/c/%D0%BA%D0%BE%D1%82%D1%8B", "коты@a.example", "community"),
        ("feed", "feed://A.example/Rss", "https://a.example/Rss", None, ProfileKind.FEED),
        ("web", "A.example/Us#team", "https://a.example/Us", None, ProfileKind.FEED),
    ],
)
def test_a_profile_has_one_url_one_handle_and_a_kind(
    platform: str, pasted: str, url: str, handle: str | None, kind: str
) -> None:
    profile = profile_key(platform, pasted)
    assert (profile.url, profile.handle, profile.kind, profile.platform_user_id) == (url, handle, kind, None)


@pytest.mark.parametrize(
    ("platform", "pasted", "url", "user_id"),
    [
        ("x", "https://twitter.com/12345/status/20", "https://x.com/i/user/12345", "12345"),
        ("facebook", "fb.com/Acme-123456789012", FACEBOOK_URL, "123456789012"),
        ("youtube", CHANNEL_ID, f"https://www.youtube.com/channel/{CHANNEL_ID}", CHANNEL_ID),
        ("bluesky", f"at://{DID}/app.bsky.feed.post/3k", f"https://bsky.app/profile/{DID}", DID),
    ],
)
def test_an_id_in_the_place_of_the_name_is_an_id_and_no_handle(
    platform: str, pasted: str, url: str, user_id: str
) -> None:
    profile = profile_key(platform, pasted)
    assert (profile.url, profile.platform_user_id, profile.handle) == (url, user_id, None)


def test_an_old_youtube_name_is_no_handle_because_another_channel_may_have_it_as_one() -> None:
    assert profile_key("youtube", "youtube.com/c/Jane").handle is None
    assert profile_key("youtube", "youtube.com/user/Jane").handle is None


def test_letter_case_tells_two_people_apart_on_hacker_news_only() -> None:
    assert profile_key("hackernews", "pg").key != profile_key("hackernews", "PG").key
    assert profile_key("x", "pg").key == profile_key("x", "PG").key


def test_a_user_and_a_community_of_the_same_name_are_two_profiles() -> None:
    assert profile_key("reddit", "u/cats").key != profile_key("reddit", "r/cats").key
    assert profile_key("lemmy", "@cats@a.example").key != profile_key("lemmy", "!cats@a.example").key


def test_a_feed_keeps_the_scheme_it_was_given_and_is_the_same_feed_under_both() -> None:
    plain, safe = profile_key("feed", "http://a.example/rss"), profile_key("feed", "https://a.example/rss")
    assert plain.key == safe.key
    assert (plain.url, safe.url) == ("http://a.example/rss", "https://a.example/rss")


def test_the_url_of_a_facebook_page_keeps_its_dots_which_its_key_has_not() -> None:
    assert profile_key("facebook", "Jane.Doe") == Profile(
        Platform.FACEBOOK, "janedoe", "https://www.facebook.com/jane.doe", "janedoe", ProfileKind.ACCOUNT
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://www.instagram.com/p/C1aB_-eFgHi/",
        "https://www.instagram.com/p/C1aB_-eFgHi",
        "http://instagram.com/reel/C1aB_-eFgHi/?igsh=x",
        "https://www.instagram.com/reels/C1aB_-eFgHi/",
        "https://www.instagram.com/tv/C1aB_-eFgHi/",
        "https://www.instagram.com/jane.doe/p/C1aB_-eFgHi/",
        "https://www.instagram.com/jane.doe/reel/C1aB_-eFgHi/",
        "instagram.com/P/C1aB_-eFgHi#x",
        " <https://www.instagram.com/p/C1aB_-eFgHi/media/?size=l>",
    ],
)
def test_the_code_of_an_instagram_post_is_read_from_all_forms_of_its_address(url: str) -> None:
    assert post_code(url) == "C1aB_-eFgHi"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "jane.doe",
        "https://www.instagram.com/jane.doe/",
        "https://www.instagram.com/jane.doe/reels/",
        "https://www.instagram.com/p/",
        "https://www.instagram.com/reels/audio/123/",
        "https://www.instagram.com/share/p/BADcode/",
        "https://www.instagram.com/stories/jane/123/",
        "https://www.instagram.com/p/C1aB%00/",
        "https://www.instagram.com/p/" + "a" * 65,
        "https://x.com/p/C1aB_-eFgHi/",
    ],
)
def test_what_is_no_instagram_post_has_no_code(url: str) -> None:
    assert post_code(url) is None
