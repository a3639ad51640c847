"""What can be used of an answer, piece by piece as it came: one broken item costs that item, not the page."""

from typing import TypeVar

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.redaction import excerpt

S = TypeVar("S", bound=msgspec.Struct)

ABSENT = msgspec.Raw(b"")
"""The default of a raw field. Not None: of `Raw | None` msgspec reads nothing but null."""

_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def read_answer(decoder: msgspec.json.Decoder[S], answer: Answer) -> S:
    """The frame of an answer.

    Raises:
        SourceError: bad_data when it is not even that.
    """
    try:
        return decoder.decode(answer.body)
    except (ValueError, RecursionError) as error:
        why = excerpt(str(error) or "nested too deeply", 200)
        raise SourceError(ErrorClass.BAD_DATA, f"an answer that cannot be read: {why}") from error


def objects(given: msgspec.Raw) -> list[bytes]:
    """The objects of a JSON list. What is no list holds none, and what is no object is left out."""
    try:
        pieces = _LIST.decode(given)
    except (ValueError, RecursionError):
        return []
    return [piece for each in pieces if (piece := bytes(each)).startswith(b"{")]
