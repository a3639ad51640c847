"""`scrape-assets collect --from D --to D --dry-run`: what several days would ask for and cost, a line a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from scrape_assets.commands.dry_run import ASKED_OF_NOBODY, as_document
from scrape_assets.commands.terminal import CommandFailed, out, print_json, print_rows
from scrape_assets.flow.context import open_context
from scrape_assets.flow.money.prices import dollars
from scrape_assets.flow.wanted.plan import UnknownTarget
from scrape_assets.operations.backfills import of_collection
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import NoSource


def dry_run_days(
    settings: Settings,
    platform: str,
    days: Sequence[date],
    creators: Sequence[str] | None,
    events: Sequence[str] | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Print what the collections would do now, one after the other.

    Raises:
        CommandFailed: what is named cannot be collected.
    """
    try:
        with open_context(settings) as ctx:
            played, estimate = of_collection(ctx, platform, days, creators=creators, events=events, force=force)
    except (UnknownTarget, NoSource) as error:
        raise CommandFailed(str(error)) from None
    if as_json:
        print_json({"estimate": estimate.as_json(), "days": [as_document(one) for one in played]})
        return
    print_rows(
        ("day", "inputs", "batches", "records", "needs no asking", "cost"),
        (
            (
                one.day,
                one.inputs,
                len(one.batches),
                f"{one.records:.0f}",
                len(one.spared),
                None if one.cost is None else dollars(one.cost),
            )
            for one in played
        ),
    )
    out.print(estimate.in_words, highlight=False, soft_wrap=True)
    for remark in estimate.remarks:
        out.print(remark, highlight=False, soft_wrap=True)
    out.print(ASKED_OF_NOBODY, highlight=False)
