"""The table of retries in the documentation is the code's own."""

from pathlib import Path

from scrape_assets.ledger.retries import BUDGETS, MOST_ATTEMPTS

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


def spelled(seconds: float) -> str:
    hours, minutes = seconds / 3600, seconds / 60
    return "at once" if not seconds else f"{hours:g} h" if hours >= 1 else f"{minutes:g} min"


def markdown() -> str:
    rows = ["| class | tries | first wait | longest wait | waits |", "|---|---|---|---|---|"]
    for name, budget in BUDGETS.items():
        tries = "not counted" if budget.tries is None else "ends at once" if budget.ends_at_once else str(budget.tries)
        first, longest = spelled(budget.base_seconds), spelled(budget.cap_seconds)
        if budget.ends_at_once:
            first = longest = "\N{EN DASH}"
        elif not budget.base_seconds:
            longest = first
        elif not budget.counts:
            longest = "as the source says"
        rows.append(f"| {name} | {tries} | {first} | {longest} | {budget.waits} |")
    return "\n".join(rows) + "\n"


def test_the_table_in_the_documentation_is_the_code_s_own() -> None:
    text = DOCS.read_text(encoding="utf-8")
    written = text.partition("<!-- retries -->\n")[2].partition("<!-- /retries -->")[0]
    assert written == markdown(), f"write it anew:\n{markdown()}"
    assert f"`max_attempts` ({MOST_ATTEMPTS})" in text
