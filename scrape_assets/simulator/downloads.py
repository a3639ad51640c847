"""GET /snapshot/{id} and /parts: a job's rows over HTTP, and the faults of bodies."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from scrape_assets.simulator.answers import as_json, invalid_parameters, not_ready
from scrape_assets.simulator.bodies import FORMATS, body, gzipped, without_end
from scrape_assets.simulator.connection import CutAnswer
from scrape_assets.simulator.content import JobRows
from scrape_assets.simulator.faults import FaultRule
from scrape_assets.simulator.jobs import SimulatedJob
from scrape_assets.simulator.vendor import Vendor

_SMALL = 1024 * 1024  # bodies up to this size are sent with a Content-Length, longer ones in chunks
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
    subjects = job.subjects()
    if vendor.faults.take(("building_after_ready",), operation, subjects):
        return not_ready("building", "Snapshot is building, try again in 10s")
    if vendor.faults.take(("disguised_not_ready",), operation, subjects):
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
    fault = vendor.faults.take(_BODY_FAULTS, operation, subjects)
    compress = query.get("compress", "").lower() in ("true", "1")
    return _answer(vendor, body(rows.texts(start, stop), format_), FORMATS[format_], fault, compress=compress)


def _answer(
    vendor: Vendor, chunks: Iterator[bytes], media_type: str, fault: FaultRule | None, *, compress: bool
) -> Response:
    name = fault.fault if fault else None
    headers: dict[str, str] = {}
    if name == "truncated_last_line":
        chunks = without_end(chunks)
    if compress or name == "corrupt_gzip":
        chunks = gzipped(chunks, broken=name == "corrupt_gzip")
        if not compress or vendor.settings.gzip_encoding:
            headers["Content-Encoding"] = "gzip"
        else:
            media_type = "application/gzip"
    start, length = _small(chunks)
    if length is not None:
        headers["Content-Length"] = str(length)
    if fault is not None and name == "cut_body":
        share = float(fault.params.get("share", 0.5))
        return CutAnswer(_aiter([start[: int(len(start) * share)]]), headers, media_type)
    whole = chain((start,), chunks)
    pieces = _drip(whole, fault) if fault is not None and name == "slow_drip" else _aiter(whole)
    return StreamingResponse(pieces, headers=headers, media_type=media_type)


def _small(chunks: Iterator[bytes]) -> tuple[bytes, int | None]:
    """The first megabyte, and its length when that is all."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) > _SMALL:
            return bytes(held), None
    return bytes(held), len(held)


async def _aiter(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(0)  # other requests have their turn between two chunks


async def _drip(chunks: Iterable[bytes], fault: FaultRule) -> AsyncIterator[bytes]:
    size, pause = int(fault.params.get("bytes", 1024)), float(fault.params.get("seconds", 0.05))
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]
            await asyncio.sleep(pause)


def _batch_size(query: QueryParams) -> int | None:
    """The batch size, 0 when none was asked for, None when it is refused."""
    asked = query.get("batch_size")
    if not asked:
        return 0
    return int(asked) if asked.isdecimal() and int(asked) >= _LEAST_BATCH else None


def _refused_batch() -> Response:
    return invalid_parameters(f"batch_size should be at least {_LEAST_BATCH}")
