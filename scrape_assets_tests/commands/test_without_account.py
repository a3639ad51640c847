"""A newcomer's first day: no key, no configuration, and real posts all the same (here from a server on loopback)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story

NOBODY = {"BRIGHTDATA_API_KEY": "", "BRIGHTDATA_API_URL": ""}


@pytest.fixture
def newcomer(scrape_assets: CommandLine) -> Iterator[CommandLine]:
    now = int(datetime.now(UTC).timestamp())
    with hackernews(*(story(number, now - 600 * number) for number in range(1, 31)), users=("ada",)) as (_, url):
        settings = {**scrape_assets.settings, **NOBODY, "HACKERNEWS_API_URL": url}
        yield CommandLine(scrape_assets.home, settings)


def test_a_creator_s_posts_on_hacker_news_need_neither_key_nor_configuration(
    newcomer: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "creators.csv"
    file.write_text("creator_id,name,platform,profile_url\nada,Ada,hackernews,ada\n")
    assert newcomer("creators", "import", str(file)).status == 0

    asked = newcomer("collect", "--platform", "hackernews", "--creator", "ada", "--json")
    assert asked.status == 0
    assert [(one["source"], one["status"]) for one in asked.json["snapshots"]] == [("hackernews", "ready")]

    processed = newcomer("process", "--json")
    assert [(one["status"], one["posts"], one["matched"]) for one in processed.json["processed"]] == [
        ("processed", 30, 30)
    ]
    assert "nothing new to ask for" in newcomer("collect", "--platform", "hackernews").out


def test_an_event_is_imported_and_looked_for(newcomer: CommandLine, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    fair = {
        "eventId": "fair",
        "name": "The tea fair",
        "keywords": ["tea"],
        "timeRange": {"start": f"{today}T00:00:00Z", "end": f"{today}T23:59:59Z"},
    }
    file = tmp_path / "events.json"
    file.write_text(json.dumps([fair, {**fair, "eventId": "bad", "keywords": "tea"}]))

    imported = newcomer("events", "import", str(file))
    assert imported.status == 1
    assert imported.complaint == f"1 event was refused; the others of {file} went in"
    assert "keywords is no list of texts" in imported.out
    assert newcomer("collect", "--platform", "hackernews", "--event", "fair").status == 0
    assert newcomer("process").status == 0
    [job] = newcomer("jobs", "--json").json
    assert (job["target_id"], job["status"], job["source"]) == ("fair", "completed", "hackernews")
    unknown = newcomer("collect", "--platform", "hackernews", "--event", "fete")
    assert unknown.complaint == "there is no event fete"


def test_the_sources_say_whether_they_can_be_asked_and_for_what(newcomer: CommandLine) -> None:
    shown = {(one["platform"], one["source"]): one for one in newcomer("sources", "--json").json}
    assert shown["hackernews", "hackernews"]["usable"]
    assert shown["x", "x"]["why_not"] == "not configured: X_BEARER_TOKEN not set"
    assert not shown["linkedin", "brightdata"]["usable"]
    assert newcomer("sources", "--markdown").out.startswith("| platform | source |")
    abilities = newcomer("sources", "--abilities", "--json").json
    assert {one["platform"] for one in abilities} == {platform for platform, _ in shown}


def test_a_setting_that_names_no_source_is_said_in_one_line(newcomer: CommandLine) -> None:
    ran = newcomer("sources", SCRAPE_ASSETS_SOURCES='{"x": ["nitter"]}')
    assert ran.complaint == "SCRAPE_ASSETS_SOURCES names nitter for x; x has x, brightdata"


def test_a_platform_whose_sources_all_lack_a_key_is_said_in_one_line(newcomer: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "creators.csv"
    file.write_text("creator_id,name,platform,profile_url\nada,Ada,x,https://x.com/ada\n")
    assert newcomer("creators", "import", str(file)).status == 0
    ran = newcomer("collect", "--platform", "twitter")
    assert ran.complaint.startswith(
        "nobody can be asked: x is not configured: X_BEARER_TOKEN not set; brightdata is not"
    )
