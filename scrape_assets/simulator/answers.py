"""The vendor's small answers, word for word as observed: plain text sent as text/html, and a few JSON bodies.

No decisions: the routes choose. The texts are from the facts on the vendor's HTTP surface.
"""

from typing import Any

import msgspec
from starlette.responses import HTMLResponse, Response

PARSE_ERROR = {"error": "Parser cannot parse input: expected a value", "code": "parse_error"}
_SERVER_ERROR_PAGE = (
    "<!DOCTYPE html><html><head><title>500</title></head><body><h1>Internal server error</h1></body></html>"
)


def text(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    """Plain text with the content type text/html, as live answers have it."""
    return HTMLResponse(words, status, headers)


def as_json(status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(content), status, headers, "application/json; charset=utf-8")


def refused(content: str | dict[str, Any]) -> Response:
    """A 400 with a text or an object."""
    return text(400, content) if isinstance(content, str) else as_json(400, content)


def invalid_parameters(*reasons: str) -> Response:
    """A 400 about the query."""
    return as_json(400, {"validation_errors": list(reasons)})


def throttled(running: int, limit: int, retry_after: str | None = None) -> Response:
    """Too many jobs. Retry-After is sent only when there is one: seconds or an HTTP date."""
    words = (
        "You have too many running jobs for this dataset. Please wait until some of them finish or consider "
        f"combining multiple inputs into a single request. Running jobs: {running}>={limit}"
    )
    return text(429, words, None if retry_after is None else {"Retry-After": retry_after})


def address_blocked() -> Response:
    """What every call is told once the vendor has blocked the address; the words are invented."""
    return text(403, "Your IP address is blocked: too many requests were answered with 429. Please contact support.")


def server_error(status: int = 500) -> Response:
    """A page where JSON was expected."""
    return HTMLResponse(_SERVER_ERROR_PAGE, status)


def not_ready(status: str, words: str) -> Response:
    """The 202 of a download."""
    return as_json(202, {"status": status, "message": words})


def no_snapshot(*, documented: bool) -> Response:
    """The vendor never heard of this snapshot."""
    return as_json(404, {"error": "Snapshot not found"}) if documented else text(404, "Snapshot does not exist")


def key_refused(words: str, *, documented: bool) -> Response:
    """No key, a wrong one, or another kind of it."""
    return as_json(401, {"error": "Unauthorized"}) if documented else text(401, words)
