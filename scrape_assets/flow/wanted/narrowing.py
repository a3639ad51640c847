"""A job that asks one source for several inputs: which of them are left to be asked for, and what came of the others.

It stands in the job's `progress`, so that the job stays one, keeps what came, and only what is left is paid for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scrape_assets.ledger.jobs import Job


@dataclass(frozen=True)
class Narrowed:
    """What is left of a job's inputs."""

    source: str  # that they are asked of; another one is asked for everything
    left: tuple[str, ...]  # keys of the inputs that are still to be asked for
    came: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # snapshot id → keys of the inputs it settled
    note: str | None = None  # what the source said of those that came
    request_key: str | None = None  # of all inputs together: what the job has when the rest has come, too

    def as_progress(self) -> dict[str, object]:
        """The same as the ledger keeps it."""
        progress: dict[str, object] = {"source": self.source, "inputs": list(self.left)}
        if self.came:
            progress["came"] = {snapshot_id: list(keys) for snapshot_id, keys in self.came.items()}
        told = {"note": self.note, "request_key": self.request_key}
        return progress | {name: said for name, said in told.items() if said}


def narrowed_to(job: Job, source: str) -> Narrowed | None:
    """What is left of a job at a source; None when all of it is to be asked for."""
    noted = job.progress or {}
    if noted.get("source") != source or not isinstance(noted.get("inputs"), list):
        return None
    came, note, request_key = noted.get("came"), noted.get("note"), noted.get("request_key")
    return Narrowed(
        source,
        left=_texts(noted["inputs"]),
        came={str(key): _texts(keys) for key, keys in came.items()} if isinstance(came, dict) else {},
        note=note if isinstance(note, str) else None,
        request_key=request_key if isinstance(request_key, str) else None,
    )


def narrow(
    job: Job, source: str, *, left: Sequence[str], settled: Mapping[str, Sequence[str]], note: str | None
) -> Narrowed:
    """A job of which some inputs came: the rest is left, and what was kept before is kept.

    Args:
        job: as it was asked for.
        source: that it is asked of.
        left: keys of the inputs to ask for again.
        settled: snapshot id → keys of the inputs that came in it.
        note: what the source said of those.
    """
    before = narrowed_to(job, source) or Narrowed(source, ())
    came = {**before.came, **{key: tuple(keys) for key, keys in settled.items()}}
    notes = dict.fromkeys(said for said in (before.note, note) if said)
    return Narrowed(source, tuple(left), came, "; ".join(notes) or None, before.request_key or job.request_key)


def _texts(given: object) -> tuple[str, ...]:
    return tuple(one for one in given if isinstance(one, str)) if isinstance(given, list) else ()
