"""The calls about jobs that exist: progress, snapshot, parts, input, cancel, log and the list."""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import PlainTextResponse, Response

from scrape_assets.simulator.answers import as_json, invalid_parameters, no_snapshot, not_ready, refused
from scrape_assets.simulator.bodies import csv_table
from scrape_assets.simulator.clock import iso, unix_ms
from scrape_assets.simulator.content import JobRows, NoRows
from scrape_assets.simulator.datasets import DATASETS
from scrape_assets.simulator.downloads import download, number_of_parts
from scrape_assets.simulator.faults import FaultRule
from scrape_assets.simulator.gate import Call
from scrape_assets.simulator.jobs import ENDED, JobState, SimulatedJob

_LIST_DEFAULT, _LIST_MOST = 1000, 5000
_NO_ROWS = NoRows()


async def progress(call: Call) -> Response:
    """GET /datasets/v3/progress/{id}."""
    job = call.job
    held = _held(call)
    if job is None or "not_found" in held:
        return _unknown(call)
    answer: dict[str, Any] = {
        "status": "",
        "snapshot_id": job.snapshot_id,
        "dataset_id": job.order.dataset_id,
    }
    if call.fault("suspended"):
        return as_json(200, {**answer, "status": "failed", "error_message": "Account is suspended"})
    if "failed" in held:
        return as_json(200, {**answer, "status": "failed", "error_message": _failure_words(held["failed"])})
    state = job.state(call.now, stuck="stuck" in held)
    if (fault := call.fault("unknown_status")) is not None:
        return as_json(200, {**answer, "status": fault.params.get("word", "collecting")})
    answer["status"] = state
    if state in (JobState.RUNNING, JobState.CLOSING):
        answer["running_time"] = _milliseconds(job, call.now)
    if state is JobState.READY:
        nothing = "empty" in held or "zero_rows" in held
        summary = _NO_ROWS.summary() if nothing else call.vendor.summary(job)
        answer |= {"records": summary.records, "errors": summary.errors}
        if summary.errors:
            answer["error_codes"] = summary.error_codes
        duration = _milliseconds(job, job.ready_at)
        answer["collection_duration"] = duration
        answer["avg_duration_per_input"] = duration // len(job.order.inputs)
    return as_json(200, answer)


async def snapshot(call: Call) -> Response:
    """GET /datasets/v3/snapshot/{id}: the data, or why there is none."""
    job = call.job
    held = _held(call)
    if job is None or "not_found" in held:
        return _unknown(call)
    if "expired" in held or job.expired(call.now, call.vendor.settings.retention_days):
        return refused("Snapshot is expired")
    state = job.state(call.now, stuck="stuck" in held)
    if state is JobState.CANCELED or "failed" in held:
        return refused("Snapshot is empty")
    if state is not JobState.READY:
        return not_ready(state, "Snapshot is not ready yet, try again in 30s")
    if "empty" in held:
        return refused("Snapshot is empty")
    return download(call.vendor, call.request, job, _rows(call, job, held), call.operation)


async def parts(call: Call) -> Response:
    """GET /datasets/v3/snapshot/{id}/parts."""
    job = call.job
    held = _held(call)
    if job is None or "not_found" in held:
        return _unknown(call)
    if "expired" in held or job.expired(call.now, call.vendor.settings.retention_days):
        return refused("Snapshot is expired")
    if "failed" in held or job.state(call.now, stuck="stuck" in held) is not JobState.READY:
        return refused("Snapshot is not ready")
    return number_of_parts(_rows(call, job, held), call.request.query_params)


async def inputs(call: Call) -> Response:
    """GET /datasets/v3/snapshot/{id}/input: what was sent, as CSV."""
    if call.job is None or "not_found" in _held(call):
        return _unknown(call)
    if call.fault("input_missing"):
        return refused("Snapshot input does not exist")
    return Response(b"".join(csv_table(call.job.order.inputs)), media_type="text/csv")


async def cancel(call: Call) -> Response:
    """POST /datasets/v3/snapshot/{id}/cancel."""
    held = _held(call)
    if call.job is None or "not_found" in held:
        return _unknown(call)
    if call.job.state(call.now, stuck="stuck" in held) in ENDED:
        return refused("Snapshot is not running")
    call.vendor.jobs.cancel(call.job, call.now)
    return PlainTextResponse("OK")


async def log(call: Call) -> Response:
    """GET /datasets/v3/log/{id}: keys in upper and lower case, as documented."""
    job = call.job
    if job is None or "not_found" in _held(call):
        return as_json(404, {"error": "Snapshot not found"})
    ready = job.state(call.now) is JobState.READY
    delivered = call.vendor.rows(job).delivered() if ready else 0
    name = DATASETS[job.order.dataset_id].name
    seconds = _milliseconds(job, min(job.ready_at, call.now)) / 1000
    return as_json(
        200,
        {
            "id": job.snapshot_id,
            "created": iso(unix_ms(job.created)),
            "Status": job.state(call.now),
            "dataset_name": name,
            "scraper_name": name,
            "Dataset_size": delivered,
            "Inputs_count": len(job.order.inputs),
            "Dataset_id": job.order.dataset_id,
            "Discovery_collector_id": None,
            "file_size": delivered * 2500,
            "trigger": {
                "type": "API",
                "user": "somebody@example.org",
                "ip": "192.0.2.1",
                "ts": iso(unix_ms(job.created)),
            },
            "Duration": seconds,
            "Duration_per_input": seconds / len(job.order.inputs),
            "Success_rate": 1,
        },
    )


async def snapshots(call: Call) -> Response:
    """GET /datasets/v3/snapshots: the list, newest first."""
    query = call.request.query_params
    if not query.get("dataset_id"):
        return refused("dataset missing")
    skip, limit = query.get("skip", "0"), query.get("limit", str(_LIST_DEFAULT))
    if not skip.isdecimal() or not limit.isdecimal() or not 1 <= int(limit) <= _LIST_MOST:
        return invalid_parameters(f"skip should be a number, limit a number from 1 to {_LIST_MOST}")
    try:
        since, until = _day(query.get("from_date")), _day(query.get("to_date"), end=True)
    except ValueError:
        return invalid_parameters("from_date and to_date should be ISO dates")
    found = []
    for job in sorted(call.vendor.jobs, key=lambda job: job.created, reverse=True):
        status = _listed_status(call, job)
        wanted = query.get("status", status) == status and query["dataset_id"] == job.order.dataset_id
        in_time = (since is None or job.created >= since) and (until is None or job.created <= until)
        if status is not None and wanted and in_time and query.get("trigger_type", "ALL") != "CP":
            found.append((job, status))
    page = [_listed(call, job, status) for job, status in found[int(skip) : int(skip) + int(limit)]]
    if query.get("with_total", "").lower() in ("true", "1"):  # the true shape is unknown
        return as_json(200, {"data": page, "total": len(found)})
    return as_json(200, page)


async def catalogue(call: Call) -> Response:  # noqa: ARG001
    """GET /datasets/list."""
    return as_json(200, [{"id": dataset.dataset_id, "name": dataset.name, "size": 0} for dataset in DATASETS.values()])


def _held(call: Call) -> dict[str, FaultRule]:
    if call.job is None:
        return {}
    return call.vendor.faults.hold(call.operation, call.job.snapshot_id, call.job.subject())


def _rows(call: Call, job: SimulatedJob, held: dict[str, FaultRule]) -> JobRows:
    return _NO_ROWS if "empty" in held or "zero_rows" in held else call.vendor.rows(job)


def _unknown(call: Call) -> Response:
    return no_snapshot(documented=call.vendor.settings.documented_errors)


def _failure_words(rule: FaultRule) -> str:
    return str(rule.params.get("error_message", "Something went wrong. Our team is looking into it."))


def _listed_status(call: Call, job: SimulatedJob) -> str | None:
    """The word in the list; None when the job is not listed yet."""
    late = call.vendor.faults.hold("snapshots", job.snapshot_id, job.subject()).get("lists_late")
    if late is not None and (call.now - job.created).total_seconds() < float(late.params.get("seconds", 10)):
        return None
    sticking = call.vendor.faults.sticking(job.snapshot_id, job.subject())
    if "failed" in sticking:
        return "failed"
    return job.state(call.now, stuck="stuck" in sticking)


def _listed(call: Call, job: SimulatedJob, status: str) -> dict[str, Any]:
    nothing = call.vendor.faults.sticking(job.snapshot_id, job.subject()) & {"empty", "zero_rows", "failed"}
    return {
        "id": job.snapshot_id,
        "created": iso(unix_ms(job.created)),
        "status": status,
        "dataset_id": job.order.dataset_id,
        "dataset_size": call.vendor.summary(job).records if status == JobState.READY and not nothing else 0,
        "trigger": {"type": "API", "ts": iso(unix_ms(job.created))},
    }


def _day(value: str | None, *, end: bool = False) -> datetime | None:
    """A moment of the query; a bare date is its first moment, or its last."""
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    if end and len(value) <= len("2026-01-31"):
        moment += timedelta(days=1, milliseconds=-1)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _milliseconds(job: SimulatedJob, moment: datetime) -> int:
    return int((moment - job.created).total_seconds() * 1000)
