"""`scrape-assets export`: what people read, as a file. Changes nothing in the tables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import Engine

from scrape_assets.commands.privacy import required_pseudonyms
from scrape_assets.commands.progress import Standing, followed
from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json
from scrape_assets.operations.asked_rows import ReaderError, filters
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.export import Format, ParquetMissing, export
from scrape_assets.storage.pseudonymised import Pseudonymiser
from scrape_assets.storage.views import VIEWS, Filters, NoSuchFilter, NoSuchTarget, View, check_targets, count


class What(StrEnum):
    """What can be exported: as the Python reader names it."""

    POSTS = "posts"
    ACTIVITY = "activity"
    MONTHS = "months"
    EVENTS = "events"
    GROWTH = "growth"


def export_(
    what: Annotated[What, typer.Argument(help="What to write; its columns are told in docs/reading.md.")],
    file: Annotated[Path, typer.Option("--out", help="The file. One that is there is replaced when the new is whole.")],
    kind: Annotated[Format | None, typer.Option("--format", help="Default: as the file's name ends, else csv.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    creator: Annotated[str | None, typer.Option(help="Only what belongs to this creator.")] = None,
    event: Annotated[str | None, typer.Option(help="Only posts of this event.")] = None,
    role: Annotated[str | None, typer.Option(help="Only what belongs to creators in this role.")] = None,
    since: Annotated[str | None, typer.Option(help="From this day or moment on, UTC.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this day or moment, UTC.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many rows.")] = None,
    pseudonymised: Annotated[
        bool, typer.Option("--pseudonymised", help="People as keyed hashes, without links; not anonymous.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write posts, activity, months, events or growth to a file: Parquet, CSV or JSON lines."""
    with one_clear_line():
        settings = Settings.from_environment()
        kind = kind or _by_name(file)
        if not file.parent.is_dir():
            raise CommandFailed(f"there is no folder {file.parent}: make it first")
        view = VIEWS[what]
        try:
            wanted = filters(
                platform=platform, creator=creator, event=event, role=role, since=since, until=until, limit=limit
            )
            prepared = prepare(settings)
            change = Pseudonymiser(view, required_pseudonyms(settings)) if pseudonymised else None
            rows = _write(prepared.engine, view, wanted, file, kind, change)
        except (ReaderError, NoSuchFilter, NoSuchTarget, ParquetMissing) as error:
            raise CommandFailed(str(error)) from None
    if as_json:
        print_json({"file": str(file), "format": kind, "rows": rows, "bytes": file.stat().st_size})
    else:
        out.print(f"{rows:,} rows in {file} ({file.stat().st_size:,} bytes)", highlight=False, soft_wrap=True)


def _by_name(file: Path) -> Format:
    ending = file.suffix.removeprefix(".").lower()
    return Format(ending) if ending in list(Format) else Format.CSV


def _write(engine: Engine, view: View, wanted: Filters, file: Path, kind: Format, change: Pseudonymiser | None) -> int:
    done = total = 0

    def note(rows: int) -> None:
        nonlocal done
        done = rows

    # One state of the tables, however long it takes.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
        check_targets(conn, wanted)
        with followed("counting", lambda: Standing(done, total, f"writing {file.name}")):
            total = int(conn.scalar(count(view, wanted)) or 0)
            return export(conn, view, wanted, file, kind, change=change, written=note)
