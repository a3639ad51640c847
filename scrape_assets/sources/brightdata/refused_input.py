"""Which of the inputs we sent the vendor means when it refuses one. Pure; nothing is sent again here."""

from collections.abc import Mapping, Sequence

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.errors import InputRefused, SourceError


def located(refused: InputRefused, inputs: Sequence[Mapping[str, object]]) -> SourceError:
    """Check the index of a refusal against the line that comes with it: a good input must not be set aside.

    Returns:
        The refusal with an index from 1 that lies in `inputs`; a plain bad_request error when none is sure.
    """
    meant = [number for number, sent in enumerate(inputs, start=1) if _repeats(refused.line, sent)]
    if refused.index in meant:
        return refused
    if len(meant) == 1:
        index = meant[0]
    elif not meant and 1 <= refused.index <= len(inputs):
        return refused
    else:
        return SourceError(ErrorClass.BAD_REQUEST, refused.message, status_code=refused.status_code)
    return InputRefused(
        refused.message,
        index=index,
        line=refused.line,
        reasons=refused.reasons,
        status_code=refused.status_code,
    )


def _repeats(line: str, sent: Mapping[str, object]) -> bool:
    """The vendor may add keys of its own to what it repeats, e.g. empty optional ones."""
    try:
        said = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return False
    return isinstance(said, dict) and all(said.get(name) == value for name, value in sent.items())
