"""What a piece of the flow works with: the ledger's engine, the archive, the vendor, a clock. Opened in one place."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.engine import Engine

from scrape_assets.flow.pacing.gate import DatabaseClock, PacedGate, RowBook
from scrape_assets.flow.pacing.lanes import check_names
from scrape_assets.flow.stopping import PROCESS, Stop
from scrape_assets.ledger.attempts import Call, record_call
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.owner import process_owner
from scrape_assets.ledger.planners import expires_at, next_check
from scrape_assets.ledger.retries import again_at
from scrape_assets.settings import Settings
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.source import DirectSource
from scrape_assets.sources.http import HttpTransport
from scrape_assets.sources.media.guard import Policy
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets.storage.database import (
    DatabaseAddress,
    address_from_url,
    connect,
    plain_errors,
    start_embedded,
)
from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets.storage.pseudonyms import Pseudonyms, read_key

FLOOR = timedelta(seconds=1)


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class FlowContext:
    """Everything that phase 1 and phase 2 touch. Tests build one with their own clock and vendor."""

    settings: Settings
    engine: Engine
    archive: PayloadArchive
    vendor: BrightDataClient
    transports: Transports
    owner: str  # whose leases these are: a run, or a process
    run_id: str | None = None
    now: Callable[[], datetime] = utc_now
    rng: random.Random = field(default_factory=random.Random)  # for jitter and ids: needs no secrecy
    media_policy: Policy | None = None  # what may be contacted for attachments; None: public addresses. For tests
    stop: Stop = PROCESS  # whatever lasts looks at it, and sleeps with `stop.wait`

    def api(self, source: DirectSource, snapshot_id: str) -> Api:
        """The way to a direct source, for one snapshot."""
        names = (*source.keys, *source.optional_keys)
        return Api(
            self.transports.of(source.name),
            base_url=source.base_url,
            override=self.settings.api_url(source.name),
            keys={name: value for name in names if (value := self.settings.key(name))},
            pause_after=source.pause_after,
            snapshot_id=snapshot_id,
            sleep=self.stop.wait,
            now=self.now,
        )

    @property
    def pseudonyms(self) -> Pseudonyms | None:
        """Under which people were forgotten; None where there is no key."""
        return pseudonyms_of(self.settings)

    def next_check(self, checks: int) -> datetime:
        """When to ask again about something that was asked about `checks` times."""
        base, cap = (timedelta(seconds=s) for s in (self.settings.poll_base_seconds, self.settings.poll_cap_seconds))
        return next_check(checks, self.now(), self.rng, base=base, cap=cap, floor=min(base / 10, FLOOR))

    def kept_until(self, accepted_at: datetime) -> datetime:
        """Until when the vendor surely keeps what it accepted at that moment."""
        return expires_at(accepted_at, timedelta(days=self.settings.retention_days))

    def when_unblocked(self, error_class: ErrorClass, retry_after: timedelta | None = None) -> datetime:
        """When to try again what costs no attempt, because it is ours (throttled, refused, unpaid): see `again_at`."""
        return self.again_at(error_class, 0, retry_after)

    def again_at(self, error_class: ErrorClass, attempts_spent: int, retry_after: timedelta | None = None) -> datetime:
        """When to try again what failed in this way, by the table of retries and the settings that scale it.

        Never before the source's own Retry-After.
        """
        return again_at(
            error_class,
            attempts_spent,
            self.now(),
            self.rng,
            base_seconds=self.settings.retry_base_seconds,
            cap_seconds=self.settings.retry_cap_seconds,
            retry_after=retry_after,
        )


def database_address(settings: Settings) -> DatabaseAddress:
    """Where the database is; starts the embedded one when no URL is configured.

    Raises:
        DatabaseUnavailable: it cannot be found or started.
    """
    if settings.database_url:
        return address_from_url(settings.database_url)
    return start_embedded(settings.home_folder)


def open_engine(settings: Settings) -> Engine:
    """An engine on our database, with a connection for each thread of a run and some to spare.

    Raises:
        DatabaseUnavailable: it does not answer.
    """
    engine = connect(database_address(settings), settings.concurrency * 2 + 2)
    with plain_errors(engine):
        engine.connect().close()
    return engine


def pseudonyms_of(settings: Settings, *, make: bool = False) -> Pseudonyms | None:
    """The hashes under which people are known here, by the configured key or the one in the data folder.

    Args:
        settings: where the key is.
        make: whether to make one up where there is none.
    """
    key = settings.privacy_key
    kept = read_key(key.get_secret_value() if key else None, settings.home_folder, make=make)
    return Pseudonyms(kept) if kept else None


class Transports:
    """The ways to the sources, opened when they are first needed.

    Every call passes the gate of its source, and is written to `scrape_attempts`.

    Args:
        engine: of our database.
        settings: the keys and paces of the sources.
        run_id: whose calls these are.
        now: the clock of all who share the gates; by default the database's.
        sleep: waits for a gate to open.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        run_id: str | None = None,
        *,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] = PROCESS.wait,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._run_id = run_id
        self._now = now or DatabaseClock(engine)
        self._sleep = sleep
        self._open: dict[str, HttpTransport] = {}
        self._lock = threading.Lock()

    def of(self, source: str) -> HttpTransport:
        """The way to one source."""
        with self._lock:
            if source not in self._open:
                gate = PacedGate(RowBook(self._engine), self._settings, source, now=self._now, sleep=self._sleep)
                self._open[source] = HttpTransport(source=source, audit=self._audit, gate=gate, sleep=self._sleep)
            return self._open[source]

    def close(self) -> None:
        """Give all connections back."""
        with self._lock:
            for transport in self._open.values():
                transport.close()
            self._open.clear()

    def _audit(self, call: Call) -> None:
        with self._engine.begin() as conn:
            record_call(conn, replace(call, run_id=self._run_id))


def vendor_client(settings: Settings, transport: HttpTransport) -> BrightDataClient:
    """The vendor's client with the configured address and key."""
    key = settings.brightdata_api_key
    return BrightDataClient(transport, settings.brightdata_api_url, key.get_secret_value() if key else None)


def run_owner(run_id: str) -> str:
    """The lease owner's name of a Dagster run."""
    return f"run:{run_id}"


@contextmanager
def open_context(settings: Settings, *, run_id: str | None = None) -> Iterator[FlowContext]:
    """Open everything a run needs and close it afterwards.

    Raises:
        DatabaseUnavailable: the database does not answer.
        SettingsError: the settings of paces name what is no source.
    """
    check_names(settings)
    engine = open_engine(settings)
    transports = Transports(engine, settings, run_id)
    try:
        yield FlowContext(
            settings=settings,
            engine=engine,
            archive=PayloadArchive(settings.payload_url),
            vendor=vendor_client(settings, transports.of(BRIGHTDATA)),
            transports=transports,
            owner=run_owner(run_id) if run_id else process_owner(),
            run_id=run_id,
        )
    finally:
        transports.close()
        engine.dispose()
