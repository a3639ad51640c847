"""docs/checks.md tells of every check and every threshold, as they are."""

from __future__ import annotations

import dagster as dg

from scrape_assets.build import build_defs
from scrape_assets.operations.checking.told import TOLD
from scrape_assets.thresholds import Thresholds
from scrape_assets_tests.commands.command_line import REPOSITORY

DOCS = (REPOSITORY / "docs" / "checks.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCS.splitlines() if line.startswith("| `")]


def test_every_check_of_dagster_has_its_words_and_says_what_to_do_when_it_fails() -> None:
    defs = build_defs()
    several = [
        one for one in (*(defs.assets or ()), *(defs.asset_checks or ())) if isinstance(one, dg.AssetsDefinition)
    ]
    specs = {(spec.asset_key.to_user_string(), spec.name): spec for one in several for spec in one.check_specs}
    assert set(specs) == set(TOLD)
    for (asset, name), told in TOLD.items():
        spec = specs[asset, name]
        assert spec.description == told.description
        assert not spec.blocking
        for sentence in (told.holds, told.means, told.by_itself, told.todo):
            assert sentence.endswith("."), (name, sentence)


def test_every_check_is_in_the_documentation_with_its_severity_thresholds_and_what_to_do() -> None:
    documented = {row[0]: row[1:] for row in ROWS if len(row) == 5}
    assert documented == {
        f"`{asset}`: `{name}`": [
            told.holds,
            told.severity,
            ", ".join(f"`{one}`" for one in told.thresholds) or "none",
            f"{told.means} {told.by_itself} {told.todo}",
        ]
        for (asset, name), told in TOLD.items()
    }


def test_every_threshold_is_in_the_documentation_with_its_default_and_its_reason_and_some_check_uses_it() -> None:
    documented = {row[0]: row[1:] for row in ROWS if len(row) == 3}
    fields = Thresholds.model_fields
    assert {name: cells[1] for name, cells in documented.items()} == {
        f"`{name}`": field.description for name, field in fields.items()
    }
    for name, field in fields.items():
        assert float(documented[f"`{name}`"][0].replace(",", "")) == field.default
    used = {name for told in TOLD.values() for name in told.thresholds}
    assert set(fields) <= used
