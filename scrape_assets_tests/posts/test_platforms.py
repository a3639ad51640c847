import pytest

from scrape_assets.posts.platforms import Platform, parse_platform


@pytest.mark.parametrize("platform", list(Platform))
def test_every_platform_is_read_by_its_name(platform: Platform) -> None:
    assert parse_platform(platform.value) is platform
    assert parse_platform(f" {platform.value.upper()}\n") is platform


def test_twitter_is_x() -> None:
    assert parse_platform("Twitter") is Platform.X


@pytest.mark.parametrize(("text", "nearest"), [("linkdin", "linkedin"), ("tik-tok", "tiktok"), ("twiter", "twitter")])
def test_an_unknown_name_is_answered_with_the_nearest_and_all_known(text: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=f"Did you mean {nearest}\\? Known: linkedin, instagram"):
        parse_platform(text)


@pytest.mark.parametrize("text", ["", "qqqqqq", "x" * 5000])
def test_a_name_near_to_nothing_gets_no_guess(text: str) -> None:
    with pytest.raises(ValueError, match="unknown platform") as error:
        parse_platform(text)
    assert "Did you mean" not in str(error.value)
    assert len(str(error.value)) < 300
