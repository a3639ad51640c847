"""The assets that keep Dagster, the databases and the payload folder as they should be; one task each.

None waits for another or fails with it. `retention` is of the same group, and alone in removing what was collected.
"""

from functools import partial

import dagster as dg

from scrape_assets.assets.stopping import stoppable
from scrape_assets.housekeeping import TASKS, Told
from scrape_assets.policies import HOUSEKEEPING, OWNERS, TRANSPORT_RETRIES, lasting_failure
from scrape_assets.resources.flow import FlowResource
from scrape_assets.settings import SettingsError


class Rehearsal(dg.Config):
    """How a task is done."""

    dry_run: bool = False
    """Only say what would be done; change nothing."""


_KINDS = {
    "retired_partitions": {"dagster"},
    "pruned_runs": {"dagster", "postgres"},
    "archived_payloads": {"postgres", "file"},
    "database_health": {"postgres"},
}
_DESCRIPTIONS = {
    "retired_partitions": "The partitions of the oldest finished snapshots leave the UI's lists, where there are more "
    "than `SCRAPE_ASSETS_KEEP_PARTITIONS` (25,000: with so many the UI is quick). Rows, payloads, posts and history "
    "stay, and a key comes back when its snapshot is processed again.",
    "pruned_runs": "Runs older than `SCRAPE_ASSETS_KEEP_RUNS_DAYS` (90; 0: for ever) go with their logs. A run stays, "
    "however old it is, while the UI shows one of its events as the newest state of a partition that is not retired. "
    "What happened to jobs and snapshots stays in the ledger.",
    "archived_payloads": "Payloads move to `SCRAPE_ASSETS_ARCHIVE_URL` (any fsspec URL, such as a cheaper bucket) "
    "`SCRAPE_ASSETS_ARCHIVE_AFTER_DAYS` (90) after they were processed: copied, read back, compared, and only then "
    "removed. Whatever reads payloads finds them there. Off without the setting.",
    "database_health": "Vacuums tables with a fifth of dead rows that autovacuum has not got to, builds invalid "
    "indexes anew, and tells sizes, unused indexes, connections and the age of transaction ids, of both databases. "
    "What this user may not do is skipped, with the reason.",
}


def _asset(name: str, priority: int) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        group_name=HOUSEKEEPING,
        owners=OWNERS,
        kinds=_KINDS[name],
        retry_policy=TRANSPORT_RETRIES,
        op_tags={"dagster/priority": str(priority)},
        description=_DESCRIPTIONS[name],
    )
    def task(context: dg.AssetExecutionContext, config: Rehearsal, flow: FlowResource) -> dg.MaterializeResult[None]:
        try:
            told = stoppable(context, flow, partial(_do, context, flow, name, config.dry_run))
        except SettingsError as error:
            raise lasting_failure(f"{error}; mend the setting, the next night's run goes on") from error
        except OSError as error:
            raise lasting_failure(
                f"files could not be read or written ({error}); nothing is lost, and the next night's run goes on. Let "
                "this program read and write in the payload folder and in the archive (SCRAPE_ASSETS_ARCHIVE_URL)"
            ) from error
        context.log.info(told.said)
        for warning in told.warnings:
            context.log.warning(warning)
        return dg.MaterializeResult(
            metadata={"said": told.said, "dry_run": config.dry_run, **told.figures, **told.shown}
        )

    return task


def _do(context: dg.AssetExecutionContext, flow: FlowResource, name: str, rehearse: bool) -> Told:
    with flow.open(context.run.run_id) as ctx:
        return TASKS[name](context.instance, ctx, rehearse)


housekeeping = [_asset(name, len(TASKS) - place) for place, name in enumerate(TASKS)]
