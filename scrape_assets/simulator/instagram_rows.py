"""One row of an Instagram post or reel in the vendor's true shape, from a post's identity and when it was looked at.

The keys, their order, nulls and oddities follow real rows of both datasets. Which posts a job finds is in `instagram`.
"""

from datetime import UTC, datetime
from typing import Any

from scrape_assets.simulator.clock import iso
from scrape_assets.simulator.dice import Dice, dice, roll
from scrape_assets.simulator.feeds import PostRef
from scrape_assets.simulator.names import FIRST_NAMES, LAST_NAMES
from scrape_assets.simulator.people import Author, author
from scrape_assets.simulator.words import COMMENTS, HASHTAGS, SPOKEN

Row = dict[str, Any]

SITE = "https://www.instagram.com"
_EPOCH_MS = 1_314_220_021_721
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_HOUR_MS = 3_600_000
_CROWD = 40
_LONG_AGO_MS = 1_600_000_000_000
_NO_PARTNER = {"profile_id": None, "username": None, "profile_url": None}
_NO_AUDIO = {"audio_asset_id": None, "original_audio_title": None, "ig_artist_username": None, "ig_artist_id": None}
# What rows of newer years have; older ones lack them.
_NEWER = ("hashtags", "location", "location_details", "videos", "product_type", "audio_url")


def account(seed: int, handle: str) -> Author:
    """The invented author behind a name on Instagram; names differ in nothing but letter case."""
    return author(seed, "instagram", handle.lower())


def somebody(seed: int, number: int) -> Author:
    """One of a crowd that is tagged, named, and writes posts together with others."""
    chance = dice(seed, "instagram-crowd", number % _CROWD)
    first, last = FIRST_NAMES[chance.below(len(FIRST_NAMES))], LAST_NAMES[chance.below(len(LAST_NAMES))]
    return account(seed, f"{first}.{last}_{chance.below(90) + 10}")


def user_number(writer: Author) -> str:
    """The platform's number of an account."""
    return str(10_000_000 + roll(writer.key, "number") % 10**9)


def is_reel(ref: PostRef) -> bool:
    """Whether the post is a reel, which both datasets have."""
    return _is_reel(ref.luck)


def number(ref: PostRef) -> int:
    """The platform's number of a post: the moment at which its upload began in the upper bits."""
    return (ref.posted_ms - _upload_ms(ref.luck) - _EPOCH_MS) << 23 | ref.luck & 0x7FFFFF


def code(ref: PostRef) -> str:
    """The code in a post's address."""
    rest, text = number(ref), ""
    while rest:
        rest, letter = divmod(rest, 64)
        text = _LETTERS[letter] + text
    return text


def post_of_code(writer: Author, given: str) -> PostRef:
    """A post made to fit a code; one that fits no post's code gets a post of long ago."""
    luck = roll(writer.seed, given)
    whole = 0
    fits = len(given) == 11 and set(given) <= set(_LETTERS)
    for letter in given if fits else code(PostRef(writer, _LONG_AGO_MS, luck)):
        whole = whole * 64 + _LETTERS.index(letter)
    luck = luck & ~0x7FFFFF | whole & 0x7FFFFF
    return PostRef(writer, (whole >> 23) + _EPOCH_MS + _upload_ms(luck), luck)


def _is_reel(luck: int) -> bool:
    return (luck >> 100) % 100 < 35


def _upload_ms(luck: int) -> int:
    """How long before the post its upload began: some reels were planned days ahead."""
    if not _is_reel(luck):
        return (luck >> 160) % 900
    return (luck >> 160) % 200_000 + (4 * 24 * _HOUR_MS if (luck >> 180) % 20 == 0 else 0)


def post_url(ref: PostRef) -> str:
    """The address of a post as a row of the posts dataset has it, in some rows with a slash at its end."""
    return f"{SITE}/p/{code(ref)}{'/' if ref.luck >> 190 & 1 else ''}"


def reel_url(ref: PostRef) -> str:
    """The address of a reel as a row of the reels dataset has it."""
    return f"{SITE}/reel/{code(ref)}/"


def post_row(ref: PostRef, *, seen_ms: int, owner: Author | None) -> Row:
    """A row of the posts dataset without `timestamp`, `input` and `discovery_input`.

    Args:
        ref: which post.
        seen_ms: Unix milliseconds at which the vendor looked; counts have grown until then.
        owner: in whose feed it was found; a co-author when somebody else wrote it.
    """
    chance = Dice(ref.luck >> 200)
    text, tags, tagged = _text(ref, chance)
    likes, comments = _counts(ref, chance, seen_ms)
    reel = is_reel(ref)
    pictures = 0 if reel else 1 + max(chance.below(6) - 3, 0)
    content = [
        {"index": index, "type": "Photo", "url": media_url(ref, f"{index}.jpg"), "id": str(number(ref) - index)}
        for index in range(pictures)
    ]
    if reel or chance.chance(8):
        content.append({"index": pictures, "type": "Video", "url": media_url(ref, "v.mp4"), "id": str(number(ref))})
    videos = [part["url"] for part in content if part["type"] == "Video"]
    plays = likes * (8 + chance.below(40))
    carousel = len(content) > 1
    row: Row = {
        "url": post_url(ref),
        "user_posted": ref.author.user_id,
        "description": text,
        "hashtags": tags,
        "num_comments": comments,
        "date_posted": _posted(ref, chance),
        "likes": likes,
        "photos": [part["url"] for part in content if part["type"] == "Photo"],
        "videos": videos or None,
        "location": (None, None, "Harbour", ["Harbour", "Northport"])[chance.below(4)],
        "location_details": None,
        "latest_comments": [_comment(ref, chance) for _ in range(chance.below(3))],
        "post_id": str(number(ref)),
        "shortcode": code(ref),
        "content_type": "Carousel" if carousel else "Reel" if reel else "Image",
        "pk": str(number(ref)),
        "content_id": code(ref),
        "thumbnail": media_url(ref, "t.jpg"),
        "product_type": "carousel_container" if carousel else "clips" if reel else "feed",
        "coauthor_producers": [owner.user_id] if owner and owner.key != ref.author.key else [],
        "tagged_users": [_tagged(one) for one in tagged],
        "followers": ref.author.followers,
        "posts_count": 100 + roll(ref.author.key) % 3000,
        "profile_image_link": media_url(ref, "a.jpg"),
        "is_verified": bool(roll(ref.author.key) & 1),
        "is_paid_partnership": False,
        "partnership_details": _NO_PARTNER,
        "user_posted_id": user_number(ref.author),
        "post_content": content,
        "audio": _NO_AUDIO,
        "profile_url": f"{SITE}/{ref.author.user_id}",
        "videos_duration": [15.033] if videos else [] if carousel else None,
        "images": [{"url": part["url"], "id": part["id"]} for part in content] if carousel else [],
        "alt_text": f"Photo by {ref.author.name}. May be an image of text.",
        "photos_number": pictures if carousel else 0,
        "audio_url": None,
    }
    if videos:
        row["video_view_count"] = str(plays // 3) if chance.chance(50) else plays // 3
        row["video_play_count"] = plays
    return _of_its_year(row, chance)


def reel_row(ref: PostRef, *, seen_ms: int, owner: Author | None) -> Row:
    """A row of the reels dataset; see `post_row` for the arguments."""
    chance = Dice(ref.luck >> 200)
    text, tags, tagged = _text(ref, chance)
    likes, comments = _counts(ref, chance, seen_ms)
    plays = likes * (8 + chance.below(40))
    length = 5 + chance.below(85_000) / 1000
    return {
        "url": reel_url(ref),
        "user_posted": ref.author.user_id,
        "description": text,
        "hashtags": tags,
        "num_comments": comments,
        "date_posted": iso(ref.posted_ms // 1000 * 1000),
        "likes": likes,
        "views": plays,
        "video_play_count": plays,
        "top_comments": [{**_comment(ref, chance), "likes": (None, "1", 2)[chance.below(3)]}],
        # The dataset's own form of the number: with the author's behind it.
        "post_id": f"{number(ref)}_{user_number(ref.author)}",
        "thumbnail": media_url(ref, "t.jpg"),
        "shortcode": code(ref),
        "content_id": code(ref),
        "product_type": "clips",
        "coauthor_producers": [owner.user_id] if owner and owner.key != ref.author.key else None,
        "tagged_users": [_tagged(one) for one in tagged] or None,
        "length": f"{length:.3f}" if chance.chance(50) else length,
        "video_url": media_url(ref, "v.mp4"),
        "audio_url": media_url(ref, "s.m4a"),
        "posts_count": 100 + roll(ref.author.key) % 3000,
        "followers": ref.author.followers,
        "following": None,
        "user_profile_url": f"{SITE}/{ref.author.user_id}",
        "is_paid_partnership": False,
        "is_verified": bool(roll(ref.author.key) & 1),
        "profile_image_link": media_url(ref, "a.jpg"),
    }


def media_url(ref: PostRef, name: str) -> str:
    """The signed address of a picture, video or sound; it ends within a day."""
    token = f"{ref.luck >> 130 & 0xFFFFFFFFFFFF:012x}"
    return (
        f"https://scontent.example.com/v/t51.2885-15/{token}/{name}?oh=00_{token}&oe={ref.posted_ms // 1000 + 86_400:X}"
    )


def _text(ref: PostRef, chance: Dice) -> tuple[str | None, list[str] | None, list[Author]]:
    texts, _ = SPOKEN[ref.author.language if chance.chance(70) else "en"]
    start = chance.below(len(texts) // 2)
    text = "\n\n".join(texts[start : start + 1 + chance.below(3)])
    people = [somebody(ref.author.seed, chance.below(_CROWD)) for _ in range(max(chance.below(4) - 1, 0))]
    if people:
        text += " @" + people[0].user_id
    tagged = people[1:] or people  # one is named and tagged; of two, one is named and the other tagged
    begin = chance.below(len(HASHTAGS))
    tags = [f"#{tag}" for tag in (HASHTAGS * 2)[begin : begin + chance.below(4)]]
    if chance.chance(3) and not tags and not tagged:
        return None, None, []
    return " ".join([text, *tags]), tags or None, tagged


def _posted(ref: PostRef, chance: Dice) -> str:
    seconds = ref.posted_ms // 1000
    if chance.chance(2):
        return f"{datetime.fromtimestamp(seconds, UTC):%m/%d/%Y %H:%M:%S}"
    return iso(seconds * 1000)


def _counts(ref: PostRef, chance: Dice, seen_ms: int) -> tuple[int, int]:
    """Likes and comments: they grow with the post's age towards a number of its own."""
    age = max(seen_ms - ref.posted_ms, 0)
    likes = (20 + chance.below(400) * (1 + chance.below(40))) * age // (age + 12 * _HOUR_MS)
    return likes, likes // (20 + chance.below(80))


def _tagged(who: Author) -> Row:
    return {
        "full_name": who.name,
        "id": user_number(who),
        "is_verified": False,
        "profile_pic_url": f"https://scontent.example.com/v/{user_number(who)}.jpg",
        "username": who.user_id,
    }


def _comment(ref: PostRef, chance: Dice) -> Row:
    return {
        "comments": COMMENTS[chance.below(len(COMMENTS))],
        "user_commenting": somebody(ref.author.seed, chance.below(_CROWD)).user_id,
        "likes": 0,
        "profile_picture": media_url(ref, "c.jpg"),
    }


def _of_its_year(row: Row, chance: Dice) -> Row:
    """Keys grew over time and null keys may be absent."""
    if chance.chance(40):
        for key in _NEWER:
            if row[key] is None:
                del row[key]
    elif chance.chance(30):
        row["x_experiment_bucket"] = {"arm": chance.below(3)}
    return row
