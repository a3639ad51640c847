"""Cutting a stream of bytes: into frames for the writer, into lines for the reader. No I/O, no compression.

A row is a line that is not blank. Both sides count rows by the same rule, so that a manifest's count is the
number of lines that a reader sees.
"""

from collections.abc import Iterable, Iterator

FRAME_BYTES = 1 << 20
# A stream without line ends (an array on one line, a page of HTML) is cut here, so that memory stays bounded.
LONGEST_FRAME = 4 << 20
LONGEST_LINE = 8 << 20


def frames(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Gather chunks into frames of about FRAME_BYTES, cut after a line end where there is one."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= FRAME_BYTES:
            end = held.rfind(b"\n", 0, FRAME_BYTES) + 1 or held.find(b"\n", FRAME_BYTES, LONGEST_FRAME) + 1
            if not end:
                if len(held) < LONGEST_FRAME:
                    break
                end = LONGEST_FRAME
            yield bytes(held[:end])
            del held[:end]
    if held:
        yield bytes(held)


class RowCounter:
    """Counts the rows of a stream of frames, also where a frame ends within a line."""

    def __init__(self) -> None:
        self.rows = 0
        self.within_row = False  # the last line is not ended, not blank, and counted

    def add(self, frame: bytes) -> None:
        """Count the rows that begin in this frame."""
        lines = frame.split(b"\n")
        rows = sum(1 for line in lines if not _blank(line))
        last_is_row = not _blank(lines[-1])
        if self.within_row:
            rows -= not _blank(lines[0])
            last_is_row = last_is_row or len(lines) == 1
        self.rows += rows
        self.within_row = last_is_row


def lines(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The rows of a stream without their line ends, each with whether it is an unended last line.

    Of a line longer than LONGEST_LINE only that much is given.
    """
    held = b""
    for chunk in chunks:
        start = 0
        # split() looks at every byte by itself: on lines of 40 KB that takes five times as long.
        while (end := chunk.find(b"\n", start)) >= 0:
            line = chunk[start:end]
            if held:
                line, held = held + line, b""
            if not _blank(line):
                yield line[:LONGEST_LINE], False
            start = end + 1
        if len(held) < LONGEST_LINE:
            held += chunk[start:]
    if not _blank(held):
        yield held[:LONGEST_LINE], True


def _blank(line: bytes) -> bool:
    return not line or line.isspace()
