"""What can be done about dead letters: what each one's replay would do, and to replay them.

What was paid for and can still be had is never asked for again: its snapshot is taken up once more, and its jobs wait
for it. Only a job without such a snapshot is asked for, and paid for, anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.having import ended_with, reopens_as
from scrape_assets.flow.money.prices import price_of
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.attempts import Call
from scrape_assets.ledger.dead_letters import DeadLetter, LetterFilter, LetterKind, find
from scrape_assets.ledger.history import Change
from scrape_assets.ledger.jobs import Job
from scrape_assets.ledger.sharing import lock_inputs
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition, NotInLedger, SnapshotStatus
from scrape_assets.operations.explain import explain
from scrape_assets.sources.registry import BRIGHTDATA

_WAITING = frozenset({SnapshotStatus.PENDING, SnapshotStatus.RUNNING, SnapshotStatus.READY})
_UNDER_WAY = frozenset({SnapshotStatus.TRIGGERING, SnapshotStatus.UNKNOWN, SnapshotStatus.PROCESSING})
AT_ONCE = 500  # ids in one question


class Way(StrEnum):
    """What a replay does with one dead letter."""

    TAKE_UP = "take up"  # its snapshot is taken up again; nothing is paid
    WAIT = "wait"  # its snapshot is open: the job waits for it again; nothing is paid
    ASK = "ask anew"  # the job becomes pending
    NOTHING = "nothing"  # there is nothing to be done, or not now


@dataclass(frozen=True)
class Step:
    """What the replay of one dead letter would do, and why."""

    letter: DeadLetter
    way: Way
    why: str
    may_cost: bool = False  # a source may charge for it
    snapshot: Snapshot | None = None  # that is taken up, or waited for
    becomes: SnapshotStatus | None = None  # of the snapshot that is taken up


@dataclass
class Replayed:
    """What a replay has done."""

    snapshots: list[str] = field(default_factory=list)  # taken up again
    waiting: list[str] = field(default_factory=list)  # jobs that wait for a snapshot again, those not named among them
    pending: list[str] = field(default_factory=list)  # jobs that are asked for anew
    left: list[tuple[str, str]] = field(default_factory=list)  # id, and why nothing was done with it


def plan_replay(ctx: FlowContext, letters: Sequence[DeadLetter]) -> list[Step]:
    """Say what the replay of each dead letter would do. Nothing is changed."""
    with ctx.engine.connect() as conn:
        known_jobs = _jobs_of(conn, [letter.id for letter in letters if letter.kind is LetterKind.JOB])
        served = {letter.snapshot_id for letter in letters if letter.snapshot_id}
        known = _snapshots_of(conn, served)
    return [_step(ctx, letter, known_jobs.get(letter.id), known.get(letter.snapshot_id or "")) for letter in letters]


def replay(ctx: FlowContext, steps: Iterable[Step]) -> Replayed:
    """Do what was planned. Whatever has changed since is left alone, and said so."""
    done = Replayed()
    anew: list[str] = []
    handled: set[str] = set()
    for step in steps:
        if step.way is Way.NOTHING:
            done.left.append((step.letter.id, step.why))
        elif step.way is Way.ASK:
            anew.append(step.letter.id)
        elif step.snapshot and step.letter.id not in handled:
            handled |= _take_up(ctx, step.letter.id, step.snapshot, step.becomes, done)
    for start in range(0, len(anew), AT_ONCE):
        some = anew[start : start + AT_ONCE]
        with ctx.engine.begin() as conn:
            begun = set(jobs.replay_many(conn, some, ctx.now()))
        done.pending += [job_id for job_id in some if job_id in begun]
        done.left += [(job_id, "it has changed meanwhile") for job_id in some if job_id not in begun]
    return done


def _take_up(
    ctx: FlowContext, letter_id: str, snapshot: Snapshot, becomes: SnapshotStatus | None, done: Replayed
) -> set[str]:
    """Reopen a snapshot, unless it is open, and let all jobs that ended with it wait for it: named or not.

    Returns:
        The ids of what is settled by that.
    """
    try:
        with ctx.engine.begin() as conn:
            if becomes is not None and snapshot.snapshot_id not in done.snapshots:
                snapshots.reopen(conn, snapshot.snapshot_id, becomes, ctx.now())
            held = lock_inputs(conn, snapshot.snapshot_id)  # or it could be processed before its jobs wait for it
            if held is None or held[0] not in _WAITING:
                done.left.append((letter_id, f"its snapshot {snapshot.snapshot_id} has changed meanwhile"))
                return set()
            snapshot = replace(snapshot, inputs=tuple(held[1]))
            theirs = _jobs_of(conn, [item.job_id for item in snapshot.inputs])
            ended = [job.job_id for job in theirs.values() if ended_with(job, snapshot)]
            waiting = jobs.rejoin(conn, ended, snapshot.snapshot_id)
    except (IllegalTransition, NotInLedger) as error:
        done.left.append((letter_id, f"it has changed meanwhile: {error}"))
        return set()
    done.waiting += waiting
    if becomes is not None and snapshot.snapshot_id not in done.snapshots:
        done.snapshots.append(snapshot.snapshot_id)
    return {snapshot.snapshot_id, *waiting}


def _step(ctx: FlowContext, letter: DeadLetter, job: Job | None, snapshot: Snapshot | None) -> Step:
    if letter.kind is LetterKind.SNAPSHOT:
        if snapshot and (becomes := reopens_as(snapshot, ctx.now())):
            return Step(letter, Way.TAKE_UP, _how(snapshot, becomes), snapshot=snapshot, becomes=becomes)
        return Step(letter, Way.NOTHING, f"{_why_gone(snapshot)}: replay its jobs instead")
    if job is None:
        return Step(letter, Way.NOTHING, "there is no such job any more")
    if snapshot and ended_with(job, snapshot):
        if becomes := reopens_as(snapshot, ctx.now()):
            return Step(letter, Way.TAKE_UP, _how(snapshot, becomes), snapshot=snapshot, becomes=becomes)
        if snapshot.status in _WAITING:
            return Step(
                letter, Way.WAIT, f"its snapshot {snapshot.snapshot_id} is {snapshot.status}", snapshot=snapshot
            )
        if snapshot.status in _UNDER_WAY:
            why = f"its snapshot {snapshot.snapshot_id} is {snapshot.status} just now, and serves it when it is done"
            return Step(letter, Way.NOTHING, why)
    why = _why_gone(snapshot) if snapshot and snapshot.vendor_snapshot_id else "nothing was delivered for it"
    if snapshot and _never_known(snapshot):
        why = (
            f"nobody knows whether {snapshot.source} took on {snapshot.snapshot_id}: look at its list first"
            " (scrape-assets recover), or this may be paid twice"
        )
    return Step(letter, Way.ASK, why, may_cost=_may_cost(ctx, job))


def _may_cost(ctx: FlowContext, job: Job) -> bool:
    """Whether to ask for a job may cost money; of a job that nobody was asked for yet, who will be is not known."""
    if job.source in (None, BRIGHTDATA):
        return True
    return bool(price_of(ctx.settings, job.source, job.platform))


def _never_known(snapshot: Snapshot) -> bool:
    return snapshot.status is SnapshotStatus.DEAD and not snapshot.vendor_snapshot_id and not snapshot.payload_uri


def _how(snapshot: Snapshot, becomes: SnapshotStatus) -> str:
    if snapshot.payload_uri:
        return f"the payload of {snapshot.snapshot_id} is kept: it is processed again"
    if becomes is SnapshotStatus.READY:
        return f"{snapshot.source} still has {snapshot.snapshot_id}: it is downloaded"
    return f"{snapshot.source} may have {snapshot.snapshot_id} by now: it is asked"


def _why_gone(snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return "there is no snapshot of it"
    name = snapshot.snapshot_id
    match snapshot.status:
        case SnapshotStatus.PROCESSED:
            return f"{name} is processed, and did not bring it"
        case SnapshotStatus.FAILED if snapshot.vendor_snapshot_id:
            return f"{snapshot.source} failed {name}"
        case SnapshotStatus.EXPIRED:
            return f"{snapshot.source} has thrown {name} away"
        case SnapshotStatus.CANCELED:
            return f"{name} was canceled"
        case _ if snapshot.vendor_snapshot_id:
            return f"{snapshot.source} keeps {name} no longer"
        case _:
            return f"{snapshot.source} never took on {name}"


@dataclass(frozen=True)
class Story:
    """All that is known of one dead letter."""

    letter: DeadLetter
    job: Job | None  # None: it is a snapshot
    snapshot: Snapshot | None  # that served it last
    changes: Sequence[Change]  # of the letter itself, oldest first
    calls: Sequence[Call]  # made for the snapshots that have served it, oldest first
    replay: Step


def story_of(ctx: FlowContext, letter: DeadLetter) -> Story:
    """Everything that the ledger holds about one dead letter."""
    [step] = plan_replay(ctx, [letter])
    told = explain(ctx, letter.id)
    last = next((one for one in told.served if one.snapshot_id == letter.snapshot_id), None)
    own = [change for change in told.changes if change.subject_id == letter.id]
    return Story(letter, told.job, last, own, told.calls, step)


def unknown_among(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Those of some ids that are no dead letters, and why not."""
    dead = {letter.id for letter in find(conn, LetterFilter(ids=ids))} if ids else set()
    reasons: dict[str, str] = {}
    for one in ids:
        if one in dead:
            continue
        job, snapshot = jobs.get(conn, one), snapshots.get(conn, one)
        if job:
            reasons[one] = f"job {one} is {job.status}"
        elif snapshot:
            reasons[one] = f"snapshot {one} is {snapshot.status}"
        else:
            reasons[one] = f"there is no job or snapshot {one}"
    return reasons


def _jobs_of(conn: Connection, ids: Sequence[str]) -> dict[str, Job]:
    found: dict[str, Job] = {}
    for start in range(0, len(ids), AT_ONCE):
        found |= jobs.get_many(conn, ids[start : start + AT_ONCE])
    return found


def _snapshots_of(conn: Connection, ids: Collection[str]) -> dict[str, Snapshot]:
    keys = sorted(ids)  # an id is its partition key
    found: dict[str, Snapshot] = {}
    for start in range(0, len(keys), AT_ONCE):
        found |= snapshots.by_partition_keys(conn, keys[start : start + AT_ONCE])
    return found
