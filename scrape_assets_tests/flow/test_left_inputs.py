"""An event asks for several inputs at once. What came is kept; what failed in passing is asked, and paid, alone."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from scrape_assets.flow.collect import collect
from scrape_assets.ledger import jobs
from scrape_assets.ledger.jobs import Job
from scrape_assets.simulator import datasets, tiktok
from scrape_assets.simulator.datasets import InputRows
from scrape_assets.simulator.jobs import SimulatedJob
from scrape_assets.simulator.linkedin import DeadInput
from scrape_assets.storage.events import Event, upsert_event
from scrape_assets_tests.flow.world import NOW, TODAY, World

WORDS = ["tea", "scones", "jam", "clotted cream", "porcelain"]
Breaks = Callable[[dict[str, str]], None]


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Breaks:
    """Lets the vendor fail searches for certain words, each with a code."""

    def make(codes: dict[str, str]) -> None:
        def find_rows(job: SimulatedJob, index: int, limit: int | None) -> InputRows:
            code = codes.get(job.order.inputs[index]["search_keyword"])
            if code:
                return DeadInput(job, index, "error", "It did not work", failure_code=code)
            return tiktok.find_rows(job, index, limit)

        ours = dataclasses.replace(datasets.DATASETS[tiktok.POSTS_DATASET], find_rows=find_rows)
        monkeypatch.setitem(datasets.DATASETS, tiktok.POSTS_DATASET, ours)

    return make


@pytest.fixture
def fair(world: World) -> World:
    """An event that is looked for by five words on TikTok."""
    follow(world, "tiktok", WORDS)
    return world


def follow(world: World, platform: str, words: list[str]) -> None:
    noon, night = NOW, NOW + timedelta(hours=12)
    event = Event("fair", "The tea fair", noon, night, keywords=tuple(words), platforms=(platform,))
    world.control.settings(rows_per_input=4)
    with world.engine.begin() as conn:
        upsert_event(conn, event)


def run(world: World, platform: str = "tiktok", **forward: float) -> Job:
    collect(world.ctx, platform, TODAY)
    world.poll(**forward)
    world.process()
    return world.job("fair")


def asked(world: World) -> Counter[str]:
    """How often each word was paid for."""
    return Counter(word for one in world.control.accepted() for given in one["inputs"] for word in given.values())


def test_one_failed_word_is_asked_again_alone_and_the_job_keeps_what_came(fair: World, breaks: Breaks) -> None:
    fair.control.settings(rows_per_input=None)  # whatever is found among the posts of everybody
    breaks({"jam": "crawl_failed"})
    job = run(fair)
    came = fair.count("raw_posts")
    assert (job.status, job.failures, job.posts_found) == ("pending", {"vendor_failed": 1}, came)
    assert came > 0
    assert job.error == "its other inputs came; of these alone nothing: 'jam': crawl_failed: It did not work"
    assert fair.snapshot().status == "processed"

    breaks({})
    fair.clock.forward(hours=1)
    job = run(fair)
    assert (job.status, job.error) == ("completed", None)
    assert asked(fair) == {**dict.fromkeys(WORDS, 1), "jam": 2}
    everything = fair.column("SELECT count(DISTINCT post_id) FROM post_sightings")[0]
    in_each = fair.column("SELECT count(DISTINCT post_id) FROM post_sightings GROUP BY snapshot_id")
    assert sum(in_each) > everything, "some posts were found by both"
    assert job.posts_found == everything > came, "and each is one post"
    assert [len(one.inputs) for one in fair.snapshots()] == [5, 1]
    assert fair.count("event_posts") > 0


def test_what_fails_again_and_again_ends_dead_and_a_replay_asks_for_it_alone(fair: World, breaks: Breaks) -> None:
    breaks({"jam": "blocked", "tea": "net_err_timed_out"})
    for _ in range(7):
        job = run(fair)
        fair.clock.forward(hours=7)
    assert (job.status, job.failures) == ("dead", {"vendor_failed": 5})
    assert asked(fair) == {**dict.fromkeys(WORDS, 1), "jam": 5, "tea": 5}
    kept = fair.count("raw_posts")
    assert job.posts_found == kept > 0

    breaks({})
    with fair.engine.begin() as conn:
        jobs.replay(conn, job.job_id, fair.clock())
    job = run(fair)
    assert (job.status, job.attempts) == ("completed", 0)
    assert asked(fair) == {**dict.fromkeys(WORDS, 1), "jam": 6, "tea": 6}
    assert job.posts_found == fair.column("SELECT count(DISTINCT post_id) FROM post_sightings")[0] > kept


def test_of_two_that_failed_one_may_come_before_the_other(fair: World, breaks: Breaks) -> None:
    for codes in ({"jam": "blocked", "tea": "blocked"}, {"tea": "aborted_page"}, {}):
        breaks(codes)
        job = run(fair)
        fair.clock.forward(hours=7)
    assert job.status == "completed"
    assert asked(fair) == {**dict.fromkeys(WORDS, 1), "jam": 2, "tea": 3}
    assert job.posts_found == fair.column("SELECT count(DISTINCT post_id) FROM post_sightings")[0]


def test_what_the_source_said_of_inputs_that_came_is_in_the_warning_in_the_end(fair: World, breaks: Breaks) -> None:
    breaks({"jam": "crawl_failed", "scones": "dead_page"})
    assert run(fair).status == "pending"
    breaks({})
    fair.clock.forward(hours=7)
    job = run(fair)
    assert job.status == "completed"
    assert "'scones': dead_page: It did not work (the page may be deleted" in str(job.warning)
    assert asked(fair)["scones"] == 1


def test_when_the_rest_turns_out_to_be_empty_the_job_has_what_came_before(fair: World, breaks: Breaks) -> None:
    breaks({"jam": "crawl_failed"})
    came = run(fair).posts_found
    fair.clock.forward(hours=7)
    fair.control.fault("empty")
    job = run(fair)
    assert (job.status, job.posts_found) == ("completed", came)
    assert came


def test_when_every_word_fails_all_are_asked_again(fair: World, breaks: Breaks) -> None:
    breaks(dict.fromkeys(WORDS, "crawl_failed"))
    assert run(fair).status == "pending"
    breaks({})
    fair.clock.forward(hours=7)
    assert run(fair).status == "completed"
    assert asked(fair) == dict.fromkeys(WORDS, 2)


def test_processing_the_first_snapshot_again_disturbs_neither_the_job_nor_its_count(
    fair: World, breaks: Breaks
) -> None:
    breaks({"jam": "crawl_failed"})
    waiting = run(fair)
    fair.again()
    assert fair.job("fair") == waiting
    breaks({})
    fair.clock.forward(hours=7)
    assert run(fair).posts_found == fair.column("SELECT count(DISTINCT post_id) FROM post_sightings")[0]


def test_words_and_tags_are_two_jobs_and_a_failure_writes_and_pays_for_none_of_them_again(world: World) -> None:
    """One trigger knows one way of discovery. The request's second job is written once, however often it is tried."""
    follow(world, "youtube", ["tea"])
    world.ask_for(
        "fair", target_kind="event", platform="youtube", collection_date=TODAY, next_attempt_at=NOW,
        search_params=json.dumps({"keywords": ["tea", "#tea", "#fair"]}),
    )  # fmt: skip
    world.control.fault("failed", times=2)
    for _ in range(3):
        collect(world.ctx, "youtube", TODAY, requested_only=True)
        world.poll()
        world.process()
        world.clock.forward(hours=7)
    assert world.statuses() == {"completed": 2}
    triggers = Counter(json.dumps(one["inputs"]) for one in world.control.accepted())
    assert set(triggers.values()) == {2}, "each failed once"
    assert sorted(len(json.loads(one)) for one in triggers) == [1, 2]


def test_when_all_has_come_an_equal_request_is_served_with_it(fair: World, breaks: Breaks) -> None:
    breaks({"jam": "crawl_failed"})
    run(fair)
    breaks({})
    fair.clock.forward(minutes=2)
    first = run(fair, minutes=1)
    assert first.status == "completed"
    second = fair.ask_for(
        "fair", target_kind="event", platform="tiktok", collection_date=TODAY, next_attempt_at=fair.clock(),
        search_params=json.dumps(first.search_params),
    )  # fmt: skip
    collect(fair.ctx, "tiktok", TODAY, requested_only=True)
    [served] = [job for job in fair.jobs() if job.job_id == second]
    assert (served.status, served.posts_found) == ("completed", first.posts_found)
    assert asked(fair) == {**dict.fromkeys(WORDS, 1), "jam": 2}
