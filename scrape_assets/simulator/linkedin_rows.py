"""One LinkedIn row in the vendor's true shape, from a post's identity and the moment it was looked at.

The keys, their order, nulls and oddities follow real rows. Which posts a job finds is in `linkedin`.
"""

from typing import Any

from scrape_assets.simulator.clock import iso
from scrape_assets.simulator.dice import Dice
from scrape_assets.simulator.feeds import PostRef, latest_before
from scrape_assets.simulator.linkedin_urls import (
    article_slug,
    article_url,
    hashtag_link,
    is_article,
    media_url,
    mention_link,
    post_url,
)
from scrape_assets.simulator.people import Author, crowd
from scrape_assets.simulator.words import COMMENTS, HASHTAGS, SPOKEN, TITLES

Row = dict[str, Any]

_HOUR_MS = 3_600_000
_NO_REPOST_KEYS = (
    "repost_url",
    "repost_user_id",
    "repost_user_name",
    "repost_text",
    "repost_hangtags",
    "repost_date",
    "repost_attachments",
    "repost_id",
)
_NO_REPOST: Row = {
    **dict.fromkeys(_NO_REPOST_KEYS),
    "tagged_people": {"name": None, "link": None},
    "tagged_companies": None,
}
_NO_REPOST_ARTICLE: Row = {**dict.fromkeys(_NO_REPOST_KEYS), "tagged_users": None, "tagged_companies": None}
# Some rows leave these out instead of saying null.
_OMITTED = ("videos", "more_articles_by_user", "embedded_links", "hashtags", "top_visible_comments", "images")


def linkedin_row(ref: PostRef, *, seen_ms: int, article: bool, fat: bool) -> Row:
    """The row without `input` and `discovery_input`, which depend on who asked for it.

    Args:
        ref: which post.
        seen_ms: Unix milliseconds at which the vendor looked; counts have grown until then.
        article: force or forbid the shape of an article.
        fat: add the long nested lists.
    """
    chance = Dice(ref.luck >> 120)
    row = _article(ref, chance, seen_ms) if article else _post(ref, chance, seen_ms)
    if fat:
        row["more_relevant_posts"] = [_related(ref, number, seen_ms) for number in range(12)]
        row["more_articles_by_user"] = [_more_article(ref, number) for number in range(6)]
    row["timestamp"] = iso(seen_ms)
    _vary_keys(row, ref, chance)
    return row


def _post(ref: PostRef, chance: Dice, seen_ms: int) -> Row:
    author = ref.author
    text, html = _text(author, chance)
    hashtags = [f"#{tag}" for tag in _pick(chance, HASHTAGS, chance.below(4))] or None
    if hashtags:
        text += " " + " ".join(hashtags)
        html += "\n" + " ".join(hashtag_link(tag) for tag in hashtags)
    people, companies = _tagged(author, chance)
    if people or companies:
        text += " " + " ".join(tag["name"] for tag in (*people, *companies))
        html += " " + " ".join(mention_link(tag) for tag in (*people, *companies))
    likes, comments = _counts(ref, chance, seen_ms)
    repost = _repost(ref, chance, seen_ms) if chance.chance(15 if author.is_person else 8) else None
    first_words = text[:60].partition(".")[0]
    return {
        "url": post_url(ref),
        "id": str(ref.activity_id),
        # Null on every company row of 2024, there again in later ones.
        "user_id": author.user_id if author.is_person or chance.chance(50) else None,
        "use_url": author.url,
        "title": f"{author.name} on LinkedIn: {first_words}…" if chance.chance(80) else f"{author.name} on LinkedIn",
        "headline": f"{author.name}\u2019s Post",
        "post_text": text,
        # The posting time is up to a quarter of a second later than the time inside the id.
        "date_posted": iso(ref.posted_ms + chance.below(250)),
        "hashtags": hashtags,
        "embedded_links": [tag["link"] for tag in (*people, *companies)] or None,
        "images": _images(ref, chance.below(3)),
        "videos": [media_url(ref, "mp4-640p-30fp-crf28")] if chance.chance(6) else None,
        "num_likes": likes,
        "num_comments": comments,
        "more_articles_by_user": None,
        "more_relevant_posts": None if chance.chance(50) else [],
        "top_visible_comments": [_comment(ref, chance)] if comments and chance.chance(40) else None,
        "user_followers": author.followers + (seen_ms - ref.posted_ms) // (24 * _HOUR_MS),
        "user_posts": chance.below(200),
        "user_articles": 0,
        "post_type": "repost" if repost else "post",
        "account_type": "Person" if author.is_person else "Organization",
        "post_text_html": html,
        "repost": repost or _NO_REPOST,
        "tagged_companies": companies,
        "tagged_people": people,
    }


def _article(ref: PostRef, chance: Dice, seen_ms: int) -> Row:
    author = ref.author
    paragraphs = [_text(author, chance) for _ in range(3)]
    likes: float
    comments: float
    likes, comments = _counts(ref, chance, seen_ms)
    if chance.chance(22):
        # Real articles say so: the true count with constant digits appended, as a JSON float.
        likes = float(f"{likes + 1}.2894228304755e30")
        comments = float(f"{comments + 1}.30238260472933e20")
    text = "\n".join(paragraph for paragraph, _ in paragraphs)
    return {
        "url": article_url(ref),
        "id": article_slug(ref),
        "user_id": author.user_id,
        "use_url": author.url,
        "title": TITLES[(ref.luck >> 80) % len(TITLES)],
        "headline": text[:280],
        "post_text": text,
        "date_posted": iso(ref.posted_ms // 1000 * 1000),
        "hashtags": None,
        "embedded_links": ["https://data.example.org/report", author.url] if chance.chance(70) else None,
        "images": _images(ref, chance.below(2)),
        "videos": None,
        "num_likes": likes,
        "num_comments": comments,
        "more_articles_by_user": [_more_article(ref, 0)],
        "more_relevant_posts": [],
        "top_visible_comments": [_comment(ref, chance)] if chance.chance(60) else None,
        "user_followers": author.followers + (seen_ms - ref.posted_ms) // (24 * _HOUR_MS),
        "user_posts": None,
        "user_articles": None,
        "post_type": "article",
        "account_type": "Person" if author.is_person else "Organization",
        "post_text_html": "\n".join(f"<p>{paragraph}</p>" for _, paragraph in paragraphs),
        "repost": _NO_REPOST_ARTICLE,
        "tagged_companies": None,
        "tagged_people": None,
    }


def _text(author: Author, chance: Dice) -> tuple[str, str]:
    texts, htmls = SPOKEN[author.language if chance.chance(70) else "en"]
    count = len(texts) // 2
    start = chance.below(count)
    stop = start + min(2 + chance.below(6), count)
    return " ".join(texts[start:stop]), "\n".join(htmls[start:stop])


def _counts(ref: PostRef, chance: Dice, seen_ms: int) -> tuple[int, int]:
    """Likes and comments: they grow with the post's age towards a number of its own."""
    age = max(seen_ms - ref.posted_ms, 0)
    finally_liked = 5 + chance.below(40) * (1 + chance.below(30) * chance.below(4))
    likes = finally_liked * age // (age + 36 * _HOUR_MS)
    return likes, likes // (4 + chance.below(30))


def _tagged(author: Author, chance: Dice) -> tuple[list[Row], list[Row]]:
    people: list[Row] = []
    companies: list[Row] = []
    everybody = crowd(author.seed)
    for _ in range(max(chance.below(5) - 2, 0)):
        other = everybody[chance.below(len(everybody))]
        tag = {"name": other.name, "link": f"{other.url}?trk=public_post-text"}
        if tag not in people and tag not in companies:
            (people if other.is_person else companies).append(tag)
    return people, companies


def _repost(ref: PostRef, chance: Dice, seen_ms: int) -> Row | None:
    everybody = crowd(ref.author.seed)
    other = everybody[chance.below(len(everybody))]
    original = latest_before(other, ref.posted_ms)
    if original is None or other.key == ref.author.key or is_article(original):
        return None
    text, _ = _text(other, Dice(original.luck >> 120))
    months_old = (seen_ms - original.posted_ms) // (30 * 24 * _HOUR_MS)
    return {
        "repost_url": f"{other.url}?trk=public_post_reshare_feed-actor-name",
        "repost_user_id": other.user_id,
        "repost_user_name": other.name,
        "repost_text": text,
        "repost_hangtags": None,
        # The page says "2mo", and the vendor counts back from the moment it looked.
        "repost_date": iso(seen_ms - months_old * 30 * 24 * _HOUR_MS),
        "repost_attachments": [],
        "repost_id": str(original.activity_id),
        "tagged_users": None,
        "tagged_companies": [],
    }


def _vary_keys(row: Row, ref: PostRef, chance: Dice) -> None:
    """Keys grew over time and null keys may be absent."""
    shape = chance.below(10)
    if shape < 3:
        for key in _OMITTED:
            if row[key] is None:
                del row[key]
    elif shape < 6:
        row["user_name"] = ref.author.name
        row["original_post_text"] = row["post_text"]
        row["document_cover_image"] = None
        row["document_page_count"] = None
        row["external_link_data"] = None
        row["author_profile_pic"] = media_url(ref, "profile-displayphoto-shrink_200_200")
        row["x_experiment_bucket"] = {"arm": chance.below(3)}


def _pick(chance: Dice, words: tuple[str, ...], count: int) -> list[str]:
    start = chance.below(len(words))
    return [words[(start + 4 * number) % len(words)] for number in range(count)]


def _images(ref: PostRef, count: int) -> list[str] | None:
    return [media_url(ref, f"feedshare-shrink_2048_1536/{number}") for number in range(count)] or None


def _comment(ref: PostRef, chance: Dice) -> Row:
    everybody = crowd(ref.author.seed)
    other = everybody[chance.below(len(everybody))]
    return {
        "use_url": f"{other.url}?trk=public_post_comment_actor-name",
        "user_id": other.user_id,
        "user_name": other.name,
        "comment_date": iso(ref.posted_ms + chance.below(30 * _HOUR_MS)),
        "comment": COMMENTS[chance.below(len(COMMENTS))],
        "tagged_users": None,
        "num_reactions": chance.below(4),
    }


def _related(ref: PostRef, number: int, seen_ms: int) -> Row:
    everybody = crowd(ref.author.seed)
    other = everybody[(ref.luck + number) % len(everybody)]
    nearby = PostRef(other, ref.posted_ms - number * _HOUR_MS, ref.luck >> number)
    text, _ = _text(other, Dice(nearby.luck >> 120))
    likes, comments = _counts(nearby, Dice(nearby.luck >> 140), seen_ms)
    return {
        "post_url": post_url(nearby),
        "post_id": str(nearby.activity_id),
        "user_id": other.user_id,
        "use_url": other.url,
        "headline": None,
        "post_text": text,
        "date_posted": iso(nearby.posted_ms),
        "num_likes": likes,
        "num_comments": comments,
        "images": None,
        "videos": None,
        "hashtags": None,
        "embedded_links": [f"{other.url}?trk=public_post-text"],
    }


def _more_article(ref: PostRef, number: int) -> Row:
    earlier = PostRef(ref.author, ref.posted_ms - (number + 1) * 720 * _HOUR_MS, ref.luck >> (number + 1))
    return {
        "headline": TITLES[(earlier.luck >> 80) % len(TITLES)],
        "date_posted": iso(earlier.posted_ms),
        "post_url": article_url(earlier),
    }
