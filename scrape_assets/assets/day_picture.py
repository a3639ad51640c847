"""A day beside the days before it, as a picture in a partition's metadata. What is counted, the asset says."""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from scrape_assets.bars import Bar, bars_svg
from scrape_assets.markdown import picture

DAYS_A_LABEL = 7


def day_picture(what: str, days: Sequence[tuple[date, int | None]]) -> dg.MarkdownMetadataValue:
    """Bars for the days, the last of them standing out.

    Args:
        what: is counted, in the plural.
        days: oldest first, with their counts; None: nobody said.
    """
    (last, counted), before = days[-1], [count or 0 for _, count in days[:-1]]
    mean = sum(before) / max(len(before), 1)
    said = f"{what} on {last}: {_words(counted)}; mean of the {len(before)} days before: {mean:,.1f}"
    return picture(bars_svg([_bar(days, place) for place in range(len(days))], said, alone=True), said)


def _bar(days: Sequence[tuple[date, int | None]], place: int) -> Bar:
    day, count = days[place]
    is_last = place == len(days) - 1
    labelled = (len(days) - 1 - place) % DAYS_A_LABEL == 0
    return Bar(
        parts=(("late" if is_last else "good", count or 0),),
        above=_words(count) if is_last else "",
        below=(f"{day:%d %b}",) if labelled else (),
    )


def _words(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"
