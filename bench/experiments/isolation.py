"""Isolation: a victim inside its profile beside neighbours at ten times theirs, on one core.

Alone stands for a core of its own. Writes isolation.csv, isolation.json and isolation.svg.
"""

import subprocess
import sys
from pathlib import Path

from figures import Judge, Row, median_by, read_rows, write_chart, write_report, write_rows

REPEATS, SECONDS = 3, 0.5
P99_GROWTH_MAX = 0.2


def key(row: Row) -> tuple[str, int]:
    return row["mode"], row["neighbours"]


def lost(row: Row) -> int:
    return row["sent_pkts"] - row["delivered_pkts"]


def judge_all(rows: list[Row], judge: Judge) -> None:
    p99 = median_by(rows, key, lambda row: row["p99_ns"])
    quanta = median_by(rows, key, lambda row: row["others_quanta_ns"])
    missing = sum(lost(row) for row in rows if row["mode"] != "slices")
    judge.check("the victim loses nothing, alone and under shares", missing == 0,
                f"{missing} packets")
    for (mode, neighbours), value in p99.items():
        if mode != "shares":
            continue
        growth = value - p99["alone", 0]
        judge.check(f"{neighbours} neighbours: p99 grows by at most their quanta "
                    f"({quanta[mode, neighbours] / 1000:g} us)",
                    growth <= quanta[mode, neighbours], f"{growth / 1000:.2f} us")
        judge.check(f"{neighbours} neighbours: and by at most {P99_GROWTH_MAX:.0%}",
                    growth <= P99_GROWTH_MAX * p99["alone", 0],
                    f"{p99['alone', 0] / 1000:.2f} to {value / 1000:.2f} us")


def main() -> int:
    bin_dir, out = Path(sys.argv[1]), Path(sys.argv[2])
    rows: list[Row] = []
    for repeat in range(REPEATS):
        run = subprocess.run([bin_dir / "experiment_isolation", str(SECONDS)], check=True,
                             capture_output=True, text=True)
        rows += [{"repeat": repeat} | row for row in read_rows(run.stdout)]
    judge = Judge()
    judge_all(rows, judge)
    write_rows(out / "isolation.csv", rows)
    write_report(out / "isolation.json", rows=rows, checks=judge.checks)
    lines: dict[str, list[tuple[float, float]]] = {}
    for quantile in ("p50_ns", "p99_ns", "p999_ns", "max_ns"):
        for (mode, neighbours), ns in median_by(rows, key, lambda row, part=quantile: row[part]).items():
            if mode != "alone":
                lines.setdefault(f"{quantile.removesuffix('_ns')}, {mode}", []).append(
                    (neighbours, ns / 1000))
    write_chart(out / "isolation.svg", "the victim's sojourn beside overloaded neighbours",
                ("neighbours on the core", "us"), lines, log_y=True)
    return 0 if judge.good else 1


if __name__ == "__main__":
    sys.exit(main())
