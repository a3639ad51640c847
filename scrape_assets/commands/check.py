"""`scrape-assets check`: judge the tables as a whole, as the schedule `regular_checks` does. Reads only."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import open_context
from scrape_assets.operations.checking.judging import WHOLE, Judged, judge
from scrape_assets.operations.checking.verdict import Severity
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings

SQL_SHOWN = 2_000  # letters; all of it is in --json


def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CHECK]...", help="Only these, such as fresh or no_orphans.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge the data: late platforms, sources that bring nothing, doubles, orphans, payloads, match rates.

    Exit status: 1 when a check of severity ERROR fails, 0 otherwise, warnings included.
    """
    with one_clear_line():
        wanted = {check: judged_by for check, judged_by in WHOLE.items() if not names or check[1] in names}
        unknown = set(names or ()) - {name for _, name in WHOLE}
        if unknown:
            known = ", ".join(sorted(name for _, name in WHOLE))
            raise CommandFailed(f"there is no check {', '.join(sorted(unknown))}; there are {known}")
        settings = Settings.from_environment()
        prepare(settings)
        with open_context(settings) as ctx:
            judged = list(judge(ctx, wanted))
    grave = any(_word(one) == Severity.ERROR for one in judged)
    if as_json:
        print_json({"passed": not grave, "checks": [_as_json(one, settings) for one in judged]})
    else:
        _print(judged)
    if grave:
        raise typer.Exit(1)


def _word(one: Judged) -> str:
    return "passed" if one.verdict.passed else str(one.verdict.severity)


def _print(judged: list[Judged]) -> None:
    print_rows(("check", "of", "is", "what was found"), ((j.name, j.asset, _word(j), j.verdict.says) for j in judged))
    for one in judged:
        if one.verdict.passed:
            continue
        out.print(Text(f"\n{one.asset}: {one.name}", style="bold"))
        out.print(Text(one.message), soft_wrap=True)
        for title, listing in one.verdict.listings.items():
            if listing.rows:
                print_rows(listing.headers, listing.rows, title=title.replace("_", " "))
        if one.verdict.failing:
            sql = one.verdict.failing.pasted
            shown = sql if len(sql) <= SQL_SHOWN else f"{sql[:SQL_SHOWN]}\n-- cut: all of it is in --json"
            out.print(Text(f"these rows:\n{shown}"), soft_wrap=True)


def _as_json(one: Judged, settings: Settings) -> dict[str, object]:
    verdict, limits = one.verdict, settings.checks.model_dump()
    return {
        "asset": one.asset,
        "check": one.name,
        "passed": verdict.passed,
        "severity": None if verdict.passed else str(verdict.severity),
        "found": verdict.says,
        "message": one.message,
        "figures": dict(verdict.figures),
        "thresholds": {name: limits[name] for name in one.told.thresholds if name in limits},
        "tables": {
            name: [dict(zip(listing.headers, row, strict=True)) for row in listing.rows]
            for name, listing in verdict.listings.items()
        },
        "sql": verdict.failing.pasted if verdict.failing and not verdict.passed else None,
        "page": verdict.page,
    }
