"""The world of the flow's tests, for what operators do in it."""

from scrape_assets_tests.flow.conftest import clock, world, world_with

__all__ = ["clock", "world", "world_with"]
