"""Overload: one router under 0.1 to 10 times its rate; no policer, late, early.

The thesis puts the bucket at the device (IgTB) instead of into traffic control (TcTB), so that what
is dropped costs nothing. Writes overload.csv, overload.json and overload.svg.
"""

import statistics
import subprocess
import sys
from pathlib import Path

from figures import Judge, Row, median_by, read_rows, write_chart, write_report, write_rows

REPEATS, SECONDS = 3, 0.25
GOODPUT_MIN = 0.995
EARLY_DROP_TSC_MAX, LATE_OVER_EARLY_MIN = 15, 3
BURST_SECONDS = 0.01  # of the bucket, which every run begins with


def key(row: Row) -> tuple[str, float]:
    return row["place"], row["load"]


def forward_tsc(rows: list[Row], place: str) -> float:
    """Cycles per packet forwarded: at loads where nothing is dropped, whole bursts."""
    return statistics.median(row["turn_tsc"] / row["delivered_pkts"] for row in rows
                             if row["place"] == place and row["load"] <= 0.8)


def drop_tsc(row: Row, forwarded_tsc: float) -> float:
    """Cycles per packet dropped: what the turns took beyond what was forwarded."""
    return (row["turn_tsc"] - row["delivered_pkts"] * forwarded_tsc) / row["dropped_pkts"]


def goodput_pps(row: Row) -> float:
    """Without the burst, which is there at any load above the rate."""
    burst = BURST_SECONDS * row["rate_pps"] if row["load"] > 1 else 0
    return (row["delivered_pkts"] - burst) / row["seconds"]


def judge_all(rows: list[Row], judge: Judge) -> dict[str, float]:
    goodput = median_by(rows, key, goodput_pps)
    cost = {f"{place} forward": forward_tsc(rows, place) for place in ("none", "late", "early")}
    for place in ("late", "early"):
        cost[f"{place} drop"] = statistics.median(
            drop_tsc(row, cost[f"{place} forward"]) for row in rows
            if row["place"] == place and row["load"] == 10)
        ratio = goodput[place, 10] / goodput[place, 1]
        judge.check(f"{place}: goodput at 10 times the rate is at least {GOODPUT_MIN:.1%} of that "
                    "at 1", ratio >= GOODPUT_MIN, f"{ratio:.2%}")
    early, ratio = cost["early drop"], cost["late drop"] / cost["early drop"]
    judge.check(f"a packet dropped early costs at most {EARLY_DROP_TSC_MAX} cycles",
                early <= EARLY_DROP_TSC_MAX, f"{early:.1f}")
    judge.check(f"one dropped late at least {LATE_OVER_EARLY_MIN} times that",
                ratio >= LATE_OVER_EARLY_MIN, f"{cost['late drop']:.1f}, {ratio:.1f} times")
    return cost


def main() -> int:
    bin_dir, out = Path(sys.argv[1]), Path(sys.argv[2])
    rows: list[Row] = []
    for repeat in range(REPEATS):
        run = subprocess.run([bin_dir / "experiment_overload", str(SECONDS)], check=True,
                             capture_output=True, text=True)
        rows += [{"repeat": repeat} | row for row in read_rows(run.stdout)]
    judge = Judge()
    cost = judge_all(rows, judge)
    write_rows(out / "overload.csv", rows)
    write_report(out / "overload.json", rows=rows, cycles_per_packet=cost, checks=judge.checks)
    lines: dict[str, list[tuple[float, float]]] = {}
    for (place, load), pps in median_by(rows, key, goodput_pps).items():
        lines.setdefault(f"goodput, {place}", []).append((load, pps / 1e6))
    for (place, load), tsc in median_by(rows, key, lambda row: row["turn_tsc"]
                                        / max(1, row["offered_pkts"])).items():
        lines.setdefault(f"cycles/offered/100, {place}", []).append((load, tsc / 100))
    write_chart(out / "overload.svg", "goodput and cost under overload, policer at none, late, early",
                ("offered load, times the rate", "Mpps; cycles per offered packet / 100"), lines,
                log_x=True)
    return 0 if judge.good else 1


if __name__ == "__main__":
    sys.exit(main())
