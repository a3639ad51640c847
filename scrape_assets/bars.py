"""Bars side by side, as plain SVG: for the page and for Dagster's UI. What they mean, whoever draws them says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

HEIGHT, WIDTH, FOOT, HEAD = 130, 560, 34, 14
MARGIN = 14  # on both sides, for the words under the outermost bars
LINE = 14  # from one line under a bar to the next

# An image in Markdown sees no style sheet, and lies on a light or a dark page: colours that can be read on both.
STYLE = Markup("text{fill:#888;font:11px system-ui,sans-serif}.good{fill:#8fb0e6}.bad{fill:#d4624a}.late{fill:#3b74d1}")


@dataclass(frozen=True)
class Bar:
    """One place in the row: its parts stand on each other."""

    parts: Sequence[tuple[str, float]]  # the kind, which is its class in the style sheet; and how much
    above: str = ""
    below: Sequence[str] = ()

    @property
    def height(self) -> float:
        """All parts together."""
        return sum(much for _, much in self.parts)


def bars_svg(bars: Sequence[Bar], said: str, *, name: str = "bars", alone: bool = False) -> Markup:
    """The bars, with a text for those who cannot see them.

    Args:
        bars: from left to right; the highest takes all the room.
        said: the text.
        name: its class in the page's style sheet.
        alone: it is an image of its own, and brings its style along.
    """
    highest = max([bar.height for bar in bars] + [1])
    step = WIDTH / max(len(bars), 1)
    room, base = HEIGHT - FOOT - HEAD, HEIGHT - FOOT
    drawn = []
    for number, bar in enumerate(bars):
        middle, top = number * step + step / 2, float(base)
        for kind, much in bar.parts:
            high = room * much / highest
            top -= high
            if high:
                drawn.append(_rectangle(kind, number * step + step * 0.2, top, step * 0.6, high))
        if bar.above:
            drawn.append(_text(middle, top - 3, bar.above))
        drawn += [_text(middle, base + 13 + LINE * line, words) for line, words in enumerate(bar.below)]
    wide = WIDTH + 2 * MARGIN
    opening = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="{}" viewBox="{} 0 {} {}" role="img" aria-label="{}"'
    )
    style = Markup(' width="{}" height="{}"><style>{}</style>').format(wide, HEIGHT, STYLE)
    return Markup("{}{}{}</svg>").format(
        opening.format(name, -MARGIN, wide, HEIGHT, said), style if alone else Markup(">"), Markup("").join(drawn)
    )


def _rectangle(kind: str, left: float, top: float, width: float, height: float) -> Markup:
    shape = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    return shape.format(kind, left, top, width, height)


def _text(middle: float, base: float, said: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(middle, base, said)
