"""Phase 1 for a direct source: page through what is wanted, and keep every page before the next one is asked for.

What came lies in the archive part by part, and beside each part the ledger knows where to go on: a process that dies,
or a quota that ends, costs at most the last part.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.engine import Connection

from scrape_assets.flow.asking.parts import Parts
from scrape_assets.flow.asking.trigger import SetAside, Triggered, not_asked
from scrape_assets.flow.choosing.intent import write_intent
from scrape_assets.flow.choosing.resolve import Planned
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.closing import call_off, end_or_retry
from scrape_assets.flow.money.prices import cost_of
from scrape_assets.flow.pacing.lanes import lane_of
from scrape_assets.flow.stopping import Interrupted
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import OURS, ErrorClass
from scrape_assets.ledger.keys import new_snapshot_id
from scrape_assets.ledger.pace import block
from scrape_assets.ledger.source_memory import remember, remembered
from scrape_assets.ledger.states import IllegalTransition
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.source import DirectSource, Known, Target
from scrape_assets.sources.errors import Shut, SourceError, Unreachable
from scrape_assets.sources.registry import direct_source
from scrape_assets.storage.payloads import Payload
from scrape_assets.storage.reading import settled_posts

SHORTEST_BLOCK = timedelta(minutes=1)
# One target's page may be what the server stumbles over; so many in a row are the server's own trouble.
FAILURES_IN_A_ROW = 3
_BROKEN = frozenset({ErrorClass.NETWORK, ErrorClass.SERVER, ErrorClass.BAD_DATA})


def gather_batch(ctx: FlowContext, platform: str, day: date, batch: Sequence[Planned]) -> Triggered:
    """Ask one direct source for all that the jobs of a batch want, into one snapshot that is ready when this returns.

    A job whose target cannot be had ends or waits by itself; the others go on. A source that takes nothing from us
    any more is left, with what it gave so far kept and the rest of the batch waiting.
    """
    source = direct_source(batch[0].source)
    snapshot_id = new_snapshot_id(platform, day, ctx.now(), ctx.rng.randbytes(5))
    gathering = _Gathering(ctx, source, snapshot_id, platform, day)
    try:
        intent = write_intent(ctx, snapshot_id, platform, day, batch)
        for number, planned in enumerate(intent.asked):
            if not gathering.collect(planned):
                gathering.leave(intent.asked[number + 1 :])
                break
        answer = gathering.finish(len(intent.asked)) if intent.asked else not_asked(snapshot_id)
        return replace(answer, held_back=intent.held_back, overtaken=intent.overtaken)
    except Interrupted:
        gathering.break_off()
        raise
    except OSError as error:
        return gathering.no_room(error)
    except IllegalTransition as error:
        # A job was called off, or our lease ran out: the ledger has the last word.
        return Triggered(snapshot_id, 0, None, tuple(gathering.aside), ErrorClass.LEASE_LOST, str(error))


class _Gathering:
    """One snapshot of a direct source while it is being collected."""

    def __init__(self, ctx: FlowContext, source: DirectSource, snapshot_id: str, platform: str, day: date) -> None:
        self.aside: list[SetAside] = []
        self._ctx = ctx
        self._source = source
        self._snapshot_id = snapshot_id
        self._platform, self._day = platform, day
        self._failures = 0  # of the server, in a row
        self._parts = Parts(ctx.archive.writer(platform, day, snapshot_id, 1))
        self._api: Api = ctx.api(source, snapshot_id)  # one for all targets: it holds tokens, and pauses asked for
        self._problem: SourceError | None = None
        self._blocked_until: datetime | None = None
        self._done: set[str] = set()

    def collect(self, planned: Planned) -> bool:
        """Collect one target; False when nothing more is to be asked of this source."""
        if planned.target is None:
            raise TypeError(f"job {planned.job.job_id} names no target for {self._source.name}")
        try:
            self._page_through(planned, planned.target)
        except ValueError as error:
            self._keep(planned, None)
            self._settle(planned, SourceError(ErrorClass.BAD_REQUEST, str(error)))
        except SourceError as error:
            self._failures = self._failures + 1 if error.error_class in _BROKEN else 0
            self._settle(planned, error)
            return not self._is_blocking(error)
        else:
            self._failures = 0
            self._done.update(job.job_id for job in planned.jobs)
        return True

    def leave(self, batch: Sequence[Planned]) -> None:
        """Put jobs back that were not reached; they cost no attempt, and the next source may serve them."""
        problem = self._problem
        until = self._blocked_until or self._ctx.now()
        with self._ctx.engine.begin() as conn:
            served = jobs.served_by(conn, self._snapshot_id)
            for job in (job for planned in batch for job in planned.jobs):
                if job.job_id in served:
                    jobs.postpone(
                        conn,
                        job.job_id,
                        error_class=problem.error_class if problem else ErrorClass.THROTTLED,
                        error=str(problem),
                        next_attempt_at=until,
                    )

    def finish(self, inputs: int) -> Triggered:
        """Close the snapshot: ready with what came, or failed when nothing could be had at all."""
        self._parts.flush()
        problem = self._problem
        error_class = problem.error_class if problem else None
        said = str(problem) if problem else None
        if problem and not self._parts.written and not self._done:
            with self._ctx.engine.begin() as conn:
                snapshots.refused(conn, self._snapshot_id, error_class=problem.error_class, error=str(problem))
            return Triggered(
                self._snapshot_id,
                0,
                None,
                tuple(self.aside),
                error_class,
                said,
                self._blocked_until,
                paced=_is_paced(problem),
            )
        payload = self._parts.commit()
        note_gathered(self._ctx, self._snapshot_id, payload, owner=self._ctx.owner)
        return Triggered(
            self._snapshot_id,
            inputs - len(self.aside),
            self._source.name,
            tuple(self.aside),
            error_class,
            said,
            self._blocked_until,
            paced=_is_paced(problem),
            records=payload.rows,
        )

    def break_off(self) -> None:
        """Keep what came, and give back each job that was not done: it goes on where it stopped, nothing counted."""
        with suppress(OSError):  # what cannot be stored is asked for again
            self._parts.flush()
        with suppress(IllegalTransition):  # our lease ran out: what was to be done here is done by somebody else
            if not self._parts.written and not self._done:
                call_off(self._ctx, self._snapshot_id)
                return
            with self._ctx.engine.begin() as conn:
                undone = [one for one in jobs.served_by(conn, self._snapshot_id) if one not in self._done]
                jobs.give_back(conn, undone, self._snapshot_id)
            payload = self._parts.commit()
            note_gathered(self._ctx, self._snapshot_id, payload, owner=self._ctx.owner)

    def no_room(self, error: OSError) -> Triggered:
        """Our disk is in trouble, which is no fault of any job: what is not stored waits, and nothing more is asked.

        What is stored is salvaged when there is room for it.
        """
        ctx, said = self._ctx, self._ctx.archive.complaint(error)
        until = ctx.again_at(ErrorClass.SERVER, 0)
        with ctx.engine.begin() as conn:
            for job_id in jobs.served_by(conn, self._snapshot_id):
                if job_id not in self._done:
                    jobs.postpone(conn, job_id, error_class=ErrorClass.SERVER, error=said, next_attempt_at=until)
            if self._parts.written or self._done:
                snapshots.answer_lost(conn, self._snapshot_id, said, next_check_at=until)
            else:
                snapshots.refused(conn, self._snapshot_id, error_class=ErrorClass.SERVER, error=said)
        return Triggered(
            self._snapshot_id, 0, None, tuple(self.aside), ErrorClass.SERVER, said, blocked_until=until, paced=True
        )

    def _page_through(self, planned: Planned, target: Target) -> None:
        ctx, source = self._ctx, self._source
        begun = planned.job.progress or {}
        cursor = begun.get("cursor") if begun.get("source") == source.name else None
        with ctx.engine.connect() as conn:
            target = replace(target, remembered=remembered(conn, source.name, target.key))
        pages = source.pages(self._api, target, cursor if isinstance(cursor, str) else None, self._known(planned))
        place = cursor if isinstance(cursor, str) else None
        memory: str | None = None
        notes: dict[str, None] = {}  # in their order, each once
        try:
            for number, page in enumerate(pages, start=1):
                self._parts.take(target.key, page, ctx.now())
                place = page.cursor
                memory = page.remember or memory
                if page.notice:
                    notes[page.notice] = None
                if page.cursor is not None and number >= ctx.settings.pages_per_target:
                    notes[f"stopped after {number} pages (SCRAPE_ASSETS_PAGES_PER_TARGET)"] = None
                    break
                if self._parts.is_full:
                    self._keep(planned, place)
                if page.cursor is not None:
                    ctx.stop.look()
        except (SourceError, Interrupted):
            self._keep(planned, place)
            raise
        self._keep(planned, None, done_in=self._snapshot_id, note="; ".join(notes) or None)
        if memory:
            with ctx.engine.begin() as conn:
                remember(conn, source.name, target.key, memory, ctx.now())

    def _known(self, planned: Planned) -> Known:
        """What needs no second look: of a target that was collected to its end before, and not dated by its job."""
        ctx, job = self._ctx, planned.job
        with ctx.engine.connect() as conn:
            whole = "timeRange" not in (job.honoured or {}) and jobs.done_before(conn, job)
        settled_before = ctx.now() - timedelta(days=ctx.settings.refresh_days)

        def known(post_ids: Collection[str]) -> Set[str]:
            if not whole or not post_ids:
                return frozenset()
            with ctx.engine.connect() as conn:
                return settled_posts(conn, self._platform, post_ids, settled_before)

        return known

    def _keep(self, planned: Planned, cursor: str | None, **more: str | None) -> None:
        """Write down what came so far, and where to go on: None to begin, or at the end, which `done_in` tells."""
        self._parts.flush()
        told = {name: said for name, said in more.items() if said}
        progress: dict[str, object] = {"source": self._source.name, "cursor": cursor, **told}
        with self._ctx.engine.begin() as conn:
            for job in planned.jobs:
                jobs.note_progress(conn, job.job_id, progress)

    def _settle(self, planned: Planned, error: SourceError) -> None:
        """What becomes of a job whose target could not be had (to its end), and of the source."""
        self.aside.append(SetAside(planned.job.job_id, planned.asked[0].url, str(error)))
        self._problem = error
        ctx, blocking = self._ctx, self._is_blocking(error)
        again_at = ctx.again_at(error.error_class, planned.job.attempts, error.retry_after)
        with ctx.engine.begin() as conn:
            served = jobs.served_by(conn, self._snapshot_id)
            for job in planned.jobs:
                if job.job_id in served:
                    self._settle_job(conn, job.job_id, error, again_at)
            if blocking:
                self._blocked_until = max(again_at, ctx.now() + SHORTEST_BLOCK)
                if isinstance(error, Shut):
                    return  # the row says so already, or only our own pace is spent
                block(
                    conn,
                    lane_of(ctx.settings, self._source.name, self._platform),
                    until=self._blocked_until,
                    error_class=error.error_class,
                    error=str(error),
                    now=ctx.now(),
                )

    def _settle_job(self, conn: Connection, job_id: str, error: SourceError, again_at: datetime) -> None:
        now = self._ctx.now()
        if error.error_class is ErrorClass.REFUSED and self._source.base_url is None:
            # One server that shows its posts to members only: no key of ours will ever change that.
            jobs.fail(conn, job_id, error_class=error.error_class, error=str(error), now=now)
        else:
            end_or_retry(conn, [job_id], error.error_class, str(error), now=now, again_at=again_at)

    def _is_blocking(self, error: SourceError) -> bool:
        """Whether the next target would end in the same way: one server answers for all of them."""
        one_server = self._source.base_url is not None
        lacks_key = error.error_class is ErrorClass.NOT_CONFIGURED  # for this kind of target alone
        down = isinstance(error, Unreachable) or self._failures >= FAILURES_IN_A_ROW
        return one_server and not lacks_key and (error.error_class in OURS or down)


def _is_paced(problem: SourceError | None) -> bool:
    return isinstance(problem, Shut) and problem.passing


def note_gathered(ctx: FlowContext, snapshot_id: str, payload: Payload, *, owner: str | None) -> None:
    """Write down that a direct source's payload is whole: the snapshot is ready."""
    with ctx.engine.begin() as conn:
        snapshot = snapshots.get(conn, snapshot_id)
        cost = cost_of(ctx.settings, snapshot.source, snapshot.platform, None, payload.rows) if snapshot else None
        snapshots.gathered(
            conn,
            snapshot_id,
            cost_usd=cost,
            payload_uri=payload.uri,
            payload_bytes=payload.stored_bytes,
            payload_rows=payload.rows,
            payload_sha256=payload.sha256,
            now=ctx.now(),
            owner=owner,
        )
