"""A storm: jobs of four platforms while a tenth of what the vendor does goes wrong, every kind of fault at once."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from scrape_assets.flow.collect import collect
from scrape_assets.flow.mending.settle import settle_unknown
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.ledger import jobs
from scrape_assets.posts.identity import profile_key
from scrape_assets.sources.errors import SourceError
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.conftest import clock, world_with  # noqa: F401 -- fixtures
from scrape_assets_tests.flow.world import TODAY, World
from scrape_assets_tests.recovery.storm_verdict import judge

PLATFORMS = {
    "linkedin": "https://www.linkedin.com/company/works-{}",
    "instagram": "https://www.instagram.com/works.{}",
    "tiktok": "https://www.tiktok.com/@works.{}",
    "x": "https://x.com/works_{}",
}
JOBS = 104
BATCH = 10
A_TICK = timedelta(seconds=15)
LONGEST = timedelta(days=4)
# The next moment for each kind of work that is open.
OPEN = """
    SELECT kind, min(moment) FROM (
        SELECT 'collect' AS kind, next_attempt_at AS moment FROM scrape_jobs WHERE status = 'pending'
        UNION ALL
        SELECT CASE status WHEN 'unknown' THEN 'settle' WHEN 'ready' THEN 'process' ELSE 'poll' END,
            coalesce(leased_until, next_check_at, created_at)
        FROM snapshots
        WHERE status IN ('triggering', 'unknown', 'pending', 'running', 'ready', 'processing')
    ) AS open GROUP BY 1
"""


def ask_for_many(world: World, count: int) -> None:
    """So many creators, each with one profile, and a job for each as another program inserts it."""
    platforms = list(PLATFORMS)
    with world.engine.begin() as conn:
        for number in range(count):
            platform = platforms[number % len(platforms)]
            profile = profile_key(platform, PLATFORMS[platform].format(number))
            upsert_creator(conn, f"c{number}", f"Works {number}", profile)
    for number in range(count):
        world.ask_for(f"c{number}", platform=platforms[number % len(platforms)], collection_date=TODAY)


def work_until_all_has_ended(world: World) -> None:
    """What the sensors have done, tick after tick; the clock is moved to the next moment at which something is due."""
    end = world.clock() + LONGEST
    while due := dict(world.rows(OPEN)):
        world.clock.now = max(world.clock() + A_TICK, min(due.values()))
        assert world.clock() < end, f"it does not end: {due}"
        work = {kind for kind, moment in due.items() if moment <= world.clock()}
        if "collect" in work:
            collect_due(world)
        if "settle" in work:
            settle_unknown(world.ctx)
        if "poll" in work:
            poll_due(world.ctx, timedelta(minutes=1))
        if work & {"poll", "process"}:
            world.process()


def collect_due(world: World) -> None:
    """A run for each platform that has due jobs."""
    with world.engine.connect() as conn:
        due = {job.platform for job in jobs.due_jobs(conn, world.clock(), JOBS)}
    for platform in sorted(due):
        with suppress(SourceError):  # the run fails, and the sensor requests another
            collect(world.ctx, platform, TODAY, requested_only=True)


def test_in_a_storm_no_job_is_lost_nothing_is_paid_twice_and_the_address_is_never_blocked(
    world_with: Callable[..., World],  # noqa: F811
) -> None:
    world = world_with(latency=8.0, jitter=7.0, error_rate=0.02)
    world.set(batch_size=BATCH, snapshot_deadline_hours=6)
    ask_for_many(world, JOBS)
    world.control.preset("storm", share=0.1)
    work_until_all_has_ended(world)
    verdict = judge(world.engine, world.control)
    assert not verdict.complaints, f"{verdict.complaints}; {verdict.figures}"
    assert sum(verdict.figures["jobs"].values()) >= JOBS
    assert verdict.figures["jobs"]["completed"] > JOBS / 2
    assert len(verdict.figures["faults struck"]) > 10
