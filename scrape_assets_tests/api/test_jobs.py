"""Reading jobs: counts, filters, stable pages, one job's story; asking again and calling off."""

from __future__ import annotations

import pytest

from scrape_assets_tests.api.served import Api, assert_problem


@pytest.fixture
def forty(api: Api) -> Api:
    api.change(
        "INSERT INTO scrape_jobs (job_id, target_id, platform, status, error_class, error, created_at, finished_at)"
        " SELECT 'job-' || lpad(n::text, 3, '0'), 'creator-' || n % 4, (ARRAY['linkedin', 'x'])[n % 2 + 1],"
        " (ARRAY['pending', 'completed', 'failed', 'dead'])[n % 4 + 1],"
        " CASE WHEN n % 4 > 1 THEN 'network' END, CASE WHEN n % 4 > 1 THEN 'no answer from 50% of_it ' || n END,"
        " timestamptz '2026-11-20 12:00Z' + n / 4 * interval '1 minute',"
        " CASE WHEN n % 4 > 0 THEN timestamptz '2026-11-20 13:00Z' END"
        " FROM generate_series(1, 40) n"
    )
    return api


def test_counts_are_by_status_and_platform(forty: Api) -> None:
    counts = forty.jobs()["counts"]
    assert counts["byStatus"] == {
        "pending": 10, "processing": 0, "completed": 10, "failed": 10, "dead": 10, "canceled": 0,
    }  # fmt: skip
    assert counts["byPlatform"]["x"] == {"completed": 10, "dead": 10}


def test_pages_hold_every_job_once_while_others_come(forty: Api) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = forty.jobs(limit=7, **({"cursor": cursor} if cursor else {}))
        seen += [job["jobId"] for job in page["jobs"]]
        forty.job()  # a newer one moves nothing
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert [job for job in seen if job.startswith("job-")] == [f"job-{n:03}" for n in range(40, 0, -1)]


@pytest.mark.parametrize("sort", ["-createdAt", "createdAt", "-finishedAt", "finishedAt", "nextAttemptAt"])
def test_every_order_pages_through_all_that_have_the_moment(forty: Api, sort: str) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = forty.jobs(limit=9, sort=sort, **({"cursor": cursor} if cursor else {}))
        seen += [job["jobId"] for job in page["jobs"]]
        cursor = page["nextCursor"]
    assert len(seen) == len(set(seen)) == (30 if "finished" in sort else 40)


def test_filters_work_together(forty: Api) -> None:
    assert len(forty.jobs(status="dead")["jobs"]) == 10
    assert len(forty.jobs(status=["dead", "failed"], platform="twitter")["jobs"]) == 10
    assert len(forty.jobs(creator="creator-2")["jobs"]) == 10
    assert len(forty.jobs(event="creator-2")["jobs"]) == 0
    assert len(forty.jobs(errorClass="network", creator="creator-2")["jobs"]) == 10
    assert [job["jobId"] for job in forty.jobs(text="50% of_it 39")["jobs"]] == ["job-039"]
    assert len(forty.jobs(since="2026-11-20T12:09:00Z", until="2026-11-20T12:10:00Z")["jobs"]) == 4
    assert len(forty.jobs(source="brightdata")["jobs"]) == 0


def test_what_cannot_be_filtered_by_is_named(forty: Api) -> None:
    assert_problem(forty.http.get("/api/admin/jobs", params={"status": "lost"}), 422, "status", "completed")
    assert_problem(forty.http.get("/api/admin/jobs", params={"platform": "myspace"}), 422, "platform", "bluesky")
    assert_problem(forty.http.get("/api/admin/jobs", params={"limit": 0}), 422, "limit")
    assert_problem(forty.http.get("/api/admin/jobs", params={"cursor": "nonsense"}), 422, "cursor")
    cursor = forty.jobs(limit=5)["nextCursor"]
    other = forty.http.get("/api/admin/jobs", params={"cursor": cursor, "sort": "createdAt"})
    assert_problem(other, 422, "another order")


def test_a_job_tells_its_story(api: Api) -> None:
    job = api.job()
    api.change("UPDATE scrape_jobs SET status = 'processing', lease_owner = 'host:1:x'")
    api.change("UPDATE scrape_jobs SET status = 'failed', error_class = 'refused', error = 'no <b>entry</b>'")
    story = api.http.get(job["url"]).json()
    assert [(one["fromStatus"], one["toStatus"]) for one in story["changes"]] == [
        ("pending", "processing"),
        ("processing", "failed"),
    ]
    assert story["changes"][0]["owner"] == "host:1:x"
    assert story["job"]["error"] == "no <b>entry</b>"
    assert story["why"]


def test_a_failed_job_is_asked_again_and_its_history_stays(api: Api) -> None:
    job = api.job()
    api.change("UPDATE scrape_jobs SET status = 'processing'")
    api.change("UPDATE scrape_jobs SET status = 'dead', attempts = 5, error_class = 'network', error = 'nobody there'")
    answer = api.http.post(f"{job['url']}/retry")
    assert answer.status_code == 202
    assert (answer.json()["job"]["status"], answer.json()["job"]["attempts"]) == ("pending", 0)
    changes = api.http.get(job["url"]).json()["changes"]
    assert [one["toStatus"] for one in changes] == ["processing", "dead", "pending"]


def test_a_job_that_is_under_way_cannot_be_asked_again(api: Api) -> None:
    assert_problem(api.http.post(f"{api.job()['url']}/retry"), 409, "pending")


def test_a_job_is_called_off_once(api: Api) -> None:
    job = api.job()
    assert api.http.post(f"{job['url']}/cancel").json()["job"]["status"] == "canceled"
    assert_problem(api.http.post(f"{job['url']}/cancel"), 409, "canceled")


def test_an_unknown_job_is_not_found(api: Api) -> None:
    for method, path in (("GET", ""), ("POST", "/retry"), ("POST", "/cancel")):
        assert_problem(api.http.request(method, f"/api/admin/jobs/nothing{path}"), 404, "nothing")


def test_a_job_is_listed_as_it_was_accepted_and_as_its_story_tells_it(api: Api) -> None:
    wishes = {"timeRange": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00.5Z"}, "keywords": ['a"ö']}
    job = api.job(searchParams=wishes)
    api.change("UPDATE scrape_jobs SET created_at = '2026-11-20 12:00Z', finished_at = '2026-11-20 12:00:00.25Z'")
    [listed] = api.jobs()["jobs"]
    assert listed == api.http.get(job["url"]).json()["job"]
    assert (listed["createdAt"], listed["finishedAt"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00.250000Z")
    assert {**listed, "createdAt": job["createdAt"], "finishedAt": None} == job
    assert list(api.jobs()) == ["counts", "jobs", "nextCursor"]
