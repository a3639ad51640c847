"""The asset `creators`: who is followed. Synced from the table, or from a CSV that its configuration names."""

from pathlib import Path

import dagster as dg

from scrape_assets.assets.columns import CREATORS
from scrape_assets.flow.targets.import_creators import UnreadableFile, import_creators
from scrape_assets.markdown import table
from scrape_assets.policies import OWNERS, TRANSPORT_RETRIES, WHO, lasting_failure
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.forgetting import ForgottenKeyMissing
from scrape_assets.storage.reading import profile_counts, profiles_version


class CreatorsConfig(dg.Config):
    """Where the creators come from."""

    csv_path: str | None = None
    """A CSV with the columns creator_id, name, platform, profile_url, readable by the run. None: only the table."""


@dg.asset(
    group_name=WHO,
    owners=OWNERS,
    kinds={"postgres", "table"},
    retry_policy=TRANSPORT_RETRIES,
    metadata={"dagster/column_schema": CREATORS, "dagster/table_name": "public.creator_profiles"},
    description="The people and organisations that are followed, by profile. Import them with "
    "`scrape-assets creators import FILE.csv`, or name a CSV in this asset's configuration.",
)
def creators(
    context: dg.AssetExecutionContext, config: CreatorsConfig, flow: FlowResource
) -> dg.MaterializeResult[None]:
    """Import the CSV if one is named, then report what the tables hold."""
    metadata: dict[str, dg.MetadataValue] = {}
    with flow.open(context.run.run_id) as ctx:
        if config.csv_path:
            try:
                report = import_creators(ctx.engine, Path(config.csv_path), pseudonyms=ctx.pseudonyms)
            except (UnreadableFile, ForgottenKeyMissing) as error:
                raise lasting_failure(
                    f"{error}; nothing was imported and nothing happens by itself: mend the file, or take it out of "
                    "the config, and materialize this again"
                ) from error
            for bad in report.refused:
                context.log.warning(f"{config.csv_path}, line {bad.line} is left out: {bad.reason}")
            metadata["imported"] = dg.MetadataValue.int(report.new + report.changed)
            metadata["refused_lines"] = table(("line", "reason"), ((bad.line, bad.reason) for bad in report.refused))
        with ctx.engine.connect() as conn:
            counts = profile_counts(conn)
            version = profiles_version(conn)
    metadata["dagster/row_count"] = dg.MetadataValue.int(sum(count.profiles for count in counts))
    metadata["by_platform"] = table(
        ("platform", "creators", "profiles"), ((c.platform, c.creators, c.profiles) for c in counts)
    )
    # Its own version: what was matched against the same profiles is not out of date because a day has passed.
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(version))
