"""A flow over a test's database without a vendor."""

from __future__ import annotations

import random
from pathlib import Path

from sqlalchemy.engine import Engine

from scrape_assets.flow.context import FlowContext, Transports
from scrape_assets.settings import Settings
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.http import HttpTransport
from scrape_assets.storage.payloads import PayloadArchive


def context_of(engine: Engine, folder: Path, settings: Settings) -> FlowContext:
    """What a process of its own would work with; the vendor has no key."""
    transport = HttpTransport("brightdata", lambda _call: None)
    return FlowContext(
        settings=settings,
        engine=engine,
        archive=PayloadArchive(str(folder / "payloads")),
        vendor=BrightDataClient(transport, settings.brightdata_api_url, None),
        transports=Transports(engine, settings),
        owner="host:1:api",
        rng=random.Random(1),
    )
