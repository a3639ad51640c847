"""A JSON array, cut into its elements a piece at a time, each element's bytes kept. No meaning, no HTTP."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from json import JSONDecodeError, JSONDecoder

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.errors import SourceError

ELEMENT_LIMIT = 64 << 20  # characters; an element longer than this is no record
LONGEST_WORD = len("-Infinity") + 1  # characters; also longer than \\uXXXX
HALF_NUMBERS = frozenset({".", "e", "E", "e+", "e-", "E+", "E-"})  # what follows a number that is cut within
SPACE = re.compile(r"[ \t\r\n]*")


def array_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Turn the pieces of one JSON array into lines of one element each; holds about one element in memory.

    An element stays byte for byte, except that a line break inside it becomes a blank. An array that breaks
    off gives its last, incomplete element as a line without an end, as NDJSON would; where it breaks off between two
    elements, a comma stands there for what never came.

    Raises:
        SourceError: bad_data when the array is damaged before its end.
    """
    # Bytes that are no UTF-8 survive the way through text and back.
    utf8 = getincrementaldecoder("utf-8")("surrogateescape")
    splitter = _Splitter()
    for chunk in chunks:
        yield from splitter.feed(utf8.decode(chunk))
    yield from splitter.feed(utf8.decode(b"", final=True), final=True)
    yield from splitter.rest()


class _Splitter:
    def __init__(self) -> None:
        self._buffer = ""
        # In characters: twice what was left over, so that a long element is not scanned at every piece.
        self._try_at = 0
        self._opened = False
        self._closed = False
        # The numbers are not wanted, and Python refuses to make some of them.
        self._scan = JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str).raw_decode

    def feed(self, text: str, *, final: bool = False) -> Iterator[bytes]:
        """Take in some more; give the elements that are complete, as lines."""
        self._buffer += text
        if len(self._buffer) < self._try_at and not final:
            return
        at = 0
        lines = []
        while (found := self._element(at)) is not None:
            at, line = found
            if line:
                lines.append(_on_one_line(line) + "\n")
        self._buffer = self._buffer[at:]
        self._try_at = 2 * len(self._buffer)
        if len(self._buffer) > ELEMENT_LIMIT:
            raise _damaged("an element does not end")
        if lines:
            yield _encoded("".join(lines))

    def rest(self) -> Iterator[bytes]:
        """What is left at the end: nothing, or the start of what the source never finished."""
        unfinished = self._buffer.lstrip()
        if unfinished:
            yield _encoded(_on_one_line(unfinished))
        if self._opened and not self._closed and self._is_whole(unfinished):
            # Else nobody could tell it from an array that ended well.
            yield b"\n," if unfinished else b","

    def _is_whole(self, text: str) -> bool:
        """Whether nothing is missing of the element in this text; nor of none."""
        try:
            return not text or self._scan(text)[1] == len(text.rstrip())
        except (JSONDecodeError, RecursionError):
            return False

    def _element(self, at: int) -> tuple[int, str] | None:
        """Go past the next bracket, comma or element; None when it is not all there."""
        at = self._past_space(at)
        if at == len(self._buffer):
            return None
        sign = self._buffer[at]
        if self._closed:
            raise _damaged("it goes on after its end")
        if not self._opened:
            if sign != "[":
                raise _damaged("it does not begin as one")
            self._opened = True
            return at + 1, ""
        if sign in ",]":
            self._closed = sign == "]"
            return at + 1, ""
        end = self._end_of_element(at)
        return None if end is None else (end, self._buffer[at:end])

    def _end_of_element(self, at: int) -> int | None:
        try:
            _, end = self._scan(self._buffer, at)
        except JSONDecodeError as error:
            # What merely breaks off fails at its very end, or in a string or a word that began before it.
            if error.msg.startswith("Unterminated string") or error.pos >= len(self._buffer) - LONGEST_WORD:
                return None
            raise _damaged(f"{error.msg} in an element") from error
        except RecursionError as error:
            raise _damaged("an element is nested too deep") from error
        after = self._past_space(end)
        if after == len(self._buffer) or self._buffer[end:] in HALF_NUMBERS:
            return None  # 12 may yet become 123, or 12.5e+9
        if self._buffer[after] not in ",]":
            raise _damaged("two elements without a comma")
        return end

    def _past_space(self, at: int) -> int:
        match = SPACE.match(self._buffer, at)
        return match.end() if match else at


def _on_one_line(element: str) -> str:
    return element.replace("\r", " ").replace("\n", " ") if "\n" in element or "\r" in element else element


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _damaged(why: str) -> SourceError:
    return SourceError(ErrorClass.BAD_DATA, f"the JSON array is damaged: {why}")
