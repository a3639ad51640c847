"""Suggestions over HTTP: pages, decisions with an audit, refusals; and a creator matched anew on request."""

from __future__ import annotations

import threading

import pytest

from scrape_assets.flow.targets.suggest import refresh
from scrape_assets_tests.api.served import Api, assert_problem
from scrape_assets_tests.flow.people import People


@pytest.fixture
def suggesting(api: Api) -> Api:
    """Three creators, each with an account on X that looks like theirs."""
    people = People(api.engine)
    for first, last in (("Ada", "Arendt"), ("Bram", "Bakker"), ("Chidi", "Castell")):
        name = f"{first}{last}".lower()
        people.creator(name, f"{first} {last}", "instagram", f"https://www.instagram.com/{name}/")
        people.author("x", name, f"{first} {last}", author_id=f"id-{first}")
    refresh(api.ctx)
    return api


def test_pages_follow_each_other_and_decisions_move_nothing_to_another_page(suggesting: Api) -> None:
    first = suggesting.http.get("/api/admin/suggestions", params={"limit": 2}).json()
    assert first["counts"] == {"open": 3, "accepted": 0, "rejected": 0}
    assert [one["creatorId"] for one in first["suggestions"]] == ["adaarendt", "brambakker"]
    number = first["suggestions"][0]["suggestionId"]
    assert suggesting.http.post(f"/api/admin/suggestions/{number}/reject").status_code == 200
    rest = suggesting.http.get("/api/admin/suggestions", params={"limit": 2, "cursor": first["nextCursor"]}).json()
    assert [one["creatorId"] for one in rest["suggestions"]] == ["chidicastell"]
    assert rest["nextCursor"] is None
    one = suggesting.http.get("/api/admin/suggestions", params={"creator": "brambakker", "platform": "twitter"}).json()
    assert [found["authorKey"] for found in one["suggestions"]] == ["brambakker"]


def test_a_decision_is_written_down_and_cannot_be_turned_round(suggesting: Api) -> None:
    [number] = suggesting.rows("SELECT suggestion_id FROM creator_suggestions WHERE creator_id = 'adaarendt'")
    accepted = suggesting.http.post(f"/api/admin/suggestions/{number}/accept").json()
    assert (accepted["status"], accepted["authorId"]) == ("accepted", "id-Ada")
    assert suggesting.rows("SELECT creator_id FROM creator_profiles WHERE platform = 'x'") == ["adaarendt"]
    assert suggesting.rows("SELECT DISTINCT creator_id FROM rematch_requests WHERE platform = 'x'") == ["adaarendt"]
    [(action, subjects)] = suggesting.rows("SELECT action, subjects FROM api_writes")
    assert (action, subjects) == ("suggestion", [str(number)])
    assert accepted["decidedBy"].endswith("@127.0.0.1")
    assert suggesting.http.get(f"/api/admin/suggestions/{number}").json() == accepted
    assert_problem(suggesting.http.post(f"/api/admin/suggestions/{number}/reject"), 409, "is accepted")
    assert_problem(suggesting.http.post("/api/admin/suggestions/999999/accept"), 404, "no suggestion 999999")
    assert_problem(suggesting.http.get("/api/admin/suggestions", params={"cursor": "WzFd"}), 422, "cursor")


def test_everybody_is_compared_anew_on_request_one_at_a_time(suggesting: Api) -> None:
    suggesting.change("DELETE FROM creator_suggestions")
    with suggesting.engine.begin() as conn:  # as another process that refreshes now
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('scrape_assets.suggestions'), 0)")
        started = suggesting.http.post("/api/admin/suggestions/refresh")
        assert started.status_code == 202
        again = suggesting.http.post("/api/admin/suggestions/refresh")
        assert_problem(again, 409, "a refresh is under way already")
    turn = threading.Event()
    while (shown := suggesting.http.get(started.json()["url"]).json())["lastRefresh"] is None:
        turn.wait(0.01)
    assert shown["counts"]["open"] == 3
    assert (shown["lastRefresh"]["new"], shown["lastRefresh"]["withdrawn"]) == (3, 0)
    assert suggesting.rows("SELECT action FROM api_writes") == ["refresh"]


def test_a_creator_is_matched_anew_on_request(suggesting: Api) -> None:
    suggesting.change("DELETE FROM rematch_requests")
    answer = suggesting.http.post("/api/admin/creators/adaarendt/rematch")
    assert (answer.status_code, answer.json()) == (202, {"creatorId": "adaarendt", "platforms": ["instagram"]})
    assert suggesting.rows("SELECT creator_id, platform FROM rematch_requests") == [("adaarendt", "instagram")]
    assert suggesting.rows("SELECT action FROM api_writes") == ["rematch"]
    assert_problem(suggesting.http.post("/api/admin/creators/nobody/rematch"), 404, "no creator 'nobody'")
