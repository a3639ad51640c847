"""The asset `events`: what is followed by keyword, place and time. Synced from the table, or from a JSON file."""

from pathlib import Path

import dagster as dg

from scrape_assets.assets.columns import EVENTS
from scrape_assets.flow.targets.import_events import UnreadableFile, import_events
from scrape_assets.markdown import table
from scrape_assets.policies import OWNERS, TRANSPORT_RETRIES, WHO, lasting_failure
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.events import event_counts, events_version, list_events

SHOWN = 50


class EventsConfig(dg.Config):
    """Where the events come from."""

    json_path: str | None = None
    """A JSON file with a list of events, readable by the run. None: only the table."""


@dg.asset(
    group_name=WHO,
    owners=OWNERS,
    kinds={"postgres", "table"},
    retry_policy=TRANSPORT_RETRIES,
    metadata={"dagster/column_schema": EVENTS, "dagster/table_name": "public.events"},
    description="What is followed by keyword, place and time. Import events with `scrape-assets events import "
    "FILE.json`, or name a file in this asset's configuration.",
)
def events(context: dg.AssetExecutionContext, config: EventsConfig, flow: FlowResource) -> dg.MaterializeResult[None]:
    """Import the file if one is named, then report what the tables hold."""
    metadata: dict[str, dg.MetadataValue] = {}
    with flow.open(context.run.run_id) as ctx:
        if config.json_path:
            try:
                report = import_events(ctx.engine, Path(config.json_path))
            except UnreadableFile as error:
                raise lasting_failure(
                    f"{error}; nothing was imported and nothing happens by itself: mend the file, or take it out of "
                    "the config, and materialize this again"
                ) from error
            for bad in report.refused:
                context.log.warning(f"{config.json_path}, event {bad.place} is left out: {bad.reason}")
            metadata["imported"] = dg.MetadataValue.int(report.new + report.changed)
            metadata["refused_events"] = table(
                ("number", "event", "reason"), ((bad.place, bad.event_id, bad.reason) for bad in report.refused)
            )
        with ctx.engine.connect() as conn:
            known = list_events(conn)
            counts = event_counts(conn)
            version = events_version(conn)
    metadata["dagster/row_count"] = dg.MetadataValue.int(len(known))
    metadata["events"] = table(
        ("event", "from", "to", "keywords"),
        ((e.name, f"{e.starts_at:%Y-%m-%d}", f"{e.ends_at:%Y-%m-%d}", ", ".join(e.keywords)) for e in known[-SHOWN:]),
    )
    metadata["posts"] = table(("event", "platform", "posts"), ((c.event_id, c.platform, c.posts) for c in counts))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(version))
