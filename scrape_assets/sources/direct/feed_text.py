"""From the bytes of a feed to text that is safe to parse: its encoding, letters XML forbids, no document type."""

import codecs
import re
from collections.abc import Mapping
from html.entities import html5
from xml.sax.saxutils import escape

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python's codecs hold more than encodings of letters: "idna" and "punycode" take hours for a long text.
_ENCODINGS = re.compile(
    r"utf-(?:8|16|32)(?:-[bl]e|-sig)?|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|gb\w+|big5\w*|euc_\w+|shift_jis\w*|"
    r"iso2022_\w+|hz|mac-\w+|tis-620|johab|kz1048|ptcp154"
)
# What is written in these is UTF-8 to look at as well, and something else to read.
_LOOK_LIKE_UTF8 = re.compile(r"utf-(?:16|32).*|iso2022_\w+|hz")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml\s[^<>?]*(?:\?>|>)")
_DECLARED = re.compile(rb"\s*<\?xml\s[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")

_FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]++)|([0-9]++));?")
_LAST_CHARACTER = 0x10FFFF

_DOCTYPE_WITHIN = 8192  # characters; on more of them an unclosed comment would make it slow
_DOCTYPE = re.compile(
    r"""(\s*+(?:(?:<\?.*?\?>|<!--.*?-->)\s*+)*+)
        <!DOCTYPE\b (?:[^\[<>"']++|"[^"]*+"|'[^']*+')*+
        (?:\[ (?:[^\]<"']++|"[^"]*+"|'[^']*+'|<!--.*?-->|<)*+ \]\s*+)?+ >""",
    re.DOTALL | re.VERBOSE,
)
_DEFINITION = re.compile(r"<!(?=DOCTYPE|ENTITY|ATTLIST|ELEMENT|NOTATION)")
# Outside of CDATA a bare "&" and the names of HTML make a document no XML, and the lenient parser reads "AT&T; co".
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!#|(?:amp|lt|gt|quot|apos);)(?:([a-zA-Z][a-zA-Z0-9]{1,31});)?", re.DOTALL
)


def text_of(body: bytes, headers: Mapping[str, str]) -> str:
    """The document as text, by its byte order mark, its own letters, or what headers and document declare.

    What can be read as UTF-8 is: servers that announce ISO-8859-1 for it are many, and the reverse is too unlikely.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    if body.startswith(b"<\0"):
        return body.decode("utf-16-le", "replace")
    if body.startswith(b"\0<"):
        return body.decode("utf-16-be", "replace")
    declared = _declared(body, headers)
    if declared and _LOOK_LIKE_UTF8.fullmatch(declared):
        return body.decode(declared, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode(declared or "cp1252", "replace")


def _declared(body: bytes, headers: Mapping[str, str]) -> str | None:
    in_header = _CHARSET.search(headers.get("content-type", ""))
    in_document = _DECLARED.match(body)
    for name in (in_header and in_header[1], in_document and in_document[1].decode("ascii", "replace")):
        try:
            known = codecs.lookup(name).name if name else ""
        except (LookupError, ValueError):
            continue
        if _ENCODINGS.fullmatch(known) and not (known == "ascii" or known.startswith("utf-8")):
            # Feeds that say gb2312 hold letters of its successor.
            return "gb18030" if known in ("gb2312", "gbk") else known
    return None


def tame(text: str) -> str:
    """The document as an XML parser may have it: declared as UTF-8, nothing in it that XML forbids, no DOCTYPE.

    A DOCTYPE serves feeds for nothing, and attackers for entities that grow to gigabytes. One that cannot be cut out
    loses its "<": what is left is a broken document to the strict parser, and text to the lenient one.
    """
    text = _REFERENCE.sub(_allowed, text.lstrip("\ufeff").translate(_FORBIDDEN))
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    declaration = _DECLARATION.match(text)
    if declaration:
        text = text[declaration.end() :]
    doctype = _DOCTYPE.match(text, 0, _DOCTYPE_WITHIN)
    if doctype:
        text = doctype[1] + text[doctype.end() :]
    # The line break matters: feedparser looks for the encoding in all of the first line, in cubic time.
    return '<?xml version="1.0" encoding="utf-8"?>\n' + _DEFINITION.sub("&lt;!", _AMPERSAND.sub(_known, text.lstrip()))


def _known(ampersand: re.Match[str]) -> str:
    """The character an HTML entity stands for, or the ampersand itself, as XML writes them."""
    if ampersand[0][0] == "<":
        return ampersand[0]
    name = ampersand[1]
    return escape(html5.get(f"{name};", ampersand[0]) if name else "&")


def _allowed(reference: re.Match[str]) -> str:
    """The reference, or U+FFFD where it stands for no character; feedparser gives up the whole feed for one."""
    digits = (reference[1] or reference[2]).lstrip("0") or "0"
    number = int(digits, 16 if reference[1] else 10) if len(digits) <= 7 else _LAST_CHARACTER + 1
    none = number > _LAST_CHARACTER or 0xD800 <= number <= 0xDFFF or number in _FORBIDDEN
    return "\ufffd" if none else reference[0]
