"""Suggestions: who resembles a creator is suggested with reasons, nothing is matched by it, and a decision holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.targets.deciding import NoSuggestion, NotOpen, accept, reject
from scrape_assets.flow.targets.rematch import rematch_changed
from scrape_assets.flow.targets.resemblance import Account, compact, compare, folded
from scrape_assets.flow.targets.suggest import refresh
from scrape_assets.operations.forgetting import forget
from scrape_assets.settings import Settings
from scrape_assets.storage.forgetting import resolve
from scrape_assets.storage.pseudonyms import Pseudonyms
from scrape_assets.storage.suggestions import Kind, Standing, Suggestion, find_suggestions
from scrape_assets_tests.flow.context_of import context_of
from scrape_assets_tests.flow.people import FIRST_POST, INSTAGRAM, People

KEY = "an invented key, long enough"


@pytest.fixture
def ctx(db: Engine, tmp_path: Path) -> FlowContext:
    return context_of(db, tmp_path, Settings(privacy_key=KEY))


@pytest.fixture
def people(db: Engine) -> People:
    people = People(db)
    people.mira()
    return people


def suggested(ctx: FlowContext, status: Standing | None = Standing.OPEN) -> list[Suggestion]:
    with ctx.engine.connect() as conn:
        return find_suggestions(conn, status=status)


def rows(ctx: FlowContext, query: str) -> list[tuple[object, ...]]:
    with ctx.engine.connect() as conn:
        return [tuple(row) for row in conn.execute(sa.text(query))]


def test_who_bears_the_name_and_the_handle_is_suggested_with_reasons_and_nobody_is_matched(
    ctx: FlowContext, people: People
) -> None:
    assert refresh(ctx).new == 1
    [one] = suggested(ctx)
    assert (one.kind, one.creator_id, one.platform, one.author_key) == (Kind.PROFILE, "mira", "x", "miraokafor_")
    assert one.score > 0.8
    assert one.reasons[:2] == (
        "the same name: Mira Okafor",
        "the same handle but for decoration: MiraOkafor_, as miraokafor",
    )
    assert rows(ctx, "SELECT * FROM creator_content") == []
    assert rows(ctx, "SELECT platform FROM creator_profiles") == [("instagram",)]


def test_refreshing_again_changes_nothing_and_what_no_longer_holds_is_withdrawn(
    ctx: FlowContext, people: People
) -> None:
    refresh(ctx)
    first = suggested(ctx)
    again = refresh(ctx)
    assert (again.new, again.changed, again.withdrawn) == (0, 0, 0)
    assert suggested(ctx) == first
    people.creator("somebody", "Somebody Else", "x", "https://x.com/MiraOkafor_")
    assert refresh(ctx).withdrawn == 1
    assert suggested(ctx) == []


def test_accepted_the_account_is_followed_from_its_first_post_on_and_old_posts_are_matched(
    ctx: FlowContext, people: People
) -> None:
    refresh(ctx)
    [one] = suggested(ctx)
    assert accept(ctx, one.suggestion_id, by="a test").status is Standing.ACCEPTED
    profile = "SELECT creator_id, platform_user_id, valid_from FROM creator_profiles WHERE platform = 'x'"
    assert rows(ctx, profile) == [("mira", "4410", FIRST_POST)]
    assert rows(ctx, "SELECT action, caller FROM api_writes") == [("suggestion", "a test")]

    list(rematch_changed(ctx, within=timedelta(minutes=1), most=10))
    assert rows(ctx, "SELECT creator_id, post_id, role, method FROM creator_content") == [
        ("mira", "by-MiraOkafor_", "author", "platform_user_id")
    ]
    assert refresh(ctx).new == 0
    assert accept(ctx, one.suggestion_id, by="again").decided_by == "a test"
    with pytest.raises(NotOpen, match="accepted by a test"):
        reject(ctx, one.suggestion_id, by="a test")


def test_rejected_it_never_comes_back_not_even_under_another_handle(ctx: FlowContext, people: People) -> None:
    refresh(ctx)
    [one] = suggested(ctx)
    reject(ctx, one.suggestion_id, by="a test")
    people.author("x", "mira_okafor", "Mira Okafor", author_id="4410")
    refresh(ctx)
    assert suggested(ctx) == []
    with pytest.raises(NotOpen, match="rejected by a test"):
        accept(ctx, one.suggestion_id, by="a test")
    with pytest.raises(NoSuggestion):
        accept(ctx, one.suggestion_id + 1, by="a test")


def test_a_profile_that_is_somebody_elses_meanwhile_is_not_taken_from_them(ctx: FlowContext, people: People) -> None:
    refresh(ctx)
    [one] = suggested(ctx)
    with ctx.engine.begin() as conn:
        conn.execute(sa.text("INSERT INTO creators (creator_id, name) VALUES ('other', 'Other')"))
        conn.execute(
            sa.text(
                "INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key) "
                "VALUES ('other', 'x', 'https://x.com/MiraOkafor_', 'miraokafor_')"
            )
        )
    with pytest.raises(NotOpen, match="a profile of creator other already"):
        accept(ctx, one.suggestion_id, by="a test")
    assert [one.status for one in suggested(ctx, None)] == [Standing.OPEN]


def test_a_forgotten_person_is_never_suggested(ctx: FlowContext, people: People) -> None:
    refresh(ctx)
    pseudonyms = Pseudonyms(KEY.encode())
    with ctx.engine.connect() as conn:
        subject = resolve(conn, account=("x", "MiraOkafor_"))
    report = forget(ctx.engine, subject, pseudonyms, by="a test", now=ctx.now())
    assert report.removed["creator_suggestions"] == 1
    # Somebody puts the rows back, past every load.
    people.author("x", "MiraOkafor_", "Mira Okafor", author_id="4410")
    refresh(ctx)
    assert suggested(ctx) == []


def test_two_creators_that_look_like_one_are_suggested_and_accepted_their_profiles_are_ones(
    ctx: FlowContext, people: People
) -> None:
    people.creator("okafor-m", "Okafor, Mira", "tiktok", "https://www.tiktok.com/@mira.okafor")
    refresh(ctx)
    both = [one for one in suggested(ctx) if one.kind is Kind.SAME_PERSON]
    assert [(one.creator_id, one.other_creator_id) for one in both] == [("mira", "okafor-m")]
    accept(ctx, both[0].suggestion_id, by="a test")
    assert rows(ctx, "SELECT DISTINCT creator_id FROM creator_profiles") == [("mira",)]


def test_an_address_in_a_post_speaks_for_a_common_name(ctx: FlowContext, db: Engine) -> None:
    people = People(db)
    people.creator("mira", "Mira Okafor", "instagram", INSTAGRAM)
    for number in range(4):  # four bear the name: none is likelier than the others
        said = f"Pictures: {INSTAGRAM}" if number == 2 else "Good morning."
        people.author("x", f"writer{number}{'abcd'[number]}", "Mira Okafor", says=said)
    refresh(ctx)
    [one] = suggested(ctx)
    assert one.author_key == "writer2c"
    assert "a post of theirs names the address of a profile of this creator" in one.reasons


def test_who_is_followed_on_that_platform_already_is_only_looked_like(ctx: FlowContext, people: People) -> None:
    people.creator("mira", "Mira Okafor", "x", "https://x.com/mira_writes")
    refresh(ctx)
    assert suggested(ctx) == []


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Inès Moreau", ("ines", "moreau")),
        ("Dr. ØYVIND  Brandvik 🎣", ("øyvind", "brandvik")),
        ("The Official", ("the", "official")),
        (None, ()),
        ("🎣", ()),
    ],
)
def test_names_are_compared_without_accents_case_and_decoration(written: str | None, words: tuple[str, ...]) -> None:
    assert folded(written) == words


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("@mira.okafor", "miraokafor"),
        ("in/mira-okafor", "miraokafor"),
        ("miraokafor92", "miraokafor"),
        ("realMiraOkafor", "miraokafor"),
        ("mira@social.example", "mira"),
        ("mira-okafor.bsky.social", "miraokafor"),
        ("the", "the"),
        (None, ""),
    ],
)
def test_handles_are_compared_without_server_and_decoration(written: str | None, kept: str) -> None:
    assert compact(written) == kept


def test_a_name_of_one_word_or_of_many_people_says_less() -> None:
    full = compare(Account.of("Mira Okafor", ()), Account.of("Mira Okafor", ()))
    single = compare(Account.of("Mira", ()), Account.of("Mira", ()))
    assert single.score() < full.score()
    assert full.score(namesakes=4) < full.score(namesakes=2) < full.score()
    other = compare(Account.of("Mira Okafor", ("mira",)), Account.of("Jan de Vries", ("mira",)))
    assert other.contradicts
