"""A name for what a job asks for, whoever is asked: equal names ask for the same. Who serves whom is freshness.py's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta

from scrape_assets.flow.wanted.wishes import Wishes
from scrape_assets.ledger.jobs import Job, TargetKind
from scrape_assets.posts.identity import profile_key
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.sources import registry
from scrape_assets.sources.abilities import How
from scrape_assets.sources.mapping import Dataset, TimeWindow

_ANOTHER_TIME = timedelta(days=400)


def request_key(job: Job, wishes: Wishes, source: str, dataset: Dataset | None, parts: Sequence[str] = ()) -> str:
    """The key of a job whose target is known.

    It holds the target (a profile's key, or an event with its keywords and place), the dataset where the job names
    another than the platform's usual one, and the time: that which the job names, else its collection date. The time
    is left out where nothing that is asked depends on it: a feed that is limited by number is the same feed on both
    sides of midnight.

    Args:
        job: with its profile_url, where it is a creator's.
        wishes: of the job.
        source: who is asked, which says only whether the time matters.
        dataset: the vendor's, if it is the vendor.
        parts: what of the search is asked in this job, where it takes more than one.
    """
    if job.target_kind is TargetKind.EVENT:
        target: list[object] = [job.target_id, list(wishes.search.keywords), list(parts)]
        if wishes.search.place:
            target += [wishes.search.place.latitude, wishes.search.place.longitude, wishes.search.place.radius_km]
    else:
        target = [profile_key(job.platform, str(job.profile_url)).key]
    when: list[str] = []
    if _depends_on_time(job, wishes, source, dataset):
        window = wishes.window
        when = [window.start.isoformat(), window.end.isoformat()] if wishes.dated else [str(job.collection_date)]
    said = json.dumps([job.platform, job.target_kind, target, _named_dataset(job.platform, wishes), when])
    return f"{job.platform}:{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _named_dataset(platform: str, wishes: Wishes) -> str | None:
    """The dataset that a job names, unless it is the one it would be given anyway."""
    usual = registry.DATASETS.get(parse_platform(platform), ())
    return None if usual and wishes.dataset == usual[0].name else wishes.dataset


def _depends_on_time(job: Job, wishes: Wishes, source: str, dataset: Dataset | None) -> bool:
    if job.target_kind is TargetKind.EVENT:
        return True
    if dataset is None:
        return registry.direct_source(source).abilities.creator_time is not How.NOT
    profile = profile_key(job.platform, str(job.profile_url))
    before = TimeWindow(wishes.window.start - _ANOTHER_TIME, wishes.window.end - _ANOTHER_TIME)
    return dataset.request_input(profile, wishes.window) != dataset.request_input(profile, before)
