"""After a storm: whether each job ended for the right reason, nothing was paid twice, and no post is missing.

Compares the ledger with the vendor's own books: which jobs it accepted, which fault struck whom, and which rows it
ever sent whole. Nothing is asked, run or mended here. Used by the test of a small storm and by the benchmark of a
large one.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.simulator.control_client import Control

# The key of a post in the vendor's rows, by platform.
POST_KEYS = {"linkedin": "id", "instagram": "shortcode", "tiktok": "post_id", "x": "id"}
OPEN = frozenset({"triggering", "unknown", "pending", "running", "ready", "processing"})
ENDED = frozenset({"completed", "failed", "dead"})
# What the vendor may have done to a snapshot, by the reason that the ledger gives for its end.
EXPLAINS: Mapping[str, frozenset[str]] = {
    "vendor_failed": frozenset({"failed", "stuck", "building_after_ready", "disguised_not_ready"}),
    "not_found": frozenset({"not_found", "expired"}),
    "bad_data": frozenset({"truncated_last_line", "cut_body", "corrupt_gzip"}),
    "network": frozenset({"cut_body", "truncated_last_line", "corrupt_gzip", "reset_before_accept", "lost_answer"}),
    "server": frozenset({"server_error"}),
}
# What keeps the vendor from telling which trigger a job of its own came of.
SILENCES = frozenset({"input_missing", "not_found"})
# In the words of a snapshot that was given up because these may be its own, and do not say.
VENDOR_IDS = re.compile(r"\bs_[a-z0-9]+")
# Where a snapshot ends to which one of these sticks, unless several do.
ENDS_AS = {"stuck": "dead", "failed": "failed", "expired": "expired", "not_found": "failed", "empty": "processed"}


@dataclass
class Verdict:
    """What was found. No complaint means that every promise was kept."""

    complaints: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def complain(self, what: str, about: Collection[object]) -> None:
        """Note what is wrong, with the first few that it is wrong with; none is no complaint."""
        if about:
            some = "; ".join(map(str, sorted(map(str, about))[:5]))
            self.complaints.append(f"{len(about)} {what}: {some}")


class _Books:
    """The ledger and the vendor's books, read once."""

    def __init__(self, engine: Engine, control: Control) -> None:
        self._engine = engine
        self.control = control
        self.accepted = {one["snapshot_id"]: one for one in control.accepted()}
        self.hits: dict[str, Counter[str]] = defaultdict(Counter)  # by the vendor's snapshot id
        self.refused: list[tuple[str, str]] = []  # fault and body of a trigger that led to no job
        self.struck: Counter[str] = Counter()
        for hit in control.hits():
            self.struck[hit["fault"]] += 1
            if hit["snapshot_id"]:
                self.hits[hit["snapshot_id"]][hit["fault"]] += 1
            else:
                self.refused.append((hit["fault"], hit["asked"]))
        self.snapshots = self.rows("SELECT * FROM snapshots ORDER BY created_at, snapshot_id")
        self.jobs = {one["job_id"]: one for one in self.rows("SELECT * FROM scrape_jobs")}
        self.snapshots_of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for snapshot in self.snapshots:
            for job_id in dict.fromkeys(item["job_id"] for item in snapshot["inputs"]):
                self.snapshots_of[job_id].append(snapshot)

    def rows(self, query: str) -> list[dict[str, Any]]:
        with self._engine.connect() as conn:
            return [dict(row) for row in conn.execute(sa.text(query)).mappings()]

    @cached_property
    def never_told(self) -> set[str]:
        """Jobs of the vendor's that we could not know for ours: the answer was lost, and they never told or gave."""
        lost = self.accepted.keys() - {one["vendor_snapshot_id"] for one in self.snapshots}
        return {
            vendor_id
            for vendor_id in lost
            if self.hits[vendor_id].keys() & SILENCES
            and "lost_answer" in self.done_to_triggers_of(one["url"] for one in self.accepted[vendor_id]["inputs"])
            and not any(self.control.delivered(vendor_id, torn=torn) for torn in (False, True))
        }

    def done_to(self, snapshot: Mapping[str, Any]) -> set[str]:
        """The faults that have struck a snapshot."""
        vendor_id = snapshot["vendor_snapshot_id"]
        return set(self.hits[vendor_id]) if vendor_id else set()

    def done_to_triggers_of(self, urls: Iterable[str]) -> set[str]:
        """The faults that have struck triggers which asked for one of these addresses and led to no job."""
        named = [json.dumps(url) for url in urls]
        return {fault for fault, asked in self.refused if any(name in asked for name in named)}


def judge(engine: Engine, control: Control) -> Verdict:
    """Compare the ledger with the vendor's books."""
    books = _Books(engine, control)
    verdict = Verdict()
    _all_ended(books, verdict)
    _paid_once(books, verdict)
    _paid_again_for_a_reason(books, verdict)
    _ended_for_the_right_reason(books, verdict)
    _no_post_missing(books, verdict)
    _never_blocked(books, verdict)
    verdict.figures["faults struck"] = dict(sorted(books.struck.items()))
    verdict.figures["vendor calls"] = {name: sum(outcomes.values()) for name, outcomes in control.calls().items()}
    return verdict


def _all_ended(books: _Books, verdict: Verdict) -> None:
    jobs = books.jobs.values()
    verdict.figures["jobs"] = dict(Counter(job["status"] for job in jobs))
    verdict.figures["snapshots"] = dict(Counter(one["status"] for one in books.snapshots))
    verdict.complain("jobs have not ended", [j["job_id"] for j in jobs if j["status"] not in ENDED])
    verdict.complain(
        "snapshots are open", [f"{s['snapshot_id']} {s['status']}" for s in books.snapshots if s["status"] in OPEN]
    )


def _paid_once(books: _Books, verdict: Verdict) -> None:
    """Each job that the vendor was paid for is one snapshot of ours, with the same inputs, and the other way round."""
    ours = {one["vendor_snapshot_id"]: one for one in books.snapshots if one["vendor_snapshot_id"]}
    verdict.complain("paid jobs that the ledger does not know", books.accepted.keys() - ours.keys() - books.never_told)
    verdict.figures["paid jobs that told nobody whose they are, and gave nothing"] = len(books.never_told)
    verdict.complain("snapshots that the vendor never accepted under their id", ours.keys() - books.accepted.keys())
    verdict.complain(
        "paid jobs with other inputs than their snapshot",
        [
            vendor_id
            for vendor_id, snapshot in ours.items()
            if vendor_id in books.accepted
            and _asked(item["input"] for item in snapshot["inputs"]) != _asked(books.accepted[vendor_id]["inputs"])
        ],
    )
    inputs = sum(len(one["inputs"]) for one in books.accepted.values())
    verdict.figures["paid jobs at the vendor"] = len(books.accepted)
    verdict.figures["snapshots accepted"] = len(ours)
    verdict.figures["inputs paid"] = inputs
    verdict.figures["inputs paid beyond the first time"] = inputs - len(_first_payments(books))


def _first_payments(books: _Books) -> set[str]:
    return {
        job_id
        for job_id, served in books.snapshots_of.items()
        if any(one["vendor_snapshot_id"] in books.accepted for one in served)
    }


def _asked(inputs: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(json.dumps({k: v for k, v in one.items() if v not in ("", None)}, sort_keys=True) for one in inputs)


def _paid_again_for_a_reason(books: _Books, verdict: Verdict) -> None:
    """Whatever was paid for before the last payment of a job came to nothing, and the ledger says why."""
    reasons = {
        (change["subject_id"], change["snapshot_id"]): change["error_class"]
        for change in books.rows(
            "SELECT * FROM state_changes WHERE kind = 'job' AND from_status = 'processing' AND to_status = 'pending'"
        )
    }
    unexplained: list[str] = []
    because: Counter[str] = Counter()
    for job_id, served in books.snapshots_of.items():
        paid = [one for one in served if one["vendor_snapshot_id"] in books.accepted]
        for snapshot in paid[:-1]:
            reason = reasons.get((job_id, snapshot["snapshot_id"]))
            struck = books.done_to(snapshot) & EXPLAINS.get(str(reason), frozenset())
            if reason and (struck or _came_to_nothing(books, snapshot, job_id)):
                because[str(reason)] += 1
            else:
                unexplained.append(f"{job_id} after {snapshot['snapshot_id']} ({reason})")
    verdict.complain("payments for a job that had been paid for already, without a reason", unexplained)
    verdict.figures["paid again because"] = dict(because)


def _came_to_nothing(books: _Books, snapshot: Mapping[str, Any], job_id: str) -> bool:
    """Whether the vendor gave nothing but passing errors for a job's inputs."""
    urls = {item["url"] for item in snapshot["inputs"] if item["job_id"] == job_id}
    given = books.control.delivered(snapshot["vendor_snapshot_id"])
    own = [row for row in given if (row.get("discovery_input") or row["input"]).get("url") in urls]
    return bool(own) and all(row.get("error_code") for row in own)


def _ended_for_the_right_reason(books: _Books, verdict: Verdict) -> None:
    wrong = [f"{one['snapshot_id']}: {why}" for one in books.snapshots if (why := _wrong_end(books, one))]
    verdict.complain("snapshots ended for another reason than what the vendor did", wrong)
    unfit: list[str] = []
    reasons: Counter[str] = Counter()
    for job in books.jobs.values():
        if job["status"] not in ("failed", "dead"):
            continue
        reason = str(job["error_class"])
        reasons[f"{job['status']}: {reason}"] += 1
        served = books.snapshots_of[job["job_id"]]
        done: set[str] = set().union(*(books.done_to(one) for one in served))
        done |= books.done_to_triggers_of(item["url"] for one in served for item in one["inputs"])
        if not done & EXPLAINS.get(reason, frozenset()):
            unfit.append(f"{job['job_id']} is {job['status']} of {reason} ({job['error']}); the vendor did {done}")
    verdict.complain("jobs ended for another reason than what the vendor did", unfit)
    verdict.figures["jobs given up"] = dict(reasons)


def _wrong_end(books: _Books, snapshot: Mapping[str, Any]) -> str | None:
    """What is wrong with how a snapshot ended; None when it fits what the vendor did to it."""
    status, reason, done = snapshot["status"], str(snapshot["error_class"]), books.done_to(snapshot)
    if snapshot["vendor_snapshot_id"] is None:
        if status == "dead":
            named = set(VENDOR_IDS.findall(str(snapshot["error"])))
            fits = reason == "network" and bool(named) and named <= books.never_told
            return None if fits else f"dead of {reason} ({snapshot['error']})"
        # Never accepted: refused, not in the vendor's list, or not even sent because our own gate was shut.
        triggers = books.done_to_triggers_of(item["url"] for item in snapshot["inputs"])
        refused = triggers & {"throttled", "server_error", "reset_before_accept"}
        shut = reason == "throttled" and books.struck["throttled"]
        fits = status in ("failed", "canceled") and bool(refused or shut)
        return None if fits else f"{status} of {reason} ({snapshot['error']}) after {triggers}"
    ends = {ENDS_AS[fault] for fault in done & ENDS_AS.keys()}
    if status == "processed":
        return None if not ends or "processed" in ends else f"processed, but the vendor did {done}"
    if ends and status in ends:
        return None
    if status in ("dead", "failed", "expired") and done & EXPLAINS.get(reason, frozenset()):
        return None
    return f"{status} of {reason} ({snapshot['error']}), but the vendor did {done}"


def _no_post_missing(books: _Books, verdict: Verdict) -> None:
    """What came in a whole body is there. A body whose last line is torn is loaded but for that line, if at all."""
    torn = Counter(row["snapshot_id"] for row in books.rows("SELECT * FROM rejected_rows WHERE reason = 'truncated'"))
    delivered: set[tuple[str, str]] = set()
    besides: set[tuple[str, str]] = set()
    for snapshot in books.snapshots:
        if snapshot["vendor_snapshot_id"] in books.accepted:
            besides |= _posts_of(books, snapshot, torn=True)
            delivered |= _posts_of(books, snapshot, torn=snapshot["snapshot_id"] in torn)
    rows = books.rows("SELECT platform, post_id, snapshot_id FROM raw_posts")
    loaded = [(one["platform"], one["post_id"]) for one in rows]
    verdict.complain("posts were delivered and are missing", delivered - set(loaded))
    known = delivered | besides
    verdict.complain("posts came from nowhere", [o for o in rows if (o["platform"], o["post_id"]) not in known])
    verdict.complain("posts are there twice", [post for post, count in Counter(loaded).items() if count > 1])
    unmatched = books.rows(
        "SELECT platform, post_id FROM raw_posts r WHERE NOT EXISTS"
        " (SELECT FROM post_sightings s WHERE (s.platform, s.post_id) = (r.platform, r.post_id))"
    )
    verdict.complain("posts were seen in nobody's feed", [tuple(one.values()) for one in unmatched])
    verdict.figures["posts delivered"] = len(delivered)
    verdict.figures["posts loaded"] = len(loaded)
    verdict.figures["torn lines set aside with their reason"] = sum(torn.values())


def _posts_of(books: _Books, snapshot: Mapping[str, Any], *, torn: bool) -> set[tuple[str, str]]:
    """The posts that the vendor gave in whole bodies of a snapshot; or, with `torn`, in those with a torn end too."""
    vendor_id, platform = snapshot["vendor_snapshot_id"], snapshot["platform"]
    rows = [row for also in {False, torn} for row in books.control.delivered(vendor_id, torn=also)]
    return {(platform, str(row[POST_KEYS[platform]])) for row in rows if _is_post(row)}


def _is_post(row: Mapping[str, Any]) -> bool:
    return not (row.get("error_code") or row.get("warning_code"))


def _never_blocked(books: _Books, verdict: Verdict) -> None:
    address = books.control.address()
    verdict.figures["answers of 429 in five minutes, at most"] = address["throttled_most"]
    if address["ip_blocked"]:
        verdict.complaints.append("the vendor blocked the address")


def described(figures: Mapping[str, Any]) -> Sequence[str]:
    """The figures for people, a line each."""
    return [f"  {name}: {value}" for name, value in figures.items()]
