"""Dead letters: which there are, why, and that a replay pays for nothing that can still be had."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from scrape_assets.flow.taking import stages
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.dead_letters import LetterKind, count_dead, died_since
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.operations.dead_letters import Way, replay, story_of, unknown_among
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, TODAY, World
from scrape_assets_tests.operations.letters import dead, fault, planned, replayed, rounds


@pytest.fixture
def two(world: World) -> World:
    """Two companies, asked for together."""
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.control.settings(rows_per_input=3)
    return world


@pytest.fixture
def broken(two: World) -> World:
    """Their snapshot has died of damaged downloads."""
    two.collect()
    with fault(two, "corrupt_gzip"):
        rounds(two, 4)
    assert two.snapshot().status is SnapshotStatus.DEAD
    return two


def test_what_died_in_our_hands_is_processed_again_and_not_paid_again(broken: World) -> None:
    letters = dead(broken)
    assert [(one.kind, one.status, one.target_id) for one in letters if one.kind is LetterKind.SNAPSHOT] == [
        ("snapshot", "dead", None)
    ]
    assert {(one.target_id, one.status, one.error_class) for one in letters if one.kind is LetterKind.JOB} == {
        ("harbour", "failed", "bad_data"),
        ("mill", "failed", "bad_data"),
    }
    [step] = planned(broken, target_id="harbour", kind=LetterKind.JOB)
    assert (step.way, step.may_cost, step.becomes) == (Way.TAKE_UP, False, SnapshotStatus.READY)
    assert "still has" in step.why
    assert dead(broken) == letters, "to plan changes nothing"

    done = replay(broken.ctx, [step])
    assert done.snapshots == [broken.snapshot().snapshot_id]
    assert sorted(done.waiting) == sorted(job.job_id for job in broken.jobs()), "all that ended with it"
    assert broken.statuses() == {"processing": 2}
    broken.process()
    assert broken.statuses() == {"completed": 2}
    assert {job.posts_found for job in broken.jobs()} == {3}
    assert broken.paid() == {HARBOUR: 1, MILL: 1}
    assert dead(broken) == []


def test_a_replay_keeps_the_history(broken: World) -> None:
    replayed(broken, target_id="harbour")
    broken.process()
    job_id, snapshot_id = broken.job("harbour").job_id, broken.snapshot().snapshot_id
    changes = "SELECT from_status, to_status FROM state_changes WHERE subject_id = :one ORDER BY change_id"
    assert broken.rows(changes, one=job_id) == [
        ("pending", "processing"),
        ("processing", "failed"),
        ("failed", "processing"),
        ("processing", "completed"),
    ]
    assert ("dead", "ready") in broken.rows(changes, one=snapshot_id)


def test_a_replayed_snapshot_has_every_attempt_before_it(broken: World) -> None:
    with fault(broken, "corrupt_gzip"):
        assert replayed(broken, kind=LetterKind.SNAPSHOT).snapshots
        rounds(broken, 2)
        assert (broken.snapshot().status, broken.snapshot().failures) == (SnapshotStatus.READY, {"bad_data": 2})
        rounds(broken, 1)
    assert broken.snapshot().status is SnapshotStatus.DEAD
    assert {job.status for job in broken.jobs()} == {"failed"}
    assert broken.paid() == {HARBOUR: 1, MILL: 1}


def test_a_kept_payload_serves_when_the_vendor_has_long_forgotten_it(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> object:
        raise ZeroDivisionError("a bug of ours")

    two.collect()
    monkeypatch.setattr(stages, "load_payload", wrong)
    rounds(two, 4)
    monkeypatch.undo()
    two.clock.forward(days=400)
    calls = two.control.calls()
    [step] = planned(two, target_id="mill", kind=LetterKind.JOB)
    assert (step.way, step.may_cost) == (Way.TAKE_UP, False)
    assert "payload" in step.why
    replay(two.ctx, [step])
    two.process()
    assert two.statuses() == {"completed": 2}
    assert two.control.calls() == calls


def test_a_snapshot_nobody_waited_for_is_asked_about_again(two: World) -> None:
    two.collect()
    with fault(two, "stuck"):
        two.poll(hours=25)
    assert (two.snapshot().status, two.statuses()) == (SnapshotStatus.DEAD, {"failed": 2})
    assert {step.way for step in planned(two)} == {Way.TAKE_UP}
    done = replayed(two)
    assert (len(done.snapshots), len(done.waiting), done.left) == (1, 2, [])
    assert two.snapshot().status is SnapshotStatus.PENDING
    rounds(two, 1, minutes=3)
    assert two.statuses() == {"completed": 2}
    assert two.paid() == {HARBOUR: 1, MILL: 1}


def test_what_the_vendor_failed_is_asked_and_paid_anew_and_only_that(two: World) -> None:
    two.set(batch_size=1)
    two.control.fault("failed", match="tide-mill")
    for _ in range(6):
        two.run()
        two.clock.forward(hours=7)
    assert two.statuses() == {"completed": 1, "dead": 1}
    [letter] = dead(two)
    assert (letter.kind, letter.target_id, letter.error_class, letter.attempts) == ("job", "mill", "vendor_failed", 5)
    [step] = planned(two)
    assert (step.way, step.may_cost) == (Way.ASK, True)
    assert "brightdata failed" in step.why

    two.control.clear_faults()
    assert replay(two.ctx, [step]).pending == [letter.id]
    two.run()
    assert two.statuses() == {"completed": 2}
    assert two.paid() == {HARBOUR: 1, MILL: 6}


def test_what_expired_unread_is_asked_and_paid_anew(two: World) -> None:
    two.collect()
    two.poll()
    two.clock.forward(days=30)
    two.process()
    assert two.snapshot().status is SnapshotStatus.EXPIRED
    ways = {step.letter.kind: step.way for step in planned(two)}
    assert ways == {"snapshot": Way.NOTHING, "job": Way.ASK}
    done = replayed(two)
    assert (len(done.pending), len(done.left)) == (2, 1)
    assert "replay its jobs instead" in done.left[0][1]
    two.run()
    assert two.statuses() == {"completed": 2}
    assert two.paid() == {HARBOUR: 2, MILL: 2}


def test_what_may_have_been_accepted_is_said_to_be_paid_twice_perhaps(two: World) -> None:
    two.control.fault("lost_answer", times=1)
    two.control.fault("input_missing")
    two.control.fault("stuck")
    two.collect()
    two.clock.forward(hours=25)
    two.collect()
    assert two.snapshot().status is SnapshotStatus.DEAD
    [step] = planned(two, target_id="harbour", kind=LetterKind.JOB)
    assert (step.way, step.may_cost) == (Way.ASK, True)
    assert "may be paid twice" in step.why


def test_what_the_source_refused_is_no_dead_letter_nor_what_was_called_off(two: World) -> None:
    with fault(two, "throttled", operation="trigger"):
        two.collect()
    assert two.snapshot().status is SnapshotStatus.FAILED
    with two.engine.begin() as conn:
        jobs.cancel(conn, two.job("mill").job_id, two.clock())
    assert dead(two) == []
    with two.engine.connect() as conn:
        assert count_dead(conn) == {}
        why = unknown_among(conn, [two.snapshot().snapshot_id, two.job("mill").job_id, "nobody"])
    assert list(why.values()) == [
        f"snapshot {two.snapshot().snapshot_id} is failed",
        f"job {two.job('mill').job_id} is canceled",
        "there is no job or snapshot nobody",
    ]


def test_a_job_that_nobody_could_serve_is_asked_for_anew(world: World) -> None:
    world.creator("anna", ANNA)
    world.ask_for("nobody", next_attempt_at=world.clock(), collection_date=TODAY)
    world.collect(requested_only=True)
    [step] = planned(world)
    assert (step.letter.error_class, step.way) == ("bad_request", Way.ASK)
    replayed(world)
    assert world.statuses() == {"pending": 1}


def test_what_changes_between_plan_and_replay_is_left_alone(broken: World) -> None:
    steps = planned(broken)
    broken.again()
    assert broken.statuses() == {"completed": 2}, "by hand it is served as well"
    before = broken.jobs()
    done = replay(broken.ctx, steps)
    assert (done.snapshots, done.waiting, done.pending, len(done.left)) == ([], [], [], 3)
    assert all("changed meanwhile" in why for _, why in done.left)
    assert broken.jobs() == before


def test_a_job_whose_snapshot_somebody_else_has_taken_up_waits_for_it(broken: World) -> None:
    with broken.engine.begin() as conn:
        snapshots.reopen(conn, broken.snapshot().snapshot_id, SnapshotStatus.READY, broken.clock())
    assert {step.way for step in planned(broken)} == {Way.WAIT}
    steps = planned(broken, target_id="harbour")
    assert len(replay(broken.ctx, steps).waiting) == 2
    broken.process()
    assert broken.statuses() == {"completed": 2}


def test_dead_letters_are_found_by_what_they_are(broken: World) -> None:
    broken.set(brightdata_price_per_record=0.1)
    job = broken.job("mill")
    died = job.finished_at
    assert died is not None
    cases: dict[str, tuple[dict[str, object], list[str]]] = {
        "id": ({"ids": [job.job_id]}, ["job"]),
        "both kinds of id": ({"ids": [job.job_id, job.snapshot_id]}, ["job", "snapshot"]),
        "platform": ({"platform": "linkedin"}, ["job", "job", "snapshot"]),
        "another platform": ({"platform": "x"}, []),
        "creator": ({"target_id": "mill"}, ["job", "snapshot"]),
        "nobody": ({"target_id": "anna"}, []),
        "class": ({"error_class": ErrorClass.BAD_DATA}, ["job", "job", "snapshot"]),
        "another class": ({"error_class": ErrorClass.SERVER}, []),
        "since": ({"since": died, "kind": LetterKind.JOB}, ["job", "job"]),
        "since later": ({"since": died + timedelta(seconds=1), "kind": LetterKind.JOB}, []),
        "until": ({"until": died, "kind": LetterKind.JOB}, []),
        "until later": ({"until": died + timedelta(seconds=1), "kind": LetterKind.JOB}, ["job", "job"]),
    }
    for name, (which, kinds) in cases.items():
        assert sorted(letter.kind for letter in dead(broken, **which)) == kinds, name


def test_dead_letters_are_counted_and_new_ones_told(broken: World) -> None:
    with broken.engine.connect() as conn:
        assert count_dead(conn) == {("job", "linkedin", "bad_data"): 2, ("snapshot", "linkedin", "bad_data"): 1}
        first = died_since(conn, None)
        assert (first.jobs, first.snapshots) == (0, 0), "what was there before the first look is not new"
        since_the_beginning = died_since(conn, 0)
        assert (since_the_beginning.jobs, since_the_beginning.snapshots) == (2, 1)
    broken.ask_for("nobody", next_attempt_at=broken.clock(), collection_date=TODAY)
    broken.collect(requested_only=True)
    with broken.engine.connect() as conn:
        second = died_since(conn, first.last_change)
        assert (second.jobs, second.snapshots) == (1, 0)
        assert died_since(conn, second.last_change).jobs == 0


def test_the_story_of_one_holds_its_history_its_calls_and_what_a_replay_would_do(broken: World) -> None:
    [letter] = dead(broken, target_id="harbour", kind=LetterKind.JOB)
    story = story_of(broken.ctx, letter)
    assert story.job == broken.job("harbour")
    assert story.snapshot == broken.snapshot()
    assert [change.to_status for change in story.changes] == ["processing", "failed"]
    assert [call.operation for call in story.calls][:2] == ["trigger", "progress"]
    assert sum(call.operation == "download" for call in story.calls) == 3
    assert story.replay.way is Way.TAKE_UP

    [of_snapshot] = dead(broken, kind=LetterKind.SNAPSHOT)
    assert story_of(broken.ctx, of_snapshot).changes[-1].to_status == "dead"


def test_a_job_that_failed_while_its_direct_source_was_asked_did_not_end_with_the_snapshot(two: World) -> None:
    """Only a job whose feed was collected to its end is served by what was kept of a direct source."""
    two.collect()
    snapshot_id = two.snapshot().snapshot_id
    with two.engine.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET status = 'dead', source = 'bluesky', payload_uri = 'memory://kept'"))
        conn.execute(
            sa.text(
                "UPDATE scrape_jobs SET status = 'failed', source = 'bluesky', finished_at = now(), "
                "progress = CASE target_id WHEN 'mill' THEN jsonb_build_object('done_in', snapshot_id) END"
            )
        )
    ways = {step.letter.target_id: (step.way, step.may_cost) for step in planned(two, kind=LetterKind.JOB)}
    assert ways == {"mill": (Way.TAKE_UP, False), "harbour": (Way.ASK, False)}
    assert replayed(two, target_id="mill").snapshots == [snapshot_id]
    assert two.statuses() == {"processing": 1, "failed": 1}


def test_replaying_a_thousand_is_a_few_questions_and_each_is_done_once(two: World) -> None:
    with two.engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO scrape_jobs (job_id, target_id, platform, status, error_class, error, finished_at)"
            " SELECT 'job-' || n, 'somebody', 'linkedin', 'dead', 'network', 'no answer', now()"
            " FROM generate_series(1, 1200) n"
        )
    done = replayed(two, platform="linkedin")
    assert (len(done.pending), done.left) == (1200, [])
    assert two.rows("SELECT status, count(*) FROM scrape_jobs GROUP BY 1") == [("pending", 1200)]
