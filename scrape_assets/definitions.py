"""The code location that workspace.yaml names."""

from scrape_assets.build import build_defs

defs = build_defs()
