"""One bad input refuses a whole job at the vendor: it is set aside with the reason, and the rest is sent again."""

import dataclasses
from collections.abc import Callable

import pytest

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.simulator import datasets, linkedin
from scrape_assets.simulator.jobs import JobInput
from scrape_assets_tests.flow.world import World

YARDS = {f"yard-{number}": f"https://www.linkedin.com/company/yard-{number}" for number in range(6)}


@pytest.fixture
def refuses(monkeypatch: pytest.MonkeyPatch) -> Callable[[set[str]], None]:
    """Lets the vendor find fault with some URLs, and name them by their place in what was sent."""

    def make(urls: set[str]) -> None:
        def check(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:
            if given["url"] in urls:
                return [("url", "This company is closed to visitors")]
            return linkedin.check_input(given, discover_by)

        ours = dataclasses.replace(datasets.DATASETS[linkedin.POSTS_DATASET], check_input=check)
        monkeypatch.setitem(datasets.DATASETS, linkedin.POSTS_DATASET, ours)

    return make


@pytest.mark.parametrize("bad", [{"yard-3"}, {"yard-0", "yard-5"}, {"yard-1", "yard-2", "yard-3", "yard-4"}])
def test_bad_inputs_are_set_aside_and_the_others_are_paid_once_together(
    world: World, refuses: Callable[[set[str]], None], bad: set[str]
) -> None:
    refuses({YARDS[name] for name in bad})
    for name, url in YARDS.items():
        world.creator(name, url)
    report = world.collect()

    good = sorted(url for name, url in YARDS.items() if name not in bad)
    assert world.paid_together() == [good]
    [triggered] = report.triggered
    assert {one.url for one in triggered.set_aside} == {YARDS[name] for name in bad}
    assert triggered.inputs == len(good)
    assert sorted(world.snapshot().creator_urls) == good
    for job in world.jobs():
        if job.target_id in bad:
            assert (job.status, job.error_class) == ("failed", "bad_request")
            assert "url: This company is closed to visitors" in str(job.error)
        else:
            assert job.status == "processing"

    world.poll()
    world.process()
    assert world.statuses() == {"completed": len(good), "failed": len(bad)}
    world.collect()
    assert set(world.paid().values()) == {1}


def test_when_all_are_bad_nothing_is_paid_and_nothing_waits(world: World, refuses: Callable[[set[str]], None]) -> None:
    refuses(set(YARDS.values()))
    for name, url in YARDS.items():
        world.creator(name, url)
    report = world.collect()
    assert world.control.accepted() == []
    assert world.statuses() == {"failed": 6}
    assert (world.snapshot().status, report.triggered[0].error) == (
        SnapshotStatus.FAILED,
        "the source refused every input of this batch",
    )


def test_a_refusal_that_names_nobody_fails_the_batch_with_the_vendors_words(world: World) -> None:
    world.creator("yard", YARDS["yard-0"])
    world.control.fault("trigger_400", body="This dataset is not allowed for API")
    world.collect()
    job = world.job()
    assert (job.status, job.error_class) == ("failed", "bad_request")
    assert "This dataset is not allowed for API" in str(job.error)
    assert world.snapshot().status is SnapshotStatus.FAILED


def test_an_index_that_contradicts_its_line_sets_the_named_line_aside(world: World) -> None:
    for name in ("yard-0", "yard-1"):
        world.creator(name, YARDS[name])
    line = {"url": YARDS["yard-1"], "start_date": "2026-11-14T00:00:00.000Z", "end_date": "2026-11-21T00:00:00.000Z"}
    body = {"error": "Invalid input provided", "line": line, "index": 7, "errors": [["url", "Gone"]]}
    world.control.fault("trigger_400", match="yard-1", body=body)
    world.collect()
    assert world.paid() == {YARDS["yard-0"]: 1}
    assert (world.job("yard-1").status, world.job("yard-0").status) == ("failed", "processing")


def test_a_refusal_nobody_can_place_fails_no_good_input_alone(world: World) -> None:
    for name in ("yard-0", "yard-1"):
        world.creator(name, YARDS[name])
    body = {"error": "Invalid input provided", "index": 7, "errors": [["url", "Gone"]]}
    world.control.fault("trigger_400", body=body)
    world.collect()
    assert world.control.accepted() == []
    assert world.statuses() == {"failed": 2}
