"""Overload: one router under 0.1 to 10 times its rate; no policer, late, early.

The thesis puts the bucket at the device (IgTB) instead of into traffic control (TcTB), so that what
is dropped costs nothing. Writes overload.csv, overload.json and overload.svg.
"""

import statistics
import sys

from chart import Axis, Chart
from program import Judge, Row, experiment, medians

SECONDS = 0.25
BURST_PKTS, FEW_PKTS = 32, 3
GOODPUT_MIN = 0.995
EARLY_DROP_TSC_MAX, LATE_OVER_EARLY_MIN = 15, 3
BURST_SECONDS = 0.01  # of the bucket, which every run begins with


def key(row: Row) -> tuple[str, float]:
    return row["place"], row["load"]


def whole(rows: list[Row]) -> list[Row]:
    """Those of whole bursts."""
    return [row for row in rows if row["burst_pkts"] == BURST_PKTS]


def forward_tsc(rows: list[Row], place: str, burst: int) -> float:
    """Cycles per packet forwarded: at loads where nothing is dropped, in bursts of a size."""
    return statistics.median(row["turn_tsc"] / row["delivered_pkts"] for row in rows
                             if row["place"] == place and row["load"] <= 0.8
                             and row["burst_pkts"] == burst)


def drop_tsc(row: Row, forwarded_tsc: float) -> float:
    """Cycles per packet dropped: what the turns took beyond so much per packet forwarded.

    At the price of a packet in a whole burst the dropped ones pay for all that a turn costs however
    many packets it has. At that of one in a burst of few they pay for nothing of it, and what they
    did while the others waited is free: a difference of two figures that are nearly the same.
    Without a policer what those forwarded cost in the shaper's queue is paid by the dropped ones, too.
    """
    return (row["turn_tsc"] - row["delivered_pkts"] * forwarded_tsc) / row["dropped_pkts"]


def goodput_pps(row: Row) -> float:
    """Without the burst, which is there at any load above the rate."""
    burst = BURST_SECONDS * row["rate_pps"] if row["load"] > 1 else 0
    return (row["delivered_pkts"] - burst) / row["seconds"]


def judge_all(rows: list[Row], judge: Judge) -> None:
    goodput = medians(whole(rows), key, goodput_pps)
    cost = {f"{place} forward": forward_tsc(rows, place, BURST_PKTS)
            for place in ("none", "late", "early")}
    for place in ("none", "late", "early"):
        few = cost[f"{place} forward, bursts of {FEW_PKTS}"] = forward_tsc(rows, place, FEW_PKTS)
        full = [row for row in rows if row["place"] == place and row["load"] == 10]
        cost[f"{place} drop"] = statistics.median(
            drop_tsc(row, cost[f"{place} forward"]) for row in full)
        cost[f"{place} drop, without the turn"] = statistics.median(
            drop_tsc(row, few) for row in full)
    for place in ("late", "early"):
        ratio = goodput[place, 10] / goodput[place, 1]
        judge.check(f"{place}: goodput at 10 times the rate is at least {GOODPUT_MIN:.1%} of that "
                    "at 1", ratio >= GOODPUT_MIN, f"{ratio:.2%}")
    early, late, end = (cost[f"{place} drop"] for place in ("early", "late", "none"))
    early_alone, late_alone = (cost[f"{place} drop, without the turn"]
                               for place in ("early", "late"))
    judge.check(f"a packet dropped early costs at most {EARLY_DROP_TSC_MAX} cycles",
                early <= EARLY_DROP_TSC_MAX,
                f"{early:.1f} with its part of the turn, {early_alone:.1f} without")
    judge.check(f"one dropped late at least {LATE_OVER_EARLY_MIN} times that",
                late / early >= LATE_OVER_EARLY_MIN,
                f"{late:.1f} with its part of the turn, {late / early:.1f} times; "
                f"{late_alone:.1f} without; by the shaper, without policer, "
                f"{end:.1f}, {end / early:.1f} times")
    judge.report.conclude("cycles_per_packet", cost)


def draw(rows: list[Row]) -> Chart:
    chart = Chart("goodput and cost of one router under overload", Axis("offered, times the rate",
                                                                        log=True),
                  Axis("Mpps; cycles per offered packet / 100", least=0.0))
    for name, value in (("Mpps", lambda row: goodput_pps(row) / 1e6),
                        ("cycles", lambda row: row["turn_tsc"] / row["offered_pkts"] / 100)):
        points = medians(whole(rows), key, value)
        for place in ("none", "late", "early"):
            chart.line(f"{name}, policer {place}",
                       [(load, y) for (where, load), y in points.items() if where == place])
    return chart


if __name__ == "__main__":
    sys.exit(experiment("overload", SECONDS, judge_all, draw, frame_bytes=64))
