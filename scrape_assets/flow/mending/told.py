"""What a snapshot was asked for, by the vendor's word; where it keeps no inputs, by what the delivered rows answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.sources.brightdata.model import ListedSnapshot, VendorState
from scrape_assets.sources.brightdata.readings import STATES
from scrape_assets.sources.errors import EmptySnapshot, SourceError
from scrape_assets.storage.payloads.frames import lines

Inputs = list[dict[str, str]]

NOT_KEPT = frozenset({ErrorClass.NOT_FOUND, ErrorClass.BAD_REQUEST})
"""The classes of an answer that says: the inputs of this snapshot cannot be told any more."""
ENDED = frozenset({VendorState.FAILED, VendorState.CANCELED})
WORDS = ("keyword", "search_keyword", "hashtag")
"""What the vendor's inputs call the words of a search."""
ROWS_READ = 1000  # the vendor's smallest part


@dataclass(frozen=True)
class Told:
    """What one snapshot of the vendor's was asked for."""

    inputs: Inputs
    whole: bool = True  # False: only those of which rows came; none: it came to nothing

    def is_of(self, snapshot: Snapshot) -> bool:
        """Whether this is what a trigger of ours asked for."""
        if self.whole:
            return fingerprint(self.inputs) == fingerprint_of(snapshot)
        sent = [_said(item.input) for item in snapshot.sent]
        return bool(self.inputs) and all(any(_answers(echo, one) for one in sent) for echo in map(_said, self.inputs))


def told_of(ctx: FlowContext, entry: ListedSnapshot, *, by_rows: bool = True) -> Told | SourceError:
    """Ask what a snapshot was asked for, or give why that cannot be known (now).

    Inputs that the vendor does not keep are read from the first rows, once they are there and if `by_rows`: each says
    which input it answers, and to fetch them costs nothing. What failed, was canceled or is empty was paid for by
    nobody, so that no trigger has to wait for it.
    """
    try:
        return Told(ctx.vendor.inputs(entry.id))
    except SourceError as error:
        return told_by_rows(ctx, entry, error) if by_rows else error


def told_by_rows(ctx: FlowContext, entry: ListedSnapshot, why: SourceError) -> Told | SourceError:
    """What the rows of a snapshot answer, if the vendor keeps no inputs of it and has rows; else `why`, or why not."""
    state = state_of(entry)
    if why.error_class not in NOT_KEPT or state is VendorState.WORKING:
        return why
    if state in ENDED:
        return Told([], whole=False)
    echoes: dict[str, dict[str, str]] = {}
    unread = 0
    try:
        with ctx.vendor.download(entry.id, part=1, batch_size=ROWS_READ) as rows:
            for line, _ in lines(ctx.stop.between(rows)):
                try:
                    # Among discovered rows `input` is what was found, and `discovery_input` what was asked for.
                    row = msgspec.json.decode(line, type=_Row)
                except msgspec.DecodeError:
                    unread += 1
                else:
                    echo = _said(row.discovery_input or row.input or {})
                    echoes[print_of(echo)] = echo
    except EmptySnapshot:
        return Told([], whole=False)
    except SourceError as error:
        if not echoes:
            return error
    return Told(list(echoes.values()), whole=False) if echoes or not unread else why


def state_of(entry: ListedSnapshot) -> VendorState:
    """Where an entry of the vendor's list stands."""
    return STATES.get((entry.status or "").strip().lower(), VendorState.WORKING)


def fingerprint(inputs: Iterable[Mapping[str, object]]) -> list[str]:
    """What two lists of inputs have in common when they ask for the same: order, empties and number types aside."""
    return sorted(map(print_of, inputs))


def print_of(given: Mapping[str, object]) -> str:
    """The same of one input."""
    return json.dumps(_said(given), sort_keys=True)


def fingerprint_of(snapshot: Snapshot) -> list[str]:
    """The same of a snapshot of ours."""
    return fingerprint(item.input for item in snapshot.sent)


class _Row(msgspec.Struct):
    input: dict[str, object] | None = None
    discovery_input: dict[str, object] | None = None


def _said(given: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


def _answers(echo: Mapping[str, str], sent: Mapping[str, str]) -> bool:
    """Whether a row that echoes this may answer that: the same address or words, and nothing told that differs."""
    shared = echo.keys() & sent.keys()
    return not shared.isdisjoint(("url", *WORDS)) and all(echo[name] == sent[name] for name in shared)
