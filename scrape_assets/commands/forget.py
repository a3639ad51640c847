"""`scrape-assets forget`: remove a person or a post from everything that is kept, and show that nothing is left."""

from __future__ import annotations

import getpass
import socket
from datetime import UTC, datetime
from typing import Annotated

import typer

from scrape_assets.commands.privacy import required_pseudonyms
from scrape_assets.commands.progress import Standing, followed
from scrape_assets.commands.terminal import CommandFailed, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.operations.forgetting import Report, forget, rehearse
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.runtime import Prepared, prepare
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import NoSource
from scrape_assets.storage.creators import existing_ids
from scrape_assets.storage.forgetting import Ambiguous, ForgottenKeyMissing, Subject, facts, resolve
from scrape_assets.storage.payloads import PayloadError
from scrape_assets.storage.pseudonyms import Pseudonyms


def forget_(
    creator: Annotated[str | None, typer.Option(help="A creator, with all their accounts.")] = None,
    author: Annotated[
        str | None, typer.Option(metavar="PLATFORM:KEY", help="An account: address, handle or key; or id:123 as KEY.")
    ] = None,
    post: Annotated[str | None, typer.Option(metavar="PLATFORM:ID", help="One post, by its post_id.")] = None,
    account: Annotated[
        list[str] | None, typer.Option(help="A stable id that is theirs, where a name was several people's.")
    ] = None,
    every_payload: Annotated[
        bool, typer.Option("--every-payload", help="Search all payloads, not only those the rows point to.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Remove a person or a post from rows, payloads and the ledger, and keep only the fact. It cannot be undone."""
    with one_clear_line():
        if sum(given is not None for given in (creator, author, post)) != 1:
            raise CommandFailed("name one of --creator, --author, --post")
        account_named = _split(author, "--author linkedin:in/jane-doe")
        post_named = _split(post, "--post x:123")
        settings = Settings.from_environment()
        prepared = prepare(settings)
        pseudonyms = required_pseudonyms(settings)
        try:
            subject = _subject(prepared, pseudonyms, creator, account_named, post_named, account or [])
            if dry_run:
                report = rehearse(prepared.engine, subject, pseudonyms, every_payload=every_payload)
            else:
                report = _forget(prepared, subject, pseudonyms, every_payload=every_payload)
        except (Ambiguous, ForgottenKeyMissing, NoSource) as error:
            raise CommandFailed(str(error)) from None
        except PayloadError as error:
            raise CommandFailed(f"{error}; see to that payload and run it again to go on") from None
    if as_json:
        print_json({"dry_run": dry_run, **vars(report)})
    else:
        _print(report, dry_run=dry_run)
    if report.left and not dry_run:
        fail("something of them is left: run it again; if it stays, `--every-payload` or a person must look")


def _forget(prepared: Prepared, subject: Subject, pseudonyms: Pseudonyms, *, every_payload: bool) -> Report:
    standing = Standing(0, 0, "payloads")

    def note(done: int, total: int) -> None:
        nonlocal standing
        standing = Standing(done, total, "payloads")

    with followed("forgetting", lambda: standing):
        return forget(
            prepared.engine,
            subject,
            pseudonyms,
            by=f"{getpass.getuser()}@{socket.gethostname()}",
            now=datetime.now(UTC),
            every_payload=every_payload,
            coming=prepared.settings.media_partial,
            progress=note,
        )


def _subject(
    prepared: Prepared,
    pseudonyms: Pseudonyms,
    creator: str | None,
    author: tuple[str, str] | None,
    post: tuple[str, str] | None,
    own_ids: list[str],
) -> Subject:
    with prepared.engine.connect() as conn:
        subject = resolve(conn, creator_id=creator, account=author, post_key=post, own_ids=own_ids)
        unknown = creator is not None and not existing_ids(conn, [creator])
        if unknown and facts.since(conn, subject, pseudonyms) is None:
            raise CommandFailed(f"there is no creator {creator!r}, and none was forgotten under this name and key")
    return subject


def _split(given: str | None, example: str) -> tuple[str, str] | None:
    if given is None:
        return None
    platform, colon, name = given.partition(":")
    if not colon or not name:
        raise CommandFailed(f"{given!r} names no platform: write {example}")
    try:
        return str(parse_platform(platform)), name
    except UnknownPlatform as error:
        raise CommandFailed(str(error)) from None


def _print(report: Report, *, dry_run: bool) -> None:
    if report.forgotten_before:
        _say(f"forgotten already, on {report.forgotten_before:%Y-%m-%d %H:%M} UTC; searched again")
    print_rows(("where", "would be removed" if dry_run else "removed"), sorted(report.removed.items()))
    _say(f"{report.payloads_searched} payloads searched, {report.payloads_rewritten} rewritten")
    for uri in report.payloads_missing:
        _say(f"no payload lies at {uri} any more")
    if report.still_open:
        _say(f"{report.still_open} jobs that ask for them are under way: run it again when they have ended")
    if dry_run:
        _say("nothing was changed")
    elif report.left:
        print_rows(("where", "still there"), sorted(report.left.items()))
    else:
        _say("searched again: nothing found; only the fact is kept, in the table forgotten")


def _say(line: str) -> None:
    out.print(line, highlight=False, markup=False, soft_wrap=True)
