"""One Reddit row in the vendor's true shape, from a post's identity and the moment it was looked at.

The keys, their order, nulls and oddities follow rows of 2026. Which posts a job finds is in `reddit`.
"""

from functools import lru_cache
from typing import Any

from scrape_assets.simulator.clock import iso
from scrape_assets.simulator.dice import Dice, roll
from scrape_assets.simulator.feeds import PostRef
from scrape_assets.simulator.people import Author, crowd
from scrape_assets.simulator.words import COMMENTS, SLUG_WORDS, SPOKEN, TITLES

Row = dict[str, Any]

COMMUNITIES = ("NapkinEngineering", "QuietGrids", "HarbourMaths", "MapBugReports", "PumpRepairClub", "TidyDatasets")
"""Invented communities, among which a search finds something."""

_HOUR_MS = 3_600_000
_LABELS = (None, None, "Help", "Research", "Discussion :speech:", "Übersicht")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def post_id(ref: PostRef) -> str:
    """The post's id as it stands in its address: in base 36, without time."""
    number, digits = (ref.luck >> 32) % 36**7, ""
    for _ in range(7):
        number, digit = divmod(number, 36)
        digits += _DIGITS[digit]
    return "1" + digits


def post_url(ref: PostRef) -> str:
    """The post's address."""
    words = SLUG_WORDS[(ref.luck >> 40) % len(SLUG_WORDS)].replace("-", "_")
    return f"https://www.reddit.com/r/{community_of(ref.author)}/comments/{post_id(ref)}/{words}/"


def community_of(author: Author) -> str:
    """The community's name as it writes itself; its key is folded."""
    name = author.key.partition("/")[2]
    return next((known for known in COMMUNITIES if known.lower() == name), name)


def reddit_row(ref: PostRef, seen_ms: int, *, fat: bool = False, words: str | None = None) -> Row:
    """The row without `timestamp`, `input` and `discovery_input`, which depend on who asked for it.

    Args:
        ref: which post; its author is the community it stands in.
        seen_ms: Unix milliseconds at which the vendor looked; counts have grown until then.
        fat: add many comments and related posts.
        words: what was searched for; most posts hold it.
    """
    chance = Dice(ref.luck >> 140)
    community, name = community_of(ref.author), post_id(ref)
    texts, _ = SPOKEN[_language(ref)]
    start = chance.below(len(texts) // 2)
    title = TITLES[(ref.luck >> 80) % len(TITLES)]
    if words and not chance.chance(10):
        title = f"{title}: {words}"
    sort = chance.below(10)  # link, picture, video or text
    text = None if sort < 4 else " ".join(texts[start : start + 4])
    if text and chance.chance(20):
        text += "\n\nAs u/Quiet_Ferry and r/TidyDatasets pointed out."
    upvotes, comments = _counts(ref, chance, seen_ms)
    writer = None if chance.chance(4) else _users(ref.author.seed)[(ref.luck >> 60) % len(_users(ref.author.seed))]
    row: Row = {
        "post_id": f"t3_{name}",
        "url": post_url(ref),
        "user_posted": writer or "[deleted]",
        "title": _escaped(title),
        "description": _escaped(text) if text else None,
        "num_comments": comments,
        "date_posted": iso(ref.posted_ms),
        "community_name": community,
        "num_upvotes": upvotes,
        "photos": _pictures(ref, 1 + chance.below(3)) if sort == 2 else None,
        "videos": [f"https://media.example.com/{name}/DASH_720.mp4?source=fallback"] if sort == 3 else None,
        "tag": _LABELS[chance.below(len(_LABELS))],
        "related_posts": [_related(ref, number, seen_ms) for number in range(25 if fat else chance.below(2))],
        "comments": [_comment(ref, number) for number in range(20 if fat else min(comments, 2))] or None,
        "community_url": f"https://www.reddit.com/r/{community}/",
        "community_description": "A place for people who measure things.",
        "community_members_num": ref.author.followers * 23,
        "community_rank": None if chance.chance(70) else {"community_rank_value": None, "community_rank_type": None},
        "user_id": f"t2_{roll(writer) % 36**5:x}" if writer else None,
        "description_markdown": f"**{_escaped(text)}**" if text else None,
        "embedded_links": ["https://data.example.org/report?a=1&amp;b=2"] if sort < 2 else None,
        "archived": "false" if chance.chance(30) else False,
    }
    _vary(row, name, chance)
    return row


def _vary(row: Row, name: str, chance: Dice) -> None:
    """Null keys may be absent, empty lists stand for null, and some rows are as the documentation has them."""
    shape = chance.below(20)
    if shape < 3:
        row["post_id"] = name
        for key in ("photos", "videos", "comments", "related_posts"):
            row[key] = row[key] or []
        for key in ("user_id", "description_markdown", "embedded_links", "archived"):
            del row[key]
    elif shape < 6:
        for key in [key for key, value in row.items() if value is None]:
            del row[key]
    elif shape < 9:
        row["num_upvotes"], row["num_comments"] = str(row["num_upvotes"]), str(row["num_comments"])
    elif shape == 9:
        row["description"] = row["description"] and "[removed]"
    elif shape < 12:
        row["error"] = row["warning"] = None
        row["x_experiment_bucket"] = {"arm": chance.below(3)}


def _counts(ref: PostRef, chance: Dice, seen_ms: int) -> tuple[int, int]:
    """Upvotes and comments: they grow with the post's age towards numbers of its own."""
    age = max(seen_ms - ref.posted_ms, 0)
    finally_liked = chance.below(60) * (1 + chance.below(30) * chance.below(10))
    upvotes = finally_liked * age // (age + 12 * _HOUR_MS)
    return upvotes, upvotes // (2 + chance.below(20))


def _language(ref: PostRef) -> str:
    return "en" if (ref.luck >> 90) % 10 < 8 else ref.author.language


def _escaped(text: str) -> str:
    """The text as Reddit gives it: it escapes these three characters, and no quotation marks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@lru_cache(maxsize=64)
def _users(seed: int) -> tuple[str, ...]:
    """The names of those who write: people as elsewhere, under names that do not tell who they are."""
    names = ("".join(c for c in other.name.split()[0] if c.isascii() and c.isalnum())[:12] for other in crowd(seed))
    return tuple(f"{name or 'somebody'}_{roll(seed, 'user', number) % 1000}" for number, name in enumerate(names))


def _pictures(ref: PostRef, count: int) -> list[str]:
    token = f"{(ref.luck >> 130) & 0xFFFFFFFF:08x}"
    return [
        f"https://media.example.com/{token}{number}.jpg?width=1080&amp;auto=webp&amp;s={token}"
        for number in range(count)
    ]


def _comment(ref: PostRef, number: int) -> Row:
    users = _users(ref.author.seed)
    luck = roll(ref.luck, "comment", number)
    name = users[luck % len(users)]
    return {
        "comment": COMMENTS[luck % len(COMMENTS)],
        "date_of_comment": iso(ref.posted_ms + luck % (30 * _HOUR_MS)),
        "user_commenting": name,
        "user_url": f"https://www.reddit.com/user/{name}/",
        "num_upvotes": luck % 5,
        "num_replies": None,
        "replies": None,
    }


def _related(ref: PostRef, number: int, seen_ms: int) -> Row:
    luck = roll(ref.luck, "related", number)
    other = PostRef(ref.author, ref.posted_ms - luck % (720 * _HOUR_MS), luck)
    upvotes, comments = _counts(other, Dice(luck >> 140), seen_ms)
    return {
        "related_post_url": post_url(other),
        "related_post_title": TITLES[luck % len(TITLES)],
        "related_post_date": iso(other.posted_ms),
        "num_upvotes": upvotes,
        "num_comments": comments,
    }
