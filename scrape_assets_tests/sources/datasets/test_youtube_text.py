"""What the words and the captions of a row of the YouTube dataset say: whom it mentions, what language it speaks."""

import pytest

from scrape_assets_tests.sources.datasets.youtube_rows import CHANNEL_ID, post, row


@pytest.mark.parametrize(
    ("description", "keys"),
    [
        ("With @OtherChannel and @Caf\u00e9_Tea.", ["@otherchannel", "@caf\u00e9_tea"]),
        ("With @other-channel. And @other-channel again", ["@other-channel"]),
        (f"See youtube.com/channel/{CHANNEL_ID[:-1]}Z", [f"channel/{CHANNEL_ID[:-1]}Z"]),
        ("See https://www.youtube.com/@OtherChannel?si=1", ["@otherchannel"]),
        (f"Subscribe: @JaneDoe, https://www.youtube.com/channel/{CHANNEL_ID}", None),
        ("Instagram: @otherchannel\nX: @other_channel\ntwitter.com/otherchannel @tweets", None),
        ("Instagram: @elsewhere\nwith @OtherChannel", ["@otherchannel"]),
        ("press@acme.example, https://www.tiktok.com/@elsewhere, user.name@acme.example", None),
        ("5 @ 3 o'clock, @a", None),
        ("", None),
    ],
)
def test_channels_named_in_the_description_are_mentions(description: str, keys: list[str] | None) -> None:
    assert post(row(description=description)).mentions == keys


def test_channels_named_in_the_title_are_mentions_too() -> None:
    assert post(row(title="Tea ft. @OtherChannel", description=None)).mentions == ["@otherchannel"]


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ([{"language": "Portuguese (auto-generated)", "auto_translate": True}], "pt"),
        ([{"language": "English"}, {"language": "Dutch (auto-generated)"}], "nl"),
        ([{"language": "English (United Kingdom)", "auto_translate": False}], "en-GB"),
        (["Portuguese (Brazil)"], "pt-BR"),
        ([{"language": "English"}, {"language": "German"}], None),
        ([{"language": "Klingon (auto-generated)"}], None),
        ([{"language": None}, None, ""], None),
        ([], None),
    ],
)
def test_the_language_is_that_of_the_captions_youtube_made(given: object, language: str | None) -> None:
    assert post(row(transcript_language=given)).language == language
