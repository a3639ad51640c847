"""`scrape-assets collect --dry-run`: what a collection would ask for and cost. Nobody is asked, nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from scrape_assets.commands.terminal import CommandFailed, out, print_json, print_rows
from scrape_assets.flow.context import open_context
from scrape_assets.flow.money.prices import dollars
from scrape_assets.flow.rehearse import Rehearsal, rehearse
from scrape_assets.flow.wanted.plan import UnknownTarget
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import NoSource

ASKED_OF_NOBODY = "nobody was asked, and nothing is written"


def dry_run(
    settings: Settings,
    platform: str,
    day: date,
    creators: Sequence[str] | None,
    events: Sequence[str] | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Print what the collection would do now.

    Raises:
        CommandFailed: what is named cannot be collected.
    """
    try:
        with open_context(settings) as ctx:
            found = rehearse(ctx, platform, day, creators=creators, events=events, force=force)
    except (UnknownTarget, NoSource) as error:
        raise CommandFailed(str(error)) from None
    if as_json:
        print_json(as_document(found))
    else:
        _print(found)


def as_document(found: Rehearsal) -> dict[str, object]:
    """The same for programs."""
    return {
        "platform": found.platform,
        "date": str(found.day),
        "jobs_added": found.jobs_added,
        "jobs_due": found.jobs_due,
        "inputs": found.inputs,
        "records": _rounded(found.records),
        "cost_usd": found.cost,
        "batches": [
            {
                "source": one.source,
                "dataset_id": one.dataset_id,
                "inputs": one.inputs,
                "jobs": one.jobs,
                "records": _rounded(one.records),
                "expected_from": [str(basis) for basis in one.bases],
                "cost_usd": one.cost,
            }
            for one in found.batches
        ],
        "spared": [
            {"job_id": one.job_id, "target_id": one.target_id, "way": str(one.way), "why": one.why}
            for one in found.spared
        ],
        "held_back": [
            {"job_ids": one.job_ids, "why": one.why, "until": one.until.isoformat()} for one in found.held_back
        ],
        "waiting": found.waiting,
        "failing": found.failing,
        "budgets": [
            {
                "period": str(one.budget.period),
                "platform": one.budget.platform,
                "usd": one.budget.usd,
                "left_usd": one.left,
                "renews_at": one.renews_at.isoformat(),
            }
            for one in found.budgets
        ],
        "remarks": found.remarks,
    }


def _rounded(records: Decimal) -> float:
    return round(float(records), 1)


def _print(found: Rehearsal) -> None:
    if found.batches:
        print_rows(
            ("batch", "source", "inputs", "jobs", "records", "cost", "expected from"),
            (
                (
                    number,
                    one.source,
                    one.inputs,
                    one.jobs,
                    f"{one.records:.0f}",
                    None if one.cost is None else dollars(one.cost),
                    ", ".join(one.bases),
                )
                for number, one in enumerate(found.batches, start=1)
            ),
            give_way=("jobs",),
        )
        cost = "nobody has told the price" if found.cost is None else f"about {dollars(found.cost)}"
        in_all = f"{found.inputs} inputs in {len(found.batches)} batches, about {found.records:.0f} records, {cost}"
        out.print(f"{found.platform} {found.day}: would ask for {in_all}", highlight=False)
    else:
        out.print(f"{found.platform} {found.day}: would ask for nothing", highlight=False)
    for why, count in Counter(one.why for one in found.spared).items():
        _say(count, why)
    for held in found.held_back:
        _say(len(held.job_ids), held.why)
    for why, count in found.waiting.items():
        _say(count, f"wait: {why}")
    for why, count in found.failing.items():
        _say(count, f"would fail: {why}")
    for purse in found.budgets:
        out.print(f"{purse.budget}: {dollars(purse.left)} left", highlight=False)
    for remark in found.remarks:
        out.print(remark, highlight=False, soft_wrap=True)
    out.print(ASKED_OF_NOBODY, highlight=False)


def _say(jobs: int, why: str) -> None:
    out.print(f"{jobs} job{'' if jobs == 1 else 's'}: {why}", highlight=False, markup=False, soft_wrap=True)
