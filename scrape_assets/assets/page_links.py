"""Links from what Dagster's UI shows to the operator's page, which tells why a job waits and its whole story."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

import dagster as dg

from scrape_assets.settings import Settings

JOBS_LINKED = 5


def of_jobs(settings: Settings, job_ids: Sequence[str]) -> dict[str, dg.MetadataValue]:
    """The page of the job; of several, a list of links. Nothing where no page is known."""
    known = [one for one in dict.fromkeys(job_ids) if one]
    if not settings.page_url or not known:
        return {}
    links = [f"{_page(settings)}/jobs/{quote(one)}" for one in known[:JOBS_LINKED]]
    if len(known) == 1:
        return {"page": dg.MetadataValue.url(links[0])}
    listed = [f"- [{job_id}]({link})" for job_id, link in zip(known, links, strict=False)]
    more = [f"- and {len(known) - len(links)} more"] if len(known) > len(links) else []
    return {"pages_of_its_jobs": dg.MetadataValue.md("\n".join(listed + more))}


def of_platform(settings: Settings, platform: str) -> dict[str, dg.MetadataValue]:
    """The page's list of the platform's jobs."""
    if not settings.page_url:
        return {}
    return {"page": dg.MetadataValue.url(f"{_page(settings)}/jobs?{urlencode({'platform': platform})}")}


def _page(settings: Settings) -> str:
    return str(settings.page_url).rstrip("/")
