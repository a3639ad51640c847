"""All jobs the simulator has accepted, with their journal. It decides nothing about answers."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import msgspec

from scrape_assets.simulator.jobs import ENDED, Order, SimulatedJob, new_job, same_inputs
from scrape_assets.simulator.journal import Journal
from scrape_assets.simulator.settings import Settings


class JobStore:
    """Jobs by snapshot id, in the order in which they were accepted."""

    def __init__(self, seed: int, journal: Journal | None = None) -> None:
        self._seed = seed
        self._journal = journal
        self._jobs: dict[str, SimulatedJob] = {}
        if journal is not None:
            self._jobs = {job.snapshot_id: job for job in journal.jobs()}
        self._asked = Counter(same_inputs(job.order) for job in self._jobs.values())

    def __iter__(self) -> Iterator[SimulatedJob]:
        return iter(list(self._jobs.values()))

    def get(self, snapshot_id: str) -> SimulatedJob | None:
        """The job, or None when the vendor never heard of it."""
        return self._jobs.get(snapshot_id)

    def accept(self, order: Order, now: datetime, settings: Settings) -> SimulatedJob:
        """Make and journal a job."""
        same = same_inputs(order)
        job = new_job(
            order, now=now, ordinal=len(self._jobs), seed=self._seed, settings=settings, again=self._asked[same]
        )
        self._asked[same] += 1
        self._keep(job)
        return job

    def running(self, dataset_id: str, now: datetime) -> int:
        """How many jobs of a dataset have not ended."""
        return sum(job.order.dataset_id == dataset_id and job.state(now) not in ENDED for job in self._jobs.values())

    def cancel(self, job: SimulatedJob, now: datetime) -> None:
        """Stop a job."""
        self._keep(msgspec.structs.replace(job, canceled_at=now))

    def make_all_ready(self, now: datetime) -> int:
        """Finish every running job at once; returns how many there were."""
        waiting = [job for job in self if job.state(now) not in ENDED]
        for job in waiting:
            self._keep(msgspec.structs.replace(job, ready_at=now))
        return len(waiting)

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def _keep(self, job: SimulatedJob) -> None:
        if self._journal is not None:
            self._journal.append(job)
        self._jobs[job.snapshot_id] = job
