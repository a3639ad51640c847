"""Rules as data: which one is for an address, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from scrape_assets.sources.direct.web_fields import item_of, reading_of
from scrape_assets.sources.direct.web_orders import Sighting
from scrape_assets.sources.direct.web_rules import OWN_RULES, NamedRule, read_rules, rule_for
from scrape_assets.sources.errors import NotConfigured
from scrape_assets_tests.sources.direct.web_server import RULES

GOOD = """
hosts = ["example.com"]
posts = "li"
[fields]
time = { selector = "time" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text, "utf-8")


def test_the_rules_that_come_with_the_package_can_be_used() -> None:
    rules = read_rules(None)
    assert [one.name for one in rules] == ["generic"]
    assert rule_for("https://anything.example.net/x?y=1", rules).name == "generic"


def test_the_nearest_rule_is_for_an_address(folder: Path) -> None:
    write(folder, "any", GOOD.replace('"example.com"', '"*"'))
    write(folder, "site", GOOD)
    write(folder, "blogs", GOOD.replace('"example.com"', '"*.example.com", "*.org"'))
    write(folder, "deep", GOOD.replace('"example.com"', '"*.blogs.example.com"'))
    write(folder, "people", 'path = "/people/[^/]+"\n' + GOOD)
    write(folder, "generic", GOOD.replace('"example.com"', '"*.invalid"'))
    rules = read_rules(str(folder))
    chosen = {
        address: rule_for(address, rules).name
        for address in (
            "https://example.com/",
            "http://www.example.com/a",
            "https://example.com/people/jane?tab=posts",
            "https://example.com/people/jane/photos",
            "https://a.example.com/",
            "https://a.blogs.example.com/",
            "https://notexample.com/",
            "https://b.org:8080/",
        )
    }
    assert list(chosen.values()) == ["site", "site", "people", "site", "blogs", "deep", "any", "blogs"]


def test_a_folder_s_rule_takes_the_place_of_its_namesake(folder: Path) -> None:
    write(folder, "generic", GOOD)
    assert [(one.name, one.rule.hosts) for one in read_rules(str(folder))] == [("generic", ["example.com"])]
    with pytest.raises(NotConfigured, match=f"no rule says how to read other.example.net.*{OWN_RULES}"):
        rule_for("https://other.example.net/", read_rules(str(folder)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hosts = [", r"bad\.toml cannot be read: Invalid value"),
        (GOOD.replace("posts", "post"), r"bad\.toml cannot be used: post: is no field"),
        (GOOD.replace('posts = "li"', ""), r"bad\.toml cannot be used: posts: is missing"),
        (GOOD.replace("time =", "tme ="), r"fields\.tme: is no field"),
        (GOOD.replace('time = { selector = "time" }', ""), r"fields\.time: is missing"),
        (GOOD.replace('"time" }', "5 }"), r"fields\.time.*: Expected `str"),
        (GOOD + 'url = [{ attribute = "href" }, { atribute = "src" }]', r"fields\.url\[1\]\.atribute: is no field"),
        (GOOD + 'url = { pattern = "(" }', r"fields\.url\.pattern: '\(' is no regular expression"),
        ('path = "["' + GOOD, r"path: '\[' is no regular expression"),
        (GOOD.replace("example.com", "https://example.com/"), r"hosts: .* is no host name"),
        (GOOD.replace('["example.com"]', "[]"), r"hosts: "),
        (GOOD + '[go_on]\nby = "click"', r"go_on\.selector: is missing"),
        (GOOD + '[go_on]\nby = "jump"', r"go_on\.by: Invalid enum value"),
        (GOOD + "[wait]\nseconds = 0", r"wait\.seconds: "),
        (GOOD + "[limits]\nsteps = -1", r"limits\.steps: "),
        ('kind = "poem"' + GOOD, r"kind: Invalid enum value 'poem'"),
    ],
)
def test_a_bad_rule_is_named_with_its_field(folder: Path, text: str, says: str) -> None:
    write(folder, "bad", text)
    with pytest.raises(NotConfigured, match=says) as caught:
        read_rules(str(folder))
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_none_is_named(folder: Path) -> None:
    with pytest.raises(NotConfigured, match="is no folder"):
        read_rules(str(folder / "nowhere"))


def test_the_first_place_that_gives_something_counts(folder: Path) -> None:
    write(
        folder,
        "rule",
        GOOD
        + """
id = [{ selector = "a", pattern = "no (\\\\d+)" }, { selector = "b", pattern = "\\\\d+" }]
text = [{ selector = ".html" }, { attribute = "data-text" }]
tags = { selector = ".tag", pattern = "#(\\\\w+)" }
""",
    )
    rule = next(one.rule for one in read_rules(str(folder)) if one.name == "rule")
    named = NamedRule("rule", rule)
    seen = Sighting(
        fields={
            "id": [["yes 1"], ["number 22"]],
            "time": [[" "]],
            "text": [[], ["a < b"]],
            "tags": [["#tea and #more", "nothing", "#water"]],
        },
        media=[[], [{"type": "image", "url": "https://example.com/1.png"}]],
        language="de",
    )
    assert item_of(seen, named, "https://example.com/") == (
        b'{"id":"22","time":" ","text":"a < b","tags":["tea","water"],'
        b'"media":[{"type":"image","url":"https://example.com/1.png"}],"language":"de",'
        b'"page":"https://example.com/","rule":"rule"}'
    )
    reading = reading_of(rule)
    assert [lookup.html for lookup in reading.fields["text"]] == [True, False]
    assert reading.until == "li"


def test_the_invented_site_s_rules_can_be_used() -> None:
    assert {one.name for one in read_rules(str(RULES))} == {
        "gazette",
        "gazette_button",
        "gazette_impatient",
        "generic",
    }
