"""The code location that workspace.yaml names."""

from scrape_assets.importing import nothing_is_garbage

with nothing_is_garbage():
    from scrape_assets.build import build_defs
    from scrape_assets.logs import configure_logs

    configure_logs()
    defs = build_defs()
