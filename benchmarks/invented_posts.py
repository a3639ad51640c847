"""Vendor records of LinkedIn posts in their true shape, of people who do not exist.

`invented_lines` leaves out what the vendor adds from the page around a post: about 2 KB each, no harder than a
record of another platform. `delivered_lines` has it, as most real rows do: 39 KB each, where those that were looked
at have 34 to 173.
"""

import datetime as dt
import json
import random
from collections.abc import Iterator

_WORDS = (  # noqa: SIM905
    "today we learned that small teams ship faster when they write things down and answer questions early "
    "because nobody remembers a meeting but everybody finds a page; thank you to all who asked and stayed"
).split()
_FIRST = ("Ada", "Bram", "Chidi", "Dilek", "Élodie", "Farid", "Gūnta", "Hana", "Ivo", "Jane", "Kenji", "Lior")
_LAST = ("Arendt", "Bakker", "Castillo", "Demir", "Eriksen", "Fofana", "Grünwald", "Haddad", "Ito", "Jansen")
NEWEST = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
DAYS = 700
_SAME_NAME = 4  # people of each name

COLLECTION_DATE = dt.date(2026, 11, 2)


def invented_lines(rows: int, seed: int = 1, days: int = DAYS) -> Iterator[bytes]:
    """NDJSON lines with their line ends, the same for the same seed. All posts differ, and are of the last days."""
    rng = random.Random(seed)
    for number in range(rows):
        yield _line(_record(rng, number, days))


def delivered_lines(rows: int, seed: int = 1, days: int = DAYS) -> Iterator[bytes]:
    """The same posts as `invented_lines`, each with ten others and their links beside it."""
    rng, beside = random.Random(seed), random.Random(f"beside {seed}")
    for number in range(rows):
        record = _record(rng, number, days)
        record["post_text_html"] = str(record["post_text"]).replace("\n", "<br>")
        record["more_relevant_posts"] = _beside_it(beside, number)
        yield _line(record)


def handles() -> list[str]:
    """Everybody who writes."""
    return [f"{first}-{last}-{n}".lower() for first in _FIRST for last in _LAST for n in range(_SAME_NAME)]


def _line(record: dict[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


_BESIDE = 10
_LINKS = 16  # each of them has the same: those of the page


def _beside_it(rng: random.Random, number: int) -> list[dict[str, object]]:
    links = [
        f"https://www.example.com/redirect?url=https%3A%2F%2Fnews.example.org%2F{number}%2F{link}&urlhash=Ab{link:04d}"
        f"&trk=public_post_main-feed-card_invented-text-{rng.randrange(10**9)}"
        for link in range(_LINKS)
    ]
    return [
        {
            "post_url": record["url"],
            "post_id": record["id"],
            "user_id": record["user_id"],
            "use_url": record["use_url"],
            "headline": None,
            "post_text": record["post_text"],
            "date_posted": record["date_posted"],
            "num_likes": record["num_likes"],
            "num_comments": record["num_comments"],
            "images": record["images"],
            "videos": None,
            "hashtags": None,
            "embedded_links": links,
        }
        for record in (_record(rng, number * _BESIDE + other, DAYS) for other in range(_BESIDE))
    ]


def _record(rng: random.Random, number: int, days: int) -> dict[str, object]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    handle = f"{first}-{last}-{rng.randrange(_SAME_NAME)}".lower()  # 480 people: feeds hold many posts of the same few
    posted = NEWEST - dt.timedelta(seconds=rng.randrange(60 * 60 * 24 * days))
    activity = (int(posted.timestamp() * 1000) << 22) | number
    words = " ".join(rng.choice(_WORDS) for _ in range(rng.randrange(40, 180)))
    text = f"{words}.\n\n#writing #teams\nMore at https://example.com/{number}"
    url = f"https://www.linkedin.com/posts/{handle}_writing-teams-activity-{activity}-x{number % 97}Aa"
    return {
        "timestamp": "2026-11-02T08:00:00.000Z",
        "input": {"url": url},
        "discovery_input": {"url": f"https://www.linkedin.com/in/{handle}"},
        "url": url,
        "id": str(activity),
        "user_id": handle,
        "use_url": f"https://www.linkedin.com/in/{handle}?trk=public_post",
        "title": f"{first} {last} on LinkedIn: {text[:80]}",
        "headline": f"{first} {last}\u2019s Post",
        "post_text": text,
        "date_posted": posted.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "hashtags": ["#writing", "#teams"],
        "embedded_links": [f"https://example.com/{number}"],
        "images": [f"https://media.example.com/image/{number:08d}/post_2048_1536/0?e=2147483647&t=invented"],
        "videos": None,
        "num_likes": rng.randrange(400),
        "num_comments": rng.randrange(60),
        "top_visible_comments": None,
        "user_title": "Writes things down at Example Works",
        "user_followers": rng.randrange(20_000),
        "user_posts": rng.randrange(300),
        "user_articles": 0,
        "num_connections": 500,
        "post_type": "post",
        "account_type": "Person",
        "repost": None,
        "tagged_people": [{"name": "Jane Jansen", "link": "https://www.linkedin.com/in/jane-jansen-7"}],
        "tagged_companies": None,
        "document_cover_image": None,
        "document_page_count": None,
    }
