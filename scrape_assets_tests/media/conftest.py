"""A host of media, new for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from scrape_assets_tests.media.hosts import Host, running
from scrape_assets_tests.media.world import MediaWorld, media_world


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as made:
        yield made


@pytest.fixture
def world(db: Engine, tmp_path: Path) -> Iterator[MediaWorld]:
    """One snapshot, processed, and nothing in it yet."""
    with media_world(db, tmp_path) as made:
        yield made
