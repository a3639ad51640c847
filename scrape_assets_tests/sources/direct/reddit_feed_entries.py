"""Entries of Reddit's Atom feeds, with invented people. No tests."""

from datetime import timedelta
from html import escape

from scrape_assets_tests.sources.direct.feed_server import NOON

SUBMITTED = (
    ' &#32; submitted by &#32; <a href="https://www.reddit.com/user/Jane_Tea"> /u/Jane_Tea </a> <br/> '
    '<span><a href="{aim}">[link]</a></span> &#32; <span><a href="{link}">[comments]</a></span>'
)


def entry(
    post_id: str, hours_ago: float = 1, text: str | None = "<p>Words</p>", aim: str | None = None, more: str = ""
) -> str:
    """A post; `aim` is what it links to, itself if None."""
    link = f"https://www.reddit.com/r/tea/comments/{post_id}/some_leaves/"
    said = f'<!-- SC_OFF --><div class="md">{text}</div><!-- SC_ON -->' if text else ""
    content = said + SUBMITTED.format(aim=escape(aim or link), link=link)
    at = (NOON - timedelta(hours=hours_ago)).isoformat()
    return (
        "<entry><author><name>/u/Jane_Tea</name><uri>https://www.reddit.com/user/Jane_Tea</uri></author>"
        f'<category term="tea" label="r/tea"/><content type="html">{escape(content)}</content><id>t3_{post_id}</id>'
        f'{more}<link href="{link}"/><updated>{at}</updated><published>{at}</published>'
        "<title>Leaves &amp;amp; water</title></entry>"
    )


def listing(*entries: str) -> str:
    """A feed of posts."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:media="http://search.yahoo.com/mrss/"><category term="tea" label="r/tea"/>'
        "<updated>2026-11-21T12:00:00+00:00</updated><id>/r/tea/new/.rss?limit=100</id>"
        '<link rel="self" href="https://www.reddit.com/r/tea/new/.rss" type="application/atom+xml"/>'
        f"<title>newest submissions : tea</title>{''.join(entries)}</feed>"
    )
