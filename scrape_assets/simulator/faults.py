"""Rules that make the vendor misbehave, switchable at run time. What a fault does is in the routes.

A rule says which fault, on which operation, for whom and how often. Faults of requests spend one of their
times on each request they hit. Faults of jobs stick: they spend one on each job they hit and hold for it.
A rule with a share hits that share of the requests or jobs, drawn from seed, rule and subject alone.
"""

from collections import Counter, deque
from collections.abc import Collection, Sequence
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from scrape_assets.simulator.dice import dice
from scrape_assets.simulator.subjects import Subject

_OF_ONE_JOB = frozenset({"progress", "snapshot", "parts", "input", "cancel", "rerun", "log"})
_EVERY = _OF_ONE_JOB | {"trigger", "scrape", "snapshots", "datasets"}
_PAID = frozenset({"trigger", "scrape", "rerun"})
_DOWNLOAD = frozenset({"snapshot"})
_SENT = frozenset({"notify", "deliver"})  # what the vendor sends: the notice that a job ended, and its rows
_KNOWN_OPERATIONS = _EVERY | _SENT
_REMEMBERED_HITS = 10_000
_PARTS = 1_000_000

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
    "truncated_last_line": _DOWNLOAD,  # whole as HTTP goes, but the last line is not; params whole_line: or is missing
    "cut_body": _DOWNLOAD,  # the connection ends before the promised length; params share (0.5), reset (false)
    "slow_drip": _DOWNLOAD,  # params bytes, seconds: so many bytes at a time with a pause
    "corrupt_gzip": _DOWNLOAD,  # wrong checksum; as Content-Encoding unless compress=true was asked
    "input_missing": frozenset({"input"}),  # 400 text
    "duplicate_notification": _SENT,  # sent twice
    "late_notification": _SENT,  # params seconds, default 60
    "lost_notification": _SENT,  # never sent
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
        ValueError: the fault is unknown, `times` is no positive number, or `share` none above 0 and up to 1.
    """

    fault: str
    operation: str | None = None  # None = wherever this fault can happen
    match: str | None = None  # part of an input's URL or of a snapshot id; None = everybody
    times: int | None = None  # None = for ever
    share: float | None = None  # of the requests or jobs it speaks of; None = all of them
    params: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        known = REQUEST_FAULTS | JOB_FAULTS
        if self.fault not in known:
            raise ValueError(f"unknown fault {self.fault!r}; known: {', '.join(sorted(known))}")
        if self.operation is not None and self.operation not in _KNOWN_OPERATIONS:
            raise ValueError(f"unknown operation {self.operation!r}; known: {', '.join(sorted(_KNOWN_OPERATIONS))}")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be at least 1, or null for ever")
        if self.share is not None and not 0 < self.share <= 1:
            raise ValueError("share must be above 0 and at most 1, or null for all")

    def hits(self, operation: str, subject: Subject) -> bool:
        """Whether the rule speaks of this operation and this subject."""
        if self.operation is None:
            at_home = operation in (REQUEST_FAULTS.get(self.fault) or JOB_FAULTS[self.fault])
        else:
            at_home = operation == self.operation
        return at_home and self.matches(subject)

    def matches(self, subject: Subject) -> bool:
        """Whether the rule speaks of this subject."""
        return self.match is None or any(self.match in text for text in subject.texts)


class Hit(NamedTuple):
    """One time that a fault has struck: what a test compares with what became of its jobs."""

    fault: str
    operation: str
    snapshot_id: str | None
    asked: str  # what was asked for, where there was no job yet


class _Live:
    def __init__(self, rule: FaultRule, *chance: object) -> None:
        self.rule = rule
        self.left = rule.times
        self.jobs: set[str] = set()
        self._chance = (*chance, rule.fault)
        self._asked: Counter[str] = Counter()

    def strikes(self, *words: str) -> bool:
        """Whether this rule's share holds these words; the same words always have the same answer."""
        if self.rule.share is None:
            return True
        return dice(*self._chance, *words).below(_PARTS) < self.rule.share * _PARTS

    def strikes_now(self, operation: str, subject: Subject) -> bool:
        """The same for a request: each further one about the same subject is drawn anew."""
        if self.rule.share is None:
            return True
        question = f"{operation}|{subject.key}"
        self._asked[question] += 1
        return self.strikes(question, str(self._asked[question]))

    def is_bound_to(self, subject: Subject) -> bool:
        """Whether it holds for a job whatever is asked about it, and however often."""
        rule = self.rule
        everywhere = rule.operation is None and rule.times is None
        return everywhere and rule.matches(subject) and self.strikes(subject.key)

    def spend(self) -> bool:
        if self.left is None:
            return True
        if self.left == 0:
            return False
        self.left -= 1
        return True


class FaultRules:
    """The rules in force. Each time of a rule is spent exactly once, however many requests come at once."""

    def __init__(self, rules: Sequence[FaultRule] = (), *, seed: int = 1) -> None:
        self._lock = Lock()
        self._seed = seed
        self._live: list[_Live] = []
        self._hits: deque[Hit] = deque(maxlen=_REMEMBERED_HITS)
        for rule in rules:
            self.add(rule)

    def add(self, rule: FaultRule) -> None:
        """Put a rule in force, after those already there."""
        with self._lock:
            self._live.append(_Live(rule, self._seed, len(self._live)))

    def clear(self) -> None:
        """Forget all rules and what they held on to; what has struck stays known."""
        with self._lock:
            self._live.clear()

    def rules(self) -> list[FaultRule]:
        """The rules that can still hit somebody new, with the times they have left."""
        with self._lock:
            return [msgspec.structs.replace(live.rule, times=live.left) for live in self._live if live.left != 0]

    def hits(self) -> list[Hit]:
        """What has struck, oldest first: the last 10,000."""
        with self._lock:
            return list(self._hits)

    def take(self, faults: Collection[str], operation: str, subject: Subject) -> FaultRule | None:
        """The first rule for one of these request faults that hits, with one of its times spent; or None."""
        with self._lock:
            for live in self._live:
                if live.left == 0 or live.rule.fault not in faults or not live.rule.hits(operation, subject):
                    continue
                if live.strikes_now(operation, subject) and live.spend():
                    self._note(live.rule, operation, subject)
                    return live.rule
        return None

    def hold(self, operation: str, snapshot_id: str, subject: Subject) -> dict[str, FaultRule]:
        """The job faults that hold for this job in this operation, by name."""
        held: dict[str, FaultRule] = {}
        with self._lock:
            for live in self._live:
                rule = live.rule
                if rule.fault not in JOB_FAULTS or not rule.hits(operation, subject):
                    continue
                if snapshot_id not in live.jobs and live.strikes(subject.key) and live.spend():
                    live.jobs.add(snapshot_id)
                    self._note(rule, operation, subject)
                if snapshot_id in live.jobs:
                    held[rule.fault] = rule
        return held

    def sticking(self, snapshot_id: str, subject: Subject) -> set[str]:
        """The job faults that have hit this job already, or are bound to; spends nothing."""
        with self._lock:
            return {
                live.rule.fault
                for live in self._live
                if snapshot_id in live.jobs or (live.rule.fault in JOB_FAULTS and live.is_bound_to(subject))
            }

    def _note(self, rule: FaultRule, operation: str, subject: Subject) -> None:
        asked = "" if subject.snapshot_id else subject.texts[0]
        self._hits.append(Hit(rule.fault, operation, subject.snapshot_id, asked))
