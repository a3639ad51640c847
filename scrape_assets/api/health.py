"""`/healthz`, `/readyz`, `/metrics`: for load balancers and Prometheus. Nothing secret, so nobody has to log in."""

from __future__ import annotations

from http import HTTPStatus

import sqlalchemy as sa
from fastapi import APIRouter, Response

from scrape_assets.api.asking import Flow
from scrape_assets.api.models import Wire
from scrape_assets.api.problems import Problem, documented
from scrape_assets.operations.metrics import render
from scrape_assets.storage.migrate import current_revision, newest_revision

router = APIRouter(tags=["health"])
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
BUSY = documented(HTTPStatus.TOO_MANY_REQUESTS)
DOWN = documented(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Health(Wire):
    """All is well."""

    status: str = "ok"


@router.get("/healthz", summary="This process is alive", responses=BUSY)
def healthz() -> Health:
    """Asks nobody: a process that answers needs no restart, whatever the database does."""
    return Health()


@router.get("/readyz", summary="It can serve", responses=DOWN)
def readyz(flow: Flow) -> Health:
    """The database answers, and its tables are those of this version."""
    try:
        revision = current_revision(flow.engine)
    except (sa.exc.OperationalError, sa.exc.TimeoutError):
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer") from None
    if revision != newest_revision():
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"the tables are at revision {revision}, this version needs {newest_revision()}: run scrape-assets migrate",
        )
    return Health()


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {PROMETHEUS: {"schema": {"type": "string"}}}}, **DOWN},
)
def metrics(flow: Flow) -> Response:
    """See docs/operations.md for what each figure means."""
    return Response(render(flow), media_type=PROMETHEUS)
