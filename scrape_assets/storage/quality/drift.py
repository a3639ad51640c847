"""How the records and fields of one source changed, against its snapshots before."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.storage.coverage import Coverage
from scrape_assets.storage.schema import snapshots


@dataclass(frozen=True)
class Drift:
    """How the fields of one source's posts are filled, and which keys its records have, against what is usual."""

    of: str  # "linkedin by brightdata"
    snapshot_ids: tuple[str, ...]
    posts: int
    looked_at: int  # records that were read for their keys
    earlier: int  # snapshots that it is compared with
    shares: dict[str, float]  # of the posts, by field
    usual: dict[str, float]  # medians of the earlier snapshots; empty when there are too few
    new_keys: tuple[str, ...]  # of the records, that none of the earlier had
    vanished_keys: tuple[str, ...]  # that nearly all the earlier had, and none has
    emptied_keys: tuple[str, ...]  # that nearly all the earlier gave a value for, and that are null in all


@dataclass(frozen=True)
class Usual:
    """What is compared with."""

    days: int
    snapshots: int  # at most, the newest
    posts_at_least: int  # in each: smaller ones say nothing
    earlier_at_least: int  # snapshots; with fewer there is nothing to compare with
    key_share: float  # of the records looked at that must have had a key for it to be usual


def drifts(conn: Connection, snapshot_ids: Sequence[str], now: datetime, usual: Usual) -> list[Drift]:
    """Compare snapshots, by source and dataset, with those of the days before."""
    columns = snapshots.c
    of = (columns.platform, columns.source, columns.dataset_id)
    own = (
        sa.select(columns.snapshot_id, *of, columns.coverage)
        .where(columns.snapshot_id.in_(snapshot_ids), columns.coverage.is_not(None))
        .order_by(columns.snapshot_id)
    )
    groups: dict[tuple[str, str, str | None], dict[str, Coverage]] = {}
    for snapshot_id, platform, source, dataset, given in conn.execute(own):
        groups.setdefault((platform, source, dataset), {})[snapshot_id] = Coverage.of_json(given)
    found = []
    for (platform, source, dataset), mine in groups.items():
        earlier = (  # by the index snapshots_processed_idx
            sa.select(columns.coverage)
            .where(
                columns.platform == platform,
                columns.source == source,
                columns.processed_at.is_not(None),
                columns.dataset_id.is_not_distinct_from(dataset),
                columns.snapshot_id.not_in(snapshot_ids),
                columns.coverage.is_not(None),
                columns.posts_retrieved >= usual.posts_at_least,
                columns.created_at > now - timedelta(days=usual.days),
            )
            .order_by(columns.created_at.desc())
            .limit(usual.snapshots)
        )
        before = [Coverage.of_json(given) for given in conn.execute(earlier).scalars()]
        found.append(_drift(f"{platform} by {source}", mine, before, usual))
    return found


def _drift(of: str, mine: dict[str, Coverage], before: Sequence[Coverage], usual: Usual) -> Drift:
    now = _together(mine.values())
    enough = len(before) >= usual.earlier_at_least
    fields = set[str]().union(*(one.filled for one in before)) if enough else set()
    then = _together(before)
    at_least = usual.key_share * then.looked_at
    vanished = {key for key, had in then.keys.items() if had >= at_least and key not in now.keys}
    noted = _together(one for one in before if one.given is not None)
    emptied = {
        key
        for key, had in (noted.given or {}).items()
        if now.given is not None and had >= usual.key_share * noted.looked_at and now.keys[key] and not now.given[key]
    }
    comparable = enough and now.looked_at > 0 and then.looked_at > 0
    return Drift(
        of,
        tuple(mine),
        now.posts,
        now.looked_at,
        len(before) if enough else 0,
        now.shares,
        {name: statistics.median(one.shares.get(name, 0.0) for one in before) for name in sorted(fields)},
        tuple(sorted(now.keys.keys() - then.keys.keys())) if comparable else (),
        tuple(sorted(vanished)) if comparable else (),
        tuple(sorted(emptied)) if comparable else (),
    )


def _together(several: Iterable[Coverage]) -> Coverage:
    together = Coverage()
    for one in several:
        together.add(one.posts, one.filled)
        together.add_keys(one.looked_at, one.keys, one.given)
    return together
