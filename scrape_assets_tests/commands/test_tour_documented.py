"""What the documents show is there: pictures, and the commands of the tour with their options."""

from __future__ import annotations

import re

import pytest
import typer.main

from scrape_assets.cli import app
from scrape_assets_tests.commands.command_line import REPOSITORY

DOCS = REPOSITORY / "docs"
PICTURES = DOCS / "pictures"
LARGEST, ALL_TOGETHER = 150_000, 1_500_000
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_every_picture_that_a_document_shows_is_there_and_every_one_there_is_shown() -> None:
    shown = set()
    for document in (REPOSITORY / "README.md", *DOCS.glob("*.md")):
        for name in re.findall(r"\]\((?:docs/)?pictures/([^)]+)\)", document.read_text(encoding="utf-8")):
            shown.add(name)
    there = {file.name: file.stat().st_size for file in PICTURES.iterdir() if file.suffix in (".png", ".svg")}
    assert shown == set(there)
    assert [name for name, size in there.items() if size > LARGEST] == []
    assert sum(there.values()) < ALL_TOGETHER


@pytest.mark.parametrize("document", ["tour.md", "operations.md"])
def test_every_command_that_is_named_is_one_and_has_these_options(document: str) -> None:
    text = (DOCS / document).read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^)scrape-assets ([a-z][^`\n#|]*)", text, re.MULTILINE)
    assert len(named) > 5
    for called in named:
        words = called.split()
        command = COMMANDS[words[0]]
        if hasattr(command, "commands") and len(words) > 1 and words[1] in command.commands:
            command = command.commands[words[1]]
        known = {name for option in command.params for name in option.opts}
        options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", called)
        if words[0] != "database":
            assert set(options) <= known | {"--help"}, called
