"""Of which type a file is, by its first bytes. What is no picture, video or sound by them is named, to be refused."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 4096
"""How much of a file is looked at."""

KINDS = ("image", "video", "audio")
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/mp2t": "ts",
    "video/x-msvideo": "avi",
    "video/ogg": "ogv",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/webm": "weba",
}
"""Every type that is kept, with the ending its files get."""

# What says nothing of what it is, and is therefore believed of anything.
_SAYS_NOTHING = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/binary", "multipart/mixed"}
)
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_FOREIGN = (
    (b"#extm3u", "a playlist"),
    (b"%pdf", "a PDF"),
    (b"pk\x03\x04", "a ZIP archive"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<!--", b"<?xml", b"<svg", b"<rss")


class WrongType(Exception):
    """It is no picture, video or sound, or not what it was announced as; the message says what it is."""


@dataclass(frozen=True)
class FileType:
    """What a file is."""

    mime_type: str

    @property
    def kind(self) -> str:
        """image, video or audio."""
        return self.mime_type.split("/", 1)[0]

    @property
    def extension(self) -> str:
        """The ending of its name, without the dot."""
        return EXTENSIONS[self.mime_type]


def file_type(head: bytes, declared: str | None) -> FileType:
    """The type that the first bytes tell, if whoever sent them did not announce another.

    Args:
        head: the first bytes, `HEAD_BYTES` where there are so many.
        declared: Content-Type, as it came.

    Raises:
        WrongType: it is not to be kept.
    """
    told = (declared or "").split(";", 1)[0].strip().lower()
    found = _by_bytes(head)
    if found is None:
        raise WrongType(f"it is {_foreign(head)}, announced as {told or 'nothing'}: no picture, video or sound")
    if told in _SAYS_NOTHING:
        return FileType(found)
    kinds = {told.split("/", 1)[0], found.split("/", 1)[0]}
    # One container for both: whether there are pictures beside the sound, the first bytes do not tell.
    if kinds == {"audio", "video"}:
        return FileType(told if told in EXTENSIONS and told.split("/")[-1] == found.split("/")[-1] else found)
    if len(kinds) > 1:
        raise WrongType(f"it is announced as {told} and begins like {found}")
    return FileType(found)


def _by_bytes(head: bytes) -> str | None:
    for beginning, mime_type in _BEGINNINGS:
        if head.startswith(beginning):
            return mime_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand, "video/3gpp" if brand.startswith(b"3g") else "video/mp4")
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska" if b"matroska" in head[:64] else None
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:128] else "audio/ogg"
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "video/mp2t"
    return None


def _foreign(head: bytes) -> str:
    """What it is instead, in words."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower()
    if not head:
        return "empty"
    if start.startswith(_MARKUP):
        return "SVG" if b"<svg" in start else "a page (HTML or XML)"
    return next((words for beginning, words in _FOREIGN if start.startswith(beginning)), "of an unknown type")
