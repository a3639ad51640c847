"""The code location that workspace.yaml names."""

from scrape_assets.build import build_defs
from scrape_assets.logs import configure_logs

configure_logs()
defs = build_defs()
