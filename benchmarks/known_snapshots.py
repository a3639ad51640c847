"""A ledger that knows snapshots by the hundred thousand, some of which the vendor works on. All invented."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.sources import registry

PLATFORM = "linkedin"
INPUTS = 50  # in each snapshot, as the batches of a collection have them
_AT_ONCE = 8

_SNAPSHOTS = """
    INSERT INTO snapshots (
        snapshot_id, partition_key, source, platform, dataset_id, vendor_snapshot_id, collection_date, status, inputs,
        creator_urls, checks, next_check_at, vendor_status, created_at, triggered_at, processed_at, loaded_at,
        matched_at, posts_retrieved
    )
    SELECT key, key, 'brightdata', :platform, :dataset, vendor_id, asked::date, :status, CAST(:inputs AS jsonb), :urls,
           3, due, 'running', asked, asked, ended, ended, ended, CASE WHEN ended IS NOT NULL THEN 100 END
    FROM (
        SELECT :platform || '-' || to_char(asked, 'YYYYMMDD') || '-' || lpad(number::text, 18, '0') AS key, *
        FROM ({numbered}) AS numbered
    ) AS named
"""
_PROCESSED = _SNAPSHOTS.format(
    numbered="""
        SELECT number, 's_old' || number AS vendor_id, NULL::timestamptz AS due, now() - interval '1 h' AS ended,
               now() - (number % 15) * interval '1 day' - interval '1 h' AS asked
        FROM generate_series(1, :count) AS number
    """
)
_OPEN = _SNAPSHOTS.format(
    numbered="""
        SELECT number + :count AS number, vendor_id, now() - interval '5 minutes' AS asked,
               now() - random() * interval '1 minute' AS due, NULL::timestamptz AS ended
        FROM unnest(CAST(:vendor_ids AS text[])) WITH ORDINALITY AS triggered (vendor_id, number)
    """
)
_JOBS = """
    INSERT INTO scrape_jobs (
        target_id, platform, status, collection_date, profile_url, snapshot_id, created_at, started_at
    )
    SELECT 'creator-' || s.snapshot_id || '-' || n, s.platform,
           CASE s.status WHEN 'processed' THEN 'completed' ELSE 'processing' END, s.collection_date,
           'https://www.example.org/' || n, s.snapshot_id, s.created_at, s.created_at
    FROM snapshots AS s CROSS JOIN generate_series(1, :each) AS n
"""


def fill(engine: Engine, processed: int, vendor_ids: Sequence[str], jobs_each: int = 2) -> None:
    """Put snapshots into the ledger: so many processed ones, and one due to be asked about for each vendor id."""
    urls = [f"https://www.linkedin.com/company/invented-works-{number}" for number in range(INPUTS)]
    inputs = [{"job_id": f"job-{number}", "url": url, "input": {"url": url}} for number, url in enumerate(urls)]
    values = {
        "platform": PLATFORM,
        "dataset": dataset_id(),
        "inputs": json.dumps(inputs),
        "urls": urls,
        "count": processed,
    }
    with engine.begin() as conn:
        conn.execute(sa.text(_PROCESSED), {**values, "status": "processed"})
        conn.execute(sa.text(_OPEN), {**values, "status": "running", "vendor_ids": list(vendor_ids)})
        conn.execute(sa.text(_JOBS), {"each": jobs_each})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM ANALYZE snapshots, scrape_jobs"))


def dataset_id() -> str:
    """The vendor's dataset of the platform."""
    return registry.dataset(PLATFORM).dataset_id


def trigger_many(url: str, key: str, count: int) -> list[str]:
    """Start so many jobs at the simulator, past our own pace; the vendor's ids."""
    query = {"dataset_id": dataset_id(), "type": "discover_new", "discover_by": "company_url", "include_errors": "true"}

    def some(numbers: range) -> list[str]:
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=60) as client:
            given = []
            for number in numbers:
                body = [{"url": f"https://www.linkedin.com/company/invented-works-{number}"}]
                answer = client.post("/datasets/v3/trigger", params=query, json=body).raise_for_status()
                given.append(str(answer.json()["snapshot_id"]))
            return given

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        shares = pool.map(some, [range(first, count, _AT_ONCE) for first in range(_AT_ONCE)])
        return [vendor_id for share in shares for vendor_id in share]
