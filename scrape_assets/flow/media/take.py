"""The attachments of some snapshots: listed, and fetched several at once, within what a run and a day may take."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.media.one_file import Fate, take_one
from scrape_assets.flow.media.turns import Turns, host_of
from scrape_assets.flow.side_by_side import Crew, as_they_end
from scrape_assets.ledger.attempts import Call, record_call
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.owner import LeaseKeeper
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.settings import SettingsError
from scrape_assets.sources.media.fetch import MediaClient, Told
from scrape_assets.sources.media.guard import Policy
from scrape_assets.sources.media.partial import sweep
from scrape_assets.storage.media import rows
from scrape_assets.storage.media.listing import Listed, list_media
from scrape_assets.storage.media.rows import Wanted
from scrape_assets.storage.media.store import MediaStore

# They are held in memory, some 500 bytes each; what is beyond waits for the next run.
FILES_A_RUN = 20_000
NO_ROOM = timedelta(minutes=15)
# A host that is down would take 10 seconds, and an attempt, of each of its files.
IN_A_ROW = 5
BROKEN = timedelta(minutes=10)
PARTIALS_KEPT = timedelta(days=3)
SOURCE = "media"  # in scrape_attempts


@dataclass
class Report:
    """What a run came to."""

    listed: dict[str, Listed] = field(default_factory=dict)  # by snapshot
    fates: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    left: int = 0  # files that this run has not begun
    why_left: str | None = None
    trouble: str | None = None  # the store, or the disk: a person must act
    busy: list[str] = field(default_factory=list)  # snapshots that another run is at


def platforms_on(ctx: FlowContext) -> list[str]:
    """The platforms whose media are taken.

    Raises:
        SettingsError: one of them is none.
    """
    try:
        return sorted({str(parse_platform(name)) for name in ctx.settings.media_platforms})
    except ValueError as error:
        raise SettingsError(f"SCRAPE_ASSETS_MEDIA_PLATFORMS: {error}") from None


def list_only(ctx: FlowContext, snapshot_ids: Sequence[str], *, retry: bool = False) -> dict[str, tuple[Listed, int]]:
    """What `take` would begin: what each snapshot has, and how many files it would ask for. Changes nothing."""
    found = {}
    with ctx.engine.connect() as conn, conn.begin() as transaction:
        for snapshot_id in snapshot_ids:
            listed = _list(ctx, conn, snapshot_id, retry=retry)
            found[snapshot_id] = (listed, len(rows.due_files(conn, [snapshot_id], ctx.now(), FILES_A_RUN)))
        transaction.rollback()
    return found


def take(ctx: FlowContext, snapshot_ids: Sequence[str], *, retry: bool = False, report: Report | None = None) -> Report:
    """Take the media of snapshots. Again, it takes only what is missing.

    Args:
        ctx: what the flow works with.
        snapshot_ids: of platforms that are on.
        retry: also what was refused, given up or has expired.
        report: to be filled, for who wants to know although it was cut short.

    Raises:
        Interrupted: it was asked to stop; what is reported is done, and the rest waits.
    """
    report = report or Report()
    sweep(ctx.settings.media_partial, PARTIALS_KEPT.total_seconds())
    with ctx.engine.begin() as conn:
        until = ctx.now() + ctx.settings.lease
        held = rows.lease(conn, snapshot_ids, ctx.owner, ctx.now(), until) if snapshot_ids else []
    report.busy = sorted(set(snapshot_ids) - set(held))
    try:
        with LeaseKeeper(lambda: _renew(ctx), ctx.settings.lease):
            _take(ctx, held, report, retry=retry)
    finally:
        with ctx.engine.begin() as conn:
            rows.note_next(conn, held)
    return report


def _take(ctx: FlowContext, snapshot_ids: Sequence[str], report: Report, *, retry: bool) -> None:
    began = ctx.now()
    for snapshot_id in snapshot_ids:
        ctx.stop.look()
        with ctx.engine.begin() as conn:
            report.listed[snapshot_id] = _list(ctx, conn, snapshot_id, retry=retry)
    with ctx.engine.connect() as conn:
        due = rows.due_files(conn, snapshot_ids, ctx.now(), FILES_A_RUN)
        midnight = began.replace(hour=0, minute=0, second=0, microsecond=0)
        today = rows.bytes_since(conn, midnight)
    if due:
        with _client(ctx) as client:
            _Shift(ctx, client, report, due, began, today).work()


def _renew(ctx: FlowContext) -> None:
    with ctx.engine.begin() as conn:
        rows.renew_leases(conn, ctx.owner, ctx.now() + ctx.settings.lease)


class _Shift:
    """The files of one run, given out to threads."""

    def __init__(
        self, ctx: FlowContext, client: MediaClient, report: Report, due: list[Wanted], began: datetime, today: int
    ) -> None:
        settings = ctx.settings
        self._ctx, self._client, self._report, self._today = ctx, client, report, today
        self._store = MediaStore(settings.media_url)
        self._turns = Turns(due, per_host=settings.media_per_host, per_second=settings.media_per_second, stop=ctx.stop)
        self._until = began + timedelta(minutes=settings.media_run_minutes)
        self._midnight = (began + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        self._in_a_row: Counter[str] = Counter()  # files that did not come, by host
        self._lock = threading.Lock()

    def work(self) -> None:
        """Until nothing is left, or no more may be begun."""
        threads = self._ctx.settings.concurrency
        with Crew(threads, "media", self._ctx.stop) as crew:
            for future in as_they_end([crew.submit(self._one_by_one) for _ in range(threads)], self._ctx.stop):
                future.result()

    def _one_by_one(self) -> None:
        while (wanted := self._turns.next()) is not None:
            try:
                if why := self._may_not_begin():
                    self._leave([wanted, *self._turns.drop()], why[0], why[1])
                    return
                self._note(wanted, take_one(self._ctx, self._client, self._store, wanted))
            except OSError as error:
                complaint = self._store.complaint(error)
                self._report.trouble = complaint
                self._leave([wanted, *self._turns.drop()], complaint, self._ctx.now() + NO_ROOM)
                return
            finally:
                self._turns.done(wanted)

    def _may_not_begin(self) -> tuple[str, datetime | None] | None:
        settings = self._ctx.settings
        if self._today >= settings.media_bytes_per_day:
            return (
                f"{self._today:,} bytes were fetched today (SCRAPE_ASSETS_MEDIA_BYTES_PER_DAY): it goes on by itself "
                "after midnight, UTC",
                self._midnight,
            )
        if self._ctx.now() >= self._until:
            return f"the run has taken its {settings.media_run_minutes:g} minutes: the next one goes on", None
        return None

    def _note(self, wanted: Wanted, fate: Fate) -> None:
        host, pause, why = host_of(wanted.url), fate.leave_alone, "asks to be left alone"
        with self._lock:
            self._report.fates[fate.status] += 1
            self._report.bytes += fate.bytes
            self._today += fate.bytes
            self._in_a_row[host] = self._in_a_row[host] + 1 if fate.status == "waiting" else 0
            if pause is None and self._in_a_row[host] >= IN_A_ROW:
                pause, why = BROKEN, f"has failed {self._in_a_row[host]} times in a row and is left alone"
        if pause:
            until = self._ctx.now() + pause
            self._leave(self._turns.drop(host), f"{host} {why} until {until:%H:%M:%S} UTC", until)

    def _leave(self, files: Sequence[Wanted], why: str, until: datetime | None) -> None:
        if not files:
            return
        with self._lock:
            self._report.left += len(files)
            self._report.why_left = why
        if until:
            with self._ctx.engine.begin() as conn:
                for wanted in files:
                    rows.put_off(conn, wanted, why, until, counts=False)


def _list(ctx: FlowContext, conn: Connection, snapshot_id: str, *, retry: bool) -> Listed:
    settings = ctx.settings
    return list_media(
        conn,
        snapshot_id,
        roles=settings.media_roles,
        kinds=settings.media_types,
        most_of_a_post=settings.media_files_per_post,
        now=ctx.now(),
        retry=retry,
    )


def _error_class(told: Told) -> ErrorClass | None:
    if told.error is None:
        return None
    if told.status_code is None:
        return ErrorClass.BAD_REQUEST if told.refused else ErrorClass.NETWORK
    of_status = {401: ErrorClass.REFUSED, 403: ErrorClass.REFUSED, 429: ErrorClass.THROTTLED}
    if told.status_code in of_status:
        return of_status[told.status_code]
    if told.status_code >= 400:
        return ErrorClass.SERVER if told.status_code >= 500 else ErrorClass.NOT_FOUND
    return ErrorClass.BAD_DATA if told.refused else ErrorClass.NETWORK


def _client(ctx: FlowContext) -> MediaClient:
    def tell(told: Told) -> None:
        # The host alone: the rest of the address is the post's, and goes with it when somebody is forgotten.
        call = Call(
            source=SOURCE,
            operation="file",
            snapshot_id=None,
            method="GET",
            url=told.origin,
            status_code=told.status_code,
            error_class=_error_class(told),
            error=told.error,
            bytes_received=told.bytes_received,
            started_at=told.started_at,
            duration_ms=told.duration_ms,
            run_id=ctx.run_id,
        )
        with ctx.engine.begin() as conn:
            record_call(conn, call)

    policy = ctx.media_policy or Policy(ports=frozenset(ctx.settings.media_ports))
    return MediaClient(policy, secure=httpx.create_ssl_context(), tell=tell)


def due(
    ctx: FlowContext, platforms: Sequence[str], keys: Sequence[str] | None, *, most: int = 10_000
) -> dict[str, str]:
    """Snapshots whose media are to be taken now, with their partitions, the oldest first.

    Args:
        ctx: what the flow works with.
        platforms: that are on.
        keys: of these partitions; None: of all for which no run is asked for.
        most: so many at the most.
    """
    within = timedelta(days=ctx.settings.media_days)
    with ctx.engine.connect() as conn:
        return dict(rows.due_snapshots(conn, platforms, ctx.now(), within=within, most=most, keys=keys))


def mark_requested(ctx: FlowContext, snapshot_ids: Sequence[str], holds: timedelta) -> None:
    """A run is asked for; if it does not come, another is after so long."""
    with ctx.engine.begin() as conn:
        rows.requested(conn, snapshot_ids, ctx.now() + holds)
