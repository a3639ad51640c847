"""What a route needs of the request: the flow it works with, who calls, where our own addresses begin.

The dependencies are coroutines, though they wait for nothing: FastAPI runs a plain function in a thread, which costs
more than it does. The two routes that are called most call the functions themselves, which costs less still.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.settings import Settings


def flow_of(request: Request) -> FlowContext:
    """What a route works with."""
    return cast(FlowContext, request.app.state.ctx)


def settings_of(request: Request) -> Settings:
    """What was configured."""
    return cast(Settings, request.app.state.settings)


def base_url_of(request: Request) -> str:
    """Our own address as callers know it: the configured one, else the one they called."""
    if said := settings_of(request).public_url:
        return said
    host = request.headers.get("host") or request.url.netloc  # the same; the second is read out of a whole address
    return f"{request.scope['scheme']}://{host}"


def caller_of(request: Request) -> str:
    """Who calls, for the audit: the beginning of the token's hash, and the address."""
    shown = request.headers.get("authorization", "")
    address = request.client.host if request.client else "?"
    return f"{hashlib.sha256(shown.encode()).hexdigest()[:8]}@{address}"


async def _flow(request: Request) -> FlowContext:
    return flow_of(request)


async def _settings(request: Request) -> Settings:
    return settings_of(request)


async def _base_url(request: Request) -> str:
    return base_url_of(request)


async def _caller(request: Request) -> str:
    return caller_of(request)


Flow = Annotated[FlowContext, Depends(_flow)]
Configured = Annotated[Settings, Depends(_settings)]
BaseUrl = Annotated[str, Depends(_base_url)]
Caller = Annotated[str, Depends(_caller)]


@contextmanager
def asking(flow: FlowContext) -> Iterator[Connection]:
    """A connection for one question: without a transaction, whose beginning and end cost as much as the question."""
    with flow.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        yield conn
