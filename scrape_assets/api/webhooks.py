"""`POST /api/webhooks/brightdata/{token}`: the vendor says that a snapshot is ready, or brings its rows.

It signs nothing: who knows the token of a snapshot, which nobody can guess, may speak for it, and where a secret is
configured must show that as well. The body goes to a file first, so that a slow sender holds no thread; and the vendor,
who takes silence of half a minute for a failure, is answered before that, with the rows still being stored if need be.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Annotated

import structlog
from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import StringConstraints
from starlette.requests import ClientDisconnect

from scrape_assets.api.access import same_secret
from scrape_assets.api.asking import Configured, Flow
from scrape_assets.api.leaving import AGAIN, Leaving, OutOfTime
from scrape_assets.api.models import Wire
from scrape_assets.api.problems import Problem, guarded
from scrape_assets.api.threads import slowly
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.taking.deliver import TooEarly, take_notice, take_rows
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.snapshots.deliveries import by_webhook_token
from scrape_assets.ledger.writes import note_write
from scrape_assets.settings import Settings
from scrape_assets.sources.brightdata.delivery import Notice, delivery_in
from scrape_assets.sources.errors import SourceError

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"])
LARGEST = 2 << 30  # bytes; the vendor sends a gigabyte at most
IN_MEMORY = 1 << 20  # a smaller body does not touch the disk
PIECE = 1 << 18
ANSWER_SECONDS = 20.0  # after the last byte; the vendor waits for 30
BEING_STORED = "being stored"
log = structlog.get_logger(__name__)
Token = Annotated[str, Path(), StringConstraints(pattern=r"^[A-Za-z0-9_-]{20,100}$")]


class Received(Wire):
    """It was taken in."""

    outcome: str


@router.post(
    "/brightdata/{token}",
    summary="A notice or delivery of the vendor",
    responses=guarded(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    openapi_extra={
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}
                }
            }
        }
    },
)
async def receive(flow: Flow, settings: Configured, request: Request, token: Token) -> Received:
    """A notice `{"snapshot_id", "status"}`, or rows: an array or lines, gzip or not; twice or late does no harm."""
    snapshot = await run_in_threadpool(_snapshot, flow, settings, request.headers.get("authorization"), token)
    try:
        body = await _spooled(request)
    except ClientDisconnect:
        log.info("delivery_broke_off", snapshot_id=snapshot.snapshot_id)
        raise Problem(HTTPStatus.BAD_REQUEST, "the body broke off") from None  # to nobody, but it is no fault of ours
    taking = asyncio.create_task(slowly(request.app, _take, flow, snapshot, body, request))
    if not (await asyncio.wait({taking}, timeout=ANSWER_SECONDS))[0]:
        _tell_later(taking, request.app.state.taking, snapshot)
        return Received(outcome=BEING_STORED)
    try:
        return Received(outcome=taking.result())
    except TooEarly as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers={"retry-after": "5"}) from None
    except OutOfTime as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers=AGAIN) from None
    except SourceError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body cannot be used: {error}") from None


def _snapshot(flow: FlowContext, settings: Settings, authorization: str | None, token: str) -> Snapshot:
    secret = settings.brightdata_webhook_secret
    if secret is not None and not same_secret((authorization or "").removeprefix("Bearer "), secret.get_secret_value()):
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "the Authorization of this webhook is not accepted",
            headers={"www-authenticate": "Bearer"},
        )
    with flow.engine.connect() as conn:
        found = by_webhook_token(conn, token)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no snapshot was asked for with this webhook")
    return found


async def _spooled(request: Request) -> IO[bytes]:
    body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- whoever takes it in closes it
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > LARGEST:
                raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {LARGEST:,} bytes")
            await run_in_threadpool(body.write, piece)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


def _tell_later(taking: asyncio.Task[str], known: set[asyncio.Task[str]], snapshot: Snapshot) -> None:
    """Let it go on without anybody who waits. Should it fail, the snapshot is polled for as ever."""
    known.add(taking)  # or nobody would hold it

    def told(ended: asyncio.Task[str]) -> None:
        known.discard(ended)
        if ended.cancelled() or (error := ended.exception()) is not None:
            why = "canceled" if ended.cancelled() else repr(error)
            log.warning("delivery_not_stored", snapshot_id=snapshot.snapshot_id, error=why)
        else:
            log.info("delivery_taken", snapshot_id=snapshot.snapshot_id, outcome=ended.result())

    taking.add_done_callback(told)


def _take(flow: FlowContext, snapshot: Snapshot, body: IO[bytes], request: Request) -> str:
    leaving: Leaving = request.app.state.leaving
    with body:
        brought = delivery_in(leaving.in_time(_pieces(body)))
        outcome = (
            take_notice(flow, snapshot, brought) if isinstance(brought, Notice) else take_rows(flow, snapshot, brought)
        )
    address = request.client.host if request.client else "?"
    with flow.engine.begin() as conn:
        note_write(conn, f"vendor@{address}", "webhook", [snapshot.snapshot_id], {"outcome": str(outcome)})
    return str(outcome)


def _pieces(body: IO[bytes]) -> Iterator[bytes]:
    while piece := body.read(PIECE):
        yield piece
