"""Bright Data's answers about snapshots, read into values. Counters may be text, keys may be absent.

Refusals are in answers.py, the rows themselves in download.py.
"""

import csv
import io
import re
from datetime import UTC, datetime

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.brightdata.model import ListedSnapshot, Progress, SnapshotLog, VendorState
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.redaction import excerpt

STATES = {
    "ready": VendorState.READY,
    "failed": VendorState.FAILED,
    "canceled": VendorState.CANCELED,
    "cancelled": VendorState.CANCELED,
}
"""The words that end a snapshot's making. starting, running, building, closing … and new ones do not."""

# Failures that are no failure of the vendor's. What is not listed is: vendor_failed.
EMPTY_MESSAGE = re.compile(r"snapshot is empty|no data found", re.IGNORECASE)
FAILURES: tuple[tuple[re.Pattern[str], ErrorClass], ...] = (
    (re.compile(r"account is (suspended|new)|customer is not active", re.IGNORECASE), ErrorClass.PAYMENT),
    (re.compile(r"input validation failed", re.IGNORECASE), ErrorClass.BAD_REQUEST),
)


def progress_in(answer: Answer) -> Progress:
    """Read the state of a snapshot.

    A snapshot that "failed" because nothing was found is ready and empty: nothing is a result.
    """
    body = _object_in(answer)
    word = _text(body.get("status")) or ""
    state = STATES.get(word.strip().lower(), VendorState.WORKING)
    error_codes = body.get("error_codes")
    message = next((text for name in ("error_message", "error", "message") if (text := _text(body.get(name)))), None)
    failed = state is VendorState.FAILED
    empty = failed and EMPTY_MESSAGE.search(message or "") is not None
    return Progress(
        state=VendorState.READY if empty else state,
        word=excerpt(word, 60),
        records=0 if empty else count(body.get("records")),
        errors=count(body.get("errors")),
        error_codes={
            str(code): number
            for code, value in (error_codes.items() if isinstance(error_codes, dict) else ())
            if (number := count(value)) is not None
        },
        message=excerpt(message) if message else None,
        error_class=_class_of_failure(message or "") if failed and not empty else None,
        empty=empty,
    )


def listed_in(answer: Answer) -> tuple[list[ListedSnapshot], int]:
    """Read a page of the list: an array, or an object with the array somewhere inside (with_total).

    Returns:
        The snapshots, and how many entries the page had, readable or not.
    """
    body = _json_in(answer)
    if isinstance(body, dict):
        body = next((value for value in body.values() if isinstance(value, list)), None)
    if not isinstance(body, list):
        raise _unreadable(answer, "no list")
    snapshots = [
        ListedSnapshot(
            id=identifier,
            created=moment(entry.get("created")),
            status=_text(entry.get("status")),
            dataset_size=count(entry.get("dataset_size")),
        )
        for entry in body
        if isinstance(entry, dict) and (identifier := _text(entry.get("id") or entry.get("snapshot_id")))
    ]
    return snapshots, len(body)


def inputs_in(answer: Answer) -> list[dict[str, str]]:
    """Read the inputs of a job from CSV (or JSON), one mapping an input; what was not given is ""."""
    if answer.body.lstrip().startswith(b"["):
        rows = _json_in(answer)
        return [
            {str(name): _cell(value) for name, value in row.items()}
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict)
        ]
    try:
        header, *rows = _table(answer.body.decode("utf-8-sig")) or [[]]
        return [dict(zip(header, map(_unquoted, row), strict=False)) for row in rows if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(answer, f"no CSV ({error})") from error


def parts_in(answer: Answer) -> int | None:
    """Read the number of parts; None when the answer speaks of something else."""
    body = _object_in(answer)
    return count(body.get("parts"))


def snapshot_id_in(answer: Answer) -> str | None:
    """Read the id of an accepted job; None when there is none that could be one."""
    try:
        body = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    identifier = body.get("snapshot_id") if isinstance(body, dict) else None
    return identifier if isinstance(identifier, str) and re.fullmatch(r"[\w-]+", identifier) else None


def log_in(answer: Answer) -> SnapshotLog:
    """Read the log of a job, whose keys come in mixed case."""
    body = {str(key).lower(): value for key, value in _object_in(answer).items()}
    return SnapshotLog(
        status=_text(body.get("status")),
        created=moment(body.get("created")),
        dataset_id=_text(body.get("dataset_id")),
        inputs=count(body.get("inputs_count")),
        records=count(body.get("dataset_size")),
        file_bytes=count(body.get("file_size")),
        seconds=_number(body.get("duration")),
        success_rate=_number(body.get("success_rate")),
    )


def count(value: object) -> int | None:
    """A counter sent as number or text; None for anything that cannot count."""
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and 0 <= number < 1e15 else None


def moment(value: object) -> datetime | None:
    """An ISO time, taken as UTC when it names no zone; None for anything else."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if read is None:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _table(text: str) -> list[list[str]]:
    """Quotes inside a cell are doubled, as CSV has it, or backslashed, as the vendor's samples show them."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        backslashed = csv.reader(io.StringIO(text, newline=""), strict=True, doublequote=False, escapechar="\\")
        return list(backslashed)


def _unquoted(cell: str) -> str:
    """Cells may be JSON texts within the CSV's own quotes, and null is the word."""
    if cell == "null":
        return ""
    if cell.startswith('"'):
        try:
            return msgspec.json.decode(cell, type=str)
        except msgspec.DecodeError:
            return cell
    return cell


def _class_of_failure(message: str) -> ErrorClass:
    found = (error_class for pattern, error_class in FAILURES if pattern.search(message))
    return next(found, ErrorClass.VENDOR_FAILED)


def _object_in(answer: Answer) -> dict[str, object]:
    body = _json_in(answer)
    if not isinstance(body, dict):
        raise _unreadable(answer, "no JSON object")
    return body


def _json_in(answer: Answer) -> object:
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(answer, "no JSON") from error


def _unreadable(answer: Answer, why: str) -> SourceError:
    said = excerpt(answer.body[:2000].decode("utf-8", "replace"), 200)
    return SourceError(
        ErrorClass.BAD_DATA,
        f"Bright Data answered HTTP {answer.status_code} with {why}: {said or '(nothing)'}",
        status_code=answer.status_code,
    )
