"""One row of a post on X in the vendor's true shape, from a post's identity and the moment it was looked at.

The keys, their order, nulls and oddities follow real rows of two ages. Which posts a job finds is in `x`.
"""

from html import escape
from typing import Any

from scrape_assets.simulator.clock import iso
from scrape_assets.simulator.dice import Dice, dice, roll
from scrape_assets.simulator.feeds import PostRef, latest_before
from scrape_assets.simulator.names import FIRST_NAMES, LAST_NAMES
from scrape_assets.simulator.people import Author, author
from scrape_assets.simulator.words import HASHTAGS, SPOKEN

Row = dict[str, Any]

EPOCH_MS = 1_288_834_974_657
_DAY_MS = 86_400_000
_CROWD = 40
_NO_QUOTE = dict.fromkeys(
    ("post_id", "profile_id", "profile_name", "data_posted", "url", "description", "photos", "videos")
)
_NO_PARENT = dict.fromkeys(("post_id", "profile_id", "profile_name"))


def account(seed: int, handle: str) -> Author:
    """The invented author behind a name on X; names differ in nothing but letter case."""
    return author(seed, "x", handle.lower().replace("_", "-"))


def somebody(seed: int, number: int) -> Author:
    """One of a crowd that is quoted, answered and named."""
    chance = dice(seed, "x-crowd", number % _CROWD)
    first, last = FIRST_NAMES[chance.below(len(FIRST_NAMES))], LAST_NAMES[chance.below(len(LAST_NAMES))]
    return account(seed, f"{first}_{last}"[:15].rstrip("_"))


def handle_of(writer: Author) -> str:
    """The name as its owner writes it: the vendor keeps its capitals."""
    name = writer.user_id.replace("-", "_")
    return name.title() if roll(writer.key) % 2 else name


def user_number(writer: Author) -> str:
    """The platform's number of an account."""
    name = writer.user_id
    digits = name.removeprefix("id-")
    return digits if digits.isdecimal() and digits != name else str(10_000_000 + roll(name, "number") % 10**9)


def post_id(ref: PostRef) -> str:
    """The number of a post: the time since X's own epoch in the upper bits."""
    return str(ref.activity_id - (EPOCH_MS << 22))


def post_url(ref: PostRef) -> str:
    """The address of a post, by name."""
    return f"https://x.com/{handle_of(ref.author)}/status/{post_id(ref)}"


def discovered_url(ref: PostRef) -> str:
    """The address under which a discovery found a post, by number: it becomes the row's `input`."""
    return f"https://twitter.com/{user_number(ref.author)}/status/{post_id(ref)}"


def x_row(ref: PostRef, *, seen_ms: int) -> Row:
    """The row without `input` and `discovery_input`, which depend on who asked for it."""
    chance = Dice(ref.luck >> 120)
    writer, recent = ref.author, chance.chance(50)
    tags = [HASHTAGS[chance.below(len(HASHTAGS))]] if chance.chance(25) else None
    tagged = somebody(writer.seed, chance.below(_CROWD)) if chance.chance(20) else None
    photos = [_media(ref, f"media/{number}.jpg") for number in range(chance.below(3))] or None
    videos = None if photos or chance.chance(85) else [_video(ref, chance)]
    quoted = _quoted(ref, chance) if chance.chance(12) else None
    parent = _parent(ref, chance) if quoted is None and chance.chance(12) else None
    text = _text(writer, chance, tags, tagged)
    likes = _grown(ref, seen_ms, 3 + chance.below(60) * (1 + chance.below(90)))
    row: Row = {
        "id": post_id(ref),
        "user_posted": handle_of(writer),
        "name": writer.name,
        # A post of media alone has no text.
        "description": None if (photos or videos) and chance.chance(10) else text,
        "date_posted": iso(ref.posted_ms // 1000 * 1000),
        "photos": photos,
        "url": post_url(ref),
        "quoted_post": quoted or _nothing_quoted(chance, recent=recent),
        "tagged_users": [_tagged(tagged)] if tagged else None,
        "replies": likes // 9,
        "reposts": likes // 6,
        "likes": likes,
        "views": None if chance.chance(4) else likes * 60 + chance.below(500),
        "external_url": f"https://www.example.org/report/{chance.below(900)}" if chance.chance(15) else None,
        "hashtags": tags,
        "followers": writer.followers + (seen_ms - ref.posted_ms) // _DAY_MS,
        "biography": f"Notes on water, maps & weather by {writer.name}",
        "posts_count": 200 + roll(writer.key) % 9000,
        "profile_image_link": f"https://media.example.com/profile_images/{user_number(writer)}/face_normal.jpg",
        "following": roll(writer.key) % 900,
        "is_verified": None if recent and chance.chance(30) else chance.chance(40),
        "quotes": likes // 40,
        "bookmarks": likes // 25,
        "parent_post_details": _named_parent(parent or ref, recent=recent) if parent or recent else dict(_NO_PARENT),
        "external_image_urls": None,
        "videos": videos,
        "external_video_urls": None,
    }
    if recent:
        blue = "blue" if row["is_verified"] else None
        row |= {"verification_type": blue, "user_id": user_number(writer), "context_added": None, "is_repost": False}
    row["timestamp"] = iso(seen_ms)
    return row


def _text(writer: Author, chance: Dice, tags: list[str] | None, tagged: Author | None) -> str:
    texts, _ = SPOKEN[writer.language]
    start = chance.below(len(texts) // 2)
    words = [*texts[start : start + 1 + chance.below(2)]]
    if tagged:
        words.append(f"With @{handle_of(tagged)}.")
    if chance.chance(15):
        words.append("Q&A <tonight>")
    words += [f"#{tag}" for tag in tags or ()]
    return escape(" ".join(words), quote=False)  # as X does it: & < > and no others


def _grown(ref: PostRef, seen_ms: int, finally_: int) -> int:
    age = max(seen_ms - ref.posted_ms, 0)
    return finally_ * age // (age + _DAY_MS)


def _nothing_quoted(chance: Dice, *, recent: bool) -> Row | None:
    if not recent:
        return dict(_NO_QUOTE)
    return {"photos": None, "videos": None} if chance.chance(70) else None


def _earlier(ref: PostRef, chance: Dice) -> PostRef | None:
    other = somebody(ref.author.seed, chance.below(_CROWD))
    return latest_before(other, ref.posted_ms)


def _quoted(ref: PostRef, chance: Dice) -> Row | None:
    original = _earlier(ref, chance)
    if original is None:
        return None
    texts, _ = SPOKEN[original.author.language]
    return {
        "post_id": post_id(original),
        "profile_id": user_number(original.author),
        "profile_name": original.author.name,
        "data_posted": iso(original.posted_ms // 1000 * 1000),
        "url": post_url(original),
        "description": escape(texts[original.luck % len(texts)], quote=False),
        "photos": None,
        "videos": None,
    }


def _parent(ref: PostRef, chance: Dice) -> PostRef | None:
    return _earlier(ref, chance)


def _named_parent(parent: PostRef, *, recent: bool) -> Row:
    """Rows of 2026 name the post itself when it answers none."""
    writer = parent.author
    named: Row = {"post_id": post_id(parent), "profile_id": user_number(writer), "profile_name": writer.name}
    if recent:
        named["date_posted"] = iso(parent.posted_ms // 1000 * 1000)
    return named


def _tagged(writer: Author) -> Row:
    unknown = dict.fromkeys(("biography", "is_verified", "following", "followers"))
    url = f"https://x.com/{handle_of(writer)}"
    return {"profile_id": user_number(writer), "profile_name": writer.name, "url": url, **unknown}


def _media(ref: PostRef, name: str) -> str:
    return f"https://media.example.com/{(ref.luck >> 130) & 0xFFFFFFFFFFFF:012x}/{name}"


def _video(ref: PostRef, chance: Dice) -> Row:
    size = ("1280x720", "720x1280", "1920x1080")[chance.below(3)]
    return {"video_url": _media(ref, f"vid/avc1/{size}/clip.mp4?tag=12"), "duration": 5000 + chance.below(60_000)}
