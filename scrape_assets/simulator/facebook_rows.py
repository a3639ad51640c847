"""One row of a post of a Facebook page in the vendor's true shape, from its identity and when it was looked at.

The keys, their order, nulls and oddities follow real rows. Which posts a job finds is in `facebook`.
"""

from typing import Any

from scrape_assets.simulator.clock import iso
from scrape_assets.simulator.dice import Dice, dice, roll
from scrape_assets.simulator.feeds import PostRef, latest_before
from scrape_assets.simulator.names import LAST_NAMES, TRADES
from scrape_assets.simulator.people import Author, author
from scrape_assets.simulator.words import HASHTAGS, SPOKEN

Row = dict[str, Any]

SITE = "https://www.facebook.com"
_DAY_MS = 86_400_000
_CROWD = 30
_REACTIONS = (("Like", 1), ("Love", 7), ("Care", 40), ("Wow", 90), ("Haha", 130), ("Sad", 400))


def page(seed: int, name: str) -> Author:
    """The invented page behind a name in an address: letter case and dots do not matter there."""
    return author(seed, "facebook", name.lower().replace(".", ""))


def somebody(seed: int, number: int) -> Author:
    """One of the pages whose posts are shared, and who write on the walls of others."""
    chance = dice(seed, "facebook-crowd", number % _CROWD)
    return page(seed, LAST_NAMES[chance.below(len(LAST_NAMES))] + TRADES[chance.below(len(TRADES))])


def post_id(ref: PostRef) -> str:
    """The number of a post: it holds no time, but newer ones are larger."""
    return f"{ref.posted_ms // 1000}{ref.luck % 10**6:06d}"


def reel_id(ref: PostRef) -> str:
    """The number in the address of a reel: another than the post's."""
    return str(10**15 + (ref.luck >> 40) % 10**15)


def facebook_row(ref: PostRef, *, seen_ms: int, fat: bool) -> Row:
    """The row without `input`.

    Args:
        ref: which post.
        seen_ms: Unix milliseconds at which the vendor looked; counts have grown until then.
        fat: long, signed addresses of media.
    """
    chance = Dice(ref.luck >> 120)
    writer = ref.author
    number = post_id(ref)
    kind = ("Reel", "Reel", "Post", "Post", "Post shared")[chance.below(5)]
    original = _original(ref, chance) if kind == "Post shared" else None
    tags = [HASHTAGS[chance.below(len(HASHTAGS))]] if chance.chance(40) else []
    loved = 5 + chance.below(50) * (1 + chance.below(60))
    age = max(seen_ms - ref.posted_ms, 0)
    reactions = [(name, loved * age // (age + _DAY_MS) // one_in) for name, one_in in _REACTIONS]
    reactions = [(name, number) for name, number in reactions if number]
    likes = sum(number for _, number in reactions)
    texts, _ = SPOKEN[writer.language]
    start = chance.below(len(texts) // 2)
    words = [*texts[start : start + 1 + chance.below(2)], *(f"#{tag}" for tag in tags)]
    profile_url = f"{SITE}/{writer.user_id}"
    row: Row = {
        "url": f"{SITE}/reel/{reel_id(ref)}/" if kind == "Reel" else f"{profile_url}/posts/{number}",
        "post_id": number,
        "user_url": profile_url,
        "user_username_raw": writer.name,
        "content": " ".join(words),
        "date_posted": iso(ref.posted_ms // 1000 * 1000),
        # The vendor folds their case.
        "hashtags": [tag.lower() for tag in tags],
        "num_comments": likes // 8,
        "num_shares": likes // 11,
        "num_likes_type": {"type": "Like", "num": reactions[0][1]} if reactions else None,
        "page_name": writer.name,
        "profile_id": user_number(writer),
        "page_intro": f"{writer.name} \u00b7 Research",
        "page_category": "Science, technology & engineering",
        "page_logo": _media(ref, "logo.jpg", fat=fat),
        "page_external_website": "example.org",
        "page_followers": writer.followers + age // _DAY_MS,
        "page_is_verified": chance.chance(60),
        "original_post": original or {"user_avatar_image": None},
        "attachments": _attachments(ref, kind, chance, fat=fat),
        "post_external_image": None,
        "page_url": profile_url,
        "header_image": _media(ref, "header.png", fat=fat),
        "avatar_image_url": _media(ref, "logo.jpg", fat=fat),
        "profile_handle": writer.user_id,
        "is_sponsored": False,
        # Sometimes the post's number, sometimes the reel's.
        "shortcode": number if chance.chance(70) else reel_id(ref),
        "video_view_count": likes * 40 if kind == "Reel" else None,
        "likes": likes,
        "post_type": kind,
        "following": 24,
        "link_description_text": None,
        "count_reactions_type": [{"type": name, "reaction_count": number} for name, number in reactions],
        "is_page": True,
        "page_phone": None,
        "page_email": None,
        "page_creation_time": "2012-05-21T00:00:00.000Z",
        "page_reviews_score": None,
        "page_reviewers_amount": None,
        "page_price_range": None,
        "about": [{"type": "WEBSITE", "value": "example.org", "link": "http://example.org/"}],
        "active_ads_urls": [],
        "privacy_and_legal_info": None,
        "delegate_page_id": str(10**10 + roll(writer.key, "delegate") % 10**10),
    }
    _vary_keys(row, chance)
    row["timestamp"] = iso(seen_ms)
    return row


def user_number(writer: Author) -> str:
    """The platform's number of a profile."""
    name = writer.user_id
    return name if name.isdecimal() else str(10**14 + roll(name, "number") % 10**9)


def _vary_keys(row: Row, chance: Dice) -> None:
    """Keys grew over time, null keys may be absent, and no hashtags are an empty list, null or nothing."""
    shape = chance.below(10)
    if shape < 3:
        for key in ("post_external_image", "link_description_text", "page_email", "video_view_count"):
            if row[key] is None:
                del row[key]
        if not row["hashtags"]:
            row["hashtags"] = None
    elif shape < 5:
        if not row["hashtags"]:
            del row["hashtags"]
        row["play_count"] = 2 * row["video_view_count"] if row["video_view_count"] is not None else None
        row["page_likes"] = None


def _original(ref: PostRef, chance: Dice) -> Row | None:
    original = latest_before(somebody(ref.author.seed, chance.below(_CROWD)), ref.posted_ms)
    if original is None:
        return None
    texts, _ = SPOKEN[original.author.language]
    profile_url = f"{SITE}/{original.author.user_id}"
    return {
        "user_avatar_image": _media(original, "logo.jpg", fat=False),
        "user_name": original.author.name,
        "user_url": profile_url,
        "url": f"{profile_url}/posts/{post_id(original)}",
        "content": texts[original.luck % len(texts)],
    }


def _attachments(ref: PostRef, kind: str, chance: Dice, *, fat: bool) -> list[Row] | None:
    if kind == "Reel":
        return [
            {
                "id": reel_id(ref),
                "type": "Video",
                "url": _media(ref, "still.jpg", fat=fat),
                "video_length": str(5000 + chance.below(60_000)),
                "attachment_url": f"{SITE}/reel/{reel_id(ref)}/",
                "video_url": _media(ref, "clip.mp4", fat=fat),
            }
        ]
    photos = [
        {
            "id": str(10**14 + (ref.luck >> 60) % 10**13 + number),
            "type": "Photo",
            "url": _media(ref, f"photo{number}.jpg", fat=fat),
            "attachment_url": f"{SITE}/photo/?fbid={10**14 + (ref.luck >> 60) % 10**13 + number}",
        }
        for number in range(chance.below(4))
    ]
    return photos or (None if chance.chance(50) else [])


def _media(ref: PostRef, name: str, *, fat: bool) -> str:
    token = f"{(ref.luck >> 130) & 0xFFFFFFFFFFFF:012x}"
    signed = token * (40 if fat else 4)
    return f"https://media.example.com/v/t39.30808-1/{token}_{name}?stp=dst-jpg&oh={signed}&oe=68F2DE3A"
