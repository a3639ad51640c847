"""Puts the API together: routes, problem documents, limits. What each route does lies in its own file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from scrape_assets.api import (
    creators,
    cron,
    dead_letters,
    health,
    jobs,
    platforms,
    problems,
    recovery,
    scrape,
    suggestions,
    threads,
    webhooks,
)
from scrape_assets.api.counting import Counting
from scrape_assets.api.forgetting import forgetting
from scrape_assets.api.leaving import LastRequests, Leaving
from scrape_assets.api.limits import BodyLimit, CallerPace
from scrape_assets.api.page import views as page
from scrape_assets.api.scrape_many import write_many
from scrape_assets.api.together import SharedAnswers, Together
from scrape_assets.flow.context import FlowContext
from scrape_assets.settings import Settings

DESCRIPTION = """Ask for scrapes and read their fate. Every answer comes from the ledger: it does not matter whether
Dagster runs. Fields are camelCase; snake_case is accepted as well. Errors are problem documents (RFC 9457)."""


def build_app(settings: Settings, ctx: FlowContext) -> FastAPI:
    """The application.

    Args:
        settings: tokens, limits, addresses.
        ctx: what the flow works with; the caller opens and closes it.
    """

    leaving = Leaving(ctx.stop)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        threads.provide(app)
        async with leaving.watching(), app.state.counting.running(), forgetting(ctx.engine, ctx.now):
            yield

    app = FastAPI(
        title="scrape_assets",
        version=version("scrape_assets"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.settings = settings
    app.state.ctx = ctx
    app.state.leaving = leaving
    app.state.taking = set()  # deliveries that are still being stored after their answer
    app.state.recovering = recovery.recovering()
    app.state.refreshing = suggestions.refreshing()
    app.state.counting = Counting(ctx.engine, ctx.now)
    app.state.asking = Together(partial(write_many, ctx))
    app.state.pages = SharedAnswers()
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign] # as FastAPI's documentation has it
    problems.install(app)
    for routes in (scrape, jobs, dead_letters, suggestions, creators, platforms, cron, webhooks, recovery, health):
        app.include_router(routes.router)
    page.install(app)
    app.add_middleware(LastRequests, leaving=leaving)
    app.add_middleware(BodyLimit)
    app.add_middleware(CallerPace, per_second=settings.api_requests_per_second, burst=settings.api_burst)
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's own document, with ours in the place of its form of a validation error."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        parts = document["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            parts.pop(unused, None)
        parts.update(problems.schemas())
        app.openapi_schema = document
    return app.openapi_schema
