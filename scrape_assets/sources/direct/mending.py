"""Reads items whose fields lie deep: what is wrong in one place costs that place, however deep. No platform's fields.

`RowReader` sets aside the outermost field that holds the fault. Where the whole post is one such field, that is too
much; so what it could not read whole is taken apart here, slowly.
"""

from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec

from scrape_assets.posts.model import Rejected
from scrape_assets.sources.direct.envelope import Item, ItemReader

R = TypeVar("R", bound=msgspec.Struct)
_MOST_NOTES = 20  # of one item; a list of a thousand bad entries says no more than twenty of them


class MendingReader(Generic[R]):
    """Reads lines as items of one struct. All fields of it and of the structs within must have None as default."""

    def __init__(self, record: type[R]) -> None:
        self._record = record
        self._fields = msgspec.structs.fields(record)
        self._items = ItemReader(record)
        loose = [(field.name, Any, msgspec.field(default=None, name=field.encode_name)) for field in self._fields]
        self._anything: ItemReader[msgspec.Struct] = ItemReader(msgspec.defstruct("Loose", loose))

    def read(self, line: bytes, last: bool) -> Item[R] | Rejected | None:
        """Read one line; None for a document. Never raises; see `Mapping.map_line` for the arguments."""
        item = self._items.read(line, last)
        if item is None or isinstance(item, Rejected) or not item.repairs:
            return item
        loose = self._anything.read(line, last)
        if loose is None or isinstance(loose, Rejected):
            return loose
        notes: list[str] = []
        found = {
            field.name: _mended(getattr(loose.record, field.name), field.type, field.encode_name, notes)
            for field in self._fields
        }
        return Item(self._record(**found), item.collected_at, item.feed_key, notes[:_MOST_NOTES])


def _mended(value: object, wanted: Any, where: str, notes: list[str]) -> Any:
    try:
        return msgspec.convert(value, wanted)
    except (ValueError, RecursionError) as error:
        fault = str(error) or "nested too deeply"
    for kind in get_args(wanted) or (wanted,):
        if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return _mended_struct(value, kind, where, notes)
        if isinstance(value, list) and get_origin(kind) is list:
            (entry,) = get_args(kind)
            return [_mended(one, entry, f"{where}[{place}]", notes) for place, one in enumerate(value)]
    notes.append(f"{where}: {fault}")
    return None


def _mended_struct(value: dict[str, Any], kind: type[msgspec.Struct], where: str, notes: list[str]) -> msgspec.Struct:
    return kind(
        **{
            field.name: _mended(value[field.encode_name], field.type, f"{where}.{field.encode_name}", notes)
            for field in msgspec.structs.fields(kind)
            if field.encode_name in value
        }
    )
