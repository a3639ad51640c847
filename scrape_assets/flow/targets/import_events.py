"""Events from a JSON file: good ones go in, each bad one is named with its place and the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Engine

from scrape_assets.flow.wanted.wishes import KEYWORDS, LOCATION, TIME_RANGE, read_keywords, read_place, read_window
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.storage.creators import Change
from scrape_assets.storage.events import Event, upsert_event

LONGEST = {"event_id": 200, "name": 1_000}  # letters; an index entry of PostgreSQL ends at 2,704 bytes
# The first is our column's name, the others are what callers write.
NAMES = {
    "event_id": ("event_id", "eventId", "id"),
    "name": ("name", "title"),
    "starts_at": ("starts_at", "startsAt"),
    "ends_at": ("ends_at", "endsAt"),
    "radius_km": ("radius_km", "radiusKm"),
}


class UnreadableFile(Exception):
    """The file as a whole cannot be read as a list of events; nothing went in."""


@dataclass(frozen=True)
class BadEvent:
    """An event that did not go in."""

    place: int  # in the list, from 1
    event_id: str | None
    reason: str


@dataclass
class ImportReport:
    """What an import did."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[BadEvent] = field(default_factory=list)


def import_events(engine: Engine, path: Path) -> ImportReport:
    """Import a JSON file: a list of events, or an object whose `events` is one. Idempotent.

    Raises:
        UnreadableFile: it is missing, is no JSON, or holds no list.
    """
    report = ImportReport()
    first_place: dict[str, int] = {}
    with engine.begin() as conn:
        for place, event in _good_events(path, report):
            earlier = first_place.setdefault(event.event_id, place)
            if earlier != place:
                report.refused.append(BadEvent(place, event.event_id, f"duplicate: number {earlier} has this id"))
                continue
            change = upsert_event(conn, event)
            report.new += change is Change.NEW
            report.changed += change is Change.CHANGED
            report.unchanged += change is Change.UNCHANGED
    report.refused.sort(key=lambda bad: bad.place)
    return report


def _good_events(path: Path, report: ImportReport) -> Iterator[tuple[int, Event]]:
    for place, given in enumerate(_listed(path), start=1):
        try:
            yield place, read_event(given)
        except ValueError as error:
            named = _first(given, "event_id") if isinstance(given, dict) else None
            report.refused.append(BadEvent(place, str(named)[:200] if named is not None else None, str(error)))


def _listed(path: Path) -> list[object]:
    try:
        # utf-8-sig: some editors put a byte-order mark first.
        text = path.read_bytes().decode("utf-8-sig")
        given = json.loads(text)
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path}: is a folder, not a JSON file") from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path}: is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{path}: is no JSON: {error}") from None
    listed = given.get("events") if isinstance(given, dict) else given
    if not isinstance(listed, list):
        raise UnreadableFile(f'{path}: holds no list of events: begin with [ or with {{"events": [')
    return listed


def read_event(given: object) -> Event:
    """One event, as our columns or as callers name its fields.

    Raises:
        ValueError: with the field that cannot be used, and why.
    """
    if not isinstance(given, dict):
        raise ValueError(f"is no object: {given!r:.80}")
    texts = {name: _text(given, name) for name in ("event_id", "name")}
    start, end = _period(given)
    place = read_place(_place(given))
    keywords = read_keywords(given.get(KEYWORDS))
    if not keywords and place is None:
        raise ValueError("has neither keywords nor a location: there is nothing to look for")
    return Event(
        event_id=texts["event_id"],
        name=texts["name"],
        starts_at=start,
        ends_at=end,
        keywords=keywords,
        platforms=_platforms(given.get("platforms")),
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        radius_km=place.radius_km if place else None,
    )


def _first(given: Mapping[str, object], name: str) -> object:
    return next((given[one] for one in NAMES[name] if given.get(one) is not None), None)


def _text(given: Mapping[str, object], name: str) -> str:
    value = _first(given, name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is no text: {value!r:.80}")
    text = (value or "").strip()
    if not text:
        raise ValueError(f"{name} is missing")
    if "\0" in text:
        raise ValueError(f"{name} holds a NUL character")
    if len(text) > LONGEST[name]:
        raise ValueError(f"{name} has {len(text)} letters; the longest allowed has {LONGEST[name]}")
    return text


def _period(given: Mapping[str, object]) -> tuple[datetime, datetime]:
    stated = given.get(TIME_RANGE)
    if stated is None:
        stated = {"start": _first(given, "starts_at"), "end": _first(given, "ends_at")}
        if stated == {"start": None, "end": None}:
            raise ValueError(f"has no {TIME_RANGE}: when does it begin and end?")
    window = read_window(stated)
    return window.start.astimezone(UTC), window.end.astimezone(UTC)


def _place(given: Mapping[str, object]) -> object:
    if given.get(LOCATION) is not None:
        return given[LOCATION]
    flat = {"lat": given.get("latitude"), "lng": given.get("longitude"), "radius": _first(given, "radius_km")}
    return None if all(value is None for value in flat.values()) else flat


def _platforms(given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ValueError(f"platforms is no list of names: {given!r:.80}")
    return tuple(dict.fromkeys(str(parse_platform(one)) for one in given))
