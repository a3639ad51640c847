"""What the vendor brings torn is downloaded from it once: the push is believed only where that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from scrape_assets.api.app import build_app
from scrape_assets.settings import Settings
from scrape_assets_tests.api.served import TOKEN, Server
from scrape_assets_tests.flow.conftest import clock, world, world_with
from scrape_assets_tests.flow.one_snapshot import POSTS, assert_whole
from scrape_assets_tests.flow.world import HARBOUR, World

__all__ = ["clock", "world", "world_with"]


def lines_cut(rows: list[bytes]) -> bytes:
    return b"\n".join(rows)[:-40]


def array_cut_between(rows: list[bytes]) -> bytes:
    return b"[" + b",".join(rows[:-1]) + b","


FORMS = [lines_cut, array_cut_between]


def delivered(world: World, cut: Callable[[list[bytes]], bytes]) -> None:
    """Let the vendor's own delivery be lost, and bring its rows torn to the address that it was given; twice."""
    world.control.settings(rows_per_input=POSTS)
    world.control.fault("lost_notification")
    settings = Settings(admin_api_token=TOKEN, webhooks="deliver")
    with Server(build_app(settings, replace(world.ctx, settings=settings))) as server:
        address = settings.model_copy(update={"public_url": server.url})
        world.creator("harbour", HARBOUR)
        world.collect(ctx=replace(world.ctx, settings=address))
        [token] = world.column("SELECT webhook_token FROM snapshots")
        body = cut(_rows(world))
        answers = [httpx.post(f"{server.url}/api/webhooks/brightdata/{token}", content=body) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"outcome": "stored"}, {"outcome": "known"}]


@pytest.mark.parametrize("cut", FORMS)
def test_a_torn_delivery_is_downloaded_once_and_no_post_is_missing(
    world: World, cut: Callable[[list[bytes]], bytes]
) -> None:
    delivered(world, cut)
    world.process()
    assert_whole(world)
    assert (world.download_calls(), world.job().warning, world.count("rejected_rows")) == ({"": 1}, None, 0)
    assert world.snapshot().attempts == 0


@pytest.mark.parametrize("cut", FORMS)
def test_a_torn_delivery_that_the_vendor_no_longer_keeps_is_loaded_as_it_came(
    world: World, cut: Callable[[list[bytes]], bytes]
) -> None:
    delivered(world, cut)
    world.clock.forward(days=17)
    world.process()
    assert_whole(world, POSTS - 1)
    assert "cannot be downloaded once more" in str(world.job().warning)
    assert world.column("SELECT reason FROM rejected_rows") == ["truncated"]


def test_a_torn_delivery_whose_download_is_torn_as_well_is_not_asked_for_a_third_time(world: World) -> None:
    delivered(world, lines_cut)
    world.control.fault("truncated_last_line")
    world.process()
    assert_whole(world, POSTS - 1)
    assert world.download_calls() == {"": 1}
    assert "posts may be missing" in str(world.job().warning)


def _rows(world: World) -> list[bytes]:
    rows = httpx.get(
        f"{world.vendor.url}/datasets/v3/snapshot/{world.snapshot().vendor_snapshot_id}",
        params={"format": "ndjson"},
        headers={"authorization": "Bearer invented-key"},
    ).raise_for_status()
    assert len(rows.content.splitlines()) == POSTS
    json.loads(rows.content.splitlines()[-1])
    return rows.content.splitlines()
