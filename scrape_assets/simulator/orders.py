"""From a trigger's query and body to an order, or to the vendor's words of refusal. It accepts nothing."""

import csv
import io
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import msgspec

from scrape_assets.simulator.answers import PARSE_ERROR
from scrape_assets.simulator.bodies import FORMATS
from scrape_assets.simulator.datasets import DATASETS, Dataset
from scrape_assets.simulator.jobs import JobInput, Order


class Refused(Exception):
    """The vendor does not take the order: status and body of its answer."""

    def __init__(self, status: int, body: str | dict[str, Any]) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


def read_order(
    query: Mapping[str, str], content_type: str, body: bytes, replayed: set[tuple[str, str | None]]
) -> Order:
    """Understand a trigger.

    Args:
        query: the query parameters.
        content_type: of the body: JSON (an array or {"input": [...]}), CSV, or multipart with a CSV file.
        body: the raw body.
        replayed: the kinds of trigger that are answered from files, whatever their inputs.

    Raises:
        Refused: in the order in which the vendor looks: dataset, body, discovery, each input. One bad input
            refuses the whole job.
    """
    dataset = _dataset(query)
    inputs, options = _inputs(content_type, body)
    settings = {**options, **query}
    discover_by = query.get("discover_by") if query.get("type") == "discover_new" else None
    if not inputs:
        raise Refused(400, "No data to trigger")
    replays = (dataset.dataset_id, discover_by) in replayed
    if dataset.find_rows is None and not replays:
        raise Refused(400, "This dataset is not ready yet")
    if query.get("type") == "discover_new" and discover_by not in dataset.discovers:
        kinds = ", ".join(dataset.discovers)
        raise Refused(400, f"Incorrect discovery collector id Available types: {kinds}")
    _check(dataset, inputs, discover_by)
    delivery_format = str(settings.get("format") or "json")
    if delivery_format not in FORMATS:
        raise Refused(400, {"validation_errors": [f"format should be one of {', '.join(FORMATS)}"]})
    return Order(
        dataset_id=dataset.dataset_id,
        discover_by=discover_by,
        inputs=tuple(inputs),
        include_errors=_switch(settings, "include_errors"),
        limit_per_input=_limit(settings, "limit_per_input"),
        limit_multiple_results=_limit(settings, "limit_multiple_results"),
        notify=_address(settings, "notify"),
        endpoint=_address(settings, "endpoint", "webhook"),
        auth_header=settings.get("auth_header") or settings.get("webhook_header_Authorization") or None,
        delivery_format=delivery_format,
        uncompressed_webhook=_switch(settings, "uncompressed_webhook"),
    )


def read_csv(text: str) -> list[JobInput]:
    """Inputs from CSV: a line each, a column each field."""
    return [dict(row) for row in csv.DictReader(io.StringIO(text))]


def _dataset(query: Mapping[str, str]) -> Dataset:
    dataset_id = query.get("dataset_id")
    if not dataset_id:
        raise Refused(404, "Collector not found")
    if dataset_id not in DATASETS:
        raise Refused(404, "dataset does not exist")
    return DATASETS[dataset_id]


def _inputs(content_type: str, body: bytes) -> tuple[list[JobInput], dict[str, Any]]:
    """The inputs, and the options that the newer form of the body carries beside them."""
    if content_type.startswith("multipart/form-data"):
        message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        for part in message.iter_parts():
            if part.get_param("name", header="content-disposition") == "data":
                content = part.get_content()
                return read_csv(content if isinstance(content, str) else content.decode()), {}
        raise Refused(400, "Invalid attachments")
    if content_type.startswith("text/csv"):
        return read_csv(body.decode()), {}
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, PARSE_ERROR) from None
    options: dict[str, Any] = {}
    if isinstance(given, dict):
        options = {name: value for name, value in given.items() if name != "input"}
        given = given.get("input")
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise Refused(400, PARSE_ERROR)
    return given, options


def _check(dataset: Dataset, inputs: list[JobInput], discover_by: str | None) -> None:
    if dataset.check_input is None:
        return
    for index, given in enumerate(inputs, start=1):
        if errors := dataset.check_input(given, discover_by):
            raise Refused(
                400,
                {
                    "error": "Invalid input provided",
                    "code": "validation_error",
                    "type": "validation",
                    "line": msgspec.json.encode(given).decode(),
                    "index": index,
                    "errors": errors,
                },
            )


def _switch(settings: Mapping[str, Any], name: str) -> bool:
    return str(settings.get(name, "")).lower() in ("true", "1")


def _address(settings: Mapping[str, Any], *names: str) -> str | None:
    """Where something is to be sent. Some pages of the documentation show a boolean, which names nobody."""
    given = next((str(settings[name]) for name in names if settings.get(name)), "")
    return given if given.startswith(("http://", "https://")) else None


def _limit(settings: Mapping[str, Any], name: str) -> int | None:
    value = settings.get(name)
    if value in (None, ""):
        return None
    try:
        limit = int(value)
    except (TypeError, ValueError):
        limit = 0
    if limit < 1:
        raise Refused(400, {"validation_errors": [f"{name} should be a number of at least 1"]})
    return limit
