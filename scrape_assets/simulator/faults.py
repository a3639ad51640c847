"""Rules that make the vendor misbehave, switchable at run time. What a fault does is in the routes.

A rule says which fault, on which operation, for whom and how often. Faults of requests spend one of their
times on each request they hit. Faults of jobs stick: they spend one on each job they hit and hold for it.
"""

from collections.abc import Collection, Sequence
from threading import Lock
from typing import Any

import msgspec

_OF_ONE_JOB = frozenset({"progress", "snapshot", "parts", "input", "cancel", "rerun", "log"})
_EVERY = _OF_ONE_JOB | {"trigger", "scrape", "snapshots", "datasets"}
_PAID = frozenset({"trigger", "scrape", "rerun"})
_DOWNLOAD = frozenset({"snapshot"})

# Fault → operations it hits unless the rule names one.
REQUEST_FAULTS: dict[str, frozenset[str]] = {
    "throttled": _EVERY,  # 429 text; params retry_after: seconds or an HTTP date
    "server_error": _EVERY,  # 500 with an HTML page; params status
    "unauthorized": _EVERY,  # 401 text
    "reset_before_accept": _PAID,  # the connection is dropped and nothing was accepted
    "lost_answer": _PAID,  # accepted and journaled, then the connection is dropped
    "trigger_400": _PAID,  # params body: a text or an object, default "No data to trigger"
    "suspended": frozenset({"trigger", "scrape", "rerun", "progress"}),  # 400 text, failed progress
    "unknown_status": frozenset({"progress"}),  # params word, default "collecting"
    "building_after_ready": _DOWNLOAD,  # progress says ready, the download says 202 building
    "disguised_not_ready": _DOWNLOAD,  # 200 with a {"status","message"} object
    "truncated_last_line": _DOWNLOAD,  # complete as HTTP goes, but the last line is not
    "cut_body": _DOWNLOAD,  # the connection closes before the promised length; params share, default 0.5
    "slow_drip": _DOWNLOAD,  # params bytes, seconds: so many bytes at a time with a pause
    "corrupt_gzip": _DOWNLOAD,  # wrong checksum; as Content-Encoding unless compress=true was asked
    "input_missing": frozenset({"input"}),  # 400 text
}
JOB_FAULTS: dict[str, frozenset[str]] = {
    "stuck": frozenset({"progress", "snapshot", "parts", "cancel"}),  # running for ever
    "failed": frozenset({"progress", "snapshot", "parts"}),  # params error_message
    "empty": frozenset({"progress", "snapshot"}),  # ready with 0 records, download 400 Snapshot is empty
    "zero_rows": frozenset({"progress", "snapshot", "parts"}),  # ready with 0 records, download []
    "expired": frozenset({"snapshot", "parts"}),  # 400 text
    "not_found": _OF_ONE_JOB,  # 404 text
    "lists_late": frozenset({"snapshots"}),  # params seconds: missing from the list until so old
}


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule, as it is posted to /simulator/faults.

    Raises:
        ValueError: the fault is unknown, or `times` is no positive number.
    """

    fault: str
    operation: str | None = None  # None = wherever this fault can happen
    match: str | None = None  # part of an input's URL or of a snapshot id; None = everybody
    times: int | None = None  # None = for ever
    params: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        known = REQUEST_FAULTS | JOB_FAULTS
        if self.fault not in known:
            raise ValueError(f"unknown fault {self.fault!r}; known: {', '.join(sorted(known))}")
        if self.operation is not None and self.operation not in _EVERY:
            raise ValueError(f"unknown operation {self.operation!r}; known: {', '.join(sorted(_EVERY))}")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be at least 1, or null for ever")

    def hits(self, operation: str, subjects: Sequence[str]) -> bool:
        """Whether the rule speaks of this operation and one of these subjects."""
        if self.operation is None:
            at_home = operation in (REQUEST_FAULTS.get(self.fault) or JOB_FAULTS[self.fault])
        else:
            at_home = operation == self.operation
        return at_home and (self.match is None or any(self.match in subject for subject in subjects))


class _Live:
    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.left = rule.times
        self.jobs: set[str] = set()

    def spend(self) -> bool:
        if self.left is None:
            return True
        if self.left == 0:
            return False
        self.left -= 1
        return True


class FaultRules:
    """The rules in force. Each time of a rule is spent exactly once, however many requests come at once."""

    def __init__(self, rules: Sequence[FaultRule] = ()) -> None:
        self._lock = Lock()
        self._live = [_Live(rule) for rule in rules]

    def add(self, rule: FaultRule) -> None:
        """Put a rule in force, after those already there."""
        with self._lock:
            self._live.append(_Live(rule))

    def clear(self) -> None:
        """Forget all rules and what they held on to."""
        with self._lock:
            self._live.clear()

    def rules(self) -> list[FaultRule]:
        """The rules that can still hit somebody new, with the times they have left."""
        with self._lock:
            return [msgspec.structs.replace(live.rule, times=live.left) for live in self._live if live.left != 0]

    def take(self, faults: Collection[str], operation: str, subjects: Sequence[str]) -> FaultRule | None:
        """The first rule for one of these request faults that hits, with one of its times spent; or None."""
        with self._lock:
            for live in self._live:
                if live.rule.fault in faults and live.rule.hits(operation, subjects) and live.spend():
                    return live.rule
        return None

    def hold(self, operation: str, snapshot_id: str, subjects: Sequence[str]) -> dict[str, FaultRule]:
        """The job faults that hold for this job in this operation, by name."""
        held: dict[str, FaultRule] = {}
        with self._lock:
            for live in self._live:
                rule = live.rule
                if rule.fault not in JOB_FAULTS or not rule.hits(operation, subjects):
                    continue
                if snapshot_id not in live.jobs and live.spend():
                    live.jobs.add(snapshot_id)
                if snapshot_id in live.jobs:
                    held[rule.fault] = rule
        return held

    def sticking(self, snapshot_id: str) -> set[str]:
        """The job faults that have hit this job already; spends nothing."""
        with self._lock:
            return {live.rule.fault for live in self._live if snapshot_id in live.jobs}
