"""The rows: true in shape, the same posts every time they are looked at, and as odd as the real ones."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.jobs import Order, SimulatedJob
from scrape_assets.simulator.linkedin import POSTS_DATASET
from scrape_assets.simulator.people import creators
from scrape_assets.simulator.settings import ContentSettings

Row = dict[str, Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PERSON = "https://www.linkedin.com/in/mira-okafor-7b2a91"
COMPANY = "https://uk.linkedin.com/company/lagoon-robotics"


def job(
    *urls: str | Row,
    by: str | None,
    at: datetime = NOON,
    seed: int = 1,
    limit: int | None = None,
    **content: Any,
) -> SimulatedJob:
    return SimulatedJob(
        snapshot_id="s_test",
        order=Order(
            dataset_id=POSTS_DATASET,
            discover_by=by,
            inputs=tuple(url if isinstance(url, dict) else {"url": url} for url in urls),
            include_errors=True,
            limit_per_input=limit,
        ),
        created=at,
        ready_at=at + timedelta(seconds=10),
        seed=seed,
        content=ContentSettings(**{"error_rate": 0.0, **content}),
    )


def rows_of(made: SimulatedJob) -> list[Row]:
    return [json.loads(text) for text in GeneratedRows(made).texts()]


def many(by: str, *urls: str) -> Iterator[Row]:
    yield from rows_of(job(*urls, by=by, limit=300))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_post_is_seen_again_on_a_later_day_with_grown_counts() -> None:
    first = {row["id"]: row for row in rows_of(job(PERSON, by="profile_url"))}
    later = {row["id"]: row for row in rows_of(job(PERSON, by="profile_url", at=NOON + timedelta(days=3)))}
    again = first.keys() & later.keys()
    assert len(again) >= 5
    assert later.keys() - first.keys()
    for post_id in again:
        before, after = first[post_id], later[post_id]
        assert before["post_text"] == after["post_text"]
        assert before["date_posted"] == after["date_posted"]
        assert before["num_likes"] <= after["num_likes"]
        assert before["timestamp"] < after["timestamp"]
    assert any(first[post_id]["num_likes"] < later[post_id]["num_likes"] for post_id in again)


def test_an_activity_id_holds_the_posting_time_within_a_third_of_a_second() -> None:
    numbered = [row for row in many("company_url", COMPANY) if row["id"].isdigit()]
    assert len(numbered) > 200
    for row in numbered:
        inside = int(row["id"]) >> 22
        assert abs(moment(row["date_posted"]).timestamp() * 1000 - inside) < 300
        assert moment(row["date_posted"]) < moment(row["timestamp"])


def test_discovery_rows_name_the_post_as_input_and_the_client_s_input_beside_it() -> None:
    for row in many("company_url", COMPANY):
        assert row["discovery_input"] == {"url": COMPANY}
        assert row["input"]["url"].startswith(row["url"])
    (collected,) = rows_of(job(next(many("company_url", COMPANY))["url"], by=None))
    assert "discovery_input" not in collected


def test_a_post_collected_by_its_url_is_the_one_its_author_s_feed_shows() -> None:
    feed = [row for row in many("profile_url", PERSON) if row["user_id"] == "mira-okafor-7b2a91"]
    post = next(row for row in feed if row["id"].isdigit())
    (collected,) = rows_of(job(post["url"], by=None))
    assert (collected["id"], collected["post_text"]) == (post["id"], post["post_text"])
    article = "https://www.linkedin.com/pulse/small-boats-big-data-invented-1a2b?trk=x"
    (collected,) = rows_of(job(article, by=None))
    assert (collected["id"], collected["post_type"]) == ("small-boats-big-data-invented-1a2b", "article")


def test_a_profile_feed_holds_posts_of_others_and_only_authored_posts_leaves_them_out() -> None:
    authors = {row["user_id"] for row in many("profile_url", PERSON)}
    assert "mira-okafor-7b2a91" in authors
    assert len(authors) > 5
    own = rows_of(job({"url": PERSON, "only_authored_posts": True}, by="profile_url", limit=100))
    assert {row["user_id"] for row in own} == {"mira-okafor-7b2a91"}


def test_a_foreign_post_has_the_id_it_has_in_its_own_author_s_feed() -> None:
    foreign = [row for row in many("profile_url", PERSON) if row["user_id"] not in (None, "mira-okafor-7b2a91")]
    seen = foreign[0]
    by = "profile_url" if "/in/" in seen["use_url"] else "company_url"
    own = {row["id"]: row for row in rows_of(job(seen["use_url"], by=by, limit=400))}
    assert own[seen["id"]]["post_text"] == seen["post_text"]


def test_feeds_are_as_mixed_and_odd_as_the_real_ones() -> None:
    people = [creator.profile_url for creator in creators() if "/in/" in creator.profile_url]
    rows = [*many("profile_url", *people), *many("company_url", COMPANY)]
    posts = [row for row in rows if row["post_type"] != "article"]
    articles = [row for row in rows if row["post_type"] == "article"]
    assert {row["post_type"] for row in posts} == {"post", "repost"}
    reposts = [row for row in posts if row["post_type"] == "repost"]
    assert all(row["repost"]["repost_id"].isdigit() and row["repost"]["repost_user_id"] for row in reposts)
    assert any(row["tagged_people"] and "/in/" in row["tagged_people"][0]["link"] for row in posts)
    assert any(row["user_id"] is None and row["account_type"] == "Organization" for row in posts)
    assert not any(row["id"].isdigit() for row in articles)
    absurd = [row["num_likes"] for row in articles if isinstance(row["num_likes"], float)]
    assert absurd
    assert min(absurd) > 1e30
    assert any("videos" not in row for row in posts)
    assert any("x_experiment_bucket" in row for row in posts)
    dates = [row["date_posted"] for row in rows if row["discovery_input"]["url"] == COMPANY]
    assert dates not in (sorted(dates), sorted(dates, reverse=True))
    text = " ".join(row["post_text"] for row in rows)
    assert any("\u0590" <= letter <= "\u05ff" for letter in text)  # Hebrew
    assert any("\u0600" <= letter <= "\u06ff" for letter in text)  # Arabic
    assert any(letter > "\uffff" for letter in text)  # outside the basic plane


def test_a_company_s_date_window_is_honoured() -> None:
    window = {"url": COMPANY, "start_date": "2026-11-01T00:00:00.000Z", "end_date": "2026-11-07"}
    rows = rows_of(job(window, by="company_url"))
    assert len(rows) > 1
    for row in rows:
        assert "2026-11-01" <= row["date_posted"] < "2026-11-08"
    dense = rows_of(job(window, by="company_url", rows_per_input=500))
    assert len({row["id"] for row in dense}) == 500
    assert all("2026-11-01" <= row["date_posted"] < "2026-11-08" for row in dense)


def test_a_profile_with_dates_and_a_missing_one_yield_a_dead_page_warning() -> None:
    dated = {"url": PERSON, "start_date": "2026-11-01", "end_date": "2026-11-07"}
    missing = {"url": "https://www.linkedin.com/in/missing-person"}
    for given in (dated, missing):
        (row,) = rows_of(job(given, by="profile_url"))
        assert set(row) == {"timestamp", "input", "warning", "warning_code"}
        assert (row["input"], row["warning_code"]) == (given, "dead_page")
    assert rows_of(job(dated, by="profile_url", profile_dates_honoured=True))[0]["id"]


def test_articles_are_discovered_by_their_author() -> None:
    given = {"url": "https://www.linkedin.com/today/author/mira-okafor-7b2a91", "limit": 7}
    rows = rows_of(job(given, by="url"))
    assert len(rows) == 7
    assert {(row["post_type"], row["user_id"]) for row in rows} == {("article", "mira-okafor-7b2a91")}


def test_load_rows_have_ids_of_their_own_across_inputs() -> None:
    urls = [f"https://www.linkedin.com/in/load-{number}" for number in range(2000)]
    made = job(*urls, by="profile_url", rows_per_input=5)
    assert len({row["id"] for row in rows_of(made)}) == 10_000


def test_another_seed_invents_other_posts() -> None:
    ids = [{row["id"] for row in rows_of(job(COMPANY, by="company_url", seed=seed))} for seed in (1, 2)]
    assert not ids[0] & ids[1]


def test_rows_have_the_keys_and_types_of_the_recorded_ones(recorded: Path) -> None:
    names = ("linkedin_posts_by_company_url", "linkedin_articles_by_author_url", "linkedin_posts_by_url")
    lines = [line for name in names for line in (recorded / f"{name}.ndjson").read_bytes().splitlines()]
    real = [row for row in map(json.loads, lines) if "error" not in row]
    types: dict[str, set[type]] = {}
    for row in real:
        for key, value in row.items():
            types.setdefault(key, set()).add(type(value))
    made = [*many("company_url", COMPANY), *many("profile_url", PERSON)]
    fullest = max(made, key=len)
    assert types.keys() <= fullest.keys()
    for row in made:
        for key in types.keys() & row.keys():
            assert type(row[key]) in types[key], key


def test_the_bundled_creators_are_on_three_platforms_in_many_pasted_shapes() -> None:
    assert {creator.platform for creator in creators()} == {"linkedin", "instagram", "x"}
    assert sum(creator.platform == "linkedin" for creator in creators()) == 12
    shapes = [creator.profile_url for creator in creators()]
    assert any("/company/" in url for url in shapes)
    assert any("%C3" in url for url in shapes)
    assert any("://" not in url for url in shapes)


@pytest.mark.parametrize("fat", [False, True])
def test_rows_are_lean_unless_fat_ones_are_wanted(fat: bool) -> None:
    texts = list(GeneratedRows(job(COMPANY, by="company_url", rows_per_input=200, fat=fat)).texts())
    mean = sum(map(len, texts)) / len(texts)
    assert mean > 8000 if fat else 1500 < mean < 3500
