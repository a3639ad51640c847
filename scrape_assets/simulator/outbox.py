"""What the vendor sends by itself when a job has ended: the notice to `notify`, the rows to `endpoint`.

Documented: the body is the plain result array without a snapshot id, gzipped unless uncompressed_webhook; it must be
answered with 200 within 30 seconds, else it is sent again. How often and when is not documented. Nothing is sent for
a job that was canceled. A restart of the simulator forgets what it had not sent yet.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import httpx
import msgspec

from scrape_assets.simulator.bodies import FORMATS, body, gzipped, in_turns, measured
from scrape_assets.simulator.calls import CallLog
from scrape_assets.simulator.content import JobRows, NoRows
from scrape_assets.simulator.control_client import NO_TLS
from scrape_assets.simulator.faults import FaultRules
from scrape_assets.simulator.jobs import JobState, SimulatedJob
from scrape_assets.simulator.settings import Settings
from scrape_assets.simulator.store import JobStore

_PATIENCE = 30.0  # seconds for an answer, as documented
_LOOK_AGAIN = 0.05  # real seconds between two looks at the vendor's clock
_LATE = 60.0  # seconds, unless the rule says so


class Kind(StrEnum):
    """What is sent; also the operation under which faults and counts know it."""

    NOTICE = "notify"
    ROWS = "deliver"


@dataclass
class Parcel:
    """One thing to be sent, until it has arrived or is given up."""

    job: SimulatedJob
    kind: Kind
    url: str
    status: str  # the job's last word
    empty: bool  # whatever the job found, it is said to have found nothing
    due: datetime
    tries: int = 0


class Outbox:
    """Sends, in the background of the event loop that accepts the jobs, and by the vendor's clock."""

    def __init__(
        self,
        jobs: JobStore,
        faults: FaultRules,
        calls: CallLog,
        now: Callable[[], datetime],
        settings: Callable[[], Settings],
        rows_of: Callable[[SimulatedJob], JobRows],
    ) -> None:
        self._jobs = jobs
        self._faults = faults
        self._calls = calls
        self._now = now
        self._settings = settings
        self._rows_of = rows_of
        self._expected: list[str] = []
        self._parcels: list[Parcel] = []
        self._on_the_way: set[asyncio.Task[None]] = set()
        self._sending: asyncio.Task[None] | None = None

    def expect(self, job: SimulatedJob) -> None:
        """Somebody wants to be told when this job has ended. Called from the event loop."""
        if job.order.notify or job.order.endpoint:
            self._expected.append(job.snapshot_id)
            if self._sending is None or self._sending.done():
                self._sending = asyncio.create_task(self._send_what_comes())

    async def _send_what_comes(self) -> None:
        while self._expected or self._parcels or self._on_the_way:
            self._expected = [snapshot_id for snapshot_id in self._expected if not self._has_ended(snapshot_id)]
            now = self._now()
            due = [parcel for parcel in self._parcels if parcel.due <= now]
            self._parcels = [parcel for parcel in self._parcels if parcel.due > now]
            for parcel in due:
                sent = asyncio.create_task(self._send(parcel))
                self._on_the_way.add(sent)
                sent.add_done_callback(self._on_the_way.discard)
            await asyncio.sleep(_LOOK_AGAIN)

    def _has_ended(self, snapshot_id: str) -> bool:
        """Whether there is nothing to wait for any more; what is to be sent is then packed."""
        job = self._jobs.get(snapshot_id)
        now = self._now()
        if job is None or job.state(now) is JobState.CANCELED:
            return True
        if job.state(now) is not JobState.READY:
            return False
        held = self._faults.hold("progress", snapshot_id, job.subject())
        if "stuck" in held:
            return False
        status = "failed" if "failed" in held else str(JobState.READY)
        empty = "empty" in held or "zero_rows" in held
        wanted = [(Kind.NOTICE, job.order.notify)]
        if status == JobState.READY:
            wanted.append((Kind.ROWS, job.order.endpoint))
        for kind, url in wanted:
            if url:
                self._pack(Parcel(job, kind, url, status, empty, now))
        return True

    def _pack(self, parcel: Parcel) -> None:
        subject = parcel.job.subject()
        if self._faults.take(("lost_notification",), parcel.kind, subject):
            self._calls.count(parcel.kind, "lost")
            return
        if late := self._faults.take(("late_notification",), parcel.kind, subject):
            parcel.due += timedelta(seconds=float(late.params.get("seconds", _LATE)))
        self._parcels.append(parcel)
        if self._faults.take(("duplicate_notification",), parcel.kind, subject):
            self._parcels.append(Parcel(parcel.job, parcel.kind, parcel.url, parcel.status, parcel.empty, parcel.due))

    async def _send(self, parcel: Parcel) -> None:
        parcel.tries += 1
        outcome = await self._post(parcel)
        self._calls.count(parcel.kind, outcome)
        settings = self._settings()
        if outcome != "200" and parcel.tries < settings.notification_tries:
            wait = settings.notification_retry * 2 ** (parcel.tries - 1)
            parcel.due = self._now() + timedelta(seconds=wait)
            self._parcels.append(parcel)

    async def _post(self, parcel: Parcel) -> str:
        """The status that it was answered with, or "unanswered"."""
        order = parcel.job.order
        headers = {"Authorization": order.auth_header} if order.auth_header else {}
        content: bytes | httpx.AsyncByteStream | object
        if parcel.kind is Kind.NOTICE:
            content = msgspec.json.encode({"snapshot_id": parcel.job.snapshot_id, "status": parcel.status})
            headers["Content-Type"] = "application/json"
        else:
            chunks = body((NoRows() if parcel.empty else self._rows_of(parcel.job)).texts(), order.delivery_format)
            headers["Content-Type"] = FORMATS[order.delivery_format]
            if not order.uncompressed_webhook:
                chunks = gzipped(chunks)
                headers["Content-Encoding"] = "gzip"
            whole, length = measured(chunks)
            if length is not None:
                headers["Content-Length"] = str(length)
            content = in_turns(whole)
        authorities = NO_TLS if parcel.url.startswith("http:") else True
        try:
            # No proxy of the environment: the address is a server of whoever tries this out.
            async with httpx.AsyncClient(timeout=_PATIENCE, verify=authorities, trust_env=False) as http:
                answer = await asyncio.wait_for(http.post(parcel.url, content=content, headers=headers), _PATIENCE)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return "unanswered"
        return str(answer.status_code)
