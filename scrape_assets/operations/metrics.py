"""The figures that Prometheus reads: what each is called and means. The queries lie in the ledger and the storage.

What to do about each stands in docs/operations.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.money.budget import Period
from scrape_assets.ledger import figures, pace
from scrape_assets.ledger.costs import spent_by_platform
from scrape_assets.ledger.dead_letters import count_dead
from scrape_assets.ledger.figures import Count
from scrape_assets.ledger.snapshots.expiry import count_unread
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.sources.registry import DATASETS

RECENT = timedelta(hours=1)
LANE = ("source", "platform", "credential")

Row = tuple[tuple[str, ...], float]  # the labels' values, the figure


def render(ctx: FlowContext) -> str:
    """All figures as they are now, in Prometheus' text format. One query a family; nothing is counted meanwhile."""
    registry = CollectorRegistry()
    with ctx.engine.connect() as conn:
        registry.register(_Ledger(ctx, conn))
        return generate_latest(registry).decode()


class _Ledger(Collector):
    """Reads the ledger whenever it is asked: no process holds figures of its own, so all of them tell the same."""

    def __init__(self, ctx: FlowContext, conn: Connection) -> None:
        self._ctx = ctx
        self._conn = conn

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing beforehand; else every figure would be read twice."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read them."""
        now = self._ctx.now()
        yield from self._queue(now)
        yield self._calls(now)
        yield self._dead()
        yield from self._unread(now)
        yield from self._lanes(now)
        yield from self._money(now)

    def _queue(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        by_state = ("platform", "status")
        jobs, snapshots = figures.count_jobs(self._conn), figures.count_snapshots(self._conn)
        yield _gauge("jobs", "Scrape jobs by platform and state.", by_state, _all_states(jobs, JobStatus))
        yield _gauge("snapshots", "Snapshots by platform and state.", by_state, _all_states(snapshots, SnapshotStatus))
        due = figures.longest_due(self._conn, now)
        yield _gauge(
            "oldest_due_job_seconds",
            "How long the longest due pending job has been due; 0 when none is.",
            ("platform",),
            _ages(now, due, jobs),
        )
        yield _gauge(
            "oldest_ready_snapshot_seconds",
            "How long the longest ready snapshot has waited to be processed; 0 when none does.",
            ("platform",),
            _ages(now, figures.longest_ready(self._conn), snapshots),
        )

    def _calls(self, now: datetime) -> GaugeMetricFamily:
        return _gauge(
            "calls_last_hour",
            "Calls to sources within the last hour by HTTP status; status 'none': no answer came.",
            ("source", "status"),
            [((one.source, one.status), one.number) for one in figures.count_calls(self._conn, now - RECENT)],
        )

    def _dead(self) -> GaugeMetricFamily:
        return _gauge(
            "dead_letters",
            "Jobs and snapshots that wait for a person, by cause.",
            ("kind", "platform", "error_class"),
            count_dead(self._conn).items(),
        )

    def _unread(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        counted = count_unread(self._conn, now, self._ctx.settings.expiry_alarm)
        by_platform = dict.fromkeys(map(str, DATASETS), (0, 0)) | counted
        yield _gauge(
            "snapshots_expiring_unread",
            "Paid snapshots not stored here that the vendor throws away within SCRAPE_ASSETS_EXPIRY_ALARM_DAYS.",
            ("platform",),
            [((platform,), soon) for platform, (soon, _) in by_platform.items()],
        )
        yield _gauge(
            "snapshots_expired_unread",
            "Paid snapshots that the vendor threw away within the last 14 days before they were stored here.",
            ("platform",),
            [((platform,), lost) for platform, (_, lost) in by_platform.items()],
        )

    def _lanes(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        lanes = [
            ((state.lane.source, state.lane.platform, state.lane.credential), state)
            for state in pace.lane_states(self._conn, now)
        ]
        shut = [(names, state.shut_until(now)) for names, state in lanes]
        yield _gauge(
            "lane_shut_seconds",
            "For how long nothing goes through a lane (source, platform, credential) yet; 0: it is open.",
            LANE,
            [(names, _seconds(until, now)) for names, until in shut],
        )
        yield _gauge(
            "lane_breaker_open",
            "1 while a lane's circuit breaker is open or half open.",
            LANE,
            [(names, float(state.open_until is not None)) for names, state in lanes],
        )
        yield _gauge(
            "lane_pace_ratio",
            "Share of its configured rate at which a lane is asked; below 1 after throttling.",
            LANE,
            [(names, state.pace) for names, state in lanes],
        )
        yield _gauge(
            "lane_throttles",
            "Answers of 429 in a lane within the last five minutes.",
            LANE,
            [(names, state.throttles) for names, state in lanes],
        )
        yield _gauge(
            "lane_in_flight",
            "Calls of a lane that are not answered yet.",
            LANE,
            [(names, state.in_flight) for names, state in lanes],
        )

    def _money(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        spent = spent_by_platform(self._conn, day_began=Period.DAY.began(now), month_began=Period.MONTH.began(now))
        yield _gauge(
            "spent_usd",
            "US dollars spent or reserved since the day or month began (UTC), where the price is told.",
            ("platform", "period"),
            [
                ((platform, period), float(amount))
                for platform, one in spent.items()
                for period, amount in (("day", one.today), ("month", one.this_month))
            ],
        )
        yield _gauge(
            "snapshots_unpriced",
            "Snapshots of this month of which nobody knows what they cost.",
            ("platform",),
            [((platform,), one.unpriced) for platform, one in spent.items()],
        )


def _gauge(name: str, means: str, labels: Sequence[str], rows: Iterable[Row]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"scrape_assets_{name}", means, labels=labels)
    for values, figure in sorted(rows):
        family.add_metric(values, figure)
    return family


def _all_states(counted: Sequence[Count], states: type[JobStatus] | type[SnapshotStatus]) -> list[Row]:
    """Every state of each platform that has rows, zero included: what has gone down to nothing must not vanish."""
    found = {(one.platform, one.status): one.number for one in counted}
    platforms = {one.platform for one in counted}
    return [((name, str(state)), found.get((name, state), 0)) for name in platforms for state in states]


def _ages(now: datetime, since: dict[str, datetime], counted: Sequence[Count]) -> list[Row]:
    return [((name,), (now - since.get(name, now)).total_seconds()) for name in {one.platform for one in counted}]


def _seconds(until: datetime | None, now: datetime) -> float:
    return (until - now).total_seconds() if until else 0.0
