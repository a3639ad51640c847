"""`scrape-assets recover` and `metrics`, as people and programs call them."""

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import Engine

from scrape_assets.flow.context import open_context
from scrape_assets.settings import Settings
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.sources.brightdata.model import TriggerRequest
from scrape_assets.sources.datasets import linkedin
from scrape_assets_tests.commands.command_line import CommandLine

INES = "https://www.linkedin.com/in/ines-moreau"


@pytest.fixture
def lost(scrape_assets: CommandLine, creators: list[str]) -> str:
    """What somebody triggered with our key and nobody wrote down; the vendor's id of it."""
    with open_context(Settings.model_validate(scrape_assets.settings)) as ctx:
        request = TriggerRequest(linkedin.DATASETS[0].dataset_id, [{"url": INES}], "profile_url", 3)
        return ctx.vendor.trigger(request)


def test_what_is_lost_is_found_loaded_and_matched_in_one_command(
    scrape_assets: CommandLine, lost: str, db: Engine
) -> None:
    looked = scrape_assets("recover", "--dry-run")
    assert looked.status == 0
    assert "Would take on 1 new" in looked.out
    assert lost in looked.out

    ran = scrape_assets("recover")

    assert (ran.status, ran.err) == (0, "")
    assert "Found 1 new, 0 taken up again, 0 whose lost answer is settled." in ran.out
    assert "1 processed: 3 posts loaded" in ran.out
    with db.connect() as conn:
        matched = conn.execute(sa.text("SELECT DISTINCT creator_id FROM creator_content")).scalars().all()
    assert matched == ["ines-moreau"]
    again = scrape_assets("recover", "--json").json
    assert (again["found"], again["known"], again["to_process"], again["failures"]) == ([], 1, [], [])


def test_without_processing_it_is_left_to_the_daemon(scrape_assets: CommandLine, lost: str) -> None:
    told = scrape_assets("recover", "--no-process", "--platform", "LinkedIn", "--days", "2", "--json").json
    [snapshot] = told["snapshots"]
    assert (snapshot["status"], snapshot["vendor_snapshot_id"]) == ("pending", lost)
    assert (told["datasets"], told["listed"]) == (1, 1)


def test_a_list_that_cannot_be_read_fails_the_command_in_one_line(
    scrape_assets: CommandLine, vendor: SimulatorThread
) -> None:
    vendor.control.fault("server_error", operation="snapshots", times=3)
    ran = scrape_assets("recover")
    assert ran.status == 1
    assert "linkedin posts: the vendor's list could not be read" in ran.complaint
    assert "Found 0 new" in ran.out


def test_what_cannot_be_asked_or_meant_is_one_clear_line(scrape_assets: CommandLine) -> None:
    nobody = scrape_assets("recover", BRIGHTDATA_API_KEY="", BRIGHTDATA_API_URL="")
    assert "no BRIGHTDATA_API_KEY is set" in nobody.complaint
    assert "unknown platform 'linkdin'" in scrape_assets("recover", "--platform", "linkdin").complaint


def test_metrics_are_printed_for_prometheus_without_a_vendor(scrape_assets: CommandLine, creators: list[str]) -> None:
    ran = scrape_assets("metrics", BRIGHTDATA_API_KEY="", BRIGHTDATA_API_URL="")
    assert (ran.status, ran.err) == (0, "")
    names = {family.name for family in text_string_to_metric_families(ran.out)}
    assert {"scrape_assets_jobs", "scrape_assets_dead_letters", "scrape_assets_spent_usd"} <= names


def test_status_tells_what_expires_unread_and_what_did(scrape_assets: CommandLine, lost: str, db: Engine) -> None:
    scrape_assets("recover", "--no-process")
    assert scrape_assets("status", "--json").json["unread"] == []
    with db.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET expires_at = now() + interval '3 days'"))
    [unread] = scrape_assets("status", "--json").json["unread"]
    assert (unread["vendor_snapshot_id"], unread["expired"]) == (lost, False)
    assert "expires unread" in scrape_assets("status").out
    with db.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET expires_at = now() - interval '3 days'"))
    assert "1 expired unread" in scrape_assets("status").out
