"""How a step of Dagster ends when it is asked to: the only place that knows what Dagster does with an interrupted step.

SIGTERM, or a person who terminates the run, raises DagsterExecutionInterruptedError at any point of a step's main
thread; and a step with a retry policy is then begun anew, in the same run. Neither is wanted here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import dagster as dg
import sqlalchemy as sa

from scrape_assets.flow.mending.recovery import release_run
from scrape_assets.flow.stopping import Interrupted, shielded
from scrape_assets.policies import lasting_failure
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.database import DatabaseUnavailable

T = TypeVar("T")

STOPPED = (
    "stopped on request: what was in hand is finished or put back, no attempt was spent, and the sensors ask for the "
    "rest again"
)


def stoppable(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, flow: FlowResource, work: Callable[[], T]
) -> T:
    """Do the work of a step on a thread of its own, where it sees for itself that it is time to stop.

    Args:
        context: of the step.
        flow: to give back what the work has left, when it was left in the middle.
        work: everything in the step that holds anything. It may not yield: between two yields nobody hears a signal.

    Raises:
        Failure: it was stopped. No retry of the step follows, and the run ends as canceled, since nobody failed.
    """
    try:
        return shielded(work)
    except Interrupted:
        run_id = context.run.run_id
        try:
            with flow.open(run_id) as ctx:
                release_run(ctx, run_id, count_attempt=False)
        except (DatabaseUnavailable, sa.exc.SQLAlchemyError) as error:
            context.log.warning(f"what this run held comes back when its leases run out: {error}")
        run = context.instance.get_run_by_id(run_id)
        if run and run.status is dg.DagsterRunStatus.STARTED:
            context.instance.report_run_canceling(run, STOPPED)
        raise lasting_failure(STOPPED) from None
