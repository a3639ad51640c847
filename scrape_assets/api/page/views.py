"""What the page shows, and its few forms. Everything comes from the ledger and is escaped by the templates."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from starlette.staticfiles import StaticFiles

from scrape_assets.api.asking import BaseUrl, Caller, Configured, Flow
from scrape_assets.api.counting import Counting
from scrape_assets.api.models import ChangeOut, JobStory
from scrape_assets.api.page.session import LoginNeeded, log_in, log_out, require_login, require_own_form
from scrape_assets.api.page.week import week_svg
from scrape_assets.api.platforms import platforms as known_platforms
from scrape_assets.api.replaying import replay_ids, summary
from scrape_assets.api.stories import job_story
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.daily import last_days
from scrape_assets.ledger.dead_letters import LetterFilter, LetterKind, find
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs.search import BadCursor, Search, search_jobs
from scrape_assets.ledger.states import IllegalTransition, JobStatus
from scrape_assets.ledger.writes import note_write
from scrape_assets.operations.causes import NEWEST, Cause, is_of, newest_by_cause
from scrape_assets.operations.spending import spending
from scrape_assets.posts.platforms import Platform

HERE = Path(__file__).parent
PAGE_SIZE = 50
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

templates = Jinja2Templates(HERE / "templates")
router = APIRouter(include_in_schema=False)
pages = APIRouter(include_in_schema=False, dependencies=[Depends(require_login)])
forms = APIRouter(include_in_schema=False, dependencies=[Depends(require_login), Depends(require_own_form)])


def _moment(value: datetime | None) -> str:
    return "" if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


templates.env.filters["moment"] = _moment


def install(app: FastAPI) -> None:
    """Put the page into the application."""
    for routes in (router, pages, forms):
        app.include_router(routes)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_exception_handler(LoginNeeded, _to_login)


def _to_login(request: Request, error: Exception) -> Response:
    if request.headers.get("x-part"):
        return Response(status_code=HTTPStatus.UNAUTHORIZED)
    back_to = error.back_to if isinstance(error, LoginNeeded) else "/"
    return RedirectResponse(f"/login?{urlencode({'back_to': back_to})}", HTTPStatus.SEE_OTHER)


def _page(request: Request, name: str, *, here: str = "", status: int = 200, **shown: Any) -> HTMLResponse:
    settings = request.app.state.settings
    known = {"here": here, "dagster_url": settings.dagster_url, "told": request.query_params.get("told", "")[:200]}
    answer: HTMLResponse = templates.TemplateResponse(request, name, {**known, **shown}, status)
    answer.headers.update(HEADERS)
    return answer


@router.get("/login")
def login_form(request: Request, settings: Configured, back_to: str = "/") -> HTMLResponse:
    """Ask for the token."""
    closed = settings.admin_api_token is None
    status = HTTPStatus.SERVICE_UNAVAILABLE if closed else HTTPStatus.OK
    return _page(request, "login.html", status=status, closed=closed, back_to=_own(back_to))


@router.post("/login", dependencies=[Depends(require_own_form)])
def login(
    request: Request,
    settings: Configured,
    token: Annotated[str, Form(max_length=1000)],
    back_to: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Take the token."""
    answer = RedirectResponse(_own(back_to), HTTPStatus.SEE_OTHER)
    if log_in(settings, token, answer, secure=request.url.scheme == "https"):
        return answer
    return _page(
        request, "login.html", status=HTTPStatus.UNAUTHORIZED, refused=True, back_to=_own(back_to), closed=False
    )


@forms.post("/logout")
def logout() -> Response:
    """Forget who looks."""
    return log_out()


@pages.get("/")
def overview(request: Request, flow: Flow) -> HTMLResponse:
    """Counts, the last days, cost, and what needs a person."""
    with flow.engine.connect() as conn:
        in_states = snapshots.counts_by_status(conn)
        week = last_days(conn, flow.now().date())
        dead = newest_by_cause(conn)[:10]
    return _page(
        request,
        "overview.html",
        here="/",
        **_counts(request),
        snapshot_counts=[(str(status), number) for status, number in in_states.items() if number],
        week=week_svg(week),
        money=spending(flow),
        dead=dead,
    )


@pages.get("/part/counts")
def counts_part(request: Request) -> HTMLResponse:
    """The counts alone, which the page asks for again and again."""
    return _page(request, "_counts.html", **_counts(request))


@pages.get("/jobs")
def job_list(
    request: Request,
    flow: Flow,
    status: str = "",
    platform: str = "",
    target: str = "",
    error_class: str = "",
    text: str = "",
    cursor: str | None = None,
) -> HTMLResponse:
    """Jobs by what they are and how they fared."""
    filters = {"status": status, "platform": platform, "target": target, "error_class": error_class, "text": text}
    problem = None
    found, next_cursor = [], None
    try:
        which = Search(
            statuses=[JobStatus(status)] if status else (),
            platforms=[Platform(platform)] if platform else (),
            target_id=_plain(target),
            error_class=ErrorClass(error_class) if error_class else None,
            text=_plain(text),
        )
        with flow.engine.connect() as conn:
            page = search_jobs(conn, which, cursor=cursor, limit=PAGE_SIZE)
        found, next_cursor = page.jobs, page.next_cursor
    except (BadCursor, ValueError) as error:
        problem = str(error)
    wanted = {name: value for name, value in filters.items() if value}
    return _page(
        request,
        "jobs.html",
        here="/jobs",
        filters=filters,
        problem=problem,
        jobs=found,
        statuses=[str(one) for one in JobStatus],
        platforms=[str(one) for one in Platform],
        error_classes=[str(one) for one in ErrorClass],
        next_page=f"/jobs?{urlencode({**wanted, 'cursor': next_cursor})}" if next_cursor else None,
    )


@pages.get("/jobs/{job_id}")
def job_page(request: Request, flow: Flow, base_url: BaseUrl, job_id: str) -> HTMLResponse:
    """One job's story."""
    story = job_story(flow, job_id.replace("\0", ""), base_url)
    return _page(request, "job.html", here="/jobs", story=story, events=_events(story))


@forms.post("/jobs/{job_id}/retry")
def retry(flow: Flow, caller: Caller, job_id: str) -> Response:
    """Ask again."""
    return _back(f"/jobs/{job_id}", summary(replay_ids(flow, [job_id], caller, "retry")))


@forms.post("/jobs/{job_id}/cancel")
def cancel(flow: Flow, caller: Caller, job_id: str) -> Response:
    """Call off."""
    try:
        with flow.engine.begin() as conn:
            jobs.cancel(conn, job_id, flow.now())
            note_write(conn, caller, "cancel", [job_id])
    except IllegalTransition as error:
        return _back(f"/jobs/{job_id}", str(error))
    return _back(f"/jobs/{job_id}", "It is called off.")


@pages.get("/dead-letters")
def dead_letters(request: Request, flow: Flow) -> HTMLResponse:
    """What nobody tries any more, by cause."""
    with flow.engine.connect() as conn:
        causes = newest_by_cause(conn)
    return _page(request, "dead_letters.html", here="/dead-letters", causes=causes)


@forms.post("/dead-letters/replay")
def replay(
    flow: Flow,
    caller: Caller,
    kind: Annotated[LetterKind, Form()],
    message: Annotated[str, Form(max_length=1000)],
    error_class: Annotated[str, Form(max_length=50)] = "",
) -> Response:
    """Ask again for all of a cause."""
    with flow.engine.connect() as conn:
        letters = find(conn, LetterFilter(kind=kind), NEWEST)
    wanted = Cause(kind, ErrorClass(error_class) if error_class else None, message)
    ids = [one.id for one in letters if is_of(one, wanted)]
    return _back("/dead-letters", summary(replay_ids(flow, ids, caller, "replay")))


@pages.get("/platforms")
def platform_list(request: Request, flow: Flow) -> HTMLResponse:
    """Who can be asked, at what pace, and why not now."""
    return _page(request, "platforms.html", here="/platforms", platforms=known_platforms(flow).platforms)


def _counts(request: Request) -> dict[str, Any]:
    counting: Counting = request.app.state.counting
    counted = counting.counts()
    return {"counts": [(str(status), number) for status, number in counted.by_status.items()], "counted_at": counted.at}


def _events(story: JobStory) -> list[tuple[datetime, str, str]]:
    """Changes and calls as lines of one time line: the moment, what happened, the state it came to."""
    told = [(change.changed_at, _told(change, story.job.job_id), change.to_status) for change in story.changes]
    for call in story.calls:
        how = f"HTTP {call.status_code}" if call.status_code else "no answer"
        why = f": {call.error}" if call.error else ""
        told.append(
            (call.started_at, f"{call.source} was asked ({call.operation}): {how}, {call.duration_ms} ms{why}", "soft")
        )
    return sorted(told, key=lambda one: one[0])


def _told(change: ChangeOut, job_id: str) -> str:
    what = "job" if change.subject_id == job_id else f"snapshot {change.subject_id}"
    why = f" ({change.error})" if change.error else ""
    return f"{what}: {change.from_status} → {change.to_status}{why}"


def _own(address: str) -> str:
    """A place on this page; anything else is the overview: nobody is sent away from here."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _back(address: str, told: str) -> Response:
    return RedirectResponse(f"{address}?{urlencode({'told': told[:200]})}", HTTPStatus.SEE_OTHER)


def _plain(text: str) -> str | None:
    return text.replace("\0", "").strip()[:200] or None
