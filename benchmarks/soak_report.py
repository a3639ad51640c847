"""What a soak found, as figures, a table and a picture. Plain values in, text out: nothing is measured here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import linear_regression, median

Series = Sequence[tuple[float, float]]  # (seconds since the start, megabytes)

MARKS = (5, 10, 20, 30, 45, 60)  # minutes at which the size is told
MARKS_OF_A_TRIAL = (1, 2, 3, 4)
WARM_UP = 1 / 3  # of the time: what is loaded once is loaded by then
FLAT_SHARE = 0.05  # of its size may a process grow over the rest of the time
FLAT_MB = 8.0  # or so much: allocators round up
COLOURS = ("#3366cc", "#dc3912", "#ff9900", "#109618", "#990099", "#0099c6", "#dd4477", "#66aa00")


@dataclass(frozen=True)
class Grown:
    """How the memory of one process, or of all of a kind, went."""

    name: str
    at: dict[int, float]  # MB, by minute
    first: float  # MB, median of the first tenth after the warm-up
    last: float  # MB, median of the last tenth
    peak: float
    mb_an_hour: float  # slope of a straight line through all samples after the warm-up
    grown: float  # MB, that line's rise from the warm-up to the end

    @property
    def is_flat(self) -> bool:
        """Whether it grew by no more than noise."""
        return self.grown <= max(FLAT_MB, FLAT_SHARE * self.first)


def grown(name: str, series: Series) -> Grown | None:
    """Judge one series; None when it is too short to be judged."""
    if len(series) < 10:
        return None
    end = series[-1][0]
    warm = [(moment, size) for moment, size in series if moment >= end * WARM_UP]
    if len(warm) < 5 or warm[-1][0] <= warm[0][0]:
        return None
    slope = linear_regression([moment for moment, _ in warm], [size for _, size in warm]).slope
    tenth = max(len(warm) // 10, 1)
    sizes = [size for _, size in warm]
    marks = MARKS if end + 10 >= MARKS[0] * 60 else MARKS_OF_A_TRIAL
    return Grown(
        name,
        {minute: _at(series, minute * 60) for minute in marks if minute * 60 <= end + 10},
        median(sizes[:tenth]),
        median(sizes[-tenth:]),
        max(size for _, size in series),
        slope * 3600,
        slope * (warm[-1][0] - warm[0][0]),
    )


def _at(series: Series, seconds: float) -> float:
    return min(series, key=lambda sample: abs(sample[0] - seconds))[1]


def table(found: Sequence[Grown]) -> str:
    """The figures as a table in Markdown."""
    marks = sorted({minute for one in found for minute in one.at})
    head = ["process", *(f"{minute} min" for minute in marks), "peak", "slope, MB an hour", "verdict"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for one in found:
        sizes = [f"{one.at[minute]:.0f}" if minute in one.at else "" for minute in marks]
        verdict = "flat" if one.is_flat else f"grew by {one.grown:.0f} MB"
        cells = [one.name, *sizes, f"{one.peak:.0f}", f"{one.mb_an_hour:+.1f}", verdict]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def picture(series: Mapping[str, Series], title: str) -> str:
    """All series over time, as an SVG of its own."""
    width, height, left, top, right, bottom = 860, 420, 60, 40, 190, 40
    last = max((moment for one in series.values() for moment, _ in one), default=1.0) or 1.0
    most = max((size for one in series.values() for _, size in one), default=1.0) * 1.05 or 1.0
    inner_width, inner_height = width - left - right, height - top - bottom
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="24" font-size="14">{escape(title)}</text>',
    ]
    for step in range(6):
        y = top + inner_height * (1 - step / 5)
        x = left + inner_width * step / 5
        parts += [
            f'<line x1="{left}" y1="{y:.1f}" x2="{left + inner_width}" y2="{y:.1f}" stroke="#ddd"/>',
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{most * step / 5:.0f}</text>',
            f'<text x="{x:.1f}" y="{height - 16}" text-anchor="middle">{last * step / 5 / 60:.1f}</text>',
        ]
    parts.append(f'<text x="{left + inner_width}" y="{height - 2}" text-anchor="end">minutes</text>')
    for number, (name, one) in enumerate(sorted(series.items())):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{left + inner_width * moment / last:.1f},{top + inner_height * (1 - size / most):.1f}"
            for moment, size in one
        )
        y = top + 16 * number
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
            f'<rect x="{width - right + 12}" y="{y}" width="10" height="10" fill="{colour}"/>',
            f'<text x="{width - right + 28}" y="{y + 10}">{escape(name)}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
