"""Who is asked for a platform: the first source that can be, and the next one when it cannot."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from scrape_assets.flow.choosing.choose import standings
from scrape_assets.flow.collect import CollectReport, collect
from scrape_assets.posts.identity import profile_key
from scrape_assets.sources.errors import NotConfigured
from scrape_assets.sources.registry import NoSource
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.world import TODAY, World
from scrape_assets_tests.sources.direct.x_server import CAPPED, TOKEN, TOO_MANY, XServer, reply, tweet, x_server


@pytest.fixture
def api(world: World) -> Iterator[tuple[XServer, str]]:
    with x_server(*(tweet(world.clock() - timedelta(hours=hour), hour) for hour in range(1, 6))) as running:
        yield running


@pytest.fixture
def here(world: World, api: tuple[XServer, str]) -> World:
    """X's own API and the vendor, both on loopback and both with a key; one person to follow."""
    world.set(x_api_url=api[1], x_bearer_token=TOKEN)
    with world.engine.begin() as conn:
        upsert_creator(conn, "ada", "Ada", profile_key("x", "https://x.com/Ada_L"))
    return world


def ask(world: World, **options: Any) -> CollectReport:
    return collect(world.ctx, "x", TODAY, **options)


def change(world: World, **settings: Any) -> None:
    kept = {name: getattr(world.ctx.settings, name) for name in ("x_api_url", "x_bearer_token")}
    world.set(**{**kept, **settings})


def test_the_platform_itself_is_asked_before_the_vendor_and_the_job_says_who_served_it(here: World) -> None:
    ask(here)
    here.process()
    job = here.job()
    assert (job.source, job.status, job.posts_found) == ("x", "completed", 5)
    assert here.snapshot().source == "x"
    assert here.control.calls().get("trigger") is None


def test_without_its_key_a_source_is_passed_over(here: World) -> None:
    change(here, x_bearer_token=None)
    assert [(one.source, one.why_not) for one in standings(here.ctx, "x")] == [
        ("x", "not configured: X_BEARER_TOKEN not set"),
        ("brightdata", None),
    ]
    ask(here)
    assert (here.job().source, here.snapshot().source, here.snapshot().status) == (
        "brightdata",
        "brightdata",
        "pending",
    )


def test_the_order_is_a_setting(here: World) -> None:
    change(here, source_order={"x": ["brightdata", "x"]})
    ask(here)
    assert here.job().source == "brightdata"


def test_a_job_may_name_its_source(here: World) -> None:
    here.ask_for(
        "ada",
        platform="x",
        collection_date=TODAY,
        next_attempt_at=here.clock(),
        search_params='{"source": "brightdata"}',
    )
    ask(here, requested_only=True)
    assert here.job().source == "brightdata"


def test_a_job_that_names_a_source_that_there_is_not_fails_with_that(here: World) -> None:
    ask_by_name(here, "nitter")
    ask(here, requested_only=True)
    assert "there is no source 'nitter' for this platform; there are x, brightdata" in str(here.job().error)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (reply(429, TOO_MANY, x_rate_limit_reset="99999999999"), "throttled"),
        (reply(429, CAPPED), "payment"),
        (reply(401, {"title": "Unauthorized", "status": 401}), "refused"),
    ],
)
def test_what_a_source_leaves_is_asked_of_the_next_in_the_same_collection(
    here: World, api: tuple[XServer, str], refusal: Any, said: str
) -> None:
    api[0].replies = [refusal]
    report = ask(here)
    assert [(one.error_class, one.accepted_as is not None) for one in report.triggered] == [(said, False), (None, True)]
    job = here.job()
    assert (job.source, job.status, job.attempts) == ("brightdata", "processing", 0)
    [blocked, vendor] = standings(here.ctx, "x")
    assert blocked.why_not is not None
    assert blocked.why_not.startswith("blocked until ")
    assert vendor.why_not is None

    here.poll()
    here.process()
    assert here.job().status == "completed"


def test_a_blocked_source_is_not_asked_until_its_time_is_over(here: World, api: tuple[XServer, str]) -> None:
    api[0].replies = [reply(429, CAPPED)]
    ask(here)
    asked = len(api[0].asked)
    ask(here, force=True)
    assert len(api[0].asked) == asked
    here.clock.forward(hours=1)
    ask(here, force=True)
    assert len(api[0].asked) > asked


def test_what_was_begun_by_one_source_is_begun_anew_by_the_next(here: World, api: tuple[XServer, str]) -> None:
    api[0].replies = [None, None, reply(429, CAPPED)]  # the user, a page of posts, and no more
    report = ask(here)
    first, second = report.triggered
    assert (first.error_class, first.records) == ("payment", 2)
    assert second.accepted_as is not None
    here.poll()
    here.process()
    assert here.statuses() == {"completed": 1}
    assert sorted(one.source for one in here.snapshots()) == ["brightdata", "x"]
    assert here.column("SELECT count(*) FROM raw_posts WHERE snapshot_id LIKE 'x-%'")[0] >= 2


def test_with_no_key_at_all_nothing_is_written_and_everybody_s_reason_is_said(here: World) -> None:
    change(here, x_bearer_token=None)
    nobody = here.context("host:1:nobody", key="", x_api_url=here.ctx.settings.x_api_url)
    with pytest.raises(NotConfigured, match=r"x is not configured: X_BEARER_TOKEN .*; brightdata is not configured: "):
        collect(nobody, "x", TODAY)
    assert here.jobs() == []


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"x": ["nitter"]}, "SCRAPE_ASSETS_SOURCES names nitter for x; x has x, brightdata"),
        ({"x": []}, "SCRAPE_ASSETS_SOURCES names nobody for x"),
    ],
)
def test_an_order_that_names_what_there_is_not_is_said_so(here: World, order: Any, reason: str) -> None:
    change(here, source_order=order)
    with pytest.raises(NoSource, match=reason):
        ask(here)


def ask_by_name(world: World, source: str) -> None:
    params = json.dumps({"source": source})
    due = world.clock()
    world.ask_for("ada", platform="x", collection_date=TODAY, next_attempt_at=due, search_params=params)


def test_a_vendor_that_takes_nothing_leaves_its_jobs_to_the_platform_s_own_api(here: World) -> None:
    change(here, source_order={"x": ["brightdata", "x"]})
    here.control.fault("suspended")
    report = ask(here)
    assert [(one.error_class, one.accepted_as) for one in report.triggered] == [("payment", None), (None, "x")]
    assert here.job().source == "x"
    assert next(one.why_not for one in standings(here.ctx, "x") if one.source == "brightdata") is not None
    here.process()
    assert here.statuses() == {"completed": 1}


def test_a_server_that_cannot_be_reached_is_left_for_a_while(here: World) -> None:
    change(here, x_api_url="http://127.0.0.1:9")
    report = ask(here)
    assert [(one.error_class, one.accepted_as is not None) for one in report.triggered] == [
        ("network", False),
        (None, True),
    ]
    assert here.job().source == "brightdata"


def test_a_server_that_fails_for_one_after_the_other_is_left_for_a_while(here: World, api: tuple[XServer, str]) -> None:
    with here.engine.begin() as conn:
        for name in ("bo", "cy", "di", "ed"):
            upsert_creator(conn, name, name, profile_key("x", f"https://x.com/{name}_x"))
    api[0].replies = [reply(503, {}) for _ in range(100)]
    report = ask(here)
    assert report.triggered[0].accepted_as is None
    assert {job.source for job in here.jobs()} == {"brightdata"}
    assert len(set(api[0].paths)) == 3, "three tell enough"
