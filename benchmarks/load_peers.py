"""The same records through libraries that load: dlt's merge, and pandas' `to_sql`. `load_vs_dlt` compares them.

The libraries are imported where they are used: only `make bench` installs dlt.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import JSONB

from benchmarks.harness import seconds

PANDAS_CHUNK = 1_000  # rows in a statement: 31 columns each, and a statement takes 65,535 values


def dlt_seconds(ndjson: Path, url: sa.URL, folder: Path, nesting: int | None) -> float:
    """A first merge into an empty dataset; building the pipeline and dropping the dataset are not counted."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
    import dlt

    name = f"bench_{time.time_ns()}"

    def posts() -> Iterator[list[dict[str, object]]]:
        batch = []
        with ndjson.open("rb") as file:
            for line in file:
                batch.append(json.loads(line))
                if len(batch) == 1_000:
                    yield batch
                    batch = []
        yield batch

    pipeline = dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.postgres(credentials=_dlt_url(url)),
        dataset_name=name,
    )
    settings = {} if nesting is None else {"max_table_nesting": nesting}
    resource = dlt.resource(posts, name="posts", primary_key="id", write_disposition="merge", **settings)
    taken = seconds(lambda: pipeline.run(resource))
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT 1 FROM posts LIMIT 1")
        client.drop_dataset()
    return taken


def _dlt_url(url: sa.URL) -> str:
    """The same server, in the only way that dlt takes a socket's folder: quoted, as the host."""
    plain = url.set(drivername="postgresql", password=url.password or "unused", port=url.port or 5432)
    folder = url.query.get("host")
    if isinstance(folder, str):
        plain = plain.set(host=quote(folder, safe="")).difference_update_query(["host"])
    return plain.render_as_string(hide_password=False)


def pandas_seconds(ndjson: Path, engine: Engine) -> float:
    """Records appended to a fresh table, many in a statement. It merges nothing; dropping the table is not counted."""
    import pandas

    def load() -> None:
        with ndjson.open("rb") as file:
            frame = pandas.DataFrame.from_records([json.loads(line) for line in file])
        nested = {name: JSONB for name in frame if frame[name].map(lambda one: isinstance(one, (list, dict))).any()}
        with engine.begin() as conn:
            frame.to_sql(
                "pandas_posts",
                conn,
                if_exists="append",
                index=False,
                method="multi",
                chunksize=PANDAS_CHUNK,
                dtype=nested,
            )

    taken = seconds(load)
    with engine.begin() as conn:
        assert conn.execute(sa.text("SELECT count(*) FROM pandas_posts")).scalar_one()
        conn.execute(sa.text("DROP TABLE pandas_posts"))
    return taken
