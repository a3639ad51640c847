"""The table of what is kept how long in the documentation is the code's own."""

from pathlib import Path

from annotated_types import Ge

from scrape_assets.keeping import KeepDays
from scrape_assets.ledger.retention import ledger_sweeps
from scrape_assets.operations.retention import PAYLOADS
from scrape_assets.storage.retention import content_sweeps

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


def markdown() -> str:
    rows = ["| setting | days, at least | what it counts from |", "|---|---|---|"]
    for name, field in KeepDays.model_fields.items():
        [least] = [limit.ge for limit in field.metadata if isinstance(limit, Ge)]
        rows.append(f"| {name} | {least} | {field.description} |")
    return "\n".join(rows) + "\n"


def test_the_table_in_the_documentation_is_the_code_s_own() -> None:
    text = DOCS.read_text(encoding="utf-8")
    written = text.partition("<!-- keep -->\n")[2].partition("<!-- /keep -->")[0]
    assert written == markdown(), f"write it anew:\n{markdown()}"


def test_every_setting_is_done() -> None:
    assert {PAYLOADS, "media_files", *content_sweeps(), *ledger_sweeps()} == set(KeepDays.model_fields)
