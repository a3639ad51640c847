"""How long the Dagster UI waits for what it asks about an asset with very many partitions.

Run: `python -m benchmarks.ui_queries [--partitions 1000 25000] [--rounds 5] [--json]`.

Everything is real: Dagster as `scrape-assets up` starts it, on PostgreSQL, with so many registered partitions of
`snapshots`, each materialized in three assets (their events are copies of a real one, made by SQL). The queries are
those of the UI, over HTTP: an asset's health by partition, the counts in the asset graph, its latest partitions, one
partition. The first answers, for which Dagster puts its cache of partition states together, are told apart.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial

import dagster as dg
import httpx
import sqlalchemy as sa

from benchmarks.crowded_world import own_environment
from benchmarks.harness import LOCALHOST, described, free_port, in_turns, machine, seconds, temporary_home
from benchmarks.plot import exponent
from scrape_assets.commands.children import Children
from scrape_assets.commands.dagster_processes import is_ready, start_dagster
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings

PARTITIONS = (1_000, 25_000)
ASSETS = ("snapshots", "raw_posts", "creator_content")
ASSET = "raw_posts"
AT_ONCE = 5_000
START_SECONDS = 120.0
AT_MOST = 1.0  # seconds, the slowest of the UI's answers at the most partitions, when Dagster has seen them once

_ASSET: dict[str, object] = {"assetKey": {"path": [ASSET]}}
_LAST = "the last"  # stands for its key
QUERIES: dict[str, tuple[str, dict[str, object]]] = {
    "health by partition": (
        """
        query PartitionHealthQuery($assetKey: AssetKeyInput!) {
          assetNodeOrError(assetKey: $assetKey) { ... on AssetNode {
            id
            partitionKeysByDimension { name type partitionKeys }
            assetPartitionStatuses { ... on DefaultPartitionStatuses {
              materializedPartitions materializingPartitions failedPartitions
            } }
          } }
        }
        """,
        _ASSET,
    ),
    "counts in the graph": (
        """
        query AssetGraphLiveQuery($assetKeys: [AssetKeyInput!]!) {
          assetNodes(assetKeys: $assetKeys, loadMaterializations: true) {
            id opNames assetKey { path }
            assetMaterializations(limit: 1) { timestamp runId stepKey }
            partitionStats { numMaterialized numMaterializing numPartitions numFailed }
          }
          assetsLatestInfo(assetKeys: $assetKeys) {
            id assetKey { path } unstartedRunIds inProgressRunIds latestRun { id status startTime endTime }
          }
        }
        """,
        {"assetKeys": [{"path": [asset]} for asset in ASSETS]},
    ),
    "latest partitions": (
        """
        query LatestAssetPartitionsQuery($assetKey: AssetKeyInput!, $limit: Int!) {
          assetNodeOrError(assetKey: $assetKey) { ... on AssetNode {
            id partitionKeyConnection(limit: $limit, ascending: false) { results }
          } }
        }
        """,
        {**_ASSET, "limit": 120},
    ),
    "one partition": (
        """
        query AssetPartitionDetailQuery($assetKey: AssetKeyInput!, $partitionKey: String!) {
          assetOrError(assetKey: $assetKey) { ... on Asset {
            id
            definition { id opNames latestRunForPartition(partition: $partitionKey) { id status endTime } }
            assetEventHistory(partitions: [$partitionKey], limit: 1000, eventTypeSelectors: [MATERIALIZATION]) {
              results { ... on MaterializationEvent { runId timestamp stepKey metadataEntries { label } } }
            }
          } }
        }
        """,
        {**_ASSET, "partitionKey": _LAST},
    ),
}
_COPIES = """
    INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
    SELECT run_id, replace(event, :first, key), dagster_event_type, timestamp, step_key, asset_key, key
    FROM event_logs CROSS JOIN unnest(CAST(:keys AS text[])) AS key
    WHERE partition = :first AND dagster_event_type = 'ASSET_MATERIALIZATION'
"""


@dataclass
class Result:
    """Seconds by query and number of partitions."""

    machine: dict[str, object]
    first: dict[str, dict[int, float]] = field(default_factory=dict)
    later: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def medians(self, query: str) -> list[tuple[float, float]]:
        """Partitions and seconds, of all answers but the first."""
        return [(count, statistics.median(found)) for count, found in self.later[query].items()]

    @property
    def slowest(self) -> float:
        """The slowest median with the most partitions."""
        return max(self.medians(query)[-1][1] for query in self.later)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partitions", type=int, nargs="+", default=list(PARTITIONS), help="ever more")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.partitions, arguments.rounds)
    if arguments.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(f"{described(result.machine)}\nseconds until the UI has its answer: the first, then the median")
        for query, firsts in result.first.items():
            figures = [
                f"{count:,.0f}: {firsts[int(count)]:.2f}, then {median:.3f}" for count, median in result.medians(query)
            ]
            print(f"  {query:22} {'; '.join(figures)}; power {exponent(result.medians(query)):.2f}")
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints) or result.slowest > AT_MOST)


def measure(partitions: Sequence[int], rounds: int) -> Result:
    """Register and materialize, ask; more of it, ask again."""
    result = Result(machine())
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("ui_queries"))
        stack.enter_context(own_environment(home, posts=1))
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        export_environment(prepared, f"http://{LOCALHOST}:{free_port()}")  # a vendor that nobody needs
        children = stack.enter_context(Children(home / "logs"))
        port, there = free_port(), 0
        with dg.DagsterInstance.get() as instance:
            storage = sa.create_engine(prepared.address.dagster)
            stack.callback(storage.dispose)
            for count in sorted(partitions):
                _partitions(instance, storage, there, count)
                if not there:
                    start_dagster(children, home, LOCALHOST, port)
                    url = f"http://{LOCALHOST}:{port}"
                    children.wait_until(partial(is_ready, url), START_SECONDS, "the web server")
                there = count
                _ask(result, url, count, rounds)
    return result


def _key(number: int) -> str:
    return f"linkedin-20261102-{number:018d}"


def _partitions(instance: dg.DagsterInstance, storage: sa.Engine, there: int, wanted: int) -> None:
    for start in range(there, wanted, AT_ONCE):
        keys = [_key(number) for number in range(start, min(start + AT_ONCE, wanted))]
        instance.add_dynamic_partitions("snapshots", keys)
        if not start:
            for asset in ASSETS:
                event = dg.AssetMaterialization(asset, partition=keys[0], metadata={"rows": 100, "posts": 100})
                instance.report_runless_asset_event(event)
            keys = keys[1:]
        with storage.begin() as conn:
            conn.execute(sa.text(_COPIES), {"first": _key(0), "keys": keys})
    with storage.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM ANALYZE event_logs, dynamic_partitions"))


def _ask(result: Result, url: str, count: int, rounds: int) -> None:
    with httpx.Client(base_url=url, timeout=120) as client:

        def asked(name: str) -> float:
            query, variables = QUERIES[name]
            variables = {name: _key(count - 1) if value is _LAST else value for name, value in variables.items()}
            answers: list[httpx.Response] = []
            taken = seconds(
                lambda: answers.append(client.post("/graphql", json={"query": query, "variables": variables}))
            )
            told = answers[0].raise_for_status().json()
            if "errors" in told:
                result.complaints.append(f"{name}: {told['errors'][0]['message']}")
            elif name == "health by partition":
                _compare(result, told, count)
            return taken

        time.sleep(2)  # the code server has just started
        for name in QUERIES:
            result.first.setdefault(name, {})[count] = asked(name)
        for name, found in in_turns({name: partial(asked, name) for name in QUERIES}, rounds, warm_up=0).items():
            result.later.setdefault(name, {})[count] = found


def _compare(result: Result, told: dict[str, dict[str, dict[str, dict[str, list[str]]]]], count: int) -> None:
    shown = len(told["data"]["assetNodeOrError"]["assetPartitionStatuses"]["materializedPartitions"])
    if shown != count:
        result.complaints.append(f"{shown} partitions are shown as materialized, not {count}")


if __name__ == "__main__":
    main()
