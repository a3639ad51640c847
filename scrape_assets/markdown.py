"""Tables, pictures and words for the metadata that people read in the Dagster UI. No queries."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime

import dagster as dg


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """A markdown table; strangers' text is cut and cannot break out of its cell."""
    lines = ["| " + " | ".join(headers) + " |", "|" + " --- |" * len(headers)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines) if len(lines) > 2 else "_nothing_")


def picture(svg: str, said: str) -> dg.MarkdownMetadataValue:
    """An image inside of the Markdown itself: the UI lets `data:` through, and nothing has to be served."""
    return dg.MetadataValue.md(f"![{cell(said)}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})")


def cell(value: object, width: int = 90) -> str:
    """One value as it stands in a table: no line breaks, no pipes, no markup, not too long."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    text = " ".join(str(value).split())
    text = text if len(text) <= width else text[: width - 1] + "…"
    for character in "\\|`*_<>[]":
        text = text.replace(character, "\\" + character)
    return text
