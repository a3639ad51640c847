"""From the trigger to the match by webhook alone: the vendor calls us, and nobody polls or downloads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from scrape_assets.api.app import build_app
from scrape_assets.settings import Settings
from scrape_assets_tests.api.served import HOOK, TOKEN, Server
from scrape_assets_tests.flow.conftest import clock, world, world_with
from scrape_assets_tests.flow.world import HARBOUR, World

__all__ = ["clock", "world", "world_with"]


@pytest.mark.parametrize("kind", ["notify", "deliver"])
def test_a_snapshot_is_ready_because_the_vendor_says_so(world: World, kind: str) -> None:
    settings = Settings(admin_api_token=TOKEN, webhooks=kind, brightdata_webhook_secret=HOOK)
    ctx = replace(world.ctx, settings=settings)
    with Server(build_app(settings, ctx)) as server:
        world.creator("harbour", HARBOUR)
        world.ctx = replace(ctx, settings=settings.model_copy(update={"public_url": server.url}))
        world.collect()
        _wait(world, lambda: str(world.snapshot().status) == "ready")
    assert world.calls("progress") == 0
    world.process()
    assert str(world.snapshot().status) == "processed"
    assert world.snapshot().posts_matched
    assert world.calls("snapshot") == (1 if kind == "notify" else 0)
    [job] = world.jobs()
    assert str(job.status) == "completed"


def _wait(world: World, done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    turn = threading.Event()
    while not done():
        assert time.monotonic() < end, "the vendor's word did not arrive"
        turn.wait(0.05)
        # It may have come before the trigger's answer was written down; then the vendor sends it again, by its clock.
        world.clock.forward(seconds=1)
