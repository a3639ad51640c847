"""GET /snapshot/{id} and /parts: a job's rows over HTTP, and the faults of bodies."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from scrape_assets.simulator.answers import as_json, invalid_parameters, not_ready
from scrape_assets.simulator.bodies import FORMATS, body, gzipped, in_turns, measured, without_end
from scrape_assets.simulator.connection import CutAnswer
from scrape_assets.simulator.content import JobRows
from scrape_assets.simulator.faults import FaultRule
from scrape_assets.simulator.jobs import SimulatedJob
from scrape_assets.simulator.vendor import Vendor

_LEAST_BATCH = 1000
_BODY_FAULTS = ("truncated_last_line", "cut_body", "slow_drip", "corrupt_gzip")


def number_of_parts(rows: JobRows, query: QueryParams) -> Response:
    """The answer of /parts."""
    batch = _batch_size(query)
    if batch is None:
        return _refused_batch()
    return as_json(200, {"parts": max(-(-rows.delivered() // batch), 1) if batch else 1})


def download(vendor: Vendor, request: Request, job: SimulatedJob, rows: JobRows, operation: str) -> Response:
    """The answer of /snapshot/{id} for a job that is ready, and of /scrape."""
    subject = job.subject()
    if vendor.faults.take(("building_after_ready",), operation, subject):
        return not_ready("building", "Snapshot is building, try again in 10s")
    if vendor.faults.take(("disguised_not_ready",), operation, subject):
        return as_json(200, {"status": "running", "message": "Snapshot is not ready yet, try again in 30s"})
    query = request.query_params
    format_ = query.get("format") or ("ndjson" if operation == "scrape" else "json")
    if format_ not in FORMATS:
        return invalid_parameters(f"format should be one of {', '.join(FORMATS)}")
    batch = _batch_size(query)
    if batch is None:
        return _refused_batch()
    start, stop = 0, None
    if batch and query.get("part"):
        part = int(query["part"]) if query["part"].isdecimal() else 0
        start, stop = (part - 1) * batch, min(part * batch, rows.delivered())
        if part < 1 or (part > 1 and start >= rows.delivered()):
            return invalid_parameters("part is out of range")
    fault = vendor.faults.take(_BODY_FAULTS, operation, subject)
    compress = query.get("compress", "").lower() in ("true", "1")
    span = (start, rows.delivered() if stop is None else stop)
    chunks = body(rows.texts(*span), format_)
    answer = _answer(vendor, chunks, FORMATS[format_], fault, compress=compress)
    name = fault.fault if fault else "slow_drip"
    if isinstance(answer, StreamingResponse) and name in ("slow_drip", "truncated_last_line"):
        torn = name == "truncated_last_line"
        answer.body_iterator = _noted(answer.body_iterator, vendor, job.snapshot_id, span, torn=torn)
    return answer


async def _noted(
    chunks: AsyncIterable[Any], vendor: Vendor, snapshot_id: str, span: tuple[int, int], *, torn: bool
) -> AsyncIterator[Any]:
    """The same chunks; when all of them are on their way, the rows count as delivered, but for a torn last one."""
    async for chunk in chunks:
        yield chunk
    start, stop = span
    vendor.calls.delivered(snapshot_id, (start, max(stop - 1, start) if torn else stop), torn=torn)


def _answer(
    vendor: Vendor, chunks: Iterator[bytes], media_type: str, fault: FaultRule | None, *, compress: bool
) -> Response:
    name = fault.fault if fault else None
    headers: dict[str, str] = {}
    if fault is not None and name == "truncated_last_line":
        chunks = without_end(chunks, whole_line=bool(fault.params.get("whole_line", False)))
    if compress or name == "corrupt_gzip":
        chunks = gzipped(chunks, broken=name == "corrupt_gzip")
        if not compress or vendor.settings.gzip_encoding:
            headers["Content-Encoding"] = "gzip"
        else:
            media_type = "application/gzip"
    whole, length = measured(chunks)
    if length is not None:
        headers["Content-Length"] = str(length)
    if fault is not None and name == "cut_body":
        start = next(whole)
        kept = start[: int(len(start) * float(fault.params.get("share", 0.5)))]
        return CutAnswer(in_turns([kept]), headers, media_type, reset=bool(fault.params.get("reset", False)))
    pieces = _drip(whole, fault) if fault is not None and name == "slow_drip" else in_turns(whole)
    return StreamingResponse(pieces, headers=headers, media_type=media_type)


async def _drip(chunks: Iterable[bytes], fault: FaultRule) -> AsyncIterator[bytes]:
    size, pause = int(fault.params.get("bytes", 1024)), float(fault.params.get("seconds", 0.05))
    pieces = (chunk[start : start + size] for chunk in chunks for start in range(0, len(chunk), size))
    for number, piece in enumerate(pieces):
        # Not after the last: whoever has it all hangs up, and it would not count as delivered.
        if number:
            await asyncio.sleep(pause)
        yield piece


def _batch_size(query: QueryParams) -> int | None:
    """The batch size, 0 when none was asked for, None when it is refused."""
    asked = query.get("batch_size")
    if not asked:
        return 0
    return int(asked) if asked.isdecimal() and int(asked) >= _LEAST_BATCH else None


def _refused_batch() -> Response:
    return invalid_parameters(f"batch_size should be at least {_LEAST_BATCH}")
