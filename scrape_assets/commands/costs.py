"""`scrape-assets costs`: what was spent, on whom and for what. Changes nothing."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

import typer

from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.money.prices import dollars
from scrape_assets.ledger.costs import CostLine
from scrape_assets.operations.costs import By, add_up, total
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings


def costs(
    by: Annotated[By, typer.Option(help="What to add up by.")] = By.PLATFORM,
    since: Annotated[str | None, typer.Option(help="The first day, YYYY-MM-DD (UTC). Default: of this month.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day, YYYY-MM-DD (UTC). Default: today.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was spent, from what was delivered."""
    with one_clear_line():
        today = datetime.now(UTC).date()
        first, last = _day(since, today.replace(day=1)), _day(until, today)
        if first > last:
            raise CommandFailed(f"--since {first} lies after --until {last}")
        with prepare(Settings.from_environment()).engine.connect() as conn:
            lines = add_up(conn, by, first, last)
    whole = total(lines, "total")
    if as_json:
        print_json(
            {
                "since": str(first),
                "until": str(last),
                "by": str(by),
                "costs": [dataclasses.asdict(line) for line in lines],
                "cost_usd": whole.cost_usd,
                "reserved_usd": whole.reserved_usd,
            }
        )
        return
    if not lines:
        out.print(f"nothing was asked for from {first} to {last}", highlight=False)
        return
    print_rows(
        (str(by), "snapshots", "records", "cost", "reserved", "remark"),
        (_row(line) for line in [*lines, whole]),
        give_way=("snapshots",),
    )


def _row(line: CostLine) -> tuple[object, ...]:
    remark = f"nobody knows what {line.unpriced} cost: no price is told" if line.unpriced else ""
    cost = None if line.cost_usd is None else dollars(line.cost_usd)
    reserved = dollars(line.reserved_usd) if line.reserved_usd else None
    return line.name, line.snapshots, line.records.quantize(Decimal(1)), cost, reserved, remark


def _day(text: str | None, default: date) -> date:
    try:
        return default if text is None else date.fromisoformat(text)
    except ValueError:
        raise CommandFailed(f"{text!r} is no date; write it as YYYY-MM-DD") from None
