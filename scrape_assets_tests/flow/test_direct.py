"""A direct source from the job to the match: one path with the vendor's from the snapshot on."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.flow.asking.gather import _Gathering
from scrape_assets.flow.collect import CollectReport, collect
from scrape_assets.flow.mending.settle import settle_unknown
from scrape_assets.ledger import snapshots
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator
from scrape_assets.storage.payloads.writer import PayloadWriter
from scrape_assets_tests.flow.world import TODAY, World
from scrape_assets_tests.sources.direct.hackernews_server import Search, comment, hackernews, story

ADA, BEN = "https://news.ycombinator.com/user?id=ada", "https://news.ycombinator.com/user?id=ben"
MORNING = int(datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC).timestamp())


@pytest.fixture
def search() -> Iterator[tuple[Search, str]]:
    hits = [story(number, MORNING - 60 * number) for number in range(1, 451)]
    hits += [comment(2_000, MORNING - 30, author="ben"), story(3_000, MORNING - 86_400 * 30)]
    with hackernews(*hits, users=("ada", "ben")) as running:
        yield running


@pytest.fixture
def here(world: World, search: tuple[Search, str]) -> World:
    """The world with Hacker News on loopback, and two people to follow there."""
    world.set(hackernews_api_url=search[1])
    with world.engine.begin() as conn:
        for creator_id, url in (("ada", ADA), ("ben", BEN)):
            upsert_creator(conn, creator_id, creator_id.title(), profile_key("hackernews", url))
    return world


def ask(world: World, day: date = TODAY, **options: Any) -> CollectReport:
    return collect(world.ctx, "hackernews", day, **options)


def test_what_a_direct_source_gives_is_a_ready_snapshot_at_once_and_goes_the_way_of_all(here: World) -> None:
    report = ask(here)
    [one] = report.triggered
    assert (one.inputs, one.accepted_as, one.error) == (2, "hackernews", None)
    snapshot = here.snapshot()
    assert (snapshot.source, snapshot.status, snapshot.dataset_id) == ("hackernews", "ready", None)
    assert snapshot.partition_key.startswith("hackernews-")
    assert here.statuses() == {"processing": 2}

    here.process()

    assert here.snapshot().status == "processed"
    assert {(job.target_id, job.source, job.status.value, job.posts_found) for job in here.jobs()} == {
        ("ada", "hackernews", "completed", 450),
        ("ben", "hackernews", "completed", 1),
    }
    matched = here.rows("SELECT creator_id, role, count(*) FROM creator_content GROUP BY 1, 2 ORDER BY 1")
    assert matched == [("ada", "author", 450), ("ben", "author", 1)]
    assert here.control.calls() == {}, "the vendor has nothing to do with it"


def test_the_payload_keeps_what_came_and_is_loaded_again_from_there(here: World, search: tuple[Search, str]) -> None:
    ask(here)
    here.process()
    before = here.rows("SELECT * FROM raw_posts ORDER BY post_id")
    asked = len(search[0].asked)

    here.again()

    assert here.rows("SELECT * FROM raw_posts ORDER BY post_id") == before
    assert len(search[0].asked) == asked
    lines = [line.line for line in here.archive.open(str(here.snapshot().payload_uri)).lines()]
    assert any(b'"_highlightResult"' in line for line in lines), "also what the mapping does not read"


def test_to_ask_a_direct_source_again_for_an_old_snapshot_is_refused_in_words(here: World) -> None:
    ask(here)
    here.process()
    outcome = here.again(redownload=True)
    assert "collect the day again with force" in str(outcome.error)


def test_the_next_day_stops_at_what_is_known(here: World, search: tuple[Search, str]) -> None:
    ask(here, creators=["ada"])
    here.process()
    first = len(search[0].asked)
    search[0].hits.append(story(9_000, MORNING + 86_400))
    here.clock.forward(days=4)

    ask(here, TODAY + timedelta(days=1), creators=["ada"])
    here.process()

    assert first == 3
    assert len(search[0].asked) - first == 2, "a page with something new on it, and one without"
    assert here.count("raw_posts") == 451


def test_a_job_that_names_its_own_time_is_collected_to_the_end_of_it(here: World, search: tuple[Search, str]) -> None:
    ask(here, creators=["ada"])
    here.process()
    start = datetime.fromtimestamp(MORNING - 86_400 * 40, UTC).isoformat()
    here.ask_for(
        "ada",
        platform="hackernews",
        collection_date=TODAY,
        next_attempt_at=here.clock(),
        search_params=f'{{"timeRange": {{"start": "{start}", "end": "{here.clock().isoformat()}"}}}}',
    )
    ask(here, requested_only=True)
    here.process()
    assert here.column("SELECT post_id FROM raw_posts WHERE post_id = '3000'") == ["3000"]
    requested = [job for job in here.jobs() if job.search_params]
    assert [job.honoured for job in requested] == [{"timeRange": "at the source"}]


def test_nobody_of_that_name_fails_one_job_and_leaves_the_others_alone(here: World) -> None:
    with here.engine.begin() as conn:
        gone = profile_key("hackernews", "https://news.ycombinator.com/user?id=gone")
        upsert_creator(conn, "gone", "Gone", gone)
    report = ask(here)
    here.process()
    assert [aside.url for aside in report.triggered[0].set_aside] == ["https://news.ycombinator.com/user?id=gone"]
    job = here.job("gone")
    assert (job.status, job.error_class, job.attempts) == ("failed", "not_found", 1)
    assert "there is no user gone" in str(job.error)
    assert here.statuses() == {"completed": 2, "failed": 1}


def test_a_quota_that_ends_in_the_middle_keeps_what_came_and_goes_on_from_there(
    here: World, search: tuple[Search, str]
) -> None:
    server, _ = search
    page = server.page({"hitsPerPage": "200", "page": "0", **_first_query(here)})
    server.first = [_json(page), (429, {"Retry-After": "600"}, b'{"message": "slow down"}')]

    [one] = ask(here, creators=["ada"]).triggered

    assert (one.error_class, one.records) == ("throttled", 200)
    assert one.blocked_until is not None
    waiting = here.job("ada")
    assert (waiting.status, waiting.attempts, waiting.error_class) == ("pending", 0, "throttled")
    assert waiting.next_attempt_at >= here.clock() + timedelta(minutes=10)
    assert here.column("SELECT source FROM source_state WHERE blocked_until IS NOT NULL") == ["hackernews"]

    here.process()
    assert here.count("raw_posts") == 200
    assert ask(here, creators=["ada"]).triggered == [], "nobody asks before the time is over"

    before = len(server.asked)
    here.clock.forward(minutes=30)
    ask(here, creators=["ada"])
    here.process()
    assert here.count("raw_posts") == 450
    assert here.statuses() == {"completed": 1}
    assert str(MORNING - 60 * 200) in server.asked[before][1]["numericFilters"], "it goes on where it stopped"


def test_a_source_that_takes_nothing_is_left_with_all_jobs_waiting_and_no_attempt_spent(
    here: World, search: tuple[Search, str]
) -> None:
    search[0].first = [(429, {"Retry-After": "600"}, b"{}")]
    [one] = ask(here).triggered
    assert (one.accepted_as, one.error_class, one.inputs) == (None, "throttled", 0)
    assert len(search[0].asked) == 1, "the same server would say the same of the next"
    assert here.snapshot().status == "failed"
    assert here.statuses() == {"pending": 2}
    assert {(job.attempts, job.error_class) for job in here.jobs()} == {(0, "throttled")}


def test_a_process_that_dies_in_the_middle_loses_at_most_its_last_part(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrape_assets.flow.asking.parts.PART_BYTES", 1)
    written = PayloadWriter.write_part

    def dies(self: PayloadWriter, number: int, chunks: Any) -> Any:
        if number == 3:
            raise SystemExit("killed")
        return written(self, number, chunks)

    monkeypatch.setattr(PayloadWriter, "write_part", dies)
    with pytest.raises(SystemExit):
        collect(
            here.context("host:2:dies", hackernews_api_url=here.ctx.settings.api_url("hackernews")), "hackernews", TODAY
        )
    monkeypatch.undo()
    assert here.snapshot().status == "triggering"

    here.clock.forward(minutes=10)  # the lease is over
    ask(here)

    first, second = here.snapshots()
    assert (first.status, second.status) == ("ready", "ready")
    here.process()
    assert here.count("raw_posts") == 451
    assert here.statuses() == {"completed": 2}
    assert here.column("SELECT count(*) FROM snapshots WHERE status = 'processed'") == [2]


def test_a_job_that_failed_before_is_not_taken_for_done_when_a_later_process_dies(
    here: World, search: tuple[Search, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    search[0].first = [(500, {}, b"{}")] * 3
    ask(here, creators=["ben"])
    assert here.job("ben").progress == {"source": "hackernews", "cursor": None}, "it stopped before its first page"
    here.clock.forward(hours=1)
    monkeypatch.setattr("scrape_assets.flow.asking.parts.PART_BYTES", 1)
    monkeypatch.setattr("scrape_assets.flow.asking.gather._Gathering.finish", lambda *_: sys.exit("killed"))
    taken = _Gathering.collect
    monkeypatch.setattr(_Gathering, "collect", lambda self, one: one.job.target_id == "ben" or taken(self, one))
    url = here.ctx.settings.api_url("hackernews")
    with pytest.raises(SystemExit):
        collect(here.context("host:2:dies", hackernews_api_url=url), "hackernews", TODAY)
    monkeypatch.undo()

    here.clock.forward(minutes=10)
    ask(here)
    here.process()

    assert {(job.target_id, job.status.value, job.posts_found) for job in here.jobs()} == {
        ("ada", "completed", 450),
        ("ben", "completed", 1),
    }


def test_a_process_that_dies_before_anything_came_leaves_nothing_behind(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(self: PayloadWriter, number: int, chunks: Any) -> Any:
        raise SystemExit("killed")

    monkeypatch.setattr(PayloadWriter, "write_part", dies)
    with pytest.raises(SystemExit):
        collect(
            here.context("host:2:dies", hackernews_api_url=here.ctx.settings.api_url("hackernews")), "hackernews", TODAY
        )
    monkeypatch.undo()
    here.clock.forward(minutes=10)
    with here.engine.begin() as conn:
        snapshots.reclaim_expired(conn, here.clock())

    assert len(settle_unknown(here.ctx).never_accepted) == 1

    assert here.snapshot().status == "failed"
    assert here.statuses() == {"pending": 2}
    ask(here)
    here.process()
    assert here.statuses() == {"completed": 2}


def test_more_pages_than_allowed_end_with_a_warning(here: World) -> None:
    here.set(hackernews_api_url=here.ctx.settings.api_url("hackernews"), pages_per_target=1)
    ask(here, creators=["ada"])
    here.process()
    job = here.job("ada")
    assert (job.status, job.posts_found) == ("completed", 200)
    assert "stopped after 1 pages" in str(job.warning)


def _first_query(world: World) -> dict[str, str]:
    end = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC) + timedelta(days=1)
    start = end - timedelta(days=world.ctx.settings.lookback_days)
    bounds = f"created_at_i>={int(start.timestamp())},created_at_i<={int(end.timestamp()) - 1}"
    return {"tags": "author_ada,(story,comment,poll,job)", "numericFilters": bounds}


def _json(body: object) -> Any:
    import json

    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()
