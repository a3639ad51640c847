"""Every platform that the vendor serves goes the whole way: asked for, delivered, mapped, matched to its author."""

import pytest

from scrape_assets.flow.collect import collect
from scrape_assets.posts.identity import profile_key
from scrape_assets.sources.registry import DATASETS
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.world import TODAY, World

PROFILES = {
    "linkedin": "https://www.linkedin.com/company/harbour-lamps",
    "instagram": "https://www.instagram.com/harbour.lamps/",
    "tiktok": "https://www.tiktok.com/@harbour.lamps",
    "x": "https://x.com/HarbourLamps",
    "facebook": "https://www.facebook.com/harbour.lamps",
    "youtube": "https://www.youtube.com/@HarbourLamps",
    "reddit": "https://www.reddit.com/r/harbourlamps/",
}


def test_every_platform_of_the_vendor_is_here() -> None:
    assert set(PROFILES) == {str(platform) for platform in DATASETS}


@pytest.mark.parametrize("platform", sorted(PROFILES))
def test_a_creator_s_posts_arrive_and_are_matched(world: World, platform: str) -> None:
    with world.engine.begin() as conn:
        upsert_creator(conn, "harbour", "Harbour Lamps", profile_key(platform, PROFILES[platform]))

    collect(world.ctx, platform, TODAY)
    world.poll()
    world.process()

    job = world.job()
    assert (job.status, job.source, job.error) == ("completed", "brightdata", None)
    posts = world.count("raw_posts")
    assert job.posts_found == posts >= 3
    assert world.column("SELECT DISTINCT platform FROM raw_posts") == [platform]
    roles = dict(world.rows("SELECT role, count(*) FROM creator_content GROUP BY 1"))
    # Who writes in a community is not the community.
    assert sum(roles.values()) >= posts
    assert roles.get("found_in_feed" if platform == "reddit" else "author", 0) >= 1, roles
    with_text = world.column("SELECT count(*) FROM raw_posts WHERE text IS NOT NULL OR title IS NOT NULL")
    assert with_text[0] > posts / 2
    assert (
        world.column("SELECT count(*) FROM raw_posts WHERE author_key IS NULL AND author_handle IS NULL")[0]
        <= posts / 4
    )


@pytest.mark.parametrize("platform", sorted(PROFILES))
def test_collecting_a_platform_again_changes_no_post(world: World, platform: str) -> None:
    with world.engine.begin() as conn:
        upsert_creator(conn, "harbour", "Harbour Lamps", profile_key(platform, PROFILES[platform]))
    collect(world.ctx, platform, TODAY)
    world.poll()
    world.process()
    before = world.rows("SELECT * FROM raw_posts ORDER BY post_id")
    world.again()
    assert world.rows("SELECT * FROM raw_posts ORDER BY post_id") == before


def test_instagram_s_posts_and_reels_are_one_row_each(world: World) -> None:
    with world.engine.begin() as conn:
        upsert_creator(conn, "harbour", "Harbour Lamps", profile_key("instagram", PROFILES["instagram"]))
    collect(world.ctx, "instagram", TODAY)
    world.ask_for(
        "harbour", platform="instagram", collection_date=TODAY, next_attempt_at=world.clock(),
        search_params='{"dataset": "reels"}',
    )  # fmt: skip
    collect(world.ctx, "instagram", TODAY, requested_only=True)
    world.poll()
    world.process()
    assert len({one.dataset_id for one in world.snapshots()}) == 2
    assert world.statuses() == {"completed": 2}
    assert all(job.posts_found for job in world.jobs())
