"""The control surface for tests and demos, under /simulator: no part of the vendor's, and no key is asked."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from scrape_assets.simulator.answers import as_json
from scrape_assets.simulator.bodies import FORMATS, in_turns
from scrape_assets.simulator.calls import accepted_job
from scrape_assets.simulator.faults import FaultRule
from scrape_assets.simulator.jobs import SimulatedJob
from scrape_assets.simulator.presets import PRESETS
from scrape_assets.simulator.vendor import Vendor


def control_routes(vendor: Vendor) -> list[Route]:
    """Settings, faults, calls, and the switches that make every job ready and lift the block of the address.

    GET and PUT /simulator/settings (a PUT may name some only), GET, POST (a rule, or a preset with its share) and
    DELETE /simulator/faults, GET /simulator/hits (what has struck), GET /simulator/calls, GET /simulator/rows/{id}
    (what a job ever gave in a whole body; with ?torn, in one that seemed whole), POST /simulator/ready,
    POST /simulator/unblock.
    """

    async def settings(request: Request) -> Response:
        if request.method == "PUT":
            vendor.settings = vendor.settings.changed(msgspec.json.decode(await request.body(), type=dict))
        return as_json(200, vendor.settings)

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            vendor.faults.clear()
        elif request.method == "POST":
            for rule in _rules(await request.body()):
                vendor.faults.add(rule)
        return as_json(200, vendor.faults.rules())

    async def hits(_: Request) -> Response:
        return as_json(200, [hit._asdict() for hit in vendor.faults.hits()])

    async def calls(_: Request) -> Response:
        accepted = [
            accepted_job(
                job,
                vendor.faults.sticking(job.snapshot_id, job.subject()),
                vendor.calls.delivered_of(job.snapshot_id),
            )
            for job in vendor.jobs
        ]
        told = {
            "operations": vendor.calls.counts(),
            "accepted": accepted,
            "ip_blocked": vendor.block.blocked,
            "throttled_recently": vendor.block.recent(vendor.now(), vendor.settings),
            "throttled_most": vendor.block.most,
        }
        return as_json(200, told)

    async def rows(request: Request) -> Response:
        job = vendor.jobs.get(request.path_params["snapshot_id"])
        if job is None:
            return PlainTextResponse("no such job", 404)
        spans = vendor.calls.delivered_of(job.snapshot_id, torn="torn" in request.query_params)
        return StreamingResponse(in_turns(_given(vendor, job, spans)), media_type=FORMATS["ndjson"])

    async def unblock(_: Request) -> Response:
        was = vendor.block.blocked
        vendor.block.lift()
        return as_json(200, {"was_blocked": was})

    async def ready(_: Request) -> Response:
        return as_json(200, {"made_ready": vendor.jobs.make_all_ready(vendor.now())})

    return [
        Route("/simulator/settings", _explained(settings), methods=["GET", "PUT"]),
        Route("/simulator/faults", _explained(faults), methods=["GET", "POST", "DELETE"]),
        Route("/simulator/hits", hits),
        Route("/simulator/calls", calls),
        Route("/simulator/rows/{snapshot_id}", rows),
        Route("/simulator/unblock", unblock, methods=["POST"]),
        Route("/simulator/ready", ready, methods=["POST"]),
    ]


def _given(vendor: Vendor, job: SimulatedJob, spans: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """The rows of a job in these spans, a line each and each once."""
    told = 0
    for start, stop in spans:
        if stop > told:
            yield from (text + b"\n" for text in vendor.rows(job).texts(max(start, told), stop))
            told = stop


class _Preset(msgspec.Struct, forbid_unknown_fields=True):
    preset: str
    share: float = 0.1

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"unknown preset {self.preset!r}; known: {', '.join(sorted(PRESETS))}")
        if not 0 < self.share <= 1:
            raise ValueError("share must be above 0 and at most 1")


def _rules(asked: bytes) -> list[FaultRule]:
    """A rule, or the rules of a preset."""
    if "preset" not in msgspec.json.decode(asked, type=dict):
        return [msgspec.json.decode(asked, type=FaultRule)]
    preset = msgspec.json.decode(asked, type=_Preset)
    return PRESETS[preset.preset](preset.share)


def _explained(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except msgspec.MsgspecError as mistake:
            return PlainTextResponse(str(mistake), 400)

    return endpoint
