"""What is wrong in one place of an item costs that place, however deep; and listings that lead in a circle."""

import json

import msgspec

from scrape_assets.posts.model import Rejected
from scrape_assets.sources.direct.envelope import Item, document_line, item_line
from scrape_assets.sources.direct.mending import MendingReader
from scrape_assets_tests.sources.direct.collecting import NOON


class Leaf(msgspec.Struct):
    name: str | None = None
    size: int | None = msgspec.field(default=None, name="leafSize")


class Tree(msgspec.Struct):
    trunk: Leaf | None = None
    leaves: list[Leaf | None] | None = None


READER = MendingReader(Tree)


def read(value: object) -> Item[Tree] | Rejected | None:
    return READER.read(item_line("k", NOON, json.dumps(value).encode())[:-1], False)


def test_a_whole_item_is_read_at_once() -> None:
    item = read({"trunk": {"name": "oak", "leafSize": 3}, "other": 1})
    assert item == Item(Tree(Leaf("oak", 3)), NOON, "k", [])


def test_faults_are_cut_out_where_they_are() -> None:
    item = read(
        {"trunk": {"name": 7, "leafSize": 3}, "leaves": [{"name": "a"}, 8, None, {"leafSize": "x", "name": "b"}]}
    )
    assert isinstance(item, Item)
    assert item.record == Tree(Leaf(None, 3), [Leaf("a"), None, None, Leaf("b")])
    assert [note.partition(": ")[0] for note in item.repairs] == ["trunk.name", "leaves[1]", "leaves[3].leafSize"]


def test_what_is_of_another_kind_altogether_is_left_out() -> None:
    item = read({"trunk": [1], "leaves": {"a": 1}})
    assert isinstance(item, Item)
    assert item.record == Tree()
    assert len(item.repairs) == 2


def test_a_thousand_faults_are_told_in_twenty_notes() -> None:
    item = read({"leaves": list(range(1, 1000))})
    assert isinstance(item, Item)
    assert len(item.repairs) == 20


def test_what_is_no_item_is_not_mended() -> None:
    assert isinstance(read([1]), Rejected)
    assert isinstance(READER.read(b"{", True), Rejected)
    assert READER.read(document_line("k", NOON, "<html>"), False) is None
