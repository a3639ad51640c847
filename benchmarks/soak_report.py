"""What a soak found, as figures, a table and a picture. Plain values in, text out: nothing is measured here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

from benchmarks import plot

Series = Sequence[tuple[float, float]]  # (seconds since the start, megabytes)

MARKS = (5, 10, 20, 30, 45, 60)  # minutes at which the size is told
MARKS_OF_A_TRIAL = (1, 2, 3, 4)
WARM_UP = 1 / 3  # of the time: what is loaded once is loaded by then
FLAT_SHARE = 0.05  # of its size may a process grow over the rest of the time
FLAT_MB = 8.0  # or so much: allocators round up


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
    minutes = {name: [(moment / 60, size) for moment, size in one] for name, one in sorted(series.items())}
    return plot.drawn(plot.Series(title, "minutes", "MB", minutes))
