"""Bodies as they come over the wire, a piece at a time: whole or not, compressed or not. No client here."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.errors import SourceError

GZIP_MAGIC = b"\x1f\x8b"
PIECE = 1 << 18  # bytes; the most that one piece of a decompressed body holds, however well it was compressed


def whole(chunks: Iterable[bytes], expected: int | None) -> Iterator[bytes]:
    """Pass `chunks` on; raise a network `SourceError` at the end unless they were `expected` bytes."""
    received = 0
    for chunk in chunks:
        received += len(chunk)
        yield chunk
    if expected is not None and received != expected:
        raise SourceError(ErrorClass.NETWORK, f"the body ended after {received:,} of {expected:,} bytes")


def gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress gzip (of any number of members) in pieces of at most `PIECE` bytes, checksum included.

    Raises:
        SourceError: bad_data when the bytes are damaged, network when they end too early.
    """
    member = zlib.decompressobj(wbits=31)
    fed = False
    for chunk in chunks:
        while chunk:
            if member.eof:
                if not chunk.strip(b"\0"):  # padding after the last member, as gzip(1) allows
                    break
                member, fed = zlib.decompressobj(wbits=31), False
            try:
                piece = member.decompress(chunk, PIECE)
            except zlib.error as error:
                raise SourceError(ErrorClass.BAD_DATA, f"the compressed body is damaged ({error})") from error
            fed = True
            chunk = member.unused_data if member.eof else member.unconsumed_tail
            if piece:
                yield piece
    # What zlib still holds back when its input ran out fits in one small piece.
    if fed and not member.eof:
        rest = member.flush()
        if rest:
            yield rest
        if not member.eof:
            raise SourceError(ErrorClass.NETWORK, "the compressed body ends too early")


def peeked(chunks: Iterator[bytes], enough: int) -> tuple[bytes, Iterator[bytes]]:
    """The first `enough` bytes or more (fewer only if there are no more), and what follows them."""
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if len(head) >= enough:
            break
    return bytes(head), chunks


def gunzipped_if_gzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress when the first bytes say gzip; else pass on untouched. No JSON begins like that."""
    head, rest = peeked(chunks, len(GZIP_MAGIC))
    everything = chain((head,), rest)
    return gunzipped(everything) if head.startswith(GZIP_MAGIC) else everything
