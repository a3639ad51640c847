"""The partitions of the assets, and nothing else: a leaf that assets, sensors and schedules import."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import dagster as dg

from scrape_assets.sources.registry import collectable_platforms

FIRST_DATE = date(2025, 1, 1)
"""The first day that can be collected or backfilled."""

# A snapshot is a partition while it is fresh; old keys are retired, their rows and history stay (the ledger is the
# truth). The key grammar lies in ledger/keys.py, because a key is given when the intent is written.
snapshot_partitions = dg.DynamicPartitionsDefinition(name="snapshots")

# end_offset: today's partition exists while today lasts.
daily_partitions = dg.DailyPartitionsDefinition(start_date=FIRST_DATE.isoformat(), end_offset=1)

collection_partitions = dg.MultiPartitionsDefinition(
    {
        "date": daily_partitions,
        "platform": dg.StaticPartitionsDefinition([str(platform) for platform in collectable_platforms()]),
    }
)


def collection_key(day: date, platform: str) -> dg.MultiPartitionKey:
    """The partition of one day and platform."""
    return dg.MultiPartitionKey({"date": day.isoformat(), "platform": platform})


def day_and_platform(key: str) -> tuple[date, str]:
    """The day and the platform of a partition key of `collections` ("2026-11-21|linkedin")."""
    day, platform = key.split("|")
    return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).date(), platform


def days_of(keys: Sequence[str]) -> list[date]:
    """The days of daily partition keys, earliest first."""
    return sorted(date.fromisoformat(key) for key in keys)


def keys_between(registered: Sequence[str], start: str, end: str) -> Sequence[str]:
    """The keys that a range run takes: from start to end, both included, in the order of registration.

    When one of the two is no longer registered, what is left to say are the two.
    """
    places = {key: place for place, key in enumerate(registered)}
    if start not in places or end not in places:
        return [start, end]
    return registered[places[start] : places[end] + 1]
