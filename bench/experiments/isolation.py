"""Isolation: a victim inside its profile beside neighbours at ten times theirs, on one core.

Alone stands for a core of its own. Writes isolation.csv, isolation.json and isolation.svg.
"""

import sys

from chart import Axis, Chart
from program import Judge, Row, experiment, medians

SECONDS = 0.5
# The quantile that must hold. Growth is of medians, which the host does not change.
BEYOND_MAX = 0.01
GROWTH_MAX = 0.2


def key(row: Row) -> tuple[str, int]:
    return row["mode"], row["neighbours"]


def lost(row: Row) -> int:
    return row["sent_pkts"] - row["delivered_pkts"]


def judge_all(rows: list[Row], judge: Judge) -> None:
    missing = sum(lost(row) for row in rows if row["mode"] != "slices")
    judge.check("the victim loses nothing, alone and under shares", missing == 0,
                f"{missing} packets")
    p50 = medians(rows, key, lambda row: row["p50_ns"])
    bound = medians(rows, key, lambda row: row["bound_ns"])
    beyond = medians(rows, key, lambda row: row["queue_pkts"] / row["delivered_pkts"])
    for (mode, neighbours), part in beyond.items():
        if mode != "shares":
            continue
        us = bound[mode, neighbours] / 1000
        judge.check(f"{neighbours} neighbours: at most {BEYOND_MAX:.0%} of the packets stay beyond "
                    f"their quanta, a turn of each and 10 us ({us:.1f} us) without the host",
                    part <= BEYOND_MAX, f"{part:.2%}")
        growth = p50[mode, neighbours] / p50["alone", 0] - 1
        judge.check(f"{neighbours} neighbours: p50 grows by at most {GROWTH_MAX:.0%}",
                    growth <= GROWTH_MAX, f"{p50['alone', 0] / 1000:.2f} to "
                    f"{p50[mode, neighbours] / 1000:.2f} us")


def draw(rows: list[Row]) -> Chart:
    chart = Chart("sojourn of a victim beside overloaded neighbours", Axis("neighbours"),
                  Axis("us", log=True),
                  note="Neighbours at ten times their rate; one core, in process, no driver.")
    for quantile in ("p50", "p99", "p999", "max"):
        points = medians(rows, key, lambda row, name=f"{quantile}_ns": row[name] / 1000)
        for mode in ("shares", "slices"):
            chart.line(f"{quantile}, {mode}", [(neighbours, y) for (how, neighbours), y
                                               in points.items() if how in (mode, "alone")])
    return chart


if __name__ == "__main__":
    sys.exit(experiment("isolation", SECONDS, judge_all, draw, frame_bytes=64))
