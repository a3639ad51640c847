"""The picture of the last days: bars of completed and failed jobs, with the posts in words."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from scrape_assets.bars import Bar, bars_svg
from scrape_assets.ledger.daily import Day


def week_svg(days: Sequence[Day]) -> Markup:
    """Bars side by side, with a text for those who cannot see them."""
    bars = [
        Bar(
            parts=(("good", day.completed), ("bad", day.failed)),
            above=f"{day.completed + day.failed:,}",
            below=(f"{day.day:%a %d}", f"{day.posts:,} posts"),
        )
        for day in days
    ]
    said = "; ".join(f"{day.day:%A}: {day.completed} completed, {day.failed} failed, {day.posts} posts" for day in days)
    return bars_svg(bars, f"Jobs finished by day. {said}", name="week")
