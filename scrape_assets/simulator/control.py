"""The control surface for tests and demos, under /simulator: no part of the vendor's, and no key is asked."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from scrape_assets.simulator.answers import as_json
from scrape_assets.simulator.calls import accepted_job
from scrape_assets.simulator.faults import FaultRule
from scrape_assets.simulator.vendor import Vendor


def control_routes(vendor: Vendor) -> list[Route]:
    """Settings, faults, calls, and the switch that makes every job ready.

    GET and PUT /simulator/settings (a PUT may name some only), GET, POST and DELETE /simulator/faults,
    GET /simulator/calls, POST /simulator/ready.
    """

    async def settings(request: Request) -> Response:
        if request.method == "PUT":
            vendor.settings = vendor.settings.changed(msgspec.json.decode(await request.body(), type=dict))
        return as_json(200, vendor.settings)

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            vendor.faults.clear()
        elif request.method == "POST":
            vendor.faults.add(msgspec.json.decode(await request.body(), type=FaultRule))
        return as_json(200, vendor.faults.rules())

    async def calls(_: Request) -> Response:
        accepted = [accepted_job(job) for job in vendor.jobs]
        return as_json(200, {"operations": vendor.calls.counts(), "accepted": accepted})

    async def ready(_: Request) -> Response:
        return as_json(200, {"made_ready": vendor.jobs.make_all_ready(vendor.now())})

    return [
        Route("/simulator/settings", _explained(settings), methods=["GET", "PUT"]),
        Route("/simulator/faults", _explained(faults), methods=["GET", "POST", "DELETE"]),
        Route("/simulator/calls", calls),
        Route("/simulator/ready", ready, methods=["POST"]),
    ]


def _explained(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except msgspec.MsgspecError as mistake:
            return PlainTextResponse(str(mistake), 400)

    return endpoint
