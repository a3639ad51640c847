"""What every call of the vendor's surface passes first: the count, the key, the faults before any work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from starlette.requests import Request
from starlette.responses import Response

from scrape_assets.simulator.answers import (
    address_blocked,
    key_refused,
    refused,
    server_error,
    text,
    throttled,
)
from scrape_assets.simulator.connection import CutAnswer, DroppedAnswer
from scrape_assets.simulator.faults import FaultRule
from scrape_assets.simulator.jobs import SimulatedJob
from scrape_assets.simulator.orders import Refused
from scrape_assets.simulator.subjects import Subject
from scrape_assets.simulator.vendor import Vendor

_GATE_FAULTS = (
    "throttled",
    "server_error",
    "unauthorized",
    "reset_before_accept",
    "trigger_400",
    "suspended",
)
_TOO_MANY = 429


@dataclass(frozen=True)
class Call:
    """One call that reached the vendor."""

    vendor: Vendor
    request: Request
    operation: str
    body: bytes
    now: datetime
    job: SimulatedJob | None  # the job its path names, if there is one

    @cached_property
    def subject(self) -> Subject:
        """What a fault rule may match, and what its chance is drawn from."""
        if self.job is not None:
            return self.job.subject()
        said = self.body.decode(errors="replace")
        path, query = self.request.path_params.values(), str(self.request.query_params)
        return Subject("|".join((*path, query, said)), (said, *path, query))

    def fault(self, *names: str) -> FaultRule | None:
        """One of these request faults, when a rule says so now."""
        return self.vendor.faults.take(names, self.operation, self.subject)


Handler = Callable[[Call], Awaitable[Response]]


def guarded(vendor: Vendor, operation: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of one operation."""

    async def endpoint(request: Request) -> Response:
        job = vendor.jobs.get(request.path_params.get("snapshot_id", ""))
        call = Call(vendor, request, operation, await request.body(), vendor.now(), job)
        if vendor.block.blocked:
            vendor.calls.count(operation, "blocked")
            return address_blocked()
        answer = _key_problem(call) or _gate_fault(call)
        if answer is None:
            try:
                answer = await handler(call)
            except Refused as refusal:
                answer = text(404, str(refusal.body)) if refusal.status == 404 else refused(refusal.body)
        vendor.calls.count(operation, _outcome(answer))
        if answer.status_code == _TOO_MANY:
            vendor.block.note(call.now, vendor.settings)
        return answer

    return endpoint


def _key_problem(call: Call) -> Response | None:
    documented = call.vendor.settings.documented_errors
    given = call.request.headers.get("authorization", "")
    if not given:
        return key_refused("Credentials are missing", documented=documented)
    scheme, _, key = given.partition(" ")
    if scheme.lower() != "bearer":
        return key_refused("Auth method is not supported", documented=documented)
    if not key.strip() or key.startswith("bad"):
        return key_refused("Invalid credentials", documented=documented)
    return None


def _gate_fault(call: Call) -> Response | None:
    # A suspended account still answers progress: with a failed job (see the route).
    names = [name for name in _GATE_FAULTS if name != "suspended" or call.operation != "progress"]
    fault = call.fault(*names)
    if fault is None:
        return None
    params = fault.params
    if fault.fault == "throttled":
        retry_after = params.get("retry_after")
        limit = call.vendor.settings.max_running_jobs
        return throttled(limit, limit, None if retry_after is None else str(retry_after))
    if fault.fault == "server_error":
        return server_error(int(params.get("status", 500)))
    if fault.fault == "unauthorized":
        return key_refused("Invalid credentials", documented=call.vendor.settings.documented_errors)
    if fault.fault == "reset_before_accept":
        return DroppedAnswer()
    return refused("Customer is not active" if fault.fault == "suspended" else params.get("body", "No data to trigger"))


def _outcome(answer: Response) -> str:
    if isinstance(answer, DroppedAnswer):
        return "dropped"
    return "cut" if isinstance(answer, CutAnswer) else str(answer.status_code)
