"""A thousand requests while PostgreSQL goes down as in a crash and comes back: one job each, and always the same."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx
import pytest

from scrape_assets.api.app import build_app
from scrape_assets.settings import Settings
from scrape_assets_tests.api.served import CRON, TOKEN, Api
from scrape_assets_tests.api.served import Server as Serving
from scrape_assets_tests.flow.context_of import context_of
from scrape_assets_tests.recovery.own_server import Server, own_server

REQUESTS, CALLERS = 1_000, 50
CRASH_AFTER = 250  # answered requests
TRIES = 200
PAUSE_SECONDS = 0.5  # a caller's; Retry-After says more, and nobody has so much time here


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as running:
        yield running


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Iterator[Api]:
    settings = Settings(admin_api_token=TOKEN, cron_secret=CRON, api_requests_per_second=1e6, api_burst=10**6)
    ctx = context_of(server.engine, tmp_path, settings)
    with Serving(build_app(settings, ctx)) as serving:
        api = Api(serving.url, server.engine, ctx)
        api.creator("mira", "https://www.linkedin.com/in/mira-okafor")
        yield api
        api.http.close()


class Callers:
    """Callers who know that a request may be sent again with its key, and do so."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._own = threading.local()  # each has a connection of its own
        self._open: list[httpx.Client] = []
        self._pause = threading.Event()
        self.told: Counter[int | str] = Counter()

    def __enter__(self) -> Callers:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._open:
            one.close()

    def _http(self) -> httpx.Client:
        if not hasattr(self._own, "http"):
            self._own.http = httpx.Client(base_url=self._api.url, headers=dict(self._api.http.headers), timeout=30)
            self._open.append(self._own.http)
        mine: httpx.Client = self._own.http
        return mine

    def ask(self, number: int) -> str:
        """The job of one key, however often it has to be asked for."""
        body = {"creatorId": "mira", "platform": "linkedin"}
        for _ in range(TRIES):
            try:
                answer = self._http().post(
                    "/api/admin/scrape", json=body, headers={"idempotency-key": f"order-{number}"}
                )
            except httpx.TransportError as error:
                self.told[type(error).__name__] += 1
            else:
                self.told[answer.status_code] += 1
                if answer.status_code == 202:
                    job: str = answer.json()["job"]["jobId"]
                    return job
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) > 0
            self._pause.wait(PAUSE_SECONDS)
        raise AssertionError(f"order-{number} was never accepted: {self.told}")


def test_a_thousand_requests_make_a_thousand_jobs_although_the_database_crashes(api: Api, server: Server) -> None:
    with Callers(api) as callers, ThreadPoolExecutor(CALLERS) as pool:
        asked = [pool.submit(callers.ask, number) for number in range(REQUESTS)]
        for answered, _ in enumerate(as_completed(asked), 1):
            if answered == CRASH_AFTER:
                server.restart()
        jobs = [one.result() for one in asked]
        again = list(pool.map(callers.ask, range(0, REQUESTS, 10)))

    assert callers.told[503] > 0, "the crash was not noticed"
    assert set(callers.told) == {202, 503}
    assert len(set(jobs)) == REQUESTS
    assert again == jobs[::10]
    assert sorted(api.rows("SELECT job_id FROM scrape_jobs")) == sorted(jobs)
    # What any other key would be answered.
    noted = dict(api.rows("SELECT key, job_ids FROM idempotency_keys"))
    assert noted == {f"order-{number}": [job] for number, job in enumerate(jobs)}
    assert api.rows("SELECT count(*) FROM api_writes WHERE action = 'scrape'") == [REQUESTS]
