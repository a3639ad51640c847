"""One YouTube row in the vendor's true shape, from a video's identity and the moment it was looked at.

The keys, their order, nulls and oddities follow rows of 2025 and 2026. Which videos a job finds is in `youtube`.
"""

import base64
from typing import Any, NamedTuple
from urllib.parse import quote

from scrape_assets.simulator.clock import iso
from scrape_assets.simulator.dice import Dice, roll
from scrape_assets.simulator.feeds import PostRef
from scrape_assets.simulator.people import Author
from scrape_assets.simulator.words import HASHTAGS, SPOKEN, TITLES

Row = dict[str, Any]

_HOUR_MS = 3_600_000
_SPOKEN_IN = {
    "en": "English", "it": "Italian", "fr": "French", "de": "German", "nl": "Dutch", "es": "Spanish",
    "he": "Hebrew", "ar": "Arabic", "ja": "Japanese",
}  # fmt: skip
# Older rows have none of these.
_LATER_KEYS = (
    "related_videos", "license", "viewport_frames", "current_optimal_res", "codecs", "color", "quality",
    "quality_label", "post_type", "formatted_transcript", "tags", "next_recommended_videos", "recommended_videos",
    "transcript_language", "chapters", "transcription_language", "is_age_restricted", "channel_url_decoded",
)  # fmt: skip


class Channel(NamedTuple):
    """A channel as the rows show it."""

    author: Author
    handle: str  # without '@'
    channel_id: str  # "UC" and 22 letters


def channel_of(author: Author) -> Channel:
    """The channel of an author whose key is `youtube/<handle>` or `youtube/<channel id>`."""
    name = author.key.partition("/")[2]
    if is_channel_id(name):
        return Channel(author, f"{author.name.replace(' ', '')}-{roll(name) % 1000}", name)
    return Channel(author, name, "UC" + _letters(roll(author.seed, "channel", name), 22))


def is_channel_id(name: str) -> bool:
    """Whether that stands where a channel's id stands: "UC" and 22 letters."""
    return len(name) == 24 and name.startswith("UC")


def video_id(ref: PostRef) -> str:
    """The video's id: 11 letters that carry no time."""
    return _letters(ref.luck >> 32, 11)


def is_short(ref: PostRef) -> bool:
    """Whether it is a Short."""
    return (ref.luck >> 100) % 100 < 18


def video_url(ref: PostRef) -> str:
    """The address under which a discovery comes upon the video."""
    if is_short(ref):
        return f"https://www.youtube.com/shorts/{video_id(ref)}"
    tail = ("", "", "&t=18s", "&pp=ygUEdGVzdA%3D%3D")[(ref.luck >> 110) % 4]
    return f"https://www.youtube.com/watch?v={video_id(ref)}{tail}"


def youtube_row(
    ref: PostRef, seen_ms: int, *, fat: bool = False, words: str | None = None, tag: str | None = None
) -> Row:
    """The row without `timestamp`, `input` and `discovery_input`, which depend on who asked for it.

    Args:
        ref: which video.
        seen_ms: Unix milliseconds at which the vendor looked; counts have grown until then.
        fat: add the transcripts, which are most of a real row.
        words: what was searched for; most titles hold it.
        tag: the hashtag that was searched for, without '#'.
    """
    chance = Dice(ref.luck >> 140)
    channel = channel_of(ref.author)
    texts, _ = SPOKEN[ref.author.language if chance.chance(70) else "en"]
    start, short = chance.below(len(texts) // 2), is_short(ref)
    tags = [HASHTAGS[(start + 4 * number) % len(HASHTAGS)] for number in range(chance.below(4))]
    tags += [tag] if tag else []
    title = TITLES[(ref.luck >> 80) % len(TITLES)]
    if words and not chance.chance(10):
        title = f"{title} \u2013 {words}"
    if short and tags:
        title += f" #{tags[0]} #shorts"
    seconds = 7 + chance.below(53) if short else 61 + chance.below(5400)
    views, likes, comments = _counts(ref, chance, seen_ms)
    identifier = video_id(ref)
    row: Row = {
        "url": video_url(ref),
        "title": title,
        "youtuber": f"@{channel.handle}",
        "youtuber_md5": f"{roll(channel.channel_id) % 16**32:032x}",
        "video_url": _stream_url(ref, seen_ms, seconds),
        "video_length": seconds,
        "likes": likes,
        "views": views,
        "date_posted": iso(ref.posted_ms // 1000 * 1000),
        "description": _description(channel, texts[start : start + 3], tags, chance),
        "num_comments": comments,
        "subscribers": ref.author.followers * 17,
        "video_id": identifier,
        "channel_url": f"https://www.youtube.com/@{quote(channel.handle)}",
        "preview_image": f"https://media.example.com/vi_webp/{identifier}/maxresdefault.webp",
        "shortcode": identifier,
        "verified": chance.chance(40),
        "handle_name": ref.author.name,
        "avatar_img_channel": f"https://media.example.com/ytc/{channel.channel_id}=s48",
        "is_sponsored": False,
        "related_videos": None,
        "license": None,
        "viewport_frames": "640x360 / -",
        "current_optimal_res": "640x360@30 / 640x360@30",
        "codecs": "avc1.42001E, mp4a.40.2 / mp4a.40.2",
        "color": "bt709",
        "quality": "hd1080",
        "quality_label": "1080p",
        "post_type": "short" if short else "post",
        "youtuber_id": channel.channel_id,
        "transcript": " ".join(texts * (40 if fat else 1)) if fat or chance.chance(30) else None,
        "formatted_transcript": _transcript(texts * 20) if fat else None,
        "hashtags": [{"hashtag": f"#{name}", "link": f"https://www.youtube.com/hashtag/{quote(name)}"} for name in tags]
        or None,
        "tags": [],
        "next_recommended_videos": None,
        "recommended_videos": [_recommended(ref, number) for number in range(12 if fat else 1)],
        "transcript_language": _captions(ref, chance),
        "chapters": None,
        "transcription_language": "English",
        "is_age_restricted": False,
        "channel_url_decoded": f"https://www.youtube.com/@{channel.handle}",
    }
    _vary(row, channel, chance)
    return row


def _vary(row: Row, channel: Channel, chance: Dice) -> None:
    """Keys grew over time; some numbers are texts, and some are nowhere on the page."""
    shape = chance.below(20)
    if shape < 4:  # as in early 2025
        for key in _LATER_KEYS:
            del row[key]
        row["music"] = None
        row["is_sponsored"] = None
        if shape == 0:  # the address youtube.com/c/<old name>, read wrongly
            old_name = quote("c" + channel.author.name.replace(" ", ""))
            row["youtuber"] = old_name
            row["channel_url"] = f"https://www.youtube.com/{old_name}"
    elif shape < 7:
        row["views"], row["likes"] = str(row["views"]), str(row["likes"])
        row["video_length"] = str(row["video_length"])
    elif shape == 7:
        row["likes"] = None  # hidden by the channel
        row["num_comments"] = None  # switched off
    elif shape == 8:
        row["views"] = float(f"{row['views'] + 1}.2894228304753e25")
    elif shape < 12:
        row["ai_content_label"] = False
        row["x_experiment_bucket"] = {"arm": chance.below(3)}
        row["error"] = row["warning"] = None


def _counts(ref: PostRef, chance: Dice, seen_ms: int) -> tuple[int, int, int]:
    """Views, likes and comments: they grow with the video's age towards numbers of its own."""
    age = max(seen_ms - ref.posted_ms, 0)
    finally_viewed = (100 + chance.below(900)) * (1 + chance.below(100) * chance.below(20))
    views = finally_viewed * age // (age + 72 * _HOUR_MS)
    likes = views // (20 + chance.below(60))
    return views, likes, likes // (5 + chance.below(40))


def _description(channel: Channel, texts: tuple[str, ...], tags: list[str], chance: Dice) -> str:
    lines = [" ".join(texts)]
    if chance.chance(30):
        lines.append("With @harbourforum and @quietgrids, who lent us the boat.")
    lines.append(f"Subscribe: https://www.youtube.com/@{channel.handle}?sub_confirmation=1")
    if chance.chance(50):
        lines.append(f"Instagram: @{channel.handle}.elsewhere\nPress: press@media.example.com")
    if tags:
        lines.append(" ".join(f"#{tag}" for tag in tags))
    return "\n\n".join(lines)


def _captions(ref: PostRef, chance: Dice) -> list[Row] | None:
    if chance.chance(15):
        return None
    spoken = _SPOKEN_IN[ref.author.language]
    captions = [{"language": f"{spoken} (auto-generated)", "auto_translate": True}]
    return [{"language": "English", "auto_translate": False}, *captions] if chance.chance(20) else captions


def _transcript(texts: tuple[str, ...]) -> list[Row]:
    return [
        {"start_time": 2600 * number, "end_time": 2600 * number + 2572, "duration": 2572, "text": text}
        for number, text in enumerate(texts)
    ]


def _recommended(ref: PostRef, number: int) -> Row:
    other = _letters(roll(ref.luck, number), 11)
    return {
        "url": f"https://www.youtube.com/watch?v={other}&pp=ugUEEgJlbg%3D%3D",
        "title": TITLES[number % len(TITLES)],
        "thumbnail": f"https://media.example.com/vi/{other}/hqdefault.jpg?sqp=x&rs=y",
    }


def _stream_url(ref: PostRef, seen_ms: int, seconds: int) -> str | None:
    """The signed address of the stream; it expires, and a fifth of the rows have none."""
    if (ref.luck >> 120) % 5 == 0:
        return None
    token = f"{(ref.luck >> 130) & 0xFFFFFFFFFFFFFFFF:016x}"
    expires = seen_ms // 1000 + 21_600
    return f"https://media.example.com/videoplayback?expire={expires}&itag=18&dur={seconds}.180&sig={token}"


def _letters(number: int, count: int) -> str:
    size = 64
    return base64.urlsafe_b64encode((number % 2 ** (8 * size)).to_bytes(size, "little")).decode()[:count]
