"""Forgetting somebody: gone from rows, payloads and ledger, known again by a hash alone, and nobody else touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.flow.taking.outcome import Stage
from scrape_assets.operations.forgetting import RECORDS, Report, forget, rehearse
from scrape_assets.storage.forgetting import Ambiguous, Forgotten, Subject, facts, resolve, rows
from scrape_assets.storage.payloads import rewrite
from scrape_assets.storage.pseudonyms import Pseudonyms
from scrape_assets.storage.schema import metadata
from scrape_assets_tests.flow.world import ANNA, World
from scrape_assets_tests.storage.invented import post

KEY = "an invented key, long enough"
PSEUDONYMS = Pseudonyms(KEY.encode())
NAME = "anna-vesterholt"


@pytest.fixture
def posted(world_with: Callable[..., World]) -> World:
    """Anna and Otto have posted, in one snapshot."""
    world = world_with(rows_per_input=4)
    world.set(privacy_key=KEY)
    world.creator("anna", ANNA)
    world.creator("otto", "https://www.linkedin.com/in/otto-brandvik")
    world.run()
    assert NAME in everything(world)
    assert NAME in payloads(world)
    return world


def subject_of(world: World, **asked: Any) -> Subject:
    with world.engine.connect() as conn:
        return resolve(conn, **asked)


def forgotten(world: World, **asked: Any) -> Report:
    return forget(world.engine, subject_of(world, **asked), PSEUDONYMS, by="a test", now=world.clock())


def everything(world: World) -> str:
    """Every row of every table, as text."""
    return "\n".join(text for table in metadata.tables for text in world.column(f"SELECT t::text FROM {table} AS t"))


def payloads(world: World) -> str:
    """Every record that is kept, as text; and that no other file lies beside."""
    texts = []
    for manifest in Path(world.archive.base_url).rglob("manifest.json"):
        payload = world.archive.open(str(manifest))
        payload.verify()
        texts += [row.line.decode() for row in payload.lines()]
    return "\n".join(texts)


def test_a_creator_is_gone_from_rows_payloads_and_ledger_and_only_the_fact_is_kept(posted: World) -> None:
    mine = posted.column("SELECT count(*) FROM raw_posts WHERE author_key = :key", key=f"in/{NAME}")[0]
    assert mine > 0
    of_otto = "WHERE author_key = 'in/otto-brandvik'"
    with posted.engine.begin() as conn:
        named = f"mentions = '{{in/bo, in/{NAME}}}', tagged = '{{in/{NAME}}}'"
        assert conn.execute(sa.text(f"UPDATE raw_posts SET {named} {of_otto}")).rowcount
    known = Forgotten.only("linkedin", subject_of(posted, creator_id="anna"), PSEUDONYMS)
    cleaned = known.cleaned(post("9", mentions=["in/bo", f"in/{NAME}"], tagged=[f"in/{NAME}"]))
    assert (cleaned.mentions, cleaned.tagged) == (["in/bo"], [])

    report = forgotten(posted, creator_id="anna")

    assert report.left == {}
    assert (report.removed["raw_posts"], report.removed["creators"], report.removed["scrape_jobs"]) == (mine, 1, 1)
    assert report.removed[RECORDS] >= mine
    assert NAME not in everything(posted)
    assert posted.column(f"SELECT DISTINCT mentions || tagged FROM raw_posts {of_otto}") == [["in/bo"]]
    assert "'anna'" not in everything(posted)
    assert NAME not in payloads(posted)
    assert posted.rows("SELECT kind, forgotten_by FROM forgotten WHERE kind = 'creator'") == [("creator", "a test")]
    [(action, subjects)] = posted.rows("SELECT action, subjects FROM api_writes")
    assert (action, subjects) == ("forget", [PSEUDONYMS.identity("creator", "anna")])


def test_everybody_else_keeps_their_posts_their_matches_and_the_pointers_into_the_payload(posted: World) -> None:
    of_otto = "SELECT * FROM raw_posts WHERE author_key = 'in/otto-brandvik' ORDER BY post_id"
    matches = "SELECT * FROM creator_content WHERE creator_id = 'otto' ORDER BY post_id, role"
    before = posted.rows(of_otto), posted.rows(matches)

    forgotten(posted, creator_id="anna")

    assert (posted.rows(of_otto), posted.rows(matches)) == before
    snapshot = posted.snapshot()
    payload = posted.archive.open(str(snapshot.payload_uri))
    assert (snapshot.payload_sha256, snapshot.payload_bytes) == (payload.sha256, payload.stored_bytes)
    lines = {row.row_number: row.line.decode() for row in payload.lines()}
    for post_id, uri, number in posted.rows(
        "SELECT post_id, payload_uri, payload_row FROM raw_posts WHERE author_key = 'in/otto-brandvik'"
    ):
        assert uri == payload.uri
        assert post_id in lines[number]


def test_neither_an_old_payload_nor_a_new_download_brings_them_back(posted: World) -> None:
    forgotten(posted, creator_id="anna")

    again = posted.again(frozenset({Stage.LOAD, Stage.MATCH}))
    assert again.error is None
    fresh = posted.again(redownload=True)  # the vendor still has the records

    assert fresh.error is None
    assert fresh.load
    assert fresh.load.forgotten > 0
    assert posted.snapshot().rows_forgotten == fresh.load.forgotten  # as `process` and the partition show it
    assert posted.column("SELECT count(*) FROM raw_posts WHERE author_key = :key", key=f"in/{NAME}") == [0]
    assert NAME not in "\n".join(posted.column("SELECT p::text FROM raw_posts AS p"))
    assert NAME in payloads(posted)
    assert forgotten(posted, account=("linkedin", ANNA)).removed[RECORDS] > 0
    assert NAME not in payloads(posted)


def test_without_the_key_nothing_is_loaded_rather_than_somebody_brought_back(posted: World) -> None:
    forgotten(posted, creator_id="anna")
    posted.set(privacy_key="another key, long enough")
    outcome = posted.again(frozenset({Stage.LOAD}))
    assert outcome.error
    assert "SCRAPE_ASSETS_PRIVACY_KEY" in outcome.error


def test_a_dry_run_counts_what_goes_and_a_second_time_nothing_is_left_to_go(posted: World) -> None:
    asked = {"account": ("linkedin", f"in/{NAME}")}
    before = everything(posted), payloads(posted)
    would = rehearse(posted.engine, subject_of(posted, **asked), PSEUDONYMS)
    assert (everything(posted), payloads(posted)) == before

    first, second = forgotten(posted, **asked), forgotten(posted, **asked)
    assert first.removed["raw_posts"] > 0
    assert first.removed == would.removed
    assert second.forgotten_before is not None
    assert (second.removed, second.left) == ({}, {})


def test_one_post_goes_and_its_author_stays(posted: World) -> None:
    post_id = posted.column("SELECT post_id FROM raw_posts WHERE author_key = :key", key=f"in/{NAME}")[0]
    report = forgotten(posted, post_key=("linkedin", post_id))
    assert report.left == {}
    assert (report.removed["raw_posts"], report.removed[RECORDS]) == (1, 1)
    assert post_id not in payloads(posted)
    assert NAME in payloads(posted)
    posted.again(redownload=True)
    assert posted.column("SELECT count(*) FROM raw_posts WHERE post_id = :id", id=post_id) == [0]


@pytest.mark.parametrize("where", ["publish", "payload_rewritten", "remove"])
def test_cut_off_anywhere_it_goes_on_when_it_is_called_again(
    posted: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    owner: Any = rewrite.Rewritten if where == "publish" else rows
    with monkeypatch.context() as patch:
        patch.setattr(owner, where, _killed)
        with pytest.raises(KeyboardInterrupt):
            forgotten(posted, creator_id="anna")
    payloads(posted)  # whole, whichever it is

    assert forgotten(posted, creator_id="anna").left == {}
    assert NAME not in everything(posted)
    assert NAME not in payloads(posted)
    payload = posted.archive.open(str(posted.snapshot().payload_uri))
    assert posted.snapshot().payload_sha256 == payload.sha256


def test_who_forgets_waits_for_a_load_that_does_not_know_yet(posted: World) -> None:
    subject = subject_of(posted, creator_id="anna")
    loading = posted.engine.raw_connection()
    driver: Any = loading.driver_connection
    try:
        assert Forgotten.of_platform(driver.cursor(), "linkedin", PSEUDONYMS) is None
        with posted.engine.connect() as conn:
            conn.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                facts.note(conn, subject, PSEUDONYMS, by="a test", now=posted.clock())
    finally:
        loading.close()
    assert forgotten(posted, creator_id="anna").left == {}


def test_jobs_that_still_wait_for_them_are_called_off(posted: World) -> None:
    posted.ask_for("anna")
    assert forgotten(posted, creator_id="anna").still_open == 0
    assert posted.statuses() == {"completed": 2, "canceled": 1}
    assert NAME not in everything(posted)


def test_a_name_that_was_several_peoples_is_not_guessed_at(posted: World) -> None:
    with posted.engine.begin() as conn:
        for post_id, author_id in (("1", "77"), ("2", "88")):
            conn.execute(
                sa.text("""
                    INSERT INTO raw_posts (platform, post_id, kind, author_key, author_id, collected_at, snapshot_id,
                                           payload_uri, payload_row, mapping_version)
                    SELECT 'x', :post_id, 'post', 'shared', :author_id, now(), snapshot_id, payload_uri, 1, 1
                    FROM snapshots
                """),
                {"post_id": post_id, "author_id": author_id},
            )
    with pytest.raises(Ambiguous, match="77, 88"):
        subject_of(posted, account=("x", "shared"))
    report = forgotten(posted, account=("x", "shared"), own_ids=["77"])
    assert report.removed["raw_posts"] == 1
    assert posted.column("SELECT author_id FROM raw_posts WHERE platform = 'x'") == ["88"]


def test_a_profile_that_became_another_creators_is_not_taken_for_one_person(posted: World) -> None:
    with posted.engine.begin() as conn:
        conn.execute(
            sa.text("""
                INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, valid_to)
                VALUES ('anna', 'hackernews', 'n', 'lamp', now()), ('otto', 'hackernews', 'n', 'lamp', NULL)
            """)
        )
    with pytest.raises(Ambiguous, match="lamp on hackernews has been a profile of several creators"):
        subject_of(posted, creator_id="anna")


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
