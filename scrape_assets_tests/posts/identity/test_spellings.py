from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scrape_assets.posts.identity import READERS, NotAProfile, profile_key
from scrape_assets.posts.platforms import Platform
from scrape_assets_tests.posts.identity import (
    bluesky,
    facebook,
    feed,
    hackernews,
    instagram,
    lemmy,
    mastodon,
    reddit,
    tiktok,
    web,
    x,
    youtube,
)

TABLES: dict[Platform, ModuleType] = {
    Platform.INSTAGRAM: instagram,
    Platform.TIKTOK: tiktok,
    Platform.X: x,
    Platform.FACEBOOK: facebook,
    Platform.YOUTUBE: youtube,
    Platform.REDDIT: reddit,
    Platform.BLUESKY: bluesky,
    Platform.MASTODON: mastodon,
    Platform.HACKERNEWS: hackernews,
    Platform.LEMMY: lemmy,
    Platform.FEED: feed,
    Platform.WEB: web,
}
SPELLINGS = [(platform, pasted, key) for platform, table in TABLES.items() for pasted, key in table.SPELLINGS]
REFUSALS = [(platform, pasted, reason) for platform, table in TABLES.items() for pasted, reason in table.REFUSALS]
KEYS = sorted({(platform, key) for platform, _, key in SPELLINGS})

# What may stand before and after a name in an address that leads to a profile, or nearly.
SHAPES = [pasted.replace(key.rpartition("/")[2], "{}", 1) for _, pasted, key in SPELLINGS if "{" not in pasted]
platforms = st.sampled_from(Platform)
letters = st.sampled_from(["@", ".", "-", "_", "/", "%", ":", "?", "#", "!", "i", "İ", "ß", "Σ", "\u0345", "\u200d"])
names = st.text(st.one_of(letters, st.characters()), max_size=120)
texts = st.one_of(
    st.text(),
    names,
    st.builds(lambda shape, name: shape.replace("{}", name, 1), st.sampled_from(SHAPES), names),
)


def test_every_platform_has_a_reader() -> None:
    assert set(READERS) == set(Platform)


@pytest.mark.parametrize(("platform", "pasted", "key"), SPELLINGS)
def test_every_spelling_of_a_profile_comes_to_one_key(platform: Platform, pasted: str, key: str) -> None:
    profile = profile_key(platform, pasted)
    assert (profile.platform, profile.key) == (platform, key)


@pytest.mark.parametrize(("platform", "pasted", "_key"), SPELLINGS)
def test_the_canonical_url_leads_to_the_same_profile(platform: Platform, pasted: str, _key: str) -> None:
    profile = profile_key(platform, pasted)
    assert profile_key(platform, profile.url) == profile
    assert profile.url.isascii()


@pytest.mark.parametrize(("platform", "pasted", "reason"), REFUSALS)
def test_what_is_no_profile_is_refused_with_the_reason(platform: Platform, pasted: str, reason: str) -> None:
    with pytest.raises(NotAProfile) as refusal:
        profile_key(platform, pasted)
    assert reason in str(refusal.value)
    assert len(str(refusal.value)) < 300
    str(refusal.value).encode()  # messages are stored: no half of a surrogate pair, no NUL
    assert "\0" not in str(refusal.value)


@pytest.mark.parametrize(("platform", "key"), KEYS)
def test_a_key_fits_into_an_index_and_shows(platform: Platform, key: str) -> None:
    assert len(key.encode()) < 2600
    assert key == key.strip()
    assert "\0" not in key


@given(platforms, texts)
@example(Platform.YOUTUBE, "@" + "İ" * 60)
@example(Platform.FEED, "https://acme.example/feed.)#top")
@example(Platform.X, "twitter.com/intent/user?screen_name=i")
@example(Platform.FACEBOOK, "@pages")
def test_any_text_is_a_profile_or_refused_and_its_url_leads_back(platform: Platform, text: str) -> None:
    try:
        profile = profile_key(platform, text)
    except NotAProfile:
        return
    assert profile_key(platform, profile.url).key == profile.key
    assert "\0" not in profile.key
    assert len(profile.key.encode()) < 2600
    profile.url.encode("ascii")
