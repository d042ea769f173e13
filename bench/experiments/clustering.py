"""Clustering: router A under time slices, in front of router B that polices the same profile.

What waits while A is off its core leaves at once, and B drops from a flow that did nothing wrong;
with A's shaper it does not. Writes clustering.csv, clustering.json and clustering.svg.
"""

import subprocess
import sys
from pathlib import Path

from figures import Judge, Row, median_by, read_rows, write_chart, write_report, write_rows

REPEATS, SECONDS = 3, 0.4
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
    losses = median_by(rows, key, loss)
    for burst in SMALL_BURSTS:
        found = losses[SLICE_NS, burst, "no"]
        judge.check(f"slices of 2 ms, burst {burst}: B drops more than {LOSS_MIN:.0%} without A's "
                    "shaper", found > LOSS_MIN, f"{found:.2%}")
    dropped = sum(row["b_drop_pkts"] for row in rows if row["shaper"] == "yes")
    judge.check("B drops nothing with it, at any slice and burst", dropped == 0,
                f"{dropped} packets")


def main() -> int:
    bin_dir, out = Path(sys.argv[1]), Path(sys.argv[2])
    rows: list[Row] = []
    for repeat in range(REPEATS):
        run = subprocess.run([bin_dir / "experiment_clustering", str(SECONDS)], check=True,
                             capture_output=True, text=True)
        rows += [{"repeat": repeat} | row for row in read_rows(run.stdout)]
    judge = Judge()
    judge_all(rows, judge)
    write_rows(out / "clustering.csv", rows)
    write_report(out / "clustering.json", rows=rows, checks=judge.checks)
    lines: dict[str, list[tuple[float, float]]] = {}
    for name, value in (("loss at B", loss), ("throughput", throughput)):
        for (slice_ns, burst, shaper), part in median_by(rows, key, value).items():
            if burst in SMALL_BURSTS:
                lines.setdefault(f"{name}, {burst} B, shaper {shaper}", []).append(
                    (slice_ns / 1e6, 100 * part))
    write_chart(out / "clustering.svg", "what time slices do to a flow inside its profile",
                ("time slice of A and of its neighbour, ms", "% of the packets"), lines)
    return 0 if judge.good else 1


if __name__ == "__main__":
    sys.exit(main())
