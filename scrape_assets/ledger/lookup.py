"""Finding a job or snapshot by the beginning of its id, and who holds something now. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, or_, select, union, union_all

from scrape_assets.storage.schema import scrape_jobs, snapshots

JOB, SNAPSHOT = "job", "snapshot"
_jobs = scrape_jobs.c
_snapshots = snapshots.c


@dataclass(frozen=True)
class Found:
    """A row that is meant."""

    kind: str  # job, snapshot
    key: str  # its id


def beginning_with(conn: Connection, start: str, limit: int) -> list[Found]:
    """Give the jobs and snapshots whose ids begin so, at most `limit` of each; the one alone whose id it is.

    A snapshot is found by the source's own id as well, which must be whole.
    """
    exact = union_all(
        select(literal(JOB).label("kind"), _jobs.job_id.label("key")).where(_jobs.job_id == start),
        select(literal(SNAPSHOT), _snapshots.snapshot_id).where(
            or_(_snapshots.snapshot_id == start, _snapshots.vendor_snapshot_id == start)
        ),
    )
    found = [Found(*row) for row in conn.execute(exact)]
    if found or not start:
        return found
    for kind, column in ((JOB, _jobs.job_id), (SNAPSHOT, _snapshots.snapshot_id)):
        some = select(column).where(column.startswith(start, autoescape=True)).order_by(column).limit(limit)
        found += [Found(kind, key) for key in conn.execute(some).scalars()]
    return found


def holders(conn: Connection, now: datetime) -> list[str]:
    """Give the processes that hold a job or a snapshot now, as leases name them."""
    held = union(
        *(
            select(table.c.lease_owner).where(
                table.c.status.in_(statuses), table.c.leased_until > now, table.c.lease_owner.is_not(None)
            )
            for table, statuses in ((scrape_jobs, ["processing"]), (snapshots, ["processing", "triggering"]))
        )
    )
    return sorted(conn.execute(held).scalars())
