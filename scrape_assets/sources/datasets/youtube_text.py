"""What a video's own words and captions say: whom it mentions, and in which language it speaks. No rows."""

import re
from collections.abc import Iterator
from functools import lru_cache

CHANNEL_ID = re.compile(r"UC[\w-]{22}", re.ASCII)
"""A whole id of a channel."""

# As YouTube reads them: no address's fragment, no "C#", no mere number.
HASHTAG = re.compile(r"(?<![\w/#&])[#\uff03](?!\d+\b)(\w{1,100})")
"""A hashtag in a title or a description; the API and the feeds list them nowhere else."""

# Both begin with letters that are rare in text, so that nearly all of it is skipped at once.
_NAME = re.compile(r"@([\w.%·-]{3,180})")
_ADDRESS = re.compile(r"/channel/(UC[\w-]{22})", re.ASCII)
_SITE = "https://www.youtube.com/"
_INSIDE_A_WORD = frozenset("._/@+-%")  # before "@": an e-mail address, or a path of another site
# Creators list their accounts elsewhere, a line each; "Instagram: @jane" says nothing of youtube.com/@jane.
_ELSEWHERE = re.compile(
    r"\b(?:(?i:instagram|insta|twitter|tiktok|facebook|threads|snapchat|telegram|twitch|discord|linkedin|bluesky"
    r"|bsky|mastodon|reddit|pinterest|patreon|paypal|venmo|x\.com|t\.me)|X|IG|FB)\b"
)
_LANGUAGE = re.compile(r"([^()]+?)\s*(?:\(([^()]*)\))?\s*(?:\(auto-generated\))?")
_AUTOMATIC = "(auto-generated)"
_CODES = {
    "afrikaans": "af", "albanian": "sq", "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "catalan": "ca",
    "chinese": "zh", "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
    "estonian": "et", "filipino": "fil", "finnish": "fi", "french": "fr", "german": "de", "greek": "el",
    "gujarati": "gu", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is", "indonesian": "id",
    "italian": "it", "japanese": "ja", "kannada": "kn", "kazakh": "kk", "korean": "ko", "latvian": "lv",
    "lithuanian": "lt", "malay": "ms", "malayalam": "ml", "marathi": "mr", "norwegian": "no", "persian": "fa",
    "polish": "pl", "portuguese": "pt", "punjabi": "pa", "romanian": "ro", "russian": "ru", "serbian": "sr",
    "slovak": "sk", "slovenian": "sl", "spanish": "es", "swahili": "sw", "swedish": "sv", "tamil": "ta",
    "telugu": "te", "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi",
}  # fmt: skip
_REGIONS = {
    "australia": "AU", "brazil": "BR", "canada": "CA", "china": "CN", "france": "FR", "germany": "DE", "india": "IN",
    "ireland": "IE", "latin america": "419", "mexico": "MX", "portugal": "PT", "simplified": "Hans", "spain": "ES",
    "switzerland": "CH", "taiwan": "TW", "traditional": "Hant", "united kingdom": "GB", "united states": "US",
}  # fmt: skip


def mentioned_channels(*texts: str | None) -> Iterator[str]:
    """Addresses of the channels that texts name, by handle or by address."""
    for text in texts:
        if text and "@" in text:
            for found in _NAME.finditer(text):
                if _is_channel(text, found.start(), found.end()):
                    yield f"{_SITE}@{found[1].rstrip('.-·%')}"
        if text and "/channel/UC" in text:
            for found in _ADDRESS.finditer(text):
                yield f"{_SITE}channel/{found[1]}"


def _is_channel(text: str, start: int, end: int) -> bool:
    before = text[start - 1 : start]
    if before == "/":
        return text.endswith("youtube.com/", 0, start)
    if before.isalnum() or before in _INSIDE_A_WORD:
        return False
    return _ELSEWHERE.search(text, text.rfind("\n", 0, start) + 1, _end_of_line(text, end)) is None


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


@lru_cache(maxsize=1024)
def spoken_language(*captions: str) -> str | None:
    """The language of a video as BCP 47, out of the English names of its captions' languages; None when unclear.

    YouTube generates captions in the language that is spoken only. Without those, a single language is believed.
    Cached: most videos of a channel have the same captions.
    """
    automatic = [name for name in captions if name.endswith(_AUTOMATIC)]
    codes = {_code(name) for name in automatic or captions}
    return codes.pop() if len(codes) == 1 else None


def _code(name: str) -> str | None:
    found = _LANGUAGE.fullmatch(name.strip())
    code = _CODES.get(found[1].casefold()) if found else None
    if not found or not code:
        return None
    region = _REGIONS.get((found[2] or "").casefold())
    return f"{code}-{region}" if region else code
