#!/usr/bin/python3
"""Experiment 5: the longest time that a burst takes, against the bound that the plan computed.

Random configurations that sluice plan admits; all of their bursts come at one moment, in the
smallest packets, with as much excess behind them as the devices hold, and go through the data path
on one core (bench_dataplane_bound). The largest gap between two polls is the machine's: the plan is
made with a gap of 1 us, and time that the machine took from a burst (the data path's own account) is
taken off what was measured. That account sees no interruption below 10 us. So a burst that takes
longer than its bound all the same is the machine's violation when most repetitions of it do not, and
none is beyond the largest gap that calibration saw; otherwise it is one by the queue.
"""

import argparse
import json
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import arguments
from chart import Axis, Chart
from report import Report, summary
from unhurried import PLAN_GAP_NS, Calibrated, bursts

CONFIG = """control: {{ core = 0; calibration = "{calibration}"; }};
slas: ({slas} );
routers: ({routers} );
"""
SLA = '{{ name = "{name}"; rate = "{rate}"; burst = "{burst}"; {delay}}}'
ROUTER = ('{{ name = "r{i}"; netns = "{netns}{i}"; core = 1; {share}ports: ('
          ' {{ name = "w0"; device = "dpdk:net_null{left}"; police = "in{i}"; shape = "out{i}"; }},'
          ' {{ name = "l0"; device = "dpdk:net_null{right}"; police = "in{i}"; shape = "out{i}"; }} );'
          ' }}')
BURST_MAX_PKTS, FRAME_BYTES = 400, 64  # a device holds 512
ROUTERS_MAX = 4
COLUMNS = ("seed", "routers", "router", "way", "rate_bps", "burst_bytes", "out_burst_bytes",
           "share_percent", "burst_pkts", "repetition", "measured_us", "machine_us", "bound_us",
           "ratio", "violation")


@dataclass(frozen=True)
class Tenant:
    rate_bps: int
    burst_bytes: int
    out_burst_bytes: int
    share_percent: int

    @property
    def argument(self) -> str:
        return (f"{self.rate_bps},{self.burst_bytes},{self.out_burst_bytes},"
                f"{self.share_percent}")


def tenants(seed: int) -> list[Tenant]:
    draw = random.Random(seed)
    count = draw.randint(1, ROUTERS_MAX)
    shares = [100 // count] * count if draw.random() < 0.5 else [0] * count
    made = []
    for share in shares:
        burst = FRAME_BYTES * draw.randint(24, BURST_MAX_PKTS)
        # half of them leave with the burst that they came with
        out = burst if draw.random() < 0.5 else FRAME_BYTES * draw.randint(24, burst // FRAME_BYTES)
        made.append(Tenant(round(10 ** draw.uniform(6, 8.3)), burst, out, share))
    return made


def config_text(these: list[Tenant], calibration: Path) -> str:
    slas, routers = [], []
    for i, tenant in enumerate(these):
        slas += [SLA.format(name=f"in{i}", rate=tenant.rate_bps, burst=tenant.burst_bytes,
                            delay='delay = "10s"; '),
                 SLA.format(name=f"out{i}", rate=tenant.rate_bps, burst=tenant.out_burst_bytes,
                            delay='delay = "10s"; ')]
        share = f"share = {tenant.share_percent}; " if tenant.share_percent else ""
        routers.append(ROUTER.format(i=i, netns="bound", share=share, left=2 * i,
                                     right=2 * i + 1))
    return CONFIG.format(calibration=calibration, slas=",\n ".join(slas),
                         routers=",\n ".join(routers))


def bounds_us(host: Calibrated, these: list[Tenant]) -> list[float] | None:
    """Of every router; None when the plan refuses."""
    plan = host.plan(config_text(these, host.calibration))
    if plan is None:
        return None
    return [max(row["bound_ns"] for row in plan["delays"] if row["router"] == f"r{i}") / 1e3
            for i in range(len(these))]


def classify(report: Report, gap_us: float) -> None:
    """Whose the repetitions beyond a bound are: a queue that is too long is so every time."""
    bursts: dict[tuple, list[dict]] = {}
    for row in report.rows:
        bursts.setdefault((row["seed"], row["router"], row["way"]), []).append(row)
    for rows in bursts.values():
        late = [row for row in rows if row["ratio"] > 1]
        for row in late:
            by_machine = len(late) * 2 < len(rows) and row["measured_us"] <= row["bound_us"] + gap_us
            row["violation"] = "machine" if by_machine else "queue"


def run(report: Report, bench: Calibrated, count: int, repetitions: int, first_seed: int) -> None:
    seed, admitted = first_seed, 0
    while admitted < count:
        these = tenants(seed)
        bounds = bounds_us(bench, these)
        if bounds is None:
            print(f"seed {seed}: refused by the plan", flush=True)
            seed += 1
            continue
        worst = [0.0] * len(these)
        for n, (router, way, pkts, ns, taken_ns) in enumerate(bursts(
                bench.bin, "beside", repetitions, [tenant.argument for tenant in these])[0]):
            tenant, bound = these[router], bounds[router]
            measured, machine = ns / 1e3, taken_ns / 1e3
            worst[router] = max(worst[router], measured - machine)
            report.add(seed=seed, routers=len(these), router=router, way=way, rate_bps=tenant.rate_bps,
                       burst_bytes=tenant.burst_bytes, out_burst_bytes=tenant.out_burst_bytes,
                       share_percent=tenant.share_percent, burst_pkts=pkts,
                       repetition=n // (2 * len(these)), measured_us=round(measured, 3),
                       machine_us=round(machine, 3), bound_us=round(bound, 3),
                       ratio=round((measured - machine) / bound, 4),
                       violation="")
        print(f"seed {seed}: " + ", ".join(f"{w:.1f} of {b:.1f} us"
                                           for w, b in zip(worst, bounds)), flush=True)
        admitted, seed = admitted + 1, seed + 1


def conclude(report: Report, bench: Calibrated, count: int) -> Chart:
    """The largest time of each router over the repetitions, beside its bound."""
    worst: dict[tuple[int, int], dict] = {}
    for row in report.rows:
        key = row["seed"], row["router"]
        if key not in worst or row["ratio"] > worst[key]["ratio"]:
            worst[key] = row
    median, least, greatest = summary(row["ratio"] for row in worst.values())
    report.conclude("configurations", count)
    report.conclude("routers", len(worst))
    for kind in ("queue", "machine"):
        report.conclude(f"violations_{kind}",
                        sum(row["violation"] == kind for row in report.rows))
    report.conclude("ratio_mean", sum(row["ratio"] for row in worst.values()) / len(worst))
    report.conclude("ratio_median", median)
    report.conclude("ratio_least", least)
    report.conclude("ratio_greatest", greatest)
    report.conclude("largest_gap_us", bench.largest_gap_us)
    chart = Chart("Longest time of a burst against its bound", Axis("bound, us", log=True),
                  Axis("measured, us", log=True),
                  note="without time that the machine took; every point is one router's worst of "
                       "all repetitions")
    chart.dots("measured", [(row["bound_us"], row["measured_us"] - row["machine_us"])
                            for row in worst.values()])
    ends = [min(row["bound_us"] for row in worst.values()),
            max(row["bound_us"] for row in worst.values())]
    chart.computed("bound", [(end, end) for end in ends])
    return chart


def options() -> argparse.Namespace:
    parser = arguments.parser(__doc__, 10, "of each, ")
    parser.add_argument("--count", type=int, default=50, help="admitted configurations")
    parser.add_argument("--seed", type=int, default=1, help="of the first configuration")
    return arguments.parse(parser)


def main() -> int:
    args = options()
    with tempfile.TemporaryDirectory(prefix="sluice-bound-") as work:
        bench = Calibrated(args.bin.resolve(), Path(work))
        report = Report("bound", COLUMNS, {"count": args.count, "first_seed": args.seed,
                                           "repetitions": args.repetitions,
                                           "plan_gap_us": PLAN_GAP_NS / 1e3,
                                           "cycles_per_packet": bench.cycles})
        run(report, bench, args.count, args.repetitions, args.seed)
        classify(report, bench.largest_gap_us)
        report.write(args.out, conclude(report, bench, args.count))
    print(json.dumps(report.conclusions, indent=1))
    return int(report.conclusions["violations_queue"] != 0)


if __name__ == "__main__":
    sys.exit(main())
