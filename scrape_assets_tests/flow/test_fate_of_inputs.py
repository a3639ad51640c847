"""How each input of a snapshot fared: delivered, empty, dead, or worth asking again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scrape_assets_tests.flow.invented_rows import error, post, replay
from scrape_assets_tests.flow.world import HARBOUR, MILL, QUARRY, World

MISSING = "https://www.linkedin.com/company/missing-mill"
MakeWorld = Callable[..., World]


def test_an_input_of_which_only_passing_errors_came_is_asked_again_and_the_others_are_not(
    world_with: MakeWorld, tmp_path: Path
) -> None:
    rows = [post(1), error(), *(error(code, feed=MILL) for code in ("crawl_failed", "blocked", "net_err_timed_out"))]
    world = world_with(replay_dir=replay(tmp_path / "replay", rows))
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.run()
    harbour, mill = world.job("harbour"), world.job("mill")
    assert (harbour.status, harbour.posts_found) == ("completed", 1)
    assert "crawl_failed: Collection failed" in str(harbour.warning)
    assert (mill.status, mill.attempts, mill.error_class) == ("pending", 1, "vendor_failed")
    assert "blocked: Collection failed" in str(mill.error)
    assert world.snapshot().status == "processed"

    replay(tmp_path / "replay", [post(2, feed=MILL)])
    world.clock.forward(hours=1)
    world.run()
    assert world.paid() == {HARBOUR: 1, MILL: 2}
    assert (world.job("mill").status, world.job("mill").posts_found) == ("completed", 1)


def test_several_inputs_to_ask_again_are_asked_for_together(world_with: MakeWorld, tmp_path: Path) -> None:
    urls = [HARBOUR, MILL, QUARRY]
    world = world_with(replay_dir=replay(tmp_path / "replay", [error(feed=url) for url in urls]))
    for number, url in enumerate(urls):
        world.creator(f"creator-{number}", url)
    world.run()
    assert len({job.next_attempt_at for job in world.jobs()}) == 1
    world.clock.forward(hours=1)
    world.collect()
    assert world.paid_together() == [sorted(urls), sorted(urls)]


def test_an_input_that_never_yields_more_than_errors_ends_dead_with_the_vendors_words(
    world_with: MakeWorld, tmp_path: Path
) -> None:
    world = world_with(replay_dir=replay(tmp_path / "replay", [error()]))
    world.creator("harbour", HARBOUR)
    for _ in range(7):
        world.run()
        world.clock.forward(hours=7)
    job = world.job()
    assert (job.status, job.attempts) == ("dead", 5)
    assert "Collection failed after multiple attempts" in str(job.error)
    assert world.paid() == {HARBOUR: 5}


def test_a_dead_page_completes_with_a_warning(world: World) -> None:
    world.creator("mill", MISSING)
    world.creator("harbour", HARBOUR)
    world.run()
    mill = world.job("mill")
    assert (mill.status, mill.posts_found, mill.error) == ("completed", 0, None)
    assert "dead_page: Invalid input.url" in str(mill.warning)
    assert "may be deleted, private" in str(mill.warning)
    assert (world.job("harbour").status, world.job("harbour").warning) == ("completed", None)
    assert world.rows("SELECT reason, code, input_url FROM rejected_rows") == [("source_warning", "dead_page", MISSING)]


def test_an_input_of_which_nothing_came_at_all_is_empty_and_done(world_with: MakeWorld, tmp_path: Path) -> None:
    world = world_with(replay_dir=replay(tmp_path / "replay", [post(1)]))
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.run()
    assert (world.job("mill").status, world.job("mill").posts_found, world.job("mill").warning) == (
        "completed",
        0,
        None,
    )


@pytest.mark.parametrize("spelled", ["https://uk.linkedin.com/company/Harbour-Lamps/?trk=x", HARBOUR + "/"])
def test_a_feed_spelled_otherwise_by_the_vendor_is_the_same_input(
    world_with: MakeWorld, tmp_path: Path, spelled: str
) -> None:
    rows = [post(number, discovery_input={"url": spelled}) for number in range(3)]
    world = world_with(replay_dir=replay(tmp_path / "replay", rows))
    world.creator("harbour", HARBOUR)
    world.run()
    assert world.job().posts_found == 3


def test_a_share_of_failed_rows_is_kept_and_the_posts_are_loaded(world_with: MakeWorld) -> None:
    world = world_with(rows_per_input=40, error_rate=0.25)
    world.creator("harbour", HARBOUR)
    world.run()
    rejected = world.count("rejected_rows")
    assert rejected >= 10
    assert world.count("raw_posts") == 40 - rejected
    assert (world.snapshot().posts_retrieved, world.snapshot().rows_rejected) == (40 - rejected, rejected)
    assert (world.snapshot().vendor_records, world.snapshot().vendor_errors) == (40 - rejected, rejected)
    assert (world.job().status, world.job().posts_found) == ("completed", 40 - rejected)
