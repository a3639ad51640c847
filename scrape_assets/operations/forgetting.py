"""Forgetting a person or a post, step by step: each may be cut off and done again.

1. Jobs that ask for them are called off.
2. The fact is written: from then on no load brings them back.
3. Kept payloads are rewritten without their records, while the rows still tell which.
4. The files of media that nobody else's post has go, then the rows, and the ledger becomes nameless.
5. It is searched again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.ledger import forgetting as asked
from scrape_assets.ledger import jobs
from scrape_assets.ledger.states import IllegalTransition
from scrape_assets.ledger.writes import note_write
from scrape_assets.posts.model import Post
from scrape_assets.sources.media.partial import forget_partials
from scrape_assets.sources.registry import mapping_of
from scrape_assets.storage.forgetting import Forgotten, Subject, facts, rows
from scrape_assets.storage.media.forgetting import FILES, Theirs, theirs
from scrape_assets.storage.moves import payloads_stay
from scrape_assets.storage.payloads import PayloadMissing
from scrape_assets.storage.payloads.removal import folder_of, remove_folder
from scrape_assets.storage.payloads.rewrite import FORGOTTEN_LINE, ChangeLine, count, rewrite
from scrape_assets.storage.pseudonyms import Pseudonyms

RECORDS = "records in payloads"


@dataclass
class Report:
    """What was removed, and what a second search found."""

    removed: dict[str, int] = field(default_factory=dict)  # rows and records, by where they lay
    left: dict[str, int] = field(default_factory=dict)  # found again afterwards; empty is the proof
    payloads_searched: int = 0
    payloads_rewritten: int = 0
    payloads_missing: list[str] = field(default_factory=list)  # addresses at which nothing lies any more
    still_open: int = 0  # jobs under way that ask for them
    forgotten_before: datetime | None = None


def rehearse(engine: Engine, subject: Subject, pseudonyms: Pseudonyms, *, every_payload: bool = False) -> Report:
    """What would be removed. Everything is done, counted and rolled back; payloads are only read."""
    report = Report()
    with engine.connect() as conn, conn.begin() as transaction:
        rows.collect(conn, subject)
        payloads = rows.snapshots_with(conn, subject, every=every_payload)
        report.forgotten_before = facts.since(conn, subject, pseudonyms)
        files = theirs(conn)
        report.removed = {**asked.make_nameless(conn, subject), **rows.remove(conn, subject)}
        report.still_open = asked.still_open(conn, subject)
        transaction.rollback()
    if there := files.left():
        report.removed[FILES] = there
    records = 0
    for uri, _, change in _payloads(report, payloads, subject, pseudonyms):
        records += _read(report, uri, lambda uri=uri, change=change: count(uri, change))  # type: ignore[misc]
    if records:
        report.removed[RECORDS] = records
    return report


def forget(
    engine: Engine,
    subject: Subject,
    pseudonyms: Pseudonyms,
    *,
    by: str,
    now: datetime,
    every_payload: bool = False,
    coming: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Remove them, and look again. Idempotent; cut off anywhere, it goes on when it is called again.

    Args:
        engine: of our database.
        subject: who or what.
        pseudonyms: under which the fact is kept.
        by: who asks for it, for the fact and the audit.
        now: the time.
        every_payload: search all payloads of the platforms, and not only those that the rows point to.
        coming: the folder in which this machine has files of media that are only half fetched.
        progress: told how many payloads are done, of how many.
    """
    _call_off(engine, subject, now)
    with payloads_stay(engine):
        return _forget(engine, subject, pseudonyms, by, now, every_payload, coming, progress)


def _forget(
    engine: Engine,
    subject: Subject,
    pseudonyms: Pseudonyms,
    by: str,
    now: datetime,
    every_payload: bool,
    coming: Path | None,
    progress: Callable[[int, int], None],
) -> Report:
    report = Report()
    with engine.begin() as conn:
        report.forgotten_before = facts.since(conn, subject, pseudonyms)
        facts.note(conn, subject, pseudonyms, by=by, now=now)
    with engine.begin() as conn:
        rows.collect(conn, subject)
        payloads = rows.snapshots_with(conn, subject, every=every_payload)
    _remove_copies(engine, payloads)
    records = 0
    for done, (uri, snapshot_id, change) in enumerate(_payloads(report, payloads, subject, pseudonyms)):
        progress(done, len(payloads))
        records += _read(
            report,
            uri,
            lambda uri=uri, snapshot_id=snapshot_id, change=change: _rewrite(  # type: ignore[misc]
                engine, report, uri, snapshot_id, change
            ),
        )
    with engine.begin() as conn:
        conn.exec_driver_sql(facts.TAKE_LOCK)
        rows.collect(conn, subject)
        files = theirs(conn)
        there = files.left()
        # Before the rows, which are what they are found by when this is cut off and done again.
        files.remove()
        report.removed = {**asked.make_nameless(conn, subject), **rows.remove(conn, subject)}
        if there:
            report.removed[FILES] = there
        if records:
            report.removed[RECORDS] = records
        facts.note_removed(conn, subject, pseudonyms, report.removed)
        whole = pseudonyms.identity(*subject.asked)
        note_write(conn, by, "forget", [whole], {"kind": subject.kind, "removed": report.removed})
    if coming:
        forget_partials(coming, files.coming)
    _look_again(engine, report, payloads, subject, pseudonyms, files)
    return report


def _call_off(engine: Engine, subject: Subject, now: datetime) -> None:
    """Jobs that only ask for them need not be asked any more."""
    with engine.begin() as conn:
        waiting = asked.jobs_of(conn, subject, ended=False)
    for job_id in waiting:
        try:
            with engine.begin() as conn:
                jobs.cancel(conn, job_id, now)
        except IllegalTransition:
            continue  # it has ended meanwhile


def _look_again(
    engine: Engine,
    report: Report,
    payloads: list[sa.Row[tuple[str]]],
    subject: Subject,
    pseudonyms: Pseudonyms,
    files: Theirs,
) -> None:
    with engine.connect() as conn, conn.begin() as transaction:
        rows.collect(conn, subject)
        report.left = {**asked.still_named(conn, subject), **rows.found(conn, subject)}
        report.still_open = asked.still_open(conn, subject)
        transaction.rollback()
    again = Report()
    left = sum(
        _read(again, uri, lambda uri=uri, change=change: count(uri, change))  # type: ignore[misc]
        for uri, _, change in _payloads(again, payloads, subject, pseudonyms)
    )
    if left:
        report.left[RECORDS] = left
    if kept := files.left():
        report.left[FILES] = kept


def _remove_copies(engine: Engine, snapshots: Iterable[sa.Row[tuple[str]]]) -> None:
    """Of payloads that were about to move to the archive: they begin anew, without what goes now."""
    for row in snapshots:
        if row.payload_copy:
            remove_folder(row.payload_copy)
            with engine.begin() as conn:
                rows.copy_removed(conn, row.snapshot_id, row.payload_copy)


def _payloads(
    report: Report, snapshots: Iterable[sa.Row[tuple[str]]], subject: Subject, pseudonyms: Pseudonyms
) -> Iterable[tuple[str, str, ChangeLine]]:
    """Address, snapshot and what goes, for every generation there may be of each."""
    for row in snapshots:
        change = _change(row, subject, pseudonyms)
        folder, name = folder_of(row.payload_uri), row.payload_uri.rpartition("/")[2]
        for generation in range(1, row.payload_generation + 1):
            uri = f"{folder}/g{generation}/{name}" if folder else row.payload_uri
            report.payloads_searched += 1
            yield uri, row.snapshot_id, change


def _change(row: sa.Row[tuple[str]], subject: Subject, pseudonyms: Pseudonyms) -> ChangeLine:
    """What becomes of a line: theirs goes, and so does what is no post and names them; others' lose their addresses."""
    theirs = Forgotten.only(row.platform, subject, pseudonyms)
    accounts = [account for account in subject.accounts if account.platform == row.platform]
    map_line = mapping_of(row.source, row.platform, row.dataset_id).map_line

    def change(line: bytes, unended: bool) -> bytes:
        mapped = map_line(line, unended)
        named = subject.is_named_in(line.decode("utf-8", "replace"))
        if not isinstance(mapped, Post):
            return FORGOTTEN_LINE if named else line
        if theirs.holds(mapped):
            return FORGOTTEN_LINE
        if not named:
            return line
        record = before = msgspec.json.decode(line)
        for account in accounts:
            record = account.without_addresses(record)
        if record == before:
            return line  # somebody else's words about them
        cleaned = msgspec.json.encode(record)
        again = map_line(cleaned, False)
        return cleaned if isinstance(again, Post) and again.post_id == mapped.post_id else FORGOTTEN_LINE

    return change


def _read(report: Report, uri: str, do: Callable[[], int]) -> int:
    try:
        return do()
    except PayloadMissing:
        report.payloads_searched -= 1
        report.payloads_missing.append(uri)
        return 0


def _rewrite(engine: Engine, report: Report, uri: str, snapshot_id: str, change: ChangeLine) -> int:
    """Rewrite one payload. Loads wait for the moment in which the old parts give way to the new."""
    rewritten = rewrite(uri, change)
    with engine.begin() as conn:
        conn.exec_driver_sql(facts.TAKE_LOCK)
        payload = rewritten.publish()
        rows.payload_rewritten(conn, snapshot_id, payload.uri, payload.sha256, payload.stored_bytes)
    payload.verify()
    report.payloads_rewritten += bool(rewritten.changed)
    return rewritten.changed
