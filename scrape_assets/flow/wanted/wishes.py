"""What a job asks for beside its target, read and checked: time range, keywords, place. Nobody is asked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from scrape_assets.ledger.jobs import Job
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.mapping import TimeWindow

MOST_KEYWORDS = 100
LONGEST_KEYWORD = 200
EARTH_KM = 20_040  # half its girth: no circle is larger

TIME_RANGE, KEYWORDS, LOCATION, FORCE = "timeRange", "keywords", "location", "force"


@dataclass(frozen=True)
class Wishes:
    """What one job wants, in the flow's own words."""

    window: TimeWindow
    dated: bool  # the job itself says when; else the window is that of its collection date
    search: Search
    profile_url: str | None = None
    source: str | None = None  # nobody else is to be asked
    dataset: str | None = None  # of the vendor's, by name
    force: bool = False  # to be asked for although the same was collected a moment ago

    @property
    def named(self) -> list[str]:
        """The wishes that the job itself has spoken."""
        spoken = {TIME_RANGE: self.dated, KEYWORDS: bool(self.search.keywords), LOCATION: bool(self.search.place)}
        return [name for name, given in spoken.items() if given]


def read_wishes(job: Job, lookback_days: int) -> Wishes:
    """Read a job's `search_params`. Anybody may have written them, and any JSON fits the column.

    Raises:
        ValueError: with the field that cannot be used, and why.
    """
    given: object = job.search_params
    if not isinstance(given, dict):
        raise ValueError(f"search_params is no object: {given!r:.100}")
    stated = given.get(TIME_RANGE)
    return Wishes(
        window=_days_before(job.collection_date, lookback_days) if stated is None else read_window(stated),
        dated=stated is not None,
        search=Search(read_keywords(given.get(KEYWORDS)), read_place(given.get(LOCATION))),
        profile_url=_text(given, "profileUrl"),
        source=_text(given, "source"),
        dataset=_text(given, "dataset"),
        force=_flag(given, FORCE),
    )


def search_params(search: Search, window: TimeWindow) -> dict[str, object]:
    """The same as the ledger and the callers write it: `read_wishes` reads it back."""
    params: dict[str, object] = {
        TIME_RANGE: {"start": window.start.isoformat(), "end": window.end.isoformat()},
        KEYWORDS: list(search.keywords),
    }
    if search.place:
        place = search.place
        params[LOCATION] = {"lat": place.latitude, "lng": place.longitude, "radius": place.radius_km}
    return params


def honoured(wishes: Wishes, abilities: Abilities, *, event: bool) -> dict[str, str]:
    """Where each wish that the job has spoken is honoured, in the words of `How`."""
    by_wish = {
        TIME_RANGE: abilities.event_time if event else abilities.creator_time,
        KEYWORDS: abilities.keywords if event else How.NOT,
        LOCATION: abilities.place if event else How.NOT,
    }
    return {name: str(by_wish[name]) for name in wishes.named}


def not_honoured(noted: Mapping[str, str] | None, source: str | None) -> str | None:
    """The warning of a job whose wishes are not all honoured; None when all are."""
    left = [name for name, how in (noted or {}).items() if how == How.NOT]
    return f"{source} cannot honour {' and '.join(left)}: what it gave is kept without regard to it" if left else None


def _days_before(day: date, lookback_days: int) -> TimeWindow:
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    return TimeWindow(end - timedelta(days=lookback_days), end)


def read_window(stated: object) -> TimeWindow:
    """A time range as callers write it: `{"start": …, "end": …}`, ISO, without a zone UTC.

    Raises:
        ValueError: it cannot be read, or ends before it starts.
    """
    if not isinstance(stated, dict):
        raise ValueError(f'{TIME_RANGE} is no {{"start": …, "end": …}}: {stated!r:.100}')
    window = TimeWindow(_moment(stated.get("start"), "start"), _moment(stated.get("end"), "end"))
    if window.end <= window.start:
        raise ValueError(f"{TIME_RANGE} ends ({window.end}) before it starts ({window.start})")
    return window


def _moment(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{TIME_RANGE}.{name} is no ISO time: {value!r:.100}") from None


def read_keywords(stated: object) -> tuple[str, ...]:
    """Keywords as callers write them, tidied, each once.

    Raises:
        ValueError: they are no list of texts, or too many, or too long.
    """
    if stated is None:
        return ()
    if not isinstance(stated, list) or not all(isinstance(word, str) for word in stated):
        raise ValueError(f"{KEYWORDS} is no list of texts: {stated!r:.100}")
    if len(stated) > MOST_KEYWORDS:
        raise ValueError(f"{KEYWORDS} has {len(stated)} entries; at most {MOST_KEYWORDS} are looked for in one job")
    words = [" ".join(word.split()) for word in stated]
    for word in words:
        if len(word) > LONGEST_KEYWORD:
            raise ValueError(f"{KEYWORDS} holds {word[:40]!r}… of {len(word)} letters; at most {LONGEST_KEYWORD}")
    return tuple(dict.fromkeys(word for word in words if word.strip("#")))


def read_place(stated: object) -> Place | None:
    """A place as callers write it: `{"lat": …, "lng": …, "radius": …}`, the radius in km.

    Raises:
        ValueError: something of it is missing or lies outside the earth.
    """
    if stated is None:
        return None
    if not isinstance(stated, dict):
        raise ValueError(f'{LOCATION} is no {{"lat": …, "lng": …, "radius": …}}: {stated!r:.100}')
    latitude = _number(stated, "lat", -90, 90)
    longitude = _number(stated, "lng", -180, 180)
    return Place(latitude, longitude, _number(stated, "radius", 0.001, EARTH_KM))


def _number(place: Mapping[str, object], name: str, least: float, most: float) -> float:
    value = place.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{LOCATION}.{name} must be a number from {least:g} to {most:g}, not {value!r:.40}")
    return float(value)


def _text(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is no text: {value!r:.100}")
    return value or None


def _flag(given: Mapping[str, object], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is neither true nor false: {value!r:.100}")
    return value
