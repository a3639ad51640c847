"""Who may call: bearer tokens, compared in constant time. Without a token configured nobody may."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from scrape_assets.api.problems import Problem
from scrape_assets.settings import Settings

_admin = HTTPBearer(auto_error=False, scheme_name="admin", description="The value of ADMIN_API_TOKEN.")
_cron = HTTPBearer(auto_error=False, scheme_name="cron", description="The value of CRON_SECRET.")
Credentials = HTTPAuthorizationCredentials | None


async def require_admin(request: Request, given: Annotated[Credentials, Depends(_admin)]) -> None:
    """Let through whoever shows `ADMIN_API_TOKEN`.

    Raises:
        Problem: 503 when none is configured, 401 when another one is shown or none.
    """
    settings: Settings = request.app.state.settings
    _require("ADMIN_API_TOKEN", settings.admin_api_token, given)


async def require_cron(request: Request, given: Annotated[Credentials, Depends(_cron)]) -> None:
    """Let through whoever shows `CRON_SECRET`; see `require_admin`."""
    settings: Settings = request.app.state.settings
    _require("CRON_SECRET", settings.cron_secret, given)


def same_secret(given: str, wanted: str) -> bool:
    """Whether two secrets are equal; how long that takes tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def _require(name: str, wanted: SecretStr | None, given: Credentials) -> None:
    if not wanted:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, f"{name} is not set: until it is, these routes are closed to everybody"
        )
    if given is None or not same_secret(given.credentials, wanted.get_secret_value()):
        said = "the bearer token is not accepted" if given else "a bearer token is needed"
        raise Problem(HTTPStatus.UNAUTHORIZED, said, headers={"www-authenticate": "Bearer"})
