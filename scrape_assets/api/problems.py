"""What went wrong, as a problem document (RFC 9457): what happened, which field, what is allowed. No routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from scrape_assets.ledger.states import IllegalTransition, NotInLedger

MEDIA_TYPE = "application/problem+json"
AGAIN_SECONDS = 5  # when to come again after the database was away
log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["searchParams.timeRange.end"])
    message: str = Field(examples=["must lie after start"])


class ProblemDocument(BaseModel):
    """A refusal or failure, told to programs and people."""

    type: str = "about:blank"
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["searchParams.timeRange.end: must lie after start"])
    errors: list[FieldProblem] = Field(default_factory=list)


class Problem(Exception):
    """Ends a request with a problem document.

    Args:
        status: of HTTP.
        detail: one line for a person: what happened and what to do.
        errors: the fields that cannot be used, each with the reason.
        headers: of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers


def problem_response(
    status: int, detail: str, errors: Sequence[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A problem document as an answer."""
    document = ProblemDocument(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=[FieldProblem(field=field, message=message) for field, message in errors],
    )
    return JSONResponse(document.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turn every error of a request into a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(NotInLedger, _unknown)
    app.add_exception_handler(IllegalTransition, _conflict)
    app.add_exception_handler(sa.exc.OperationalError, _database_away)
    app.add_exception_handler(sa.exc.TimeoutError, _database_away)
    app.add_exception_handler(Exception, _unforeseen)


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The problems of a route, for its OpenAPI."""
    schema = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    return {
        int(status): {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses
    }


def guarded(*further: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """`documented` for a route behind a token: what its guards say, the database's absence, and further problems."""
    return documented(HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, *further)


def schemas() -> dict[str, Any]:
    """What `documented` refers to, for the components of an OpenAPI document."""
    whole = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: dict[str, Any] = whole.pop("$defs", {})
    return {**parts, ProblemDocument.__name__: whole}


def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - as it was registered
    return problem_response(error.status, error.detail, error.errors, error.headers)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = [(_place(one["loc"]), str(one["msg"]).removeprefix("Value error, ")) for one in error.errors()]
    detail = "; ".join(f"{field}: {message}" if field else message for field, message in fields[:5])
    malformed = any(one["type"] == "json_invalid" for one in error.errors())
    status = HTTPStatus.BAD_REQUEST if malformed else HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_response(status, f"the body is no JSON: {detail}" if malformed else detail, fields[:50])


def _place(location: Sequence[int | str]) -> str:
    """Where a field stands, as the caller wrote it: `searchParams.location.lat`."""
    where, *names = location
    return ".".join(str(name) for name in (names if where in ("body", "query", "path", "header") else location))


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    return problem_response(error.status_code, str(error.detail), headers=error.headers)


def _unknown(_request: Request, error: Exception) -> JSONResponse:
    return problem_response(HTTPStatus.NOT_FOUND, str(error))


def _conflict(_request: Request, error: Exception) -> JSONResponse:
    return problem_response(HTTPStatus.CONFLICT, str(error))


def _database_away(_request: Request, error: Exception) -> JSONResponse:
    log.warning("database_away", error=type(error).__name__)
    detail = "the database does not answer; nothing of this request can be relied on: send it again"
    return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"retry-after": str(AGAIN_SECONDS)})


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("unforeseen", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; the log tells what")
