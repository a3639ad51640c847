"""What callers send and get, as their interface names it: camelCase, and snake_case is taken as well. No routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from scrape_assets.flow.wanted.wishes import EARTH_KM, LONGEST_KEYWORD, MOST_KEYWORDS
from scrape_assets.ledger.jobs import Job, Priority, TargetKind
from scrape_assets.ledger.states import JobStatus
from scrape_assets.posts.platforms import Platform, UnknownPlatform, parse_platform
from scrape_assets.sources.registry import NoSource, sources_of

LONGEST_ID = 200
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Wire(BaseModel):
    """What goes over the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


def _storable(text: str) -> str:
    if "\0" in text or not text.isprintable() or text != text.encode("utf-8", "replace").decode():
        raise ValueError("must be printable text")
    return text


def _platform(text: str) -> str:
    try:
        sources_of(platform := parse_platform(text))
    except (UnknownPlatform, NoSource):
        allowed = ", ".join(sorted([*Platform, "twitter"]))
        raise ValueError(f"must be one of {allowed}, not {text[:60]!r}") from None
    return str(platform)


def _moment(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_ID, strip_whitespace=True), AfterValidator(_storable)
]
PlatformName = Annotated[
    str,
    StringConstraints(max_length=60),
    AfterValidator(_platform),
    Field(json_schema_extra={"enum": sorted([*map(str, Platform), "twitter"]), "example": "instagram"}),
]
Moment = Annotated[datetime, AfterValidator(_moment), Field(description="ISO 8601; without a zone UTC.")]
Keyword = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_KEYWORD, strip_whitespace=True), AfterValidator(_storable)
]


class Location(Wire):
    """A circle on the earth."""

    lat: float = Field(ge=-90, le=90, examples=[59.91])
    lng: float = Field(ge=-180, le=180, examples=[10.75])
    radius: float = Field(gt=0, ge=0.001, le=EARTH_KM, description="Kilometres.", examples=[5])


class TimeRange(Wire):
    """From start up to end."""

    start: Moment = Field(examples=["2026-11-01T00:00:00Z"])
    end: Moment = Field(examples=["2026-11-08T00:00:00Z"])

    @model_validator(mode="after")
    def _in_order(self) -> TimeRange:
        if self.end <= self.start:
            raise ValueError(f"end ({self.end.isoformat()}) must lie after start ({self.start.isoformat()})")
        return self


class SearchParams(Wire):
    """What is asked for beside the target."""

    location: Location | None = None
    time_range: TimeRange | None = None
    keywords: list[Keyword] | None = Field(
        None, max_length=MOST_KEYWORDS, examples=[["harbour festival", "#tallships"]]
    )
    profile_url: Annotated[str, StringConstraints(max_length=2000), AfterValidator(_storable)] | None = Field(
        None, description="Which of a creator's profiles; without it all of the platform."
    )

    def stored(self) -> dict[str, object]:
        """As `scrape_jobs.search_params` holds it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class InlineEvent(Wire):
    """An event that is created with the request, when there is none of its id."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_storable)]
    starts_at: Moment
    ends_at: Moment
    location: Location | None = None
    keywords: list[Keyword] = Field(default_factory=list, max_length=MOST_KEYWORDS)
    platforms: list[PlatformName] = Field(default_factory=list, max_length=len(Platform))

    @model_validator(mode="after")
    def _in_order(self) -> InlineEvent:
        if self.ends_at <= self.starts_at:
            raise ValueError("endsAt must lie after startsAt")
        return self


class ScrapeRequest(Wire):
    """One target, one or more platforms."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["eventId"], "not": {"required": ["creatorId"]}},
                {"required": ["creatorId"], "not": {"anyOf": [{"required": ["eventId"]}, {"required": ["event"]}]}},
            ],
            "examples": [
                {
                    "eventId": "harbour-festival-2026",
                    "platform": "twitter",
                    "searchParams": {
                        "location": {"lat": 59.91, "lng": 10.75, "radius": 5},
                        "timeRange": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00Z"},
                        "keywords": ["harbour festival"],
                    },
                    "priority": "high",
                },
                {"creatorId": "mira-okafor", "platform": ["instagram", "tiktok"]},
            ],
        }
    )

    event_id: Identifier | None = None
    creator_id: Identifier | None = None
    platform: PlatformName | Annotated[list[PlatformName], Field(min_length=1, max_length=len(Platform))]
    search_params: SearchParams = Field(default_factory=SearchParams)
    priority: Priority = Priority.NORMAL
    event: InlineEvent | None = Field(None, description="Creates the event of eventId when there is none.")
    force: bool = Field(False, description="Ask (and pay) again for what was collected a moment ago.")

    @model_validator(mode="after")
    def _one_target(self) -> ScrapeRequest:
        if (self.event_id is None) == (self.creator_id is None):
            raise ValueError("exactly one of eventId and creatorId is needed")
        if self.event is not None and self.event_id is None:
            raise ValueError("event describes the event of eventId, which is missing")
        return self

    @property
    def platforms(self) -> list[str]:
        """The platforms, each once."""
        return list(dict.fromkeys(self.platform if isinstance(self.platform, list) else [self.platform]))


class JobOut(Wire):
    """A scrape job."""

    job_id: str
    url: str = Field(description="Where its story is read.")
    target_kind: TargetKind
    target_id: str
    platform: str
    source: str | None
    search_params: dict[str, Any]
    priority: Priority
    status: JobStatus
    attempts: int
    max_attempts: int
    next_attempt_at: datetime
    snapshot_id: str | None
    run_id: str | None
    posts_found: int | None
    error_class: str | None
    error: str | None
    warning: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    collection_date: date
    profile_url: str | None


class Accepted(Wire):
    """One job was asked for."""

    job: JobOut


class AcceptedMany(Wire):
    """A job a platform was asked for."""

    jobs: list[JobOut]


class JobCounts(Wire):
    """How many jobs there are. At most a few seconds old."""

    by_status: dict[str, int]
    by_platform: dict[str, dict[str, int]]
    counted_at: datetime


class JobPage(Wire):
    """A page of jobs."""

    counts: JobCounts
    jobs: list[JobOut]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last.")


class ChangeOut(Wire):
    """One change of a job's or a snapshot's state."""

    changed_at: datetime
    kind: str
    subject_id: str
    from_status: str
    to_status: str
    attempts: int
    error_class: str | None
    error: str | None
    run_id: str | None
    owner: str | None


class CallOut(Wire):
    """One call to a source."""

    started_at: datetime
    duration_ms: int
    source: str
    operation: str
    method: str
    url: str
    status_code: int | None
    error_class: str | None
    error: str | None
    bytes_received: int | None


class SnapshotOut(Wire):
    """What a source said it will give, or gave."""

    snapshot_id: str
    source: str
    status: str
    vendor_snapshot_id: str | None
    vendor_status: str | None
    inputs: int
    attempts: int
    posts_retrieved: int | None
    posts_matched: int | None
    rows_rejected: int | None
    error: str | None
    cost_usd: Decimal | None
    estimated_usd: Decimal | None
    created_at: datetime
    ready_at: datetime | None
    processed_at: datetime | None
    expires_at: datetime | None


class JobStory(Wire):
    """A job with everything that happened to it."""

    job: JobOut
    why: list[str] = Field(description="Why it waits, or what became of it, in plain words.")
    changes: list[ChangeOut]
    calls: list[CallOut]
    snapshots: list[SnapshotOut]
    run_url: str | None = Field(description="The run in the Dagster UI that had it last.")


_OF_A_JOB = tuple(name for name in JobOut.model_fields if name != "url")
_ON_THE_WIRE = tuple(map(to_camel, (*_OF_A_JOB, "url")))
_read = attrgetter(*_OF_A_JOB)


def job_out(job: Job, base_url: str) -> JobOut:
    """A job as callers see it."""
    named = zip(_OF_A_JOB, _read(job), strict=True)
    return JobOut(**dict(named), url=f"{base_url.rstrip('/')}/api/admin/jobs/{job.job_id}")


def jobs_out(found: Sequence[Job], base_url: str) -> list[JobOut]:
    """Jobs as callers see them."""
    return [job_out(job, base_url) for job in found]


def written_page(counts: JobCounts, found: Sequence[Job], base_url: str, next_cursor: str | None) -> bytes:
    """A `JobPage` in JSON, written without its models: making one of each job takes longer than all else."""
    begin = f"{base_url.rstrip('/')}/api/admin/jobs/"
    written = [dict(zip(_ON_THE_WIRE, (*_read(job), begin + job.job_id), strict=True)) for job in found]
    return msgspec.json.encode({"counts": counts.model_dump(by_alias=True), "jobs": written, "nextCursor": next_cursor})


def written_as(answer: Wire, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is right by its type: FastAPI would check it, and write it out by way of dictionaries."""
    return Response(answer.model_dump_json(by_alias=True), status, headers, "application/json")
