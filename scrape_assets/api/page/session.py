"""Who looks at the page: a cookie, given for the admin token, that no script can read and no other site can send."""

from __future__ import annotations

import hashlib
import hmac
import time
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from scrape_assets.api.access import same_secret
from scrape_assets.api.problems import Problem
from scrape_assets.settings import Settings

COOKIE = "scrape_assets_session"
LASTS_SECONDS = 12 * 3600


class LoginNeeded(Exception):
    """Nobody is logged in; the page asks for the token and comes back here."""

    def __init__(self, back_to: str) -> None:
        super().__init__("log in first")
        self.back_to = back_to


async def require_login(request: Request) -> None:
    """Let through whoever has logged in.

    Raises:
        LoginNeeded: nobody has, or too long ago.
    """
    settings: Settings = request.app.state.settings
    if not _is_valid(settings, request.cookies.get(COOKIE, ""), time.time()):
        raise LoginNeeded(request.url.path)


async def require_own_form(request: Request) -> None:
    """Refuse a form that another site sends in a browser's name.

    Raises:
        Problem: 403.
    """
    origin = request.headers.get("origin")
    if origin is None or origin.partition("://")[2] != request.headers.get("host"):
        raise Problem(HTTPStatus.FORBIDDEN, "this form was sent by another site")


def log_in(settings: Settings, token: str, answer: Response, *, secure: bool) -> bool:
    """Give the cookie for the right token; False for any other."""
    wanted = settings.admin_api_token
    if wanted is None or not same_secret(token.strip(), wanted.get_secret_value()):
        return False
    until = str(int(time.time()) + LASTS_SECONDS)
    answer.set_cookie(
        COOKIE,
        f"{until}.{_signature(settings, until)}",
        max_age=LASTS_SECONDS,
        httponly=True,
        samesite="strict",
        secure=secure,
    )
    return True


def log_out() -> Response:
    """Take the cookie away."""
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _is_valid(settings: Settings, cookie: str, now: float) -> bool:
    until, _, signature = cookie.partition(".")
    if settings.admin_api_token is None or not until.isdecimal() or len(until) > 12 or float(until) < now:
        return False
    return same_secret(signature, _signature(settings, until))


def _signature(settings: Settings, until: str) -> str:
    """Of the time it lasts, with the token: another token makes every cookie invalid."""
    token = settings.admin_api_token
    key = token.get_secret_value().encode() if token else b""
    return hmac.new(hashlib.sha256(b"page:" + key).digest(), until.encode(), hashlib.sha256).hexdigest()
