"""What Bright Data's refusals mean: one table from status and words to error. Nothing else.

Its error bodies are plain text sent as text/html, JSON of several shapes, HTML of a gateway, or empty.
Wordings: docs.brightdata.com, error list by endpoint, and live answers logged by others.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.errors import (
    EmptySnapshot,
    Expired,
    InputRefused,
    KeyRefused,
    NotReady,
    NotRunning,
    SourceError,
    Throttled,
    UnknownSnapshot,
)
from scrape_assets.sources.redaction import excerpt, without


@dataclass(frozen=True)
class Refusal:
    """An answer boiled down to what the table looks at."""

    status_code: int
    text: str  # what it says, without markup
    json: object  # None when the body is no JSON
    retry_after: timedelta | None

    @property
    def quoted(self) -> str:
        """For a message, e.g. "(HTTP 401: Invalid credentials)"."""
        said = excerpt(self.text)
        return f"(HTTP {self.status_code}: {said})" if said else f"(HTTP {self.status_code})"


class Rule(NamedTuple):
    """One line of the table. An empty set of statuses is any; no pattern is any text."""

    statuses: frozenset[int]
    says: re.Pattern[str] | None
    verdict: Callable[[Refusal], SourceError]


def _plain(error_class: ErrorClass, sentence: str) -> Callable[[Refusal], SourceError]:
    """The verdict without a type of its own; `{}` in the sentence is the quoted answer."""
    return lambda said: SourceError(
        error_class,
        sentence.replace("{}", said.quoted),
        status_code=said.status_code,
        retry_after=said.retry_after,
    )


def _key_refused(said: Refusal) -> SourceError:
    message = f"Bright Data refused the key {said.quoted}; check BRIGHTDATA_API_KEY"
    return KeyRefused(message, status_code=said.status_code)


def _throttled(said: Refusal) -> SourceError:
    message = f"Bright Data asks us to slow down {said.quoted}"
    return Throttled(message, status_code=said.status_code, retry_after=said.retry_after)


def _expired(said: Refusal) -> SourceError:
    return Expired(f"Bright Data no longer keeps this snapshot {said.quoted}", status_code=said.status_code)


def _empty(said: Refusal) -> SourceError:
    return EmptySnapshot(f"the snapshot holds nothing {said.quoted}", status_code=said.status_code)


def _not_running(said: Refusal) -> SourceError:
    return NotRunning(f"the snapshot does not run any more {said.quoted}", status_code=said.status_code)


def _unknown_snapshot(said: Refusal) -> SourceError:
    return UnknownSnapshot(f"Bright Data knows no such snapshot {said.quoted}", status_code=said.status_code)


def _not_ready(said: Refusal) -> SourceError:
    wait = said.retry_after
    if wait is None and (seconds := re.search(r"try again in (\d{1,4})\s*s", said.text, re.IGNORECASE)):
        wait = timedelta(seconds=int(seconds[1]))
    message = f"the snapshot is not ready yet {said.quoted}"
    return NotReady(message, status_code=said.status_code, retry_after=wait)


def _bad_request(said: Refusal) -> SourceError:
    """A 400. Of one input when it tells which; an index of 0 then means that only the line tells."""
    body = said.json if isinstance(said.json, dict) else {}
    index = body.get("index")
    line = body.get("line") or ""
    if not line and not isinstance(index, int):
        message = f"Bright Data does not take this request {said.quoted}"
        return SourceError(ErrorClass.BAD_REQUEST, message, status_code=said.status_code)
    return InputRefused(
        f"Bright Data refused an input {said.quoted}",
        index=index if isinstance(index, int) else 0,
        line=line if isinstance(line, str) else msgspec.json.encode(line).decode(),
        reasons=tuple(excerpt(reason) for reason in _reasons_in(body)),
        status_code=said.status_code,
    )


def _says(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)

ANY: frozenset[int] = frozenset()
SERVER_STATUSES = frozenset({408, *range(500, 600)})
REDIRECTS = frozenset(range(300, 400))
DATA = frozenset(range(200, 300))

_PAYMENT = _plain(
    ErrorClass.PAYMENT, "Bright Data does no work for this account {}; see its billing and settings pages"
)

# The first line that fits decides. Words before numbers where the words are unmistakable.
RULES: tuple[Rule, ...] = (
    Rule(ANY, _says(r"account is (suspended|new)|customer is not active"), _PAYMENT),
    Rule(frozenset({402}), None, _PAYMENT),
    Rule(frozenset({401, 403}), None, _key_refused),
    Rule(frozenset({429}), None, _throttled),
    Rule(SERVER_STATUSES, None, _plain(ErrorClass.SERVER, "Bright Data could not answer {}")),
    Rule(
        ANY,
        _says(r"snapshot input does not exist"),
        _plain(ErrorClass.NOT_FOUND, "Bright Data does not keep the inputs of this snapshot {}"),
    ),
    Rule(ANY, _says(r"snapshot is expired|storage is expired"), _expired),
    Rule(frozenset({410}), None, _expired),
    Rule(ANY, _says(r"snapshot is empty"), _empty),
    Rule(ANY, _says(r"snapshot is (not ready|building)|not ready for download"), _not_ready),
    Rule(ANY, _says(r"snapshot is not running"), _not_running),
    Rule(frozenset({404}), _says(r"snapshot (does not exist|not found)|^\s*$"), _unknown_snapshot),
    Rule(
        frozenset({404}),
        _says(r"\b(dataset|collector)\b.*(does not exist|not found)"),
        _plain(ErrorClass.NOT_FOUND, "Bright Data does not know what was asked for {}"),
    ),
    Rule(
        REDIRECTS | {404, 405},
        None,
        _plain(ErrorClass.NOT_CONFIGURED, "this is not Bright Data's API {}; check BRIGHTDATA_API_URL"),
    ),
    Rule(DATA, None, _plain(ErrorClass.BAD_DATA, "Bright Data sent something unreadable {}")),
    Rule(ANY, None, _bad_request),
)


def judge(answer: Answer, *, secrets: Iterable[str] = ()) -> SourceError:
    """Name the error that an answer is.

    Args:
        answer: anything but a usable 2xx.
        secrets: what must not be repeated from its body.
    """
    return _verdict(_boiled_down(answer, secrets))


def not_the_data(answer: Answer, *, secrets: Iterable[str] = ()) -> SourceError:
    """Name what a 2xx means that brought no rows: rubbish, or a word about the snapshot (not ready)."""
    refusal = _boiled_down(answer, secrets)
    error = _verdict(refusal)
    speaks_of_state = answer.status_code == 202 or isinstance(refusal.json, dict)
    return _not_ready(refusal) if error.error_class is ErrorClass.BAD_DATA and speaks_of_state else error


def _verdict(refusal: Refusal) -> SourceError:
    fitting = (
        rule
        for rule in RULES
        if (not rule.statuses or refusal.status_code in rule.statuses)
        and (rule.says is None or rule.says.search(refusal.text))
    )
    return next(fitting).verdict(refusal)  # the last line fits everything


def _boiled_down(answer: Answer, secrets: Iterable[str]) -> Refusal:
    try:
        json: object = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        json = None
    text = without(_text_of(answer.body, json), secrets)
    return Refusal(answer.status_code, text, json, answer.retry_after)


def _text_of(body: bytes, json: object) -> str:
    if isinstance(json, str):
        return json
    if isinstance(json, dict):
        said = (json.get(name) for name in ("error", "error_message", "message"))
        words = [word for word in said if isinstance(word, str)] + list(_reasons_in(json))
        if words:
            return ": ".join(words)
    text = body.decode("utf-8", "replace")
    return MARKUP.sub(" ", text) if text.lstrip().startswith("<") else text


def _reasons_in(body: dict[str, object]) -> tuple[str, ...]:
    """The reasons of a validation error: [["url", "Required field"]] becomes ("url: Required field",)."""
    listed = body.get("errors") or body.get("validation_errors") or []
    return tuple(_reason(entry) for entry in (listed if isinstance(listed, list) else [listed]))


def _reason(entry: object) -> str:
    if isinstance(entry, list):
        return ": ".join(_reason(part) for part in entry)
    return entry if isinstance(entry, str) else msgspec.json.encode(entry).decode()
