"""The picture of the last days: bars of completed and failed jobs, with the posts in words. Plain SVG."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from scrape_assets.ledger.daily import Day

HEIGHT, WIDTH, FOOT, HEAD = 130, 560, 34, 14


def week_svg(days: Sequence[Day]) -> Markup:
    """Bars side by side, with a text for those who cannot see them."""
    highest = max([day.completed + day.failed for day in days] + [1])
    step = WIDTH / max(len(days), 1)
    room = HEIGHT - FOOT - HEAD
    bars = []
    for number, day in enumerate(days):
        left = number * step + step * 0.2
        good = room * day.completed / highest
        bad = room * day.failed / highest
        base = HEIGHT - FOOT
        middle = number * step + step / 2
        bars.append(_bar("good", left, base - good, step * 0.6, good))
        bars.append(_bar("bad", left, base - good - bad, step * 0.6, bad))
        bars.append(_text(middle, base - good - bad - 3, f"{day.completed + day.failed:,}"))
        bars.append(_text(middle, base + 13, f"{day.day:%a %d}"))
        bars.append(_text(middle, base + 27, f"{day.posts:,} posts"))
    said = "; ".join(f"{day.day:%A}: {day.completed} completed, {day.failed} failed, {day.posts} posts" for day in days)
    return Markup(
        '<svg class="week" viewBox="0 0 {} {}" role="img" aria-label="Jobs finished by day. {}">{}</svg>'
    ).format(WIDTH, HEIGHT, said, Markup("").join(bars))


def _bar(kind: str, left: float, top: float, width: float, height: float) -> Markup:
    shape = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    return shape.format(kind, left, top, width, height)


def _text(middle: float, base: float, said: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(middle, base, said)
