"""TikTok's access token: one a collection, kept in memory until it runs out. Never written anywhere."""

from datetime import datetime, timedelta
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, judge_status
from scrape_assets.sources.direct.pieces import read_answer
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.redaction import excerpt, without

KEYS = ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET")
_PATH = "/v2/oauth/token/"
_SPARE = timedelta(minutes=1)  # it must not run out while an answer is under way
_LONGEST = 86_400.0  # seconds; two hours are documented


class _Grant(msgspec.Struct):
    access_token: str | None = None
    expires_in: float = 7200.0
    error: object = None
    error_description: object = None


_GRANTS = msgspec.json.Decoder(_Grant)
_tokens: WeakKeyDictionary[Api, tuple[str, datetime]] = WeakKeyDictionary()


def token_for(api: Api) -> str:
    """The token of this collection; asked for when there is none that will last.

    Raises:
        NotConfigured: a key is missing.
        KeyRefused: TikTok does not accept them.
    """
    token, until = _tokens.get(api, (None, None))
    if token and until and api.now() < until:
        return token
    key, secret = (api.needed_key(name) for name in KEYS)

    def judge(answer: Answer) -> SourceError:
        error = judge_status(answer)
        if error.error_class in (ErrorClass.REFUSED, ErrorClass.BAD_REQUEST):
            said = without(error.message, [secret, key])
            return KeyRefused(f"TikTok refuses the application's key: {said}", status_code=answer.status_code)
        return error

    form = urlencode({"client_key": key, "client_secret": secret, "grant_type": "client_credentials"})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = api.post(_PATH, form.encode(), headers=headers, operation="token", judge=judge)
    grant = read_answer(_GRANTS, answer)
    if not grant.access_token:
        said = without(excerpt(f"{grant.error or ''} {grant.error_description or ''}", 200), [secret, key])
        raise KeyRefused(f"TikTok gives no token{said and f': {said}'}", status_code=answer.status_code)
    lasts = timedelta(seconds=min(max(grant.expires_in, 0.0), _LONGEST))
    _tokens[api] = (grant.access_token, api.now() + lasts - _SPARE)
    return grant.access_token


def secrets_of(api: Api) -> list[str]:
    """What no message may hold."""
    token, _ = _tokens.get(api, ("", None))
    return [token, *(api.key(name) or "" for name in KEYS)]


def forget(api: Api) -> None:
    """Ask for another token next time."""
    _tokens.pop(api, None)
