"""What an experiment gave, in three files: NAME.csv (every repetition), NAME.json (the same with
where and how it was measured, and what follows from it) and NAME.svg (a chart of it).

    report = Report("bound", columns=("seed", "measured_us", "bound_us"), parameters={...})
    report.add(seed=1, measured_us=11.2, bound_us=14.0)
    report.conclude("violations", 0)
    report.write(folder, chart)
"""

import csv
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Iterable, Sequence

from chart import Chart

ROOT = Path(__file__).resolve().parents[2]
REPETITIONS_MIN = 3

Value = str | int | float | bool | None


@dataclass
class Report:
    """Rows of one experiment; each has a value for every column."""

    name: str
    columns: Sequence[str]
    parameters: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Value]] = field(default_factory=list)
    conclusions: dict[str, Any] = field(default_factory=dict)
    started: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%S%z"))

    def add(self, **values: Value) -> None:
        """One repetition; its columns must be those of the report."""
        if set(values) != set(self.columns):
            raise ValueError(f"{self.name}: columns {sorted(set(values) ^ set(self.columns))}")
        self.rows.append({column: values[column] for column in self.columns})

    def conclude(self, what: str, value: Any) -> None:
        """A figure that follows from the rows."""
        self.conclusions[what] = value

    def values(self, column: str, **where: Value) -> list[Any]:
        """The values of a column in the rows that have the given values in other columns."""
        return [row[column] for row in self.rows
                if all(row[key] == value for key, value in where.items())]

    def write(self, folder: Path, chart: Chart) -> None:
        """Writes the three files; the folder is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{self.name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        text = json.dumps({"experiment": self.name, "manifest": self._manifest(),
                           "parameters": self.parameters, "conclusions": self.conclusions,
                           "rows": self.rows}, indent=1)
        (folder / f"{self.name}.json").write_text(text + "\n")
        (folder / f"{self.name}.svg").write_text(chart.svg())

    def _manifest(self) -> dict[str, Any]:
        return {"started": self.started, "ended": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                "host": platform.node(), "kernel": platform.release(),
                "kernel_command_line": _line("/proc/cmdline"), "cpu": _cpu_model(),
                "cpus": len(os.sched_getaffinity(0)), "commit": _commit(),
                "command": " ".join(sys.argv)}


def summary(values: Iterable[float]) -> tuple[float, float, float]:
    """Median, least and greatest of at least three repetitions."""
    ordered = sorted(values)
    if len(ordered) < REPETITIONS_MIN:
        raise ValueError(f"{len(ordered)} repetitions; at least {REPETITIONS_MIN} make a figure")
    return median(ordered), ordered[0], ordered[-1]


def _line(path: str) -> str:
    return Path(path).read_text().strip()


def _cpu_model() -> str:
    names = (line.split(":", 1)[1].strip() for line in _line("/proc/cpuinfo").splitlines()
             if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    """The commit that was measured; "-dirty" when files differ from it, "" outside of a clone."""
    done = subprocess.run(["git", "-C", ROOT, "-c", "safe.directory=*", "describe", "--always",
                           "--dirty", "--abbrev=12"], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
