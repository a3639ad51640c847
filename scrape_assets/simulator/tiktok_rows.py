"""One row of a TikTok post in the vendor's true shape, from a post's identity and the moment it was looked at.

The keys, their order, nulls and oddities follow real rows of several years. Which posts a job finds is in `tiktok`.
"""

from typing import Any

from scrape_assets.simulator.clock import iso
from scrape_assets.simulator.dice import Dice, dice, roll
from scrape_assets.simulator.feeds import PostRef
from scrape_assets.simulator.names import FIRST_NAMES, LAST_NAMES
from scrape_assets.simulator.people import Author, author
from scrape_assets.simulator.words import HASHTAGS, SPOKEN

Row = dict[str, Any]

SITE = "https://www.tiktok.com"
_HOUR_MS = 3_600_000
_CROWD = 40
# What only rows of newer years have.
_NEWER: Row = {
    "cdn_link": None,
    "comments": None,
    "commerce_info": None,
    "subtitle_format": None,
    "subtitle_info": None,
    "subtitle_url": None,
}


def account(seed: int, handle: str) -> Author:
    """The invented author behind a name on TikTok; names differ in nothing but letter case."""
    return author(seed, "tiktok", handle.lower())


def somebody(seed: int, number: int) -> Author:
    """One of a crowd that is tagged, and that searches find."""
    chance = dice(seed, "tiktok-crowd", number % _CROWD)
    first, last = FIRST_NAMES[chance.below(len(FIRST_NAMES))], LAST_NAMES[chance.below(len(LAST_NAMES))]
    return account(seed, f"{first}.{last}{chance.below(90) + 10}")


def crowd(seed: int) -> list[Author]:
    """All of them."""
    return [somebody(seed, number) for number in range(_CROWD)]


def user_number(writer: Author) -> str:
    """The platform's number of an account."""
    return str(6_000_000_000_000_000_000 + roll(writer.key, "number") % 10**18)


def is_carousel(ref: PostRef) -> bool:
    """Whether the post is a row of pictures and no video."""
    return (ref.luck >> 100) % 100 < 12


def post_id(ref: PostRef) -> str:
    """The number of a post: the second in which its upload began in the upper bits."""
    return str((ref.posted_ms // 1000 - _upload_s(ref.luck)) << 32 | ref.luck & 0xFFFFFFFF)


def post_of_id(writer: Author, number: int) -> PostRef:
    """A post made to fit a number."""
    luck = roll(writer.seed, number) & ~0xFFFFFFFF | number & 0xFFFFFFFF
    return PostRef(writer, ((number >> 32) + _upload_s(luck)) * 1000, luck)


def post_url(ref: PostRef) -> str:
    """The address of a post; the vendor writes a carousel's like a video's."""
    return f"{SITE}/@{ref.author.user_id}/video/{post_id(ref)}"


def tiktok_row(ref: PostRef, *, seen_ms: int, words: str | None = None) -> Row:
    """The row without `timestamp`, `input` and `discovery_input`.

    Args:
        ref: which post.
        seen_ms: Unix milliseconds at which the vendor looked; counts have grown until then.
        words: what it was searched by; most finds hold it.
    """
    chance = Dice(ref.luck >> 200)
    writer, carousel = ref.author, is_carousel(ref)
    tagged = [somebody(writer.seed, chance.below(_CROWD)) for _ in range(max(chance.below(4) - 2, 0))]
    text, tags = _text(ref, chance, tagged, words)
    likes = _likes(ref, chance, seen_ms)
    shares = likes // (10 + chance.below(60))
    old, newer = chance.chance(15), chance.chance(50)
    video = None if carousel else media_url(ref, "v.mp4")
    row: Row = {
        "url": post_url(ref),
        "post_id": post_id(ref),
        "description": text,
        "create_time": _posted(ref, chance),
        "digg_count": likes,
        "share_count": shares if old else str(shares),
        "collect_count": likes // (5 + chance.below(30)),
        "comment_count": likes // (20 + chance.below(90)),
        "play_count": likes * (6 + chance.below(50)),
        "video_duration": 0 if carousel else 5 + chance.below(170),
        "hashtags": tags or None,
        "original_sound": f"{writer.user_id}: original sound",
        "profile_id": user_number(writer),
        "profile_username": writer.user_id if old else writer.name,
        "profile_url": f"{SITE}/@{writer.user_id}",
        "profile_avatar": media_url(ref, "a.jpeg"),
        "profile_biography": "Small boats, big data",
        "preview_image": media_url(ref, "p.image"),
        "post_type": "content" if carousel else "video",
        "offical_item": False,
        "secu_id": f"MS4wLjABAAAA{roll(writer.key) % 16**32:032x}",
        "original_item": False,
        "shortcode": post_id(ref),
        "width": (576, 480, 720)[chance.below(3)],
        "ratio": ("540p", "480p", "720p")[chance.below(3)],
        "video_url": video,
        "music": {
            "authorname": writer.name,
            "covermedium": media_url(ref, "c.jpeg"),
            "id": post_id(ref),
            "original": True,
            "playurl": media_url(ref, "s.mp3"),
            "title": "original sound",
        },
        "cdn_url": video,
        "is_verified": bool(roll(writer.key) & 1),
        "account_id": writer.user_id,
        "carousel_images": [media_url(ref, f"{number}.webp") for number in range(3)] if carousel else None,
        "tagged_user": [_tagged(one) for one in tagged] or None,
        "profile_followers": writer.followers,
        "tt_chain_token": f"{roll(writer.key, ref.luck) % 16**24:024x}",
        "region": None,
    }
    if newer and not old:
        row |= _NEWER | {"num_share_count": shares, "region": "NL"}
    return row


def media_url(ref: PostRef, name: str) -> str:
    """The signed address of a picture, video or sound; only the visitor that got it can open it."""
    token = f"{ref.luck >> 130 & 0xFFFFFFFFFFFF:012x}"
    return f"https://v16.example.com/tos/{token}/{name}?expire={ref.posted_ms // 1000 + 172_800}&signature={token}"


def _upload_s(luck: int) -> int:
    """How long before the post its upload began: some were planned days ahead."""
    return 4 + (luck >> 160) % 18 + (3 * 86_400 if (luck >> 180) % 25 == 0 else 0)


def _posted(ref: PostRef, chance: Dice) -> str:
    seconds = ref.posted_ms // 1000
    # In some rows the vendor reads Unix seconds as milliseconds.
    return iso(seconds if chance.chance(3) else seconds * 1000)


def _text(ref: PostRef, chance: Dice, tagged: list[Author], words: str | None) -> tuple[str, list[str]]:
    texts, _ = SPOKEN[ref.author.language if chance.chance(70) else "en"]
    parts = [texts[chance.below(len(texts))]]
    parts += [f"@{one.user_id}" for one in tagged]
    begin = chance.below(len(HASHTAGS))
    tags = list((HASHTAGS * 2)[begin : begin + chance.below(5)])
    # A search is loose: not all that it finds holds its words.
    if words and not chance.chance(10):
        if words.startswith("#"):
            tags.append(words[1:])
        else:
            parts.insert(0, words)
    return " ".join([*parts, *(f"#{tag}" for tag in tags), ""]), [tag.lower() for tag in tags]


def _likes(ref: PostRef, chance: Dice, seen_ms: int) -> int:
    """They grow with the post's age towards a number of its own."""
    age = max(seen_ms - ref.posted_ms, 0)
    return (10 + chance.below(500) * (1 + chance.below(60))) * age // (age + 24 * _HOUR_MS)


def _tagged(who: Author) -> Row:
    return {
        "user_handle": who.user_id,
        "user_id": user_number(who),
        "user_name": f"@{who.name}",
        "user_url": f"{SITE}/@{who.user_id}",
    }
