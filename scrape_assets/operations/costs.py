"""What was spent on whom: the costs of snapshots, from what was delivered, by creator, platform, day or source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.engine import Connection

from scrape_assets.ledger.costs import NOTHING, CostLine, Input, costs_by, inputs_of, platforms_of, posts_by_feed
from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.posts.search import PREFIX

NOBODY = "(nobody's)"
AT_ONCE = 500  # snapshots whose feeds are counted in one query


class By(StrEnum):
    """What costs are added up by."""

    PLATFORM = "platform"
    DAY = "day"
    CREATOR = "creator"
    SNAPSHOT = "snapshot"
    SOURCE = "source"


def add_up(conn: Connection, by: By, since: date, until: date) -> list[CostLine]:
    """What was spent on what was asked for from one day to another, both included (UTC); the dearest first.

    By creator, the cost of a snapshot is shared out over what was asked for in it, by the posts that each gave; where
    nothing came, evenly. Jobs that shared an input share its cost.
    """
    begin, end = _begin(since), _begin(until + timedelta(days=1))
    if by is not By.CREATOR:
        return _sorted(costs_by(conn, by, begin, end), by)
    return _sorted(_added(_shares(conn, costs_by(conn, "snapshot", begin, end))), by)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _shares(conn: Connection, snapshots: Sequence[CostLine]) -> Iterator[CostLine]:
    """What each creator and event has of the cost of each snapshot."""
    keys: dict[tuple[str, str], str] = {}  # one address stands in many snapshots
    for start in range(0, len(snapshots), AT_ONCE):
        some = snapshots[start : start + AT_ONCE]
        ids = [one.name for one in some]
        platforms, posts, inputs = platforms_of(conn, ids), posts_by_feed(conn, ids), inputs_of(conn, ids)
        for one in some:
            askers: dict[str, list[str]] = {}  # feed → who asked for it, as often as they did
            for given in inputs.get(one.name, ()):
                place = platforms[one.name], given.url
                if place not in keys:
                    keys[place] = _feed_key(*place)
                askers.setdefault(keys[place], []).append(_name(given))
            yield from _shared_out(one, askers, posts.get(one.name, {}))


def _shared_out(one: CostLine, askers: Mapping[str, Sequence[str]], posts: Mapping[str, int]) -> list[CostLine]:
    """A line for each who asked for something of a snapshot."""
    if not askers:
        return [replace(one, name=NOBODY)]
    weights = {feed: posts.get(feed, 0) for feed in askers}
    if not sum(weights.values()):
        weights = dict.fromkeys(askers, 1)
    whole = sum(weights.values())
    shares: dict[str, Decimal] = {}
    for feed, names in askers.items():
        for name in names:
            shares[name] = shares.get(name, NOTHING) + Decimal(weights[feed]) / whole / len(names)
    return [_share(one, name, share) for name, share in shares.items()]


def _share(one: CostLine, name: str, share: Decimal) -> CostLine:
    return replace(
        one,
        name=name,
        records=share * one.records,
        cost_usd=None if one.cost_usd is None else share * one.cost_usd,
        reserved_usd=share * one.reserved_usd,
    )


def _name(given: Input) -> str:
    if given.target is None:
        return NOBODY
    return f"event {given.target}" if given.kind == "event" else given.target


def _feed_key(platform: str, url: str) -> str:
    """The key under which the posts of an input were loaded."""
    if url.startswith(PREFIX):
        return url
    try:
        return profile_key(platform, url).key
    except NotAProfile:
        return url


def _added(lines: Iterable[CostLine]) -> list[CostLine]:
    totals: dict[str, CostLine] = {}
    for line in lines:
        so_far = totals.get(line.name)
        totals[line.name] = line if so_far is None else total([so_far, line], line.name)
    return list(totals.values())


def total(lines: Iterable[CostLine], name: str) -> CostLine:
    """Several lines as one."""
    sums = CostLine(name)
    for line in lines:
        known = [one for one in (sums.cost_usd, line.cost_usd) if one is not None]
        sums = replace(
            sums,
            snapshots=sums.snapshots + line.snapshots,
            records=sums.records + line.records,
            cost_usd=sum(known, start=NOTHING) if known else None,
            reserved_usd=sums.reserved_usd + line.reserved_usd,
            unpriced=sums.unpriced + line.unpriced,
        )
    return sums


def _sorted(lines: list[CostLine], by: By) -> list[CostLine]:
    if by is By.DAY:
        return sorted(lines, key=lambda line: line.name)
    return sorted(lines, key=lambda line: (-(line.cost_usd or NOTHING) - line.reserved_usd, line.name))
