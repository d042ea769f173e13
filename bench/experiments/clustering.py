"""Clustering: router A under time slices, in front of router B that polices the same profile.

What waits while A is off its core leaves at once, and B drops from a flow that did nothing wrong;
with A's shaper it does not. Writes clustering.csv, clustering.json and clustering.svg.
"""

import sys

from chart import Axis, Chart
from program import Judge, Row, experiment, medians

SECONDS = 0.4
SLICE_NS = 2_000_000
LOSS_MIN = 0.01
# The profile of both: what comes during a slice of 2 ms is more than these bursts.
SMALL_BURSTS = (4000, 16000)


def key(row: Row) -> tuple[int, int, str]:
    return row["slice_ns"], row["burst_bytes"], row["shaper"]


def loss(row: Row) -> float:
    """Of what reached B."""
    return row["b_drop_pkts"] / max(1, row["b_rx_pkts"])


def throughput(row: Row) -> float:
    return row["delivered_pkts"] / row["sent_pkts"]


def judge_all(rows: list[Row], judge: Judge) -> None:
    losses = medians(rows, key, loss)
    for burst in SMALL_BURSTS:
        found = losses[SLICE_NS, burst, "no"]
        judge.check(f"slices of 2 ms, burst {burst}: B drops more than {LOSS_MIN:.0%} without A's "
                    "shaper", found > LOSS_MIN, f"{found:.2%}")
    dropped = sum(row["b_drop_pkts"] for row in rows if row["shaper"] == "yes")
    judge.check("B drops nothing with it, at any slice and burst", dropped == 0,
                f"{dropped} packets")


def draw(rows: list[Row]) -> Chart:
    chart = Chart("a flow inside its profile behind time slices",
                  Axis("slice of A and of its neighbour, ms"), Axis("% of the packets"))
    for name, value in (("lost at B", loss), ("delivered", throughput)):
        points = medians(rows, key, value)
        for burst in SMALL_BURSTS:
            for shaper in ("no", "yes"):
                chart.line(f"{name}, {burst} B, {'' if shaper == 'yes' else 'not '}shaped",
                           [(slice_ns / 1e6, 100 * y) for (slice_ns, size, how), y
                            in points.items() if (size, how) == (burst, shaper)])
    return chart


if __name__ == "__main__":
    sys.exit(experiment("clustering", SECONDS, judge_all, draw, frame_bytes=363))
