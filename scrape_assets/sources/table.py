"""What every source can be asked, as rows: for the command line and for the documentation, from the declarations."""

from collections.abc import Iterator
from typing import NamedTuple

from scrape_assets.posts.platforms import Platform
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.registry import BRIGHTDATA, DATASETS, NEEDED_PACKAGES, OFF_BY_DEFAULT, ORDER, direct_source

COLUMNS = (
    "platform",
    "source",
    "needs",
    "creators",
    "events",
    "time range of creators",
    "time range of events",
    "keywords",
    "place",
    "worth knowing",
)


class SourceRow(NamedTuple):
    """One source of one platform, in words."""

    platform: str
    source: str
    needs: str
    creators: str
    events: str
    creator_time: str
    event_time: str
    keywords: str
    place: str
    remark: str


def source_rows() -> Iterator[SourceRow]:
    """Every source of every platform, in the order in which they are asked; the vendor's once a dataset."""
    for platform, sources in ORDER.items():
        for source in (*sources, *OFF_BY_DEFAULT.get(platform, ())):
            if source == BRIGHTDATA:
                for dataset in DATASETS[platform]:
                    named = f"{source} ({dataset.name})" if len(DATASETS[platform]) > 1 else source
                    yield _row(platform, named, "BRIGHTDATA_API_KEY", dataset.abilities)
            else:
                direct = direct_source(source)
                needs = " and ".join(direct.keys) or "nothing"
                if source in NEEDED_PACKAGES:
                    needs = f"the extra `{source}`, and a Chromium"
                if source not in sources:
                    needs += "; off until SCRAPE_ASSETS_SOURCES names it"
                if direct.abilities.event_keys:
                    needs += f"; for events {' and '.join(direct.abilities.event_keys)}"
                yield _row(platform, source, needs, direct.abilities)


def markdown() -> str:
    """The table of the documentation."""
    rows = [
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in source_rows()),
    ]
    return "\n".join(rows) + "\n"


def _row(platform: Platform, source: str, needs: str, can: Abilities) -> SourceRow:
    event_time, keywords, place = (str(how) if can.events else "" for how in (can.event_time, can.keywords, can.place))
    return SourceRow(
        str(platform),
        source,
        needs,
        "yes" if can.creators else "no",
        "yes" if can.events else "no",
        str(can.creator_time) if can.creators else "",
        event_time,
        keywords,
        place,
        can.remark,
    )


WORDS = {
    How.AT_SOURCE: "the source is asked for just that, and believed",
    How.CHECKED: "the source is asked for it and answers loosely, so each post is looked at again",
    How.AFTER: "the source cannot be asked for it: what it gives is looked at here",
    How.NOT: "neither can be done; the job says so",
}
"""What the words in the table mean."""
