"""`scrape-assets dead-letters`: what nobody tries again by itself, why, and to try it again."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer

from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.ledger.dead_letters import DeadLetter, LetterFilter, each, find
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.operations.causes import Cause, by_cause
from scrape_assets.operations.dead_letters import (
    Replayed,
    Step,
    Story,
    Way,
    plan_replay,
    replay,
    story_of,
    unknown_among,
)
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings

app = typer.Typer(help="Jobs and snapshots that nobody tries again by itself.", no_args_is_help=True)

Platform = Annotated[str | None, typer.Option("--platform", help="Only this platform.")]
Creator = Annotated[str | None, typer.Option("--creator", help="Only of this creator or event.")]
Class = Annotated[ErrorClass | None, typer.Option("--error-class", help="Only of this class of error.")]
Since = Annotated[str | None, typer.Option("--since", help="Dead since then: a day, or a day and time, UTC.")]
Until = Annotated[str | None, typer.Option("--until", help="Dead before then; a day is included.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    platform: Platform = None,
    creator: Creator = None,
    error_class: Class = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many lines.")] = 50,
    ids: Annotated[bool, typer.Option("--ids", help="One by one, the newest first, instead of by cause.")] = False,
    as_json: AsJson = False,
) -> None:
    """List dead letters by cause: how many, of which class, when the newest died, and one of them."""
    with one_clear_line():
        which = _filter((), platform, creator, error_class, since, until)
        with prepare(Settings.from_environment()).engine.connect() as conn:
            letters = find(conn, which, limit) if ids else []
            causes = [] if ids else by_cause(each(conn, which))[:limit]
    if ids:
        _print_letters(letters, as_json=as_json)
    else:
        _print_causes(causes, as_json=as_json)


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="Of a job or snapshot.")], as_json: AsJson = False
) -> None:
    """Show all that is known of one: its history, the calls made for it, and what a replay would do."""
    with one_clear_line(), _context() as ctx:
        [letter] = _named(ctx, LetterFilter(ids=(letter_id,)))
        story = story_of(ctx, letter)
    if as_json:
        print_json(_story_as_json(story))
    else:
        _print_story(story)


@app.command("replay")
def replay_(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Of jobs or snapshots.")] = None,
    platform: Platform = None,
    creator: Creator = None,
    error_class: Class = None,
    since: Since = None,
    until: Until = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try dead letters again. What was paid for and can still be had is fetched; the rest is asked, and paid, anew."""
    with one_clear_line(), _context() as ctx:
        which = _filter(ids or (), platform, creator, error_class, since, until)
        if not which.names_something:
            raise CommandFailed("name what to replay: ids, --platform, --creator, --error-class, --since or --until")
        steps = plan_replay(ctx, _named(ctx, which))
        if not as_json:
            _print_plan(steps)
        done = None
        if not dry_run and any(step.way is not Way.NOTHING for step in steps):
            if not yes:
                _ask_leave(steps, as_json=as_json)
            done = replay(ctx, steps)
    if as_json:
        report = {"plan": [_step_as_json(step) for step in steps], "done": done and dataclasses.asdict(done)}
        print_json(report)
    elif done:
        _print_done(done)


@contextmanager
def _context() -> Iterator[FlowContext]:
    prepared = prepare(Settings.from_environment())
    with open_context(export_environment(prepared)) as ctx:
        yield ctx


def _filter(
    ids: Sequence[str],
    platform: str | None,
    creator: str | None,
    error_class: ErrorClass | None,
    since: str | None,
    until: str | None,
) -> LetterFilter:
    try:
        named = None if platform is None else str(parse_platform(platform))
    except UnknownPlatform as error:
        raise CommandFailed(str(error)) from None
    return LetterFilter(
        ids=tuple(dict.fromkeys(ids)),
        platform=named,
        target_id=creator,
        error_class=error_class,
        since=_moment("--since", since),
        until=_moment("--until", until, end_of_day=True),
    )


def _moment(option: str, given: str | None, *, end_of_day: bool = False) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise CommandFailed(f"{option} is no day or time: {given!r}; write 2026-11-20 or 2026-11-20T12:30") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment + timedelta(days=1) if end_of_day and moment.time() == time() and len(given) <= 10 else moment


def _named(ctx: FlowContext, which: LetterFilter) -> list[DeadLetter]:
    with ctx.engine.connect() as conn:
        unknown = unknown_among(conn, which.ids)
        if unknown:
            reasons = list(unknown.values())
            more = f", and {len(reasons) - 1} more are none either" if len(reasons) > 1 else ""
            raise CommandFailed(f"no dead letter: {reasons[0]}{more}")
        return find(conn, which)


def _ask_leave(steps: Sequence[Step], *, as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise CommandFailed("nothing was replayed: add --yes to go on without being asked, or --dry-run to only look")
    if not typer.confirm(f"Replay {len(steps)}?"):
        raise CommandFailed("nothing was replayed")


def _print_causes(causes: Sequence[Cause], *, as_json: bool) -> None:
    if as_json:
        print_json([dataclasses.asdict(cause) for cause in causes])
        return
    if not causes:
        out.print("no dead letters", highlight=False)
        return
    print_rows(
        ("count", "what", "class", "platforms", "newest", "for example", "cause"),
        (
            (c.count, c.kind, c.error_class, ", ".join(sorted(c.platforms)), c.newest, c.example, c.message)
            for c in causes
        ),
        give_way=("platforms", "newest", "what", "for example"),
    )
    out.print("one of them: scrape-assets dead-letters show ID", highlight=False)


def _print_letters(letters: Sequence[DeadLetter], *, as_json: bool) -> None:
    if as_json:
        print_json([dataclasses.asdict(letter) for letter in letters])
        return
    print_rows(
        ("id", "what", "status", "target", "platform", "class", "died", "error"),
        ((x.id, x.kind, x.status, x.target_id, x.platform, x.error_class, x.died_at, x.error) for x in letters),
        give_way=("platform", "what", "died", "target", "status"),
    )


def _print_plan(steps: Sequence[Step]) -> None:
    said = Counter((step.way, step.may_cost) for step in steps)
    for (way, may_cost), count in sorted(said.items()):
        cost = "; this may cost money" if may_cost else "" if way is Way.NOTHING else "; free"
        out.print(f"{count}: {_IN_WORDS[way]}{cost}", highlight=False)
    print_rows(
        ("id", "target", "class", "replay", "because"),
        ((s.letter.id, s.letter.target_id, s.letter.error_class, s.way, s.why) for s in steps[:50]),
        give_way=("class", "target"),
    )
    if len(steps) > 50:
        out.print(f"… and {len(steps) - 50} more; all are in --json", highlight=False)


_IN_WORDS = {
    Way.TAKE_UP: "taken up again: what was paid for is fetched, and its jobs wait for it",
    Way.WAIT: "waiting again for a snapshot that is on its way",
    Way.ASK: "asked for anew",
    Way.NOTHING: "left alone",
}


def _print_done(done: Replayed) -> None:
    out.print(
        f"taken up: {len(done.snapshots)} snapshots; waiting for one again: {len(done.waiting)} jobs; "
        f"to be asked for anew: {len(done.pending)} jobs; left alone: {len(done.left)}",
        highlight=False,
    )
    if done.left:
        print_rows(("id", "left alone because"), done.left[:50])
    out.print("the sensors take it from here, or scrape-assets collect and process", highlight=False)


def _print_story(story: Story) -> None:
    letter, job, snapshot = story.letter, story.job, story.snapshot
    failures = (job or snapshot).failures if job or snapshot else {}  # type: ignore[union-attr]
    told = {
        letter.kind: letter.id,
        "status": f"{letter.status} since {letter.died_at:%Y-%m-%d %H:%M:%S} UTC",
        "error": f"{letter.error_class}: {letter.error}",
        "attempts": ", ".join(f"{count} {name}" for name, count in failures.items()) or letter.attempts,
        "target": letter.target_id,
        "platform": f"{letter.platform}, {letter.collection_date}, {letter.source or 'nobody asked yet'}",
        "snapshot": snapshot
        and f"{snapshot.snapshot_id} ({snapshot.status}, at the vendor {snapshot.vendor_snapshot_id})",
        "payload": snapshot and snapshot.payload_uri,
        "replay": f"{story.replay.way}: {story.replay.why}",
    }
    for name, value in told.items():
        if value is not None:
            out.print(f"{name}: {value}", highlight=False, markup=False, soft_wrap=True)
    print_rows(
        ("when", "from", "to", "spent", "class", "snapshot", "error"),
        (
            (c.changed_at, c.from_status, c.to_status, c.attempts, c.error_class, c.snapshot_id, c.error)
            for c in story.changes
        ),
        title="history",
        give_way=("snapshot", "class"),
    )
    print_rows(
        ("when", "call", "answer", "snapshot", "error"),
        ((c.started_at, c.operation, c.status_code, c.snapshot_id, c.error) for c in story.calls[-50:]),
        title="calls",
        give_way=("snapshot",),
    )


def _story_as_json(story: Story) -> dict[str, object]:
    return {
        "letter": dataclasses.asdict(story.letter),
        "job": story.job and dataclasses.asdict(story.job),
        "snapshot": story.snapshot and dataclasses.asdict(story.snapshot),
        "history": [dataclasses.asdict(change) for change in story.changes],
        "calls": [dataclasses.asdict(call) for call in story.calls],
        "replay": _step_as_json(story.replay),
    }


def _step_as_json(step: Step) -> dict[str, object]:
    return {
        "id": step.letter.id,
        "kind": step.letter.kind,
        "way": step.way,
        "why": step.why,
        "may_cost": step.may_cost,
        "snapshot_id": step.snapshot and step.snapshot.snapshot_id,
    }
