"""A job at the vendor and its timeline, as a pure function of the time. Nothing here is stored or served."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from scrape_assets.simulator.settings import ContentSettings, Settings
from scrape_assets.simulator.subjects import Subject

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
    notify: str | None = None  # an address that is told when the job has ended
    endpoint: str | None = None  # an address that is sent the rows
    auth_header: str | None = None  # sent to both as Authorization
    delivery_format: str = "json"  # of what the endpoint is sent
    uncompressed_webhook: bool = False


class SimulatedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was accepted (and would have been paid for)."""

    snapshot_id: str
    order: Order
    created: datetime  # aware, UTC
    ready_at: datetime
    canceled_at: datetime | None = None
    again: int = 0  # how many jobs with the same inputs were accepted before it
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

    def subject(self) -> Subject:
        """For the fault rules: matched by the snapshot id and the text of every input, told apart by the inputs."""
        texts = (self.snapshot_id, *input_texts(self.order.inputs))
        return Subject(f"{same_inputs(self.order)}|{self.again}", texts, self.snapshot_id)


def input_texts(inputs: tuple[JobInput, ...]) -> list[str]:
    """The text values of all inputs, mostly their URLs."""
    return [value for given in inputs for value in given.values() if isinstance(value, str)]


def same_inputs(order: Order) -> str:
    """What two orders have in common that ask the same dataset for the same."""
    text = msgspec.json.encode((order.dataset_id, order.discover_by, order.inputs), order="sorted")
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def new_job(
    order: Order, *, now: datetime, ordinal: int, seed: int, settings: Settings, again: int = 0
) -> SimulatedJob:
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
        again=again,
        seed=seed,
        content=settings.content(),
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits
