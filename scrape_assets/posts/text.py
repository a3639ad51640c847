"""Text that PostgreSQL can hold and a person can read. No shortening, no translation, no language."""

import html
import re

_PARAGRAPH, _LINE, _BREAK, _CELL = 3, 2, 1, 0
_BLOCKS = {
    "p": _PARAGRAPH,
    "br": _BREAK,
    "td": _CELL,
    "th": _CELL,
    **dict.fromkeys(("li", "ul", "ol", "div", "blockquote", "pre", "tr", "table", "hr", "section", "article"), _LINE),
    **dict.fromkeys((f"h{level}" for level in range(1, 7)), _LINE),
}
_TELLING = frozenset({"a", *_BLOCKS})

# Possessive all through, and a tag never runs over the next "<" outside quotes: linear whatever the text.
_ATTRIBUTES = r"""(?:(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>|[^<>]*+>)"""
_TOKEN = re.compile(
    rf"""<(?:
        (?P<closing>/?)(?P<name>(?!script\b|style\b)[a-z][a-z0-9]*+)(?P<attributes>{_ATTRIBUTES})
      | !--.*?(?:--!?>|\Z)
      | (?P<unread>script|style)\b{_ATTRIBUTES}.*?(?:</(?P=unread)[^<>]*+>|\Z)
      | /(?:script|style)\b[^<>]*+>
      | [!?][a-z\[][^<>]*+>
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_HREF = re.compile(r"""(?<![\w-])href\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_CLASS = re.compile(
    r"""(?<![\w-])class\s*+=\s*+(?:"[^"]*(?:hashtag|mention)|'[^']*(?:hashtag|mention))""", re.IGNORECASE
)
_FINISHED_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ENDLESS_NUMBER = re.compile(r"&#[0-9]{8,}+;?")
_LEADS_NOWHERE = re.compile(r"\s*(?:#|javascript:|data:|\Z)", re.IGNORECASE)
_BEFORE_HOST = re.compile(r"(?:https?://|mailto:)?(?:www\.)?", re.IGNORECASE)


def clean_text(text: str | None) -> str | None:
    """The text without NUL characters and lone surrogates; all else stays, at any length.

    PostgreSQL stores neither. A NUL is removed; the two halves of a surrogate pair are joined, and a half
    without its other becomes U+FFFD. None stays None; a text of which nothing is left is None too.
    """
    if not text:
        return None
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text or None


def text_of_html(markup: str | None) -> str | None:
    """What a reader sees of a piece of HTML, and where its links lead. Never raises; linear in its length.

    A blank line stands between paragraphs, a line break between other blocks; entities are characters. A link whose
    label is its address, whole or shortened, is the address; a tag's or a mention's is the label; of any other both
    are kept: `label (address)`. Line breaks of the source stay, for much of what is called HTML is plain text.
    """
    if not markup:
        return None
    if "<" not in markup:
        return clean_text(_characters(markup).strip())
    page = _Page()
    end = 0
    for token in _TOKEN.finditer(markup):
        start, after = token.span()
        if start > end:
            page.write(markup[end:start])
        end = after
        closing, name, attributes = token.group(1, 2, 3)
        # Most tags are inline: the spans with which Mastodon hides half an address.
        if name and (known := name.lower()) in _TELLING:
            page.tag(known, bool(closing), attributes)
    page.write(markup[end:])
    return clean_text(page.text())


def link_text(label: str, href: str) -> str:
    """A link as plain text: the address where the label is just that, whole or cut off with dots; else both."""
    return href if _is_address(label, href) else f"{label} ({href})"


def _is_address(label: str, href: str) -> bool:
    """Whether a label is the address itself, perhaps without its beginning or cut off with dots."""
    written, meant = (text[_BEFORE_HOST.match(text).end() :] for text in (label, href))  # type: ignore[union-attr]
    cut = written.removesuffix("…").removesuffix("...")
    if cut != written:
        return bool(cut) and meant.casefold().startswith(cut.casefold())
    return written.rstrip("/").casefold() == meant.rstrip("/").casefold()


class _Page:
    """The text read so far, and the link and the break that the next words meet."""

    __slots__ = ("_breaks", "_href", "_label", "_named", "_pieces", "_verbatim")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._breaks = 0  # line breaks owed before the next words
        self._verbatim = False  # within <pre>
        self._href: str | None = None  # of the open link
        self._label = 0  # where its label begins among the pieces
        self._named = False  # it is a tag's or a mention's

    def write(self, piece: str) -> None:
        if self._breaks:
            piece = piece.lstrip("\r\n") if self._verbatim else piece.lstrip()
        if not piece:
            return
        if self._breaks:
            if self._pieces:
                self._pieces[-1] = self._pieces[-1].rstrip()
                self._pieces.append("\n" * self._breaks)
            self._breaks = 0
        self._pieces.append(_characters(piece))

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name == "a":
            self._close_link()
            if not closing:
                self._open_link(attributes)
            return
        block = _BLOCKS[name]
        if block == _CELL:
            if not closing:
                self.write(" ")
        elif block == _BREAK:
            self._breaks = min(self._breaks + 1, 2)
        else:
            self._breaks = max(self._breaks, block - 1)
        if name == "pre":
            self._verbatim = not closing

    def text(self) -> str:
        self._close_link()
        return "".join(self._pieces).strip()

    def _open_link(self, attributes: str) -> None:
        href = _HREF.search(attributes)
        if not href:
            return
        # An address may hold "&copy=1" unescaped, so only what ends with a semicolon is an entity there.
        address = href[1] or href[2] or href[3] or ""
        self._href = _FINISHED_ENTITY.sub(lambda entity: html.unescape(entity[0]), address).strip()
        self._label = len(self._pieces)
        self._named = bool(_CLASS.search(attributes))

    def _close_link(self) -> None:
        href, self._href = self._href, None
        if href is None or _LEADS_NOWHERE.match(href):
            return
        given = "".join(self._pieces[self._label :])
        label = given.strip()
        if self._named or label.startswith(("#", "@", "\uff03")):
            return
        if not label:
            self.write(href.replace("&", "&amp;"))
            return
        before, after = given[: len(given) - len(given.lstrip())], given[len(given.rstrip()) :]
        self._pieces[self._label :] = [before, link_text(label, href), after]


def _characters(text: str) -> str:
    """The text with its entities as characters."""
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:  # a number of more digits than Python reads
        return html.unescape(_ENDLESS_NUMBER.sub("\ufffd", text))
