"""The ASGI application: which path leads to which route. What the routes answer is in their own modules."""

from starlette.applications import Starlette
from starlette.routing import Route

from scrape_assets.simulator import job_routes, paid_routes
from scrape_assets.simulator.control import control_routes
from scrape_assets.simulator.gate import Handler, guarded
from scrape_assets.simulator.vendor import Vendor

_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("POST", "/datasets/v3/trigger", "trigger", paid_routes.trigger),
    ("POST", "/datasets/v3/scrape", "scrape", paid_routes.scrape),
    ("GET", "/datasets/v3/progress/{snapshot_id}", "progress", job_routes.progress),
    ("GET", "/datasets/v3/snapshots", "snapshots", job_routes.snapshots),
    ("GET", "/datasets/v3/snapshot/{snapshot_id}", "snapshot", job_routes.snapshot),
    ("GET", "/datasets/v3/snapshot/{snapshot_id}/parts", "parts", job_routes.parts),
    ("GET", "/datasets/v3/snapshot/{snapshot_id}/input", "input", job_routes.inputs),
    ("POST", "/datasets/v3/snapshot/{snapshot_id}/cancel", "cancel", job_routes.cancel),
    ("POST", "/datasets/v3/snapshot/{snapshot_id}/rerun", "rerun", paid_routes.rerun),
    ("GET", "/datasets/v3/log/{snapshot_id}", "log", job_routes.log),
    ("GET", "/datasets/list", "datasets", job_routes.catalogue),
)


def build_app(vendor: Vendor) -> Starlette:
    """The vendor's surface and the control surface over one vendor."""
    surface = [Route(path, guarded(vendor, name, handler), methods=[verb]) for verb, path, name, handler in _ROUTES]
    return Starlette(routes=[*surface, *control_routes(vendor)])
