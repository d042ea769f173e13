"""The files that experiments leave: the same values in all of them, and charts that are XML."""

import csv
import json
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "experiments"))

from bfd import Timers, is_of_host  # noqa: E402
from chart import Axis, Chart  # noqa: E402
from host_gaps import HostGaps  # noqa: E402
from report import Report, summary  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def chart() -> Chart:
    made = Chart("a < b & c", Axis("load"), Axis("delay, us", log=True))
    made.line("measured", [(1, 10), (2, 100)], [(9, 11), (90, 110)])
    made.computed("bound", [(1, 20), (2, 200)])
    return made


def test_three_files_say_the_same(tmp_path: Path) -> None:
    report = Report("trial", ("load", "delay_us"), {"seed": 7})
    report.add(load=1, delay_us=10.5)
    report.add(load=2, delay_us=100.0)
    report.conclude("worst_us", 100.0)
    report.write(tmp_path / "out", chart())
    with (tmp_path / "out" / "trial.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"load": "1", "delay_us": "10.5"}, {"load": "2", "delay_us": "100.0"}]
    whole = json.loads((tmp_path / "out" / "trial.json").read_text())
    assert whole["rows"] == report.rows and whole["parameters"] == {"seed": 7}
    assert whole["conclusions"] == {"worst_us": 100.0}
    assert whole["manifest"]["kernel"] and whole["manifest"]["cpu"]
    ElementTree.parse(tmp_path / "out" / "trial.svg")


def test_a_row_has_every_column() -> None:
    report = Report("trial", ("load", "delay_us"))
    with pytest.raises(ValueError, match="delay_us"):
        report.add(load=1)


def test_chart_has_every_point_in_its_place() -> None:
    root = ElementTree.fromstring(chart().svg())
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in root.iter(SVG + "circle")
            if dot.get("r") == "3"]
    assert len(dots) == 2  # the computed line has none
    assert dots[0][0] < dots[1][0] and dots[0][1] > dots[1][1]
    # one decade up an axis of three, from 1 to 1000
    assert dots[0][1] - dots[1][1] == pytest.approx((440 - 36 - 52) / 3, abs=0.2)
    assert any(text.text == "a < b & c" for text in root.iter(SVG + "text"))


def gaps_of(folder: Path, *gaps_ms: tuple[int, int]) -> HostGaps:
    """The same gaps on two CPUs, from a watcher that has seen them."""
    watcher = folder / "host_gaps"
    lines = "".join(f"echo {begin}000000 {end}000000\n" for begin, end in gaps_ms)
    watcher.write_text(f"#!/bin/sh\n{lines}: >{folder}/seen-$1\nexec sleep 60\n")
    watcher.chmod(0o755)
    gaps = HostGaps(folder, (0, 1), folder)
    while not all((folder / f"seen-{cpu}").exists() for cpu in (0, 1)):
        time.sleep(0.01)
    return gaps


def test_gaps_are_what_was_in_a_time(tmp_path: Path) -> None:
    gaps = gaps_of(tmp_path, (1000, 1040), (1100, 1103))
    try:
        assert gaps.lost_s(0, 2) == pytest.approx(0.043)  # of one CPU, not of both
        assert gaps.lost_s(1.02, 1.101) == pytest.approx(0.021)
        assert gaps.longest_s(1.02, 2) == pytest.approx(0.020)
        assert gaps.longest_s(1.05, 1.09) == 0
    finally:
        gaps.stop()


def test_a_down_is_the_hosts_when_its_gaps_outlast_the_detection(tmp_path: Path) -> None:
    """100 ms x 2: a packet that is due when a gap begins must come 100 ms late."""
    gaps = gaps_of(tmp_path, (1000, 1060), (1100, 1145), (3000, 3090))
    try:
        assert is_of_host(1.2, Timers(100, 2), gaps)
        assert not is_of_host(1.3, Timers(100, 2), gaps)  # the first gap is too long ago
        assert not is_of_host(3.2, Timers(100, 2), gaps)  # too short
        assert not is_of_host(5, Timers(100, 2), gaps)
    finally:
        gaps.stop()


def test_summary_takes_three_repetitions() -> None:
    assert summary([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)
    with pytest.raises(ValueError, match="2 repetitions"):
        summary([1.0, 2.0])
