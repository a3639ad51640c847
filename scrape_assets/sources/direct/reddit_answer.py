"""Reddit's errors: which mean that our key is not accepted, and which that a profile is gone or closed."""

from dataclasses import replace

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Rejected
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import judge_status
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.redaction import excerpt
from scrape_assets.sources.rows import RowReader


class _Error(msgspec.Struct):
    message: str | None = None
    explanation: str | None = None
    reason: str | None = None


_ERRORS = RowReader(_Error)
_REDIRECTS = range(300, 400)


def judge_reddit(answer: Answer, profile: str | None) -> SourceError:
    """What an answer outside 2xx means.

    Args:
        answer: Reddit's.
        profile: the key of the one that was asked about; None for a search.
    """
    status = answer.status_code
    row = _ERRORS.read(answer.body, False)
    if isinstance(row, Rejected):  # a page for people: Reddit shuts out whoever it takes for a machine
        return judge_status(answer) if status not in _REDIRECTS else _moved(answer, profile)
    error = row.record
    said = excerpt(": ".join(part for part in (error.reason, error.explanation or error.message) if part))
    message = f"HTTP {status}{said and f': {said}'}"
    if status == 401:
        return KeyRefused(message, status_code=status)
    if status in _REDIRECTS:
        return _moved(answer, profile)
    if status == 403 and profile:
        # Private, quarantined or suspended: a wrong key would be a 401, and no other key would open it.
        return SourceError(ErrorClass.NOT_FOUND, f"{profile} is closed to us ({message})", status_code=status)
    return judge_status(replace(answer, body=said.encode()))


def _moved(answer: Answer, profile: str | None) -> SourceError:
    """A community that does not exist leads to a search for communities."""
    if profile:
        message = f"Reddit knows no {profile}: it leads elsewhere (HTTP {answer.status_code})"
        return SourceError(ErrorClass.NOT_FOUND, message, status_code=answer.status_code)
    return judge_status(answer)
