"""Series as SVG: lines over sizes, and how much room every promise has left. Plain values in, text out."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

Points = Sequence[tuple[float, float]]
_Place = Callable[[float], float]

WIDTH, HEIGHT = 860, 420
LEFT, TOP, RIGHT, BOTTOM = 70, 56, 210, 50
COLOURS = ("#3366cc", "#dc3912", "#ff9900", "#109618", "#990099", "#0099c6", "#dd4477", "#66aa00")
GRID, LIMIT = "#dddddd", "#b00020"
STEPS = 5  # of a linear axis, about
MOST_MARKED = 12  # points of a line that are drawn as dots
BAR, BAR_LEFT = 22, 430  # pixels: a bar with the room around it; where bars begin
FARTHEST = 100.0  # times the promise: what is further is drawn there


@dataclass(frozen=True)
class Series:
    """What grew with what: lines in one picture."""

    name: str
    x_label: str
    y_label: str
    lines: Mapping[str, Points]  # by what they stand for
    logarithmic: bool = False  # both axes; without a limit, a dotted line shows what would be linear
    limit: float | None = None  # what was promised, drawn across
    marked: Mapping[str, float] = field(default_factory=dict)  # ratios, which are written under the names


@dataclass(frozen=True)
class _Axis:
    """Where a value lies between two ends of the paper."""

    first: float
    last: float
    start: float  # pixels
    end: float
    logarithmic: bool

    def at(self, value: float) -> float:
        first, last, here = (self._scaled(one) for one in (self.first, self.last, value))
        return self.start + (self.end - self.start) * (here - first) / ((last - first) or 1.0)

    def ticks(self) -> list[float]:
        if not self.logarithmic:
            least = (self.last - self.first) / STEPS
            unit = math.pow(10, math.floor(math.log10(least)))
            step = next(some * unit for some in (1, 2, 5, 10) if some * unit >= least * 0.999)
            return [number * step for number in range(math.ceil(self.first / step), int(self.last / step + 0.001) + 1)]
        low, high = math.floor(math.log10(self.first)), math.ceil(math.log10(self.last))
        decades = [math.pow(10, power) for power in range(low, high + 1)]
        finer = decades if len(decades) > 3 else [some * one for one in decades for some in (1, 2, 5)]
        inside = [one for one in finer if self.first * 0.999 <= one <= self.last * 1.001]
        return inside if len(inside) > 1 else [self.first, self.last]

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value


def drawn(series: Series) -> str:
    """The picture of a series."""
    points = [point for line in series.lines.values() for point in line]
    xs, ys = [x for x, _ in points] or [0.0, 1.0], [y for _, y in points] or [0.0, 1.0]
    if series.limit is not None:
        ys.append(series.limit)
    logarithmic = series.logarithmic and min(*xs, *ys) > 0
    left, right = (min(xs) if logarithmic else min(0.0, *xs)), max(xs) or 1.0
    low, high = _decades(ys) if logarithmic else (0.0, max(ys) * 1.05 or 1.0)
    across = _Axis(left, right, LEFT, WIDTH - RIGHT, logarithmic)
    up = _Axis(low, high, HEIGHT - BOTTOM, TOP, logarithmic)
    parts = [*_opened(HEIGHT, series.name), *_grid(across, up, series)]
    if series.limit is not None:
        y = up.at(series.limit)
        parts.append(_line(across.start, y, across.end, y, LIMIT, ' stroke-dasharray="6 4"'))
        parts.append(_text(across.end - 4, y - 5, f"promised: {_short(series.limit)}", "end", LIMIT))
    if logarithmic and points and series.limit is None:
        parts += _linear(points[0], right, high, across.at, up.at)
    for number, (name, line) in enumerate(series.lines.items()):
        parts += _drawn_line(name, line, COLOURS[number % len(COLOURS)], TOP + 16 * number, across.at, up.at)
    under = TOP + 16 * len(series.lines) + 16
    for number, (words, ratio) in enumerate(series.marked.items()):
        parts.append(_text(WIDTH - RIGHT + 12, under + 16 * number, f"{words}: {ratio:.2g}"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def exponent(points: Points) -> float:
    """How a value grows with size: 0 flat, 1 linear, 2 with the square. The slope in a log-log picture."""
    placed = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _ in placed}) < 2:
        return math.nan
    mean_x, mean_y = (sum(one) / len(placed) for one in zip(*placed, strict=True))
    return float(sum((x - mean_x) * (y - mean_y) for x, y in placed) / sum((x - mean_x) ** 2 for x, _ in placed))


def room(promises: Sequence[tuple[str, float, bool]], title: str) -> str:
    """How far every promise is kept, as bars to the right of what was promised; to the left of it is missed.

    Args:
        promises: what was promised, how many times as good it is as that, and whether it is kept.
        title: of the picture.
    """
    height = TOP + BAR * len(promises) + BOTTOM
    axis = _Axis(1 / FARTHEST, FARTHEST, BAR_LEFT, WIDTH - 100, logarithmic=True)
    parts = _opened(height, title)
    for tick in axis.ticks():
        x = axis.at(tick)
        parts += [_line(x, TOP, x, height - BOTTOM, GRID), _text(x, height - BOTTOM + 16, _short(tick), "middle")]
    for number, (name, times, kept) in enumerate(promises):
        y, middle = TOP + BAR * number, axis.at(1)
        end = axis.at(min(max(times, 1 / FARTHEST), FARTHEST))
        colour = COLOURS[0] if kept else LIMIT
        parts += [
            _text(BAR_LEFT - 8, y + 15, name, "end"),
            f'<rect x="{min(middle, end):.1f}" y="{y + 4}" width="{max(abs(end - middle), 2):.1f}" height="{BAR - 8}"'
            f' fill="{colour}"/>',
            _text(max(middle, end) + 5, y + 15, f"{times:.2g}" if times < FARTHEST else f"{FARTHEST:g} or more"),
        ]
    parts.append(_line(axis.at(1), TOP, axis.at(1), height - BOTTOM, LIMIT))
    parts.append(_text(axis.at(1), height - 12, "times as good as promised", "middle"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _opened(height: float, title: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="24" font-size="14">{escape(title)}</text>',
    ]


def _grid(across: _Axis, up: _Axis, series: Series) -> list[str]:
    parts = []
    for tick in up.ticks():
        y = up.at(tick)
        parts += [_line(across.start, y, across.end, y, GRID), _text(across.start - 6, y + 4, _short(tick), "end")]
    for tick in across.ticks():
        x = across.at(tick)
        parts += [_line(x, up.start, x, up.end, GRID), _text(x, up.start + 16, _short(tick), "middle")]
    parts.append(_text(across.end, HEIGHT - 12, series.x_label, "end"))
    parts.append(_text(12, TOP - 12, series.y_label))
    return parts


def _decades(ys: Sequence[float]) -> tuple[float, float]:
    """Room for all values, a factor of ten at the least: what is flat is to look flat."""
    low, high = min(ys) / 1.2, max(ys) * 1.2
    wider = max(math.sqrt(10 * low / high), 1.0)
    return low / wider, high * wider


def _linear(
    first: tuple[float, float],
    right: float,
    high: float,
    across: Callable[[float], float],
    up: Callable[[float], float],
) -> list[str]:
    """How it would look if it grew as its size does, as far as the paper goes."""
    x, y = first
    end = min(right, x * high / y)
    return [
        _line(across(x), up(y), across(end), up(y * end / x), "#999999", ' stroke-dasharray="2 4"'),
        _text(across(end) - 4, up(y * end / x) + 14, "linear", "end", "#999999"),
    ]


def _drawn_line(name: str, line: Points, colour: str, y: float, across: _Place, up: _Place) -> list[str]:
    placed = [(across(x), up(value)) for x, value in line]
    joined = " ".join(f"{x:.1f},{place:.1f}" for x, place in placed)
    dots = placed if len(placed) <= MOST_MARKED else []
    return [
        f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
        *(f'<circle cx="{x:.1f}" cy="{place:.1f}" r="3" fill="{colour}"/>' for x, place in dots),
        f'<rect x="{WIDTH - RIGHT + 12}" y="{y}" width="10" height="10" fill="{colour}"/>',
        _text(WIDTH - RIGHT + 28, y + 10, name),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'


def _text(x: float, y: float, said: str, anchor: str = "start", colour: str = "black") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
