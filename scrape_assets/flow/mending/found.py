"""A snapshot in the vendor's list that the ledger does not know, or gave up: taken on, with the jobs it can serve.

Which entries of the list these are is decided by who walks it. Nothing here asks the vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from scrape_assets.flow.choosing.resolve import Planned, asked_of_vendor
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.told import WORDS, Inputs, print_of
from scrape_assets.flow.mending.vendor_list import CLOCK_SKEW, SAME_TRIGGER
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.jobs import Job
from scrape_assets.ledger.keys import new_snapshot_id, parse_snapshot_id
from scrape_assets.ledger.snapshots import NewSnapshot, Snapshot, SnapshotInput
from scrape_assets.ledger.states import IllegalTransition, JobStatus
from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.posts.search import search_key
from scrape_assets.sources.brightdata.model import ListedSnapshot
from scrape_assets.sources.mapping import Dataset
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets.storage.creators import profile_keys
from scrape_assets.storage.events import list_events

MOST_JOBS = 20_000


@dataclass(frozen=True)
class Found:
    """A snapshot that the vendor has and the ledger did not know."""

    vendor_snapshot_id: str
    snapshot_id: str | None  # ours; None: nothing was written, this is only looked at
    platform: str
    dataset_id: str
    vendor_status: str | None
    created_at: datetime | None  # when the vendor took it on, by its own word
    inputs: int
    jobs: int  # of ours that waited for exactly this
    followed: bool  # it names somebody or something that we follow


class Waiting:
    """The jobs of a platform that no snapshot serves, by what the vendor is asked for them in one dataset."""

    def __init__(self, ctx: FlowContext, dataset: Dataset) -> None:
        with ctx.engine.connect() as conn:
            waiting = jobs.without_snapshot(conn, str(dataset.platform), MOST_JOBS)
        self._by_first_input: dict[str, list[Planned]] = {}
        for job in reversed(waiting):  # the oldest first: it has waited longest
            planned = asked_of_vendor(ctx, job)
            if planned and planned.dataset and planned.dataset.dataset_id == dataset.dataset_id:
                self._by_first_input.setdefault(print_of(planned.asked[0].input), []).append(planned)

    def for_entry(self, entry: ListedSnapshot, inputs: Inputs) -> list[Planned]:
        """The jobs whose inputs are all among an entry's, and that are older than it."""
        theirs = {print_of(given) for given in inputs}
        return [
            planned
            for first in sorted(theirs)
            for planned in self._by_first_input.get(first, ())
            if theirs.issuperset(print_of(asked.input) for asked in planned.asked) and _may_serve(entry, planned.job)
        ]

    def serve(self, served: Sequence[Planned]) -> None:
        """Note that these wait no longer."""
        done = {planned.job.job_id for planned in served}
        for first, waiting in self._by_first_input.items():
            self._by_first_input[first] = [one for one in waiting if one.job.job_id not in done]


def _may_serve(entry: ListedSnapshot, job: Job) -> bool:
    """Whether an entry can have been triggered for a job; what is older than the wish is no answer to it."""
    if entry.created is None:
        return False
    if lost := _lost_snapshot(job):
        return abs(entry.created - lost) <= SAME_TRIGGER
    return job.created_at <= entry.created + CLOCK_SKEW


def _lost_snapshot(job: Job) -> datetime | None:
    """When the snapshot was intended that a job waits for and whose row is gone; its id tells."""
    if job.status is not JobStatus.PROCESSING or not job.snapshot_id:
        return None
    try:
        return parse_snapshot_id(job.snapshot_id).created_at
    except ValueError:
        return None


def followed_keys(ctx: FlowContext, platform: str) -> frozenset[str]:
    """The profiles on a platform that belong or belonged to a creator, and the searches of all events."""
    with ctx.engine.connect() as conn:
        own = profile_keys(conn, platform)
        searched = (search_key(word) for event in list_events(conn) for word in event.keywords)
        return own | frozenset(searched)


def describe(
    dataset: Dataset, entry: ListedSnapshot, inputs: Inputs, served: Sequence[Planned], followed: frozenset[str]
) -> Found:
    """What an entry is to us, as long as nothing is written."""
    platform = str(dataset.platform)
    keys = {_address_and_key(platform, given)[1] for given in inputs}
    return Found(
        vendor_snapshot_id=entry.id,
        snapshot_id=None,
        platform=platform,
        dataset_id=dataset.dataset_id,
        vendor_status=entry.status,
        created_at=entry.created,
        inputs=len(inputs),
        jobs=len(served),
        followed=bool(served or keys & followed),
    )


class _Known(Exception):
    """Another process was faster."""


def take_on(
    ctx: FlowContext, dataset: Dataset, entry: ListedSnapshot, inputs: Inputs, served: Sequence[Planned]
) -> tuple[str, int] | None:
    """Write an entry into the ledger, pending, and tie to it the jobs that it serves.

    Returns:
        Our id of it and how many jobs were tied; None when another process has written it meanwhile.
    """
    created = entry.created or ctx.now()
    platform = str(dataset.platform)
    snapshot_id = _id_of_lost(served) or new_snapshot_id(platform, created.date(), created, ctx.rng.randbytes(5))
    try:
        with ctx.engine.begin() as conn:
            tied = [
                planned
                for planned in served
                if jobs.adopt(conn, [planned.job.job_id], snapshot_id, now=ctx.now(), served_as=_served_as(planned))
            ]
            new = NewSnapshot(
                snapshot_id=snapshot_id,
                source=BRIGHTDATA,
                platform=platform,
                collection_date=parse_snapshot_id(snapshot_id).collection_date,
                inputs=_inputs(platform, inputs, tied),
                dataset_id=dataset.dataset_id,
                # What was asked beside the inputs is known only where it was asked for a job of ours.
                trigger_params=_trigger_params(tied),
                run_id=ctx.run_id,
            )
            if not snapshots.record_found(
                conn,
                new,
                vendor_snapshot_id=entry.id,
                created_at=created,
                expires_at=ctx.kept_until(created),
                vendor_status=entry.status,
                now=ctx.now(),
            ):
                raise _Known
    except _Known:
        return None
    return snapshot_id, len(tied)


def take_up(ctx: FlowContext, snapshot: Snapshot, entry: ListedSnapshot | None = None) -> int | None:
    """Take up a snapshot that was given up and that the vendor has, and tie to it the jobs that ended with it.

    Args:
        ctx: what the flow works with.
        snapshot: failed, dead or expired.
        entry: the vendor's, where we never knew its id.

    Returns:
        How many jobs wait for it again; None when another process was faster.
    """
    created = (entry and entry.created) or ctx.now()
    try:
        with ctx.engine.begin() as conn:
            snapshots.take_up(
                conn,
                snapshot.snapshot_id,
                now=ctx.now(),
                vendor_snapshot_id=entry.id if entry else None,
                triggered_at=created if entry else None,
                expires_at=ctx.kept_until(created) if entry else None,
            )
            own = [item.job_id for item in snapshot.inputs if item.job_id]
            return len(jobs.adopt_again(conn, own, snapshot.snapshot_id, ctx.now()))
    except (IllegalTransition, sa.exc.IntegrityError):
        return None


def _served_as(planned: Planned) -> Mapping[str, object]:
    job = planned.job
    return {
        "source": job.source,
        "honoured": job.honoured,
        "profile_url": job.profile_url,
        "request_key": job.request_key,
    }


def _id_of_lost(served: Sequence[Planned]) -> str | None:
    """The id under which the entry was known before its row was lost: payload and partition bear it still."""
    lost = {planned.job.snapshot_id for planned in served if _lost_snapshot(planned.job)}
    return lost.pop() if len(lost) == 1 else None


def _trigger_params(tied: Sequence[Planned]) -> dict[str, object]:
    if not tied:
        return {}
    return {"discover_by": tied[0].discover_by, "limit_per_input": tied[0].limit_per_input}


def _inputs(platform: str, inputs: Inputs, tied: Sequence[Planned]) -> tuple[SnapshotInput, ...]:
    """The vendor's inputs in its order, each with a job that it serves; once more for each further job."""
    ours: dict[str, list[SnapshotInput]] = {}
    for planned in tied:
        for asked in planned.asked:
            given = SnapshotInput(planned.job.job_id, asked.url, asked.input)
            ours.setdefault(print_of(asked.input), []).append(given)
    found = []
    for told in inputs:
        of_a_job = ours.get(print_of(told))
        if of_a_job:
            found.append(of_a_job.pop(0))
        else:
            said: dict[str, object] = {name: value for name, value in told.items() if value}
            found.append(SnapshotInput("", _address_and_key(platform, told)[0], said))
    return (*found, *(further for group in ours.values() for further in group))


def _address_and_key(platform: str, given: Mapping[str, str]) -> tuple[str, str]:
    """The address and the key under which the posts of an input are found: of a profile, or of a search."""
    words = next((given[name] for name in WORDS if given.get(name)), None)
    if words:
        return search_key(words), search_key(words)
    url = given.get("url") or next((value for value in given.values() if value.startswith("http")), "")
    try:
        profile = profile_key(platform, url)
    except NotAProfile:
        return url, url
    return profile.url, profile.key
