"""What the storage tests share."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.storage.invented import Loading
from scrape_assets_tests.storage.matching_world import World


@pytest.fixture
def loading(db: Engine, tmp_path: Path) -> Loading:
    """Loads into the empty database."""
    return Loading(db, PayloadArchive(f"memory:/{tmp_path}"))


@pytest.fixture
def world(db: Engine, loading: Loading) -> World:
    """Creators, posts and their matches, none yet."""
    return World(db, loading)
