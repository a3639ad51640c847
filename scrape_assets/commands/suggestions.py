"""`scrape-assets suggestions`: who may be whom, for a person to accept or reject."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import typer

from scrape_assets.commands.collect import read_platform
from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.targets import deciding, suggest
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.forgetting import ForgottenKeyMissing
from scrape_assets.storage.suggestions import Kind, Standing, Suggestion, count_by_status, find_suggestions

app = typer.Typer(help="Who may be whom: nothing is matched until a person accepts it.", no_args_is_help=True)

Numbers = Annotated[list[int], typer.Argument(help="Numbers of suggestions, as `list` shows them.", min=1)]
T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    status: Annotated[Standing, typer.Option(help="Which of them.")] = Standing.OPEN,
    platform: Annotated[str | None, typer.Option(help="Only accounts on this platform.")] = None,
    creator: Annotated[str | None, typer.Option(help="Only of this creator.")] = None,
    at_least: Annotated[float, typer.Option(help="Only of this score or more.", min=0, max=1)] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """The likeliest first, with the reasons."""
    with one_clear_line():
        where = None if platform is None else read_platform(platform)
        prepared = prepare(Settings.from_environment())
        with prepared.engine.connect() as conn:
            found = find_suggestions(
                conn, status=status, platform=where, creator_id=creator, at_least=at_least, limit=limit
            )
            counts = count_by_status(conn)
    if as_json:
        print_json({"counts": counts, "suggestions": [vars(one) for one in found]})
        return
    if found:
        print_rows(("number", "score", "creator", "may be", "because"), map(_row, found))
    said = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    out.print(f"{said}. Decide with: scrape-assets suggestions accept|reject NUMBER …", highlight=False)


@app.command()
def refresh(as_json: AsJson = False) -> None:
    """Compare everybody anew, as the daily schedule does. Asks nobody, matches nothing; what was decided stays."""
    with one_clear_line():
        report = _with_context(suggest.refresh)
    if as_json:
        print_json(vars(report))
    else:
        said = f"{report.new:,} new, {report.changed:,} changed, {report.withdrawn:,} no longer hold"
        out.print(f"{said}: scrape-assets suggestions list", highlight=False)


@app.command()
def accept(numbers: Numbers, as_json: AsJson = False) -> None:
    """Follow the account as the creator's; of two creators, make the other's profiles the first one's."""
    _decide(numbers, deciding.accept, as_json=as_json)
    if not as_json:
        out.print(
            "Old posts are matched by the sensor changed_creators while the daemon runs; without it: "
            "scrape-assets rematch",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def reject(numbers: Numbers, as_json: AsJson = False) -> None:
    """It is somebody else: never suggested again."""
    _decide(numbers, deciding.reject, as_json=as_json)


def _decide(numbers: Sequence[int], how: Callable[..., Suggestion], *, as_json: bool) -> None:
    by = f"{getpass.getuser()}@{socket.gethostname()}"

    def all_of_them(ctx: FlowContext) -> list[Suggestion]:
        done: list[Suggestion] = []
        for number in numbers:
            try:
                done.append(how(ctx, number, by=by))
            except (deciding.NoSuggestion, deciding.NotOpen) as error:
                before = f" ({', '.join(str(one.suggestion_id) for one in done)} done before)" if done else ""
                raise CommandFailed(f"{error}{before}") from None
        return done

    with one_clear_line():
        done = _with_context(all_of_them)
    if as_json:
        print_json([vars(one) for one in done])
    else:
        for one in done:
            out.print(f"{one.suggestion_id} {one.status}: {_who(one)}", highlight=False, markup=False, soft_wrap=True)


def _with_context(do: Callable[[FlowContext], T]) -> T:
    prepared = prepare(Settings.from_environment())
    prepared.engine.dispose()
    with open_context(prepared.settings) as ctx:
        try:
            return do(ctx)
        except ForgottenKeyMissing as error:
            raise CommandFailed(str(error)) from None


def _row(one: Suggestion) -> tuple[object, ...]:
    return one.suggestion_id, f"{one.score:.2f}", one.creator_id, _may_be(one), "; ".join(one.reasons)


def _who(one: Suggestion) -> str:
    if one.status is Standing.REJECTED:
        return f"{_may_be(one)} is not {one.creator_id}"
    if one.kind is Kind.PROFILE:
        return f"{_may_be(one)} is followed as {one.creator_id}"
    return f"the profiles of {one.other_creator_id} are {one.creator_id}'s now"


def _may_be(one: Suggestion) -> str:
    return f"{one.platform} {one.author_key}" if one.kind is Kind.PROFILE else f"creator {one.other_creator_id}"
