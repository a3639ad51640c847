"""The benchmarks' own arithmetic: turns, promises, pictures. No benchmark is run here."""

import ast
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import benchmarks
from benchmarks import __main__ as all_of_them
from benchmarks import plot
from benchmarks.harness import Ratio, Report, in_turns, medians
from benchmarks.measured import ROOMS

SVG = "{http://www.w3.org/2000/svg}"


def test_each_has_its_turn_in_every_round_and_the_warm_up_does_not_count() -> None:
    turns: list[str] = []

    def work(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    found = in_turns(
        {"ours": lambda: work("ours"), "theirs": lambda: work("theirs")}, 3, before=lambda: turns.append("-")
    )
    assert turns == ["-", "ours", "-", "theirs"] * 4
    assert found == {"ours": [6.0, 10.0, 14.0], "theirs": [8.0, 12.0, 16.0]}
    assert medians(found) == {"ours": 10.0, "theirs": 12.0}


@pytest.mark.parametrize(
    ("ratio", "holds", "times"),
    [
        (Ratio("speed", 12.0, at_least=10.0), True, 1.2),
        (Ratio("speed", 5.0, at_least=10.0), False, 0.5),
        (Ratio("seconds", 4.0, at_most=1.0), False, 0.25),
        (Ratio("owners taken for authors", 0.0, at_most=0.0), True, math.inf),
        (Ratio("nothing was promised", 7.0), True, None),
    ],
)
def test_a_promise_tells_whether_it_is_kept_and_how_much_room_is_left(
    ratio: Ratio, holds: bool, times: float | None
) -> None:
    assert ratio.holds is holds
    assert ratio.times_as_good == times
    assert bool(Report({}, [ratio]).missed) is not holds


def test_growth_is_told_as_a_power_of_the_size() -> None:
    sizes = (1e3, 1e4, 1e5)
    assert plot.exponent([(size, 0.3) for size in sizes]) == pytest.approx(0)
    assert plot.exponent([(size, size / 7) for size in sizes]) == pytest.approx(1)
    assert plot.exponent([(size, size**2) for size in sizes]) == pytest.approx(2)
    assert math.isnan(plot.exponent([(1e3, 1.0)]))


@pytest.mark.parametrize("logarithmic", [True, False])
def test_a_picture_shows_every_line_and_what_was_promised_inside_its_frame(logarithmic: bool) -> None:
    lines = {"ours & theirs": [(1_000, 0.2), (1_000_000, 0.3)], "<none>": [(1_000, 2.0), (1_000_000, 40.0)]}
    series = plot.Series("A tick", "snapshots", "seconds", lines, logarithmic, 5.0, {"most to fewest": 1.5})
    drawn = ElementTree.fromstring(plot.drawn(series))
    assert len(drawn.findall(f"{SVG}polyline")) == 2
    said = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"ours & theirs", "<none>", "promised: 5", "snapshots", "most to fewest: 1.5"} <= set(said)
    points = " ".join(line.attrib["points"] for line in drawn.iter(f"{SVG}polyline")).split()
    places = [tuple(map(float, point.split(","))) for point in points]
    assert all(plot.LEFT <= x <= plot.WIDTH - plot.RIGHT + 0.1 and plot.TOP <= y <= plot.HEIGHT for x, y in places)


def test_every_report_becomes_pictures_also_when_one_could_not_run() -> None:
    series = {"name": "Rounds", "x_label": "round", "y_label": "s", "lines": {"ours": [[1, 2.0]]}}
    kept = {"name": "speed", "value": 2.0, "at_least": 1.0, "at_most": None}
    reports: dict[str, dict[str, Any]] = {
        "first": {"series": [series, series], "ratios": [kept]},
        "broken": {"missed": ["could not run"]},
    }
    made = all_of_them.pictures(reports, "2 cores")
    assert list(made) == ["first", "first-2", "promises"]
    for picture in made.values():
        ElementTree.fromstring(picture)


def test_every_name_has_its_report() -> None:
    rooms = Path(benchmarks.__file__).parent / "reports"
    for name, room in ROOMS.items():
        written = ast.parse((rooms / f"{room}.py").read_text(encoding="utf-8"))
        assert f"measure_{name}" in {one.name for one in written.body if isinstance(one, ast.FunctionDef)}
