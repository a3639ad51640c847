"""A job at the vendor and its timeline, as a pure function of the time. Nothing here is stored or served."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from scrape_assets.simulator.settings import ContentSettings, Settings

JobInput = dict[str, Any]


class JobState(StrEnum):
    """The vendor's words, in the order in which they were observed."""

    STARTING = "starting"
    RUNNING = "running"
    CLOSING = "closing"
    READY = "ready"
    CANCELED = "canceled"


ENDED = frozenset({JobState.READY, JobState.CANCELED})


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks for in one trigger."""

    dataset_id: str
    discover_by: str | None  # None = collect the given URLs
    inputs: tuple[JobInput, ...]
    include_errors: bool = False
    limit_per_input: int | None = None
    limit_multiple_results: int | None = None


class SimulatedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was accepted (and would have been paid for)."""

    snapshot_id: str
    order: Order
    created: datetime  # aware, UTC
    ready_at: datetime
    canceled_at: datetime | None = None
    seed: int
    content: ContentSettings

    def state(self, now: datetime, *, stuck: bool = False) -> JobState:
        """Where the job stands at that moment. A stuck job runs for ever, unless it is canceled."""
        if self.canceled_at is not None:
            return JobState.CANCELED
        if stuck:
            return JobState.RUNNING
        if now >= self.ready_at:
            return JobState.READY
        progress = (now - self.created) / (self.ready_at - self.created)
        if progress < 0.15:
            return JobState.STARTING
        return JobState.RUNNING if progress < 0.85 else JobState.CLOSING

    def expired(self, now: datetime, retention_days: float) -> bool:
        """Whether the vendor has thrown the data away."""
        return now > self.ready_at + timedelta(days=retention_days)

    def subjects(self) -> list[str]:
        """What a fault rule may match: the snapshot id and the text of every input."""
        return [self.snapshot_id, *input_texts(self.order.inputs)]


def input_texts(inputs: tuple[JobInput, ...]) -> list[str]:
    """The text values of all inputs, mostly their URLs."""
    return [value for given in inputs for value in given.values() if isinstance(value, str)]


def new_job(order: Order, *, now: datetime, ordinal: int, seed: int, settings: Settings) -> SimulatedJob:
    """Accept an order: its snapshot id and the moment at which it will be ready follow from the arguments."""
    stamp = int(now.timestamp() * 1000)
    digest = hashlib.blake2b(f"{seed}|{stamp}|{ordinal}".encode(), digest_size=16).digest()
    share = int.from_bytes(digest[8:10], "big") / 65535
    latency = timedelta(seconds=settings.latency + settings.jitter * share)
    return SimulatedJob(
        snapshot_id=f"s_{_base36(stamp)}{_base36(int.from_bytes(digest[:8], 'big'))[:9]}",
        order=order,
        created=now,
        ready_at=now + latency,
        seed=seed,
        content=settings.content(),
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits
