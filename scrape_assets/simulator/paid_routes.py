"""The calls that cost money: trigger, scrape and rerun. Each accepted one is a job in the journal."""

import asyncio
from datetime import timedelta

from starlette.responses import Response

from scrape_assets.simulator.answers import as_json, invalid_parameters, no_snapshot, refused, text, throttled
from scrape_assets.simulator.connection import DroppedAnswer
from scrape_assets.simulator.downloads import download
from scrape_assets.simulator.gate import Call
from scrape_assets.simulator.jobs import ENDED, JobState, Order, SimulatedJob
from scrape_assets.simulator.orders import read_order

_MOST_SYNC_INPUTS = 20
_LOOK_AGAIN = 0.05  # seconds between two looks at a job that /scrape waits for


async def trigger(call: Call) -> Response:
    """POST /datasets/v3/trigger."""
    answer, job = _accept(call, _order(call))
    return answer if job is None else as_json(200, {"snapshot_id": job.snapshot_id})


async def rerun(call: Call) -> Response:
    """POST /datasets/v3/snapshot/{id}/rerun: a new job with the same inputs."""
    if call.job is None:
        return text(404, "snapshot not found")
    if call.job.expired(call.now, call.vendor.settings.retention_days):
        return refused("Snapshot's inputs storage is expired and no longer available")
    answer, job = _accept(call, call.job.order)
    return answer if job is None else as_json(200, {"snapshot_id": job.snapshot_id})


async def scrape(call: Call) -> Response:
    """POST /datasets/v3/scrape: waits for a while, then answers with the data, or 202 and a snapshot id."""
    order = _order(call)
    if len(order.inputs) > _MOST_SYNC_INPUTS:
        return invalid_parameters(f"at most {_MOST_SYNC_INPUTS} inputs are allowed")
    answer, job = _accept(call, order)
    if job is None:
        return answer
    vendor = call.vendor
    deadline = vendor.now() + timedelta(seconds=vendor.settings.sync_wait)
    while vendor.now() < deadline and job.state(vendor.now()) not in ENDED:
        await asyncio.sleep(_LOOK_AGAIN)
        job = vendor.jobs.get(job.snapshot_id) or job
    if job.state(vendor.now()) is JobState.READY:
        return download(vendor, call.request, job, vendor.rows(job), "scrape")
    words = (
        "Your request is still in progress and cannot be retrieved in this call. "
        "Use the provided Snapshot ID to track progress via the Monitor Snapshot endpoint and download it "
        "once ready via the Download Snapshot endpoint."
    )
    return as_json(202, {"snapshot_id": job.snapshot_id, "message": words}, {"Retry-After": "30"})


def _order(call: Call) -> Order:
    request = call.request
    content_type = request.headers.get("content-type", "")
    return read_order(request.query_params, content_type, call.body, set(call.vendor.replays))


def _accept(call: Call, order: Order) -> tuple[Response, SimulatedJob | None]:
    """Take the order, or say why not. A job whose answer gets lost is accepted all the same."""
    vendor = call.vendor
    limit = vendor.settings.max_running_jobs
    running = vendor.jobs.running(order.dataset_id, call.now)
    if running >= limit:
        return throttled(running, limit), None
    job = vendor.jobs.accept(order, call.now, vendor.settings)
    vendor.outbox.expect(job)
    if call.fault("lost_answer"):
        return DroppedAnswer(), None
    return no_snapshot(documented=False), job
