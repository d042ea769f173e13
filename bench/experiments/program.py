"""The programs of experiments, and figures against what they must be."""

import csv
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from chart import Chart
from report import REPETITIONS_MIN, Report

Row = dict[str, Any]


def repeat(name: str, program: Path, seconds: float, **parameters: Any) -> Report:
    """Runs a program that prints CSV for so many seconds a row, three times."""
    rows: list[Row] = []
    for repetition in range(REPETITIONS_MIN):
        done = subprocess.run([program, str(seconds)], check=True, capture_output=True, text=True)
        rows += [{"repetition": repetition} | {key: _number(value) for key, value in row.items()}
                 for row in csv.DictReader(done.stdout.splitlines())]
    report = Report(name, columns=tuple(rows[0]), parameters={"seconds": seconds} | parameters)
    for row in rows:
        report.add(**row)
    return report


def _number(text: str) -> Any:
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text


def medians(rows: Iterable[Row], key: Callable[[Row], Any],
            value: Callable[[Row], float]) -> dict[Any, float]:
    """Of all repetitions with the same key."""
    groups: dict[Any, list[float]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(value(row))
    return {name: statistics.median(values) for name, values in groups.items()}


class Judge:
    """Figures against what they must be: printed as they come, and concluded in the report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.good = True

    def check(self, what: str, good: bool, measured: str) -> None:
        self.good &= good
        self.report.conclude(what, {"good": good, "measured": measured})
        print(f"{'ok  ' if good else 'FAIL'} {what}: {measured}", flush=True)


def experiment(name: str, seconds: float, judge_all: Callable[[list[Row], Judge], None],
               draw: Callable[[list[Row]], Chart], **parameters: Any) -> int:
    """The whole of an experiment that is one program: its exit status.

    The command's arguments are the folders of the programs and of the results.
    """
    bin_dir, out = Path(sys.argv[1]), Path(sys.argv[2])
    report = repeat(name, bin_dir / f"experiment_{name}", seconds, **parameters)
    judge = Judge(report)
    judge_all(report.rows, judge)
    report.write(out, draw(report.rows))
    return 0 if judge.good else 1
