"""Who may call what: tokens, their absence, too many calls. Health is for everybody."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from scrape_assets_tests.api.served import CRON, TOKEN, Api, assert_problem

ADMIN = ["/api/admin/jobs", "/api/admin/jobs/any", "/api/admin/platforms", "/api/test-brightdata-recovery"]
POKE = "/api/cron/process-brightdata-snapshots"


@pytest.mark.parametrize("path", ADMIN)
def test_admin_routes_need_the_admin_token(api: Api, path: str) -> None:
    for shown in (None, "Bearer wrong", f"Bearer {CRON}", f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x"):
        answer = httpx.get(api.url + path, headers={"authorization": shown} if shown else {})
        assert_problem(answer, 401, "token")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_without_a_configured_token_the_routes_are_closed_to_everybody(api_with: Callable[..., Api]) -> None:
    api = api_with(admin_api_token=None, cron_secret=None)
    for path in ADMIN:
        assert_problem(api.http.get(path), 503, "ADMIN_API_TOKEN is not set")
    assert_problem(api.ask({"creatorId": "mira", "platform": "linkedin"}), 503, "ADMIN_API_TOKEN")
    assert_problem(api.http.post(POKE), 503, "CRON_SECRET is not set")


def test_the_cron_route_takes_its_own_secret_only(api: Api) -> None:
    assert_problem(api.http.get(POKE), 401)  # the admin token
    assert httpx.get(api.url + POKE, headers={"authorization": f"Bearer {CRON}"}).status_code == 200


def test_health_is_for_everybody(api: Api) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx.get(api.url + path).status_code == 200, path


def test_one_callers_haste_is_refused_and_concerns_nobody_else(api_with: Callable[..., Api]) -> None:
    api = api_with(api_requests_per_second=0.001, api_burst=3)
    answers = [api.http.get("/healthz") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert_problem(answers[-1], 429, "requests a second")
    assert httpx.get(f"{api.url}/healthz", headers={"authorization": "Bearer other"}).status_code == 200


def test_what_there_is_not_is_a_problem_document_too(api: Api) -> None:
    assert_problem(api.http.get("/api/nothing"), 404)
    assert_problem(api.http.delete("/api/admin/scrape"), 405)


def test_no_other_site_may_ask_in_a_browsers_name(api: Api) -> None:
    answer = api.http.options(
        "/api/admin/jobs",
        headers={"origin": "https://elsewhere.example", "access-control-request-method": "GET"},
    )
    assert "access-control-allow-origin" not in answer.headers
