"""What the tests of downloads share: a snapshot that is ready, or some, and the end that one must come to."""

from scrape_assets.flow.taking.outcome import Outcome
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.world import HARBOUR, World

POSTS = 7


def make_ready(world: World) -> World:
    """One snapshot of seven posts, ready at the vendor."""
    world.control.settings(rows_per_input=POSTS)
    world.creator("harbour", HARBOUR)
    world.collected()
    return world


def make_many_ready(world: World, snapshots: int) -> None:
    """So many snapshots, of a yard each, ready at the vendor."""
    world.set(batch_size=1)
    for number in range(snapshots):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.collect()
    world.poll()


def assert_whole(world: World, posts: int = POSTS) -> None:
    """The end that an undisturbed run would have come to."""
    assert (world.snapshot().status, world.snapshot().error) == (SnapshotStatus.PROCESSED, None)
    assert (world.job().status, world.job().posts_found) == ("completed", posts)
    for table in ("raw_posts", "post_sightings", "creator_content"):
        assert world.count(table) == posts
    assert world.paid() == {HARBOUR: 1}


def later(world: World, **time: float) -> list[Outcome]:
    """Process again when the time has come."""
    world.clock.forward(**time or {"minutes": 2})
    return world.process()
