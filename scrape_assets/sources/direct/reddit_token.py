"""Reddit's access token: one a collection, kept in memory until it runs out. Never written anywhere."""

from base64 import b64encode
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from weakref import WeakKeyDictionary

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, judge_status
from scrape_assets.sources.direct.pieces import read_answer
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.redaction import excerpt

KEYS = ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
_ADDRESS = "https://www.reddit.com/api/v1/access_token"
_SPARE = timedelta(minutes=1)  # it must not run out while an answer is under way


def _user_agent() -> str:
    try:
        installed = version("scrape_assets")
    except PackageNotFoundError:
        installed = "0"
    # Reddit wants `platform:app:version (by …)`, and throttles what does not say who asks.
    return f"python:scrape_assets:{installed} (by a registered application)"


USER_AGENT = _user_agent()


class _Grant(msgspec.Struct):
    access_token: str | None = None
    expires_in: float = 3600.0
    error: str | int | None = None


_GRANTS = msgspec.json.Decoder(_Grant)
_tokens: WeakKeyDictionary[Api, tuple[str, datetime]] = WeakKeyDictionary()


def token_for(api: Api) -> str:
    """The token of this collection; asked for when there is none that will last.

    Raises:
        NotConfigured: a key is missing.
        KeyRefused: Reddit does not accept them.
    """
    token, until = _tokens.get(api, (None, None))
    if token and until and api.now() < until:
        return token
    client, secret = (api.needed_key(name) for name in KEYS)
    answer = api.post(
        _ADDRESS,
        b"grant_type=client_credentials",
        headers={
            "authorization": f"Basic {b64encode(f'{client}:{secret}'.encode()).decode()}",
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": USER_AGENT,
        },
        operation="token",
        judge=_judge,
    )
    grant = read_answer(_GRANTS, answer)
    if not grant.access_token:
        said = f": {excerpt(str(grant.error), 100)}" if grant.error else ""
        raise KeyRefused(f"Reddit gives no token{said}", status_code=answer.status_code)
    _tokens[api] = (grant.access_token, api.now() + timedelta(seconds=min(grant.expires_in, 86_400.0)) - _SPARE)
    return grant.access_token


def forget(api: Api) -> None:
    """Ask for another token next time."""
    _tokens.pop(api, None)


def _judge(answer: Answer) -> SourceError:
    error = judge_status(answer)
    if error.error_class in (ErrorClass.REFUSED, ErrorClass.BAD_REQUEST):
        return KeyRefused(f"Reddit refuses the application's key: {error.message}", status_code=answer.status_code)
    return error
