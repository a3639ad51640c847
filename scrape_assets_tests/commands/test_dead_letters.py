"""`scrape-assets dead-letters`: listed by cause, shown whole, replayed only when it is clear what and what it costs."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.commands import terminal
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import open_context
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger import snapshots
from scrape_assets.settings import Settings
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.commands.command_line import CommandLine


def statuses(db: Engine) -> dict[str, int]:
    with db.connect() as conn:
        counts = conn.execute(sa.text("SELECT status, count(*) AS jobs FROM scrape_jobs GROUP BY 1"))
        return {row.status: row.jobs for row in counts}


@pytest.fixture
def letters(scrape_assets: CommandLine, creators: list[str], db: Engine, vendor: SimulatorThread) -> CommandLine:
    """Two jobs whose snapshot is ready at the vendor and died in our hands, and one that the vendor failed for good."""
    vendor.control.fault("failed", match="reed-organ-works", error_message="The crawl fell over")
    with open_context(Settings.model_validate(scrape_assets.settings)) as ctx:
        collect(ctx, "linkedin", datetime.now(UTC).date())
        poll_due(ctx, timedelta(minutes=1))
    vendor.control.clear_faults()
    with db.begin() as conn:
        conn.execute(sa.text("UPDATE scrape_jobs SET status = 'dead', finished_at = now() WHERE status = 'pending'"))
        conn.execute(
            sa.text(
                "UPDATE snapshots SET status = 'dead', error_class = 'bad_data',"
                " error = 'part 3 is damaged' WHERE status = 'ready'"
            )
        )
        conn.execute(
            sa.text(
                "UPDATE scrape_jobs SET status = 'failed', error_class = 'bad_data', finished_at = now(),"
                " error = 'its snapshot ' || snapshot_id || ' is dead: part 3 is damaged' WHERE status = 'processing'"
            )
        )
    assert len(creators) == 3
    return scrape_assets


def test_they_are_listed_by_cause_and_one_by_one(letters: CommandLine) -> None:
    causes = letters("dead-letters", "list", "--json").json
    assert [(c["count"], c["kind"], c["error_class"], c["message"]) for c in causes] == [
        (2, "job", "bad_data", "its snapshot <id> is dead: part <n> is damaged"),
        (1, "job", "vendor_failed", "the vendor failed this snapshot: The crawl fell over"),
        (1, "snapshot", "bad_data", "part <n> is damaged"),
    ]
    assert causes[0]["platforms"] == {"linkedin": 2}
    singles = letters("dead-letters", "list", "--ids", "--creator", "otto-brandvik", "--json").json
    assert [(one["kind"], one["target_id"]) for one in singles if one["kind"] == "job"] == [("job", "otto-brandvik")]
    assert {one["id"] for one in singles} >= {singles[0]["snapshot_id"]}
    assert letters("dead-letters", "list", "--platform", "twitter", "--json").json == []
    assert letters("dead-letters", "list", "--until", "2020-01-01").out == "no dead letters\n"
    today = f"{datetime.now(UTC).date()}"
    assert len(letters("dead-letters", "list", "--since", today, "--until", today, "--json").json) == 3
    assert len(letters("dead-letters", "list", "--error-class", "vendor_failed", "--json").json) == 1
    assert len(letters("dead-letters", "list", "--limit", "1", "--json").json) == 1


def test_the_tables_fit_a_terminal_of_80_columns(letters: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.out, "_width", 80)
    shown = [letters("dead-letters", "list"), letters("dead-letters", "list", "--ids")]
    shown.append(letters("dead-letters", "replay", "--platform", "linkedin", "--dry-run"))
    for ran in shown:
        assert ran.status == 0
        assert max(map(len, ran.out.splitlines())) <= 80
    assert "the vendor failed this snapshot" in " ".join(shown[0].out.split())


def test_one_is_shown_with_its_history_its_calls_and_what_a_replay_would_do(letters: CommandLine) -> None:
    [job] = [
        one
        for one in letters("dead-letters", "list", "--ids", "--creator", "reed-organ-works", "--json").json
        if one["kind"] == "job"
    ]
    story = letters("dead-letters", "show", job["id"], "--json").json
    assert story["job"]["target_id"] == "reed-organ-works"
    assert [change["to_status"] for change in story["history"]] == ["processing", "pending", "dead"]
    assert "trigger" in {call["operation"] for call in story["calls"]}
    assert (story["replay"]["way"], story["replay"]["may_cost"]) == ("ask anew", True)
    shown = letters("dead-letters", "show", job["id"])
    assert "replay: ask anew: " in shown.out
    assert "history" in shown.out
    assert "invented-key" not in shown.out
    [snapshot_id] = {
        one["id"] for one in letters("dead-letters", "list", "--ids", "--json").json if one["kind"] == "snapshot"
    }
    assert "replay: take up: " in letters("dead-letters", "show", snapshot_id).out
    assert letters("dead-letters", "show", "nobody").complaint == "no dead letter: there is no job or snapshot nobody"


def test_nothing_is_replayed_without_saying_what_and_leave_to_do_it(letters: CommandLine, db: Engine) -> None:
    before = statuses(db)
    assert "name what to replay" in letters("dead-letters", "replay").complaint
    assert "name what to replay" in letters("dead-letters", "replay", "--yes").complaint
    plan = letters("dead-letters", "replay", "--platform", "linkedin", "--dry-run")
    assert "3: taken up again" in plan.out
    assert "1: asked for anew; this may cost money" in plan.out
    refused = letters("dead-letters", "replay", "--platform", "linkedin")
    assert refused.status == 1
    assert "add --yes" in refused.err
    assert "there is no job or snapshot nobody" in letters("dead-letters", "replay", "nobody", "--yes").complaint
    assert "no day or time: 'soon'" in letters("dead-letters", "replay", "--since", "soon").complaint
    assert "unknown platform" in letters("dead-letters", "list", "--platform", "instergram").complaint
    assert statuses(db) == before


def test_a_replay_goes_to_the_end_and_pays_only_for_what_is_gone(
    letters: CommandLine, db: Engine, vendor: SimulatorThread
) -> None:
    done = letters("dead-letters", "replay", "--platform", "linkedin", "--yes", "--json").json
    assert [len(done["done"][what]) for what in ("snapshots", "waiting", "pending", "left")] == [1, 2, 1, 0]
    assert statuses(db) == {"processing": 2, "pending": 1}
    with open_context(Settings.model_validate(letters.settings)) as ctx:
        collect(ctx, "linkedin", datetime.now(UTC).date())
        poll_due(ctx, timedelta(minutes=1))
        with ctx.engine.connect() as conn:
            ready = [snapshot.partition_key for snapshot in snapshots.ready_due(conn, ctx.now(), 10)]
        claimed, _ = claim_for_processing(ctx, ready, ALL_STAGES, only_ready=True)
        assert [one.error for one in process_many(ctx, claimed, ALL_STAGES)] == [None, None]
    assert statuses(db) == {"completed": 3}
    paid = [json.dumps(given) for one in vendor.control.accepted() for given in one["inputs"]]
    assert sorted("reed-organ-works" in one for one in paid) == [False, False, True, True]
    assert letters("dead-letters", "list").out == "no dead letters\n"


def test_a_replay_says_what_it_did(letters: CommandLine) -> None:
    ran = letters("dead-letters", "replay", "--error-class", "bad_data", "--yes")
    assert ran.status == 0
    assert "taken up: 1 snapshots; waiting for one again: 2 jobs; to be asked for anew: 0 jobs" in ran.out
    again = letters("dead-letters", "replay", "--error-class", "bad_data", "--yes", "--json").json
    assert (again["plan"], again["done"]) == ([], None)
