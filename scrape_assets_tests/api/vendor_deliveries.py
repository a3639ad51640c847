"""Snapshots that the vendor may deliver to a webhook, as they lie in the ledger. No delivery is made here."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

WEBHOOK_TOKEN = "a-webhook-token-nobody-can-guess"


def write_snapshot(engine: Engine, **columns: Any) -> None:
    """A snapshot that was asked for with our token in its webhook."""
    given = {
        "snapshot_id": "linkedin_20261120_a",
        "partition_key": "linkedin_20261120_a",
        "source": "brightdata",
        "platform": "linkedin",
        "dataset_id": "gd_lyy3tktm25m4avu764",
        "vendor_snapshot_id": "s_abc",
        "collection_date": "2026-11-20",
        "status": "running",
        "inputs": "[]",
        "creator_urls": [],
        "webhook_token": WEBHOOK_TOKEN,
        "next_check_at": "2099-01-01T00:00:00Z",
        **columns,
    }
    names = ", ".join(given)
    places = ", ".join(f":{name}" for name in given)
    with engine.begin() as conn:
        conn.execute(sa.text(f"INSERT INTO snapshots ({names}) VALUES ({places})"), given)
