"""A data folder with a running database, a vendor on loopback, and the command line between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy.engine import Engine

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.simulator.settings import Settings
from scrape_assets_tests.commands.command_line import CommandLine

# Two people, an organisation; all invented.
CREATORS = """creator_id,name,platform,profile_url
ines-moreau,Inès Moreau,linkedin,https://www.linkedin.com/in/ines-moreau
otto-brandvik,Otto Brandvik,linkedin,linkedin.com/in/otto-brandvik/
reed-organ-works,Reed Organ Works,linkedin,https://www.linkedin.com/company/reed-organ-works
"""


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Commands say how this process logs; the next test is not theirs."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def vendor() -> Iterator[SimulatorThread]:
    """A vendor that is ready at once and gives a few posts for each input."""
    few = Settings(latency=0, jitter=0, rows_per_input=3, error_rate=0)
    with SimulatorThread(settings=few) as running:
        yield running


@pytest.fixture
def scrape_assets(db: Engine, server_folder: Path, tmp_path: Path, vendor: SimulatorThread) -> CommandLine:
    """The command line in an empty data folder whose embedded database runs, with a key for the vendor."""
    settings = {
        "SCRAPE_ASSETS_HOME": str(server_folder),
        "SCRAPE_ASSETS_PAYLOAD_URL": str(tmp_path / "payloads"),
        "SCRAPE_ASSETS_POLL_BASE_SECONDS": "0.001",
        "SCRAPE_ASSETS_POLL_CAP_SECONDS": "0.001",
        "BRIGHTDATA_API_URL": vendor.url,
        "BRIGHTDATA_API_KEY": "invented-key",
    }
    return CommandLine(tmp_path, settings)


@pytest.fixture
def creators(scrape_assets: CommandLine, tmp_path: Path) -> list[str]:
    """Three creators, imported; their ids."""
    file = tmp_path / "three.csv"
    file.write_text(CREATORS, encoding="utf-8")
    assert scrape_assets("creators", "import", str(file)).status == 0
    return ["ines-moreau", "otto-brandvik", "reed-organ-works"]
