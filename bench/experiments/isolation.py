"""Isolation: a victim inside its profile beside neighbours at ten times theirs, on one core.

Alone stands for a core of its own. Times are of windows in which the host did not take the core
away, see isolation.c. Writes isolation.csv, isolation.json and isolation.svg.
"""

import sys

from chart import Axis, Chart
from program import Judge, Row, experiment, medians

SECONDS = 1.0  # of windows without the host, 20 packets of the victim in each ms


def key(row: Row) -> tuple[str, int]:
    return row["mode"], row["neighbours"]


def judge_all(rows: list[Row], judge: Judge) -> None:
    found, wanted = sum(row["windows"] for row in rows), 1000 * sum(row["seconds"] for row in rows)
    judge.check("each case has its windows of 1 ms without the host", found >= wanted,
                f"{found} of {wanted:.0f}; {sum(row['discarded_windows'] for row in rows)} discarded")
    kept = [row for row in rows if row["mode"] != "slices"]
    judge.check("the victim loses nothing, alone and under shares",
                sum(row["lost_pkts"] for row in kept) == 0,
                f"{sum(row['lost_pkts'] for row in kept)} of {sum(row['sent_pkts'] for row in kept)} "
                f"packets, and {sum(row['lost_host_pkts'] for row in kept)} in discarded windows")
    p99 = medians(rows, key, lambda row: row["p99_ns"] / 1000)
    bound = medians(rows, key, lambda row: row["bound_ns"] / 1000)
    for (mode, neighbours), us in p99.items():
        if mode != "shares":
            continue
        growth = us - p99["alone", 0]
        judge.check(f"{neighbours} neighbours: p99 grows by at most their quanta and a turn of each "
                    f"({bound[mode, neighbours]:.1f} us)", growth <= bound[mode, neighbours],
                    f"{growth:.2f} us, from {p99['alone', 0]:.2f} to {us:.2f} us")


def draw(rows: list[Row]) -> Chart:
    chart = Chart("sojourn of a victim beside overloaded neighbours", Axis("neighbours"),
                  Axis("us", log=True),
                  note="Neighbours at ten times their rate; one core, in process, no driver, without "
                       "the host's part.")
    for quantile in ("p50", "p99", "p999", "max"):
        points = medians(rows, key, lambda row, name=f"{quantile}_ns": row[name] / 1000)
        for mode in ("shares", "slices"):
            chart.line(f"{quantile}, {mode}", [(neighbours, y) for (how, neighbours), y
                                               in points.items() if how in (mode, "alone")])
    return chart


if __name__ == "__main__":
    sys.exit(experiment("isolation", SECONDS, judge_all, draw, frame_bytes=64))
