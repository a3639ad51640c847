"""Rows of true shape, and hostile ones, through the whole path: HTTP, archive, mapping, loader, matching."""

# ruff: noqa: RUF001 -- Hebrew and Arabic as they are written

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scrape_assets_tests.flow.invented_rows import error, post, replay
from scrape_assets_tests.flow.world import ANNA, HARBOUR, World

MakeWorld = Callable[..., World]


def rows_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_companys_recorded_feed_is_loaded_row_by_row(world_with: MakeWorld, recorded: Path) -> None:
    rows = rows_of(recorded / "linkedin_posts_by_company_url.ndjson")
    world = world_with(replay_dir=recorded)
    for number, url in enumerate(sorted({row["discovery_input"]["url"] for row in rows})):
        world.creator(f"company-{number}", url)
    world.run()

    posts = [row for row in rows if not row.get("error_code")]
    assert (world.count("raw_posts"), world.count("rejected_rows")) == (len(posts), 1) == (12, 1)
    assert world.rows("SELECT reason, code FROM rejected_rows") == [("source_error", "crawl_failed")]
    assert set(world.column("SELECT post_id FROM raw_posts")) == {row["id"] for row in posts}
    assert sum(job.posts_found or 0 for job in world.jobs()) == len(posts)
    assert world.statuses() == {"completed": 1, "pending": 1}, "of one company came nothing but the error"
    found = world.column("SELECT count(DISTINCT post_id) FROM creator_content")
    assert found == [len(posts)]


def test_posts_of_others_in_a_feed_are_theirs_and_only_found_there(world_with: MakeWorld, tmp_path: Path) -> None:
    bruno = {"user_id": "bruno-tal", "use_url": "https://it.linkedin.com/in/bruno-tal?trk=x", "account_type": "Person"}
    rows = [
        post(1, feed=ANNA, user_id="anna-vesterholt", use_url=ANNA, account_type="Person"),
        post(2, feed=ANNA, **bruno),
        post(3, feed=ANNA, **bruno, user_name="Bruno Tal"),
    ]
    world = world_with(replay_dir=replay(tmp_path / "replay", rows, kind="profile"))
    world.creator("anna", ANNA)
    world.creator("bruno", "https://www.linkedin.com/in/bruno-tal")
    world.collect(creators=["anna"])
    world.poll()
    world.process()
    authors = world.rows("SELECT author_key, count(*) FROM raw_posts GROUP BY 1 ORDER BY 1")
    assert authors == [("in/anna-vesterholt", 1), ("in/bruno-tal", 2)]
    matched = world.rows("SELECT creator_id, role, count(*) FROM creator_content GROUP BY 1, 2 ORDER BY 1, 2")
    assert matched == [("anna", "author", 1), ("anna", "found_in_feed", 2), ("bruno", "author", 2)]
    assert world.job().posts_found == 3


@pytest.mark.parametrize(
    ("file", "posts"), [("linkedin_posts_by_url.ndjson", 4), ("linkedin_articles_by_author_url.ndjson", 30)]
)
def test_recorded_posts_and_articles_keep_their_true_authors(
    world_with: MakeWorld, recorded: Path, tmp_path: Path, file: str, posts: int
) -> None:
    folder = tmp_path / "replay"
    folder.mkdir()
    shutil.copy(recorded / file, folder / "linkedin_posts_by_profile_url.ndjson")
    world = world_with(replay_dir=folder)
    world.creator("anna", ANNA)
    world.run()
    assert (world.count("raw_posts"), world.count("rejected_rows")) == (posts, 0)
    assert set(world.column("SELECT post_id FROM raw_posts")) == {row["id"] for row in rows_of(recorded / file)}
    assert world.column("SELECT count(*) FROM raw_posts WHERE author_key = 'in/anna-vesterholt'") == [0]
    assert world.column("SELECT count(*) FROM creator_content WHERE role = 'author'") == [0]
    absurd = [row for row in rows_of(recorded / file) if (row["num_likes"] or 0) > 1e11]
    repaired = world.column("SELECT count(*) FROM raw_posts WHERE like_count IS NULL AND repairs IS NOT NULL")
    assert repaired == [len(absurd)]


def test_hostile_rows_are_all_survived_and_each_bad_one_has_its_reason(world_with: MakeWorld, tmp_path: Path) -> None:
    long = "ה" * 20_000
    rows: list[dict[str, Any] | bytes] = [
        post(1, post_text="NUL \x00 inside", user_name="\x00"),
        json.dumps(post(2)).replace("Post number 2", "half \\ud83d a pair \\udc00").encode() + b"\n",
        post(3, post_text=long),
        post(4, post_text="\u202eשלום\u202c مرحبا", hashtags=["#مدن", "#\x00"]),
        post(5, num_likes="1,204", num_comments=5.5e32),
        post(6, num_likes={"no": "count"}, images=7, hashtags="#one", tagged_people="x"),
        post(7, extra={"deeply": [[[[{"nested": None}]]]]}),
        post(8, post_text="", original_post_text="<p>only <b>markup</b></p>"),
        json.dumps(post(9)).encode().replace(b"Post number 9", b"bad byte \xff") + b"\n",
        b'["no", "object"]\n',
        b"null\n",
        b"{broken\n",
        b'{"timestamp": "2026-11-20T11:00:00Z", "input": {"url": "x"}}\n',
        post(10, timestamp=None),
        post(11, id="no-number", date_posted="2087-01-01T00:00:00.000Z"),
        b"\n",
        error(),
        b'{"id": "7", "timestamp": "2026-11-20T11:00:00.000Z", "post_te',
    ]
    world = world_with(replay_dir=replay(tmp_path / "replay", rows))
    world.creator("harbour", HARBOUR)
    world.run()

    assert (world.snapshot().status, world.snapshot().error) == ("processed", None)
    texts = dict(world.rows("SELECT (like_count)::int, text FROM raw_posts"))
    assert world.count("raw_posts") == 9
    assert texts[3] == long
    assert "שלום" in texts[4]
    assert not any("\x00" in str(text) for text in texts.values())
    reasons = dict(world.rows("SELECT row_number, reason FROM rejected_rows"))
    assert reasons == {
        10: "not_an_object",
        11: "not_an_object",
        12: "not_json",
        13: "no_id",
        14: "no_time",
        15: "implausible_time",
        16: "source_error",
        17: "not_json",  # the vendor ends each line it repeats, so nothing tells that this one was cut
    }
    assert world.job().posts_found == 9
    before = world.rows("SELECT * FROM raw_posts ORDER BY post_id"), world.rows("SELECT * FROM rejected_rows")
    assert world.again().error is None
    assert before == (world.rows("SELECT * FROM raw_posts ORDER BY post_id"), world.rows("SELECT * FROM rejected_rows"))
