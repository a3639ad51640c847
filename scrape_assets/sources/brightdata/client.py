"""The calls to Bright Data, one method each. When to make them, and what follows, is decided elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from urllib.parse import quote

import httpx
import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.brightdata import answers, readings
from scrape_assets.sources.brightdata.download import Download, rows_in
from scrape_assets.sources.brightdata.model import ListedSnapshot, Progress, SnapshotLog, TriggerRequest
from scrape_assets.sources.brightdata.refused_input import located
from scrape_assets.sources.errors import (
    AnswerLost,
    InputRefused,
    NotConfigured,
    NotRunning,
    Shut,
    SourceError,
    Unreachable,
)
from scrape_assets.sources.http import TIMEOUT, HttpTransport

LIST_PAGE = 1000  # snapshots; the vendor's own default
LIST_PAGE_MOST = 5000
STATE_TIMEOUT = httpx.Timeout(20.0, connect=10.0)  # seconds; many are asked in one tick of a sensor
TRIGGER_TIMEOUT = httpx.Timeout(120.0, connect=10.0)  # seconds; giving up early costs a settlement
ROWS = {"format": "ndjson", "compress": "true"}  # gzip carries a checksum of the whole body


class BrightDataClient:
    """Speaks to the Web Scraper API. May be shared by threads; whoever made the transport closes it.

    Each method takes the vendor's own id of a snapshot, and as `snapshot_id` ours, under which the audit
    keeps the call. Each may raise `KeyRefused`, `Throttled`, `Unreachable`, `NotConfigured` (no key: before
    any call) and `SourceError` of class payment, network, server, bad_data or bad_request; those about one
    snapshot also `UnknownSnapshot` and `Expired`.

    Args:
        base_url: without the path, e.g. "https://api.brightdata.com".
        api_key: None or "" is complained about at the first call, so that a client can be made without one.
    """

    def __init__(self, transport: HttpTransport, base_url: str, api_key: str | None) -> None:
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._api_key = (api_key or "").strip()

    @property
    def is_configured(self) -> bool:
        """Whether there is a key, accepted or not."""
        return bool(self._api_key)

    def check_key(self) -> None:
        """Make sure that the key is accepted, with a call that costs nothing: the catalogue of datasets."""
        self._call("check_key", "GET", "/datasets/list")

    def trigger(self, request: TriggerRequest, *, snapshot_id: str | None = None, platform: str = "") -> str:
        """Start a job. **Paid for once accepted; there is no idempotency key.** Sent once, whatever happens.

        Args:
            request: what to collect.
            snapshot_id: ours.
            platform: whose posts; the vendor limits the running jobs of each of its datasets.

        Returns:
            The vendor's id of the snapshot.

        Raises:
            AnswerLost: it was sent, and may have been accepted. Settle it against `list_snapshots`.
            InputRefused: nothing was accepted because of this one input.
            Throttled: nothing was accepted; the same may be sent later.
        """
        headers = self._authorization()
        try:
            answer = self._transport.request(
                "trigger",
                "POST",
                f"{self._base_url}/datasets/v3/trigger",
                judge=self._judge,
                snapshot_id=snapshot_id,
                params=_trigger_query(request),
                headers={**headers, "content-type": "application/json"},
                content=msgspec.json.encode(request.inputs),
                timeout=TRIGGER_TIMEOUT,
                platform=platform,
            )
        except InputRefused as refused:
            raise located(refused, request.inputs) from None
        except SourceError as error:
            if _may_have_been_accepted(error):
                raise _answer_lost(error.error_class, error.message, error.status_code) from error
            raise
        vendor_id = readings.snapshot_id_in(answer)
        if vendor_id is None:
            said = answers.not_the_data(answer, secrets=(self._api_key,))
            raise _answer_lost(ErrorClass.BAD_DATA, said.message, answer.status_code) from said
        return vendor_id

    def progress(self, vendor_id: str, *, snapshot_id: str | None = None) -> Progress:
        """Ask how far a snapshot is."""
        path = f"/datasets/v3/progress/{_segment(vendor_id)}"
        answer = self._call("progress", "GET", path, snapshot_id=snapshot_id, timeout=STATE_TIMEOUT)
        return readings.progress_in(answer)

    def list_snapshots(
        self,
        dataset_id: str,
        from_date: date,
        to_date: date,
        status: str | None = None,
        *,
        page: int = LIST_PAGE,
    ) -> Iterator[ListedSnapshot]:
        """List what was triggered through the API from `from_date` to `to_date`, both days whole, in UTC.

        In no particular order; none twice. Pages of `page` snapshots are fetched as the iteration goes on.
        """
        # How the vendor counts its bounds is not known: ask for a day more on each side, and look ourselves.
        query = {
            "dataset_id": dataset_id,
            "from_date": (from_date - timedelta(days=1)).isoformat(),
            "to_date": (to_date + timedelta(days=1)).isoformat(),
            "trigger_type": "API",
            **({"status": status} if status else {}),
        }
        seen: set[str] = set()
        skip = 0
        while True:
            part = {**query, "skip": str(skip), "limit": str(page)}
            listed, length = readings.listed_in(
                self._call("list", "GET", "/datasets/v3/snapshots", part, timeout=STATE_TIMEOUT)
            )
            fresh = [snapshot for snapshot in listed if snapshot.id not in seen]
            seen.update(snapshot.id for snapshot in fresh)
            yield from (
                snapshot
                for snapshot in fresh
                if snapshot.created is None or from_date <= snapshot.created.date() <= to_date
            )
            skip += length
            if length < page or not fresh:  # nothing new: the vendor does not heed skip
                return

    def inputs(self, vendor_id: str, *, snapshot_id: str | None = None) -> list[dict[str, str]]:
        """Fetch the inputs that a snapshot was triggered with, in their order; what was not given is "".

        Raises:
            SourceError: not_found when the vendor does not keep them.
        """
        path = f"/datasets/v3/snapshot/{_segment(vendor_id)}/input"
        return readings.inputs_in(self._call("input", "GET", path, snapshot_id=snapshot_id, timeout=STATE_TIMEOUT))

    def parts(self, vendor_id: str, batch_size: int, *, snapshot_id: str | None = None) -> int:
        """Ask how many parts of `batch_size` (at least 1000) rows a ready snapshot has.

        Raises:
            NotReady, EmptySnapshot: as their names say.
        """
        path = f"/datasets/v3/snapshot/{_segment(vendor_id)}/parts"
        query = {**ROWS, "batch_size": str(batch_size)}
        answer = self._call("parts", "GET", path, query, snapshot_id=snapshot_id)
        number = readings.parts_in(answer)
        if number is None:
            raise answers.not_the_data(answer, secrets=(self._api_key,))
        return number

    @contextmanager
    def download(
        self,
        vendor_id: str,
        *,
        part: int | None = None,
        batch_size: int | None = None,
        snapshot_id: str | None = None,
    ) -> Iterator[Download]:
        """Open the rows of a snapshot, or of its `part` (from 1) of `batch_size` rows; read them inside.

        Raises:
            NotReady: still being made, which may come even after progress said ready.
            EmptySnapshot: there are no rows; a result.
        """
        query = dict(ROWS)
        if part is not None:
            query["part"] = str(part)
        if batch_size is not None:
            query["batch_size"] = str(batch_size)
        with self._transport.stream(
            "download",
            "GET",
            f"{self._base_url}/datasets/v3/snapshot/{_segment(vendor_id)}",
            judge=self._judge,
            snapshot_id=snapshot_id,
            params=query,
            headers=self._authorization(),
        ) as answer:
            yield Download(rows_in(answer, self._not_the_data), answer)

    def cancel(self, vendor_id: str, *, snapshot_id: str | None = None) -> bool:
        """Stop a job; nothing of it is delivered then.

        Returns:
            Whether it was stopped; False when it no longer ran.
        """
        try:
            path = f"/datasets/v3/snapshot/{_segment(vendor_id)}/cancel"
            self._call("cancel", "POST", path, snapshot_id=snapshot_id)
        except NotRunning:
            return False
        return True

    def log(self, vendor_id: str, *, snapshot_id: str | None = None) -> SnapshotLog:
        """Fetch the vendor's log of a job, without whom and where it came from."""
        path = f"/datasets/v3/log/{_segment(vendor_id)}"
        return readings.log_in(self._call("log", "GET", path, snapshot_id=snapshot_id))

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        snapshot_id: str | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> Answer:
        return self._transport.request(
            operation,
            method,
            self._base_url + path,
            judge=self._judge,
            snapshot_id=snapshot_id,
            params=query,
            headers=self._authorization(),
            timeout=timeout,
        )

    def _authorization(self) -> dict[str, str]:
        if not self._api_key:
            raise NotConfigured("there is no key for Bright Data; set BRIGHTDATA_API_KEY")
        if not (self._api_key.isascii() and self._api_key.isprintable()) or " " in self._api_key:
            raise NotConfigured("BRIGHTDATA_API_KEY holds characters that no key has; check it")
        return {"authorization": f"Bearer {self._api_key}"}

    def _judge(self, answer: Answer) -> SourceError:
        return answers.judge(answer, secrets=(self._api_key,))

    def _not_the_data(self, answer: Answer) -> SourceError:
        return answers.not_the_data(answer, secrets=(self._api_key,))


def _trigger_query(request: TriggerRequest) -> dict[str, str]:
    """Without error rows "no posts" could not be told from "failed", so they are always asked for."""
    query = {**request.extra, "dataset_id": request.dataset_id, "include_errors": "true", "format": "ndjson"}
    if request.discover_by is not None:
        query |= {"type": "discover_new", "discover_by": request.discover_by}
    if request.limit_per_input is not None:
        query["limit_per_input"] = str(request.limit_per_input)
    return query


def _may_have_been_accepted(error: SourceError) -> bool:
    if isinstance(error, Unreachable | NotConfigured | Shut):
        return False
    return error.status_code is None or error.status_code >= 500 or error.status_code == 408


def _answer_lost(error_class: ErrorClass, why: str, status_code: int | None) -> AnswerLost:
    message = f"whether Bright Data accepted the job is not known: {why}"
    return AnswerLost(error_class, message, status_code=status_code)


def _segment(vendor_id: str) -> str:
    return quote(vendor_id, safe="")
