#!/usr/bin/python3
"""Experiment 6: 1 to 6 routers in a row on one core, each of which shapes to the tenant's profile.

The burst of the profile, in the smallest packets and with excess behind it, enters the first router,
which polices it; the buckets fill up, and it comes again. Measured are the time until the last packet
has left the last router, against the bound that the plan computes for the path, and at every hop the
smallest burst that all departures fit, against that of the profile plus one longest packet.
"""

import json
import sys
import tempfile
from pathlib import Path

import arguments
from chart import Axis, Chart
from report import Report, summary
from unhurried import PLAN_GAP_NS, Calibrated, bursts

RATE_BPS, BURST_BYTES, LONGEST_BYTES = 100_000_000, 12_800, 1518
HOPS_MAX = 6
COLUMNS = ("hops", "repetition", "measured_us", "machine_us", "bound_us", "ratio",
           "worst_hop_burst_bytes", "profile_burst_bytes")


def router(i: int, hops: int) -> str:
    left = f"link:c{i}" if i else "dpdk:net_null0"
    right = f"link:c{i + 1}" if i + 1 < hops else "dpdk:net_null1"
    police = 'police = "gold"; ' if i == 0 else ""
    return (f'{{ name = "r{i}"; netns = "chain{i}"; core = 1; ports: ('
            f' {{ name = "w0"; device = "{left}"; {police}}},'
            f' {{ name = "l0"; device = "{right}"; shape = "gold"; }} ); }}')


def config_text(hops: int, calibration: Path) -> str:
    names = ", ".join(f'"r{i}"' for i in range(hops))
    path = f'paths: ( {{ name = "row"; routers = ( {names} ); delay = "10s"; }} );\n'
    return (f'control: {{ core = 0; calibration = "{calibration}"; }};\n'
            f'slas: ( {{ name = "gold"; rate = "{RATE_BPS}"; burst = "{BURST_BYTES}"; }} );\n'
            "routers: (" + ",\n ".join(router(i, hops) for i in range(hops)) + " );\n"
            + (path if hops > 1 else ""))


def bound_ns(plan: dict, hops: int) -> float:
    if hops > 1:
        return plan["paths"][0]["bound_ns"]
    return next(row["bound_ns"] for row in plan["delays"] if row["out"] == "l0")


def run(report: Report, host: Calibrated, repetitions: int) -> None:
    for hops in range(1, HOPS_MAX + 1):
        plan = host.plan(config_text(hops, host.calibration))
        if plan is None:
            sys.exit(f"the plan refuses {hops} routers in a row")
        bound = bound_ns(plan, hops) / 1e3
        times, profile = bursts(host.bin, "chain", repetitions,
                                [f"{RATE_BPS},{BURST_BYTES},{BURST_BYTES},0"] * hops)
        for n, (_, _, _, ns, taken_ns) in enumerate(times):
            report.add(hops=hops, repetition=n, measured_us=ns / 1e3, machine_us=taken_ns / 1e3,
                       bound_us=round(bound, 3), ratio=round((ns - taken_ns) / 1e3 / bound, 4),
                       worst_hop_burst_bytes=max(measured for _, measured, _ in profile),
                       profile_burst_bytes=BURST_BYTES)


def conclude(report: Report) -> Chart:
    chart = Chart("Routers in a row: time of a burst against the bound of the path",
                  Axis("routers", least=0), Axis("us", least=0),
                  note="median, least and greatest of the repetitions, without time that the "
                       "machine took")
    points, spans, bounds = [], [], []
    for hops in range(1, HOPS_MAX + 1):
        rows = [row for row in report.rows if row["hops"] == hops]
        median, least, greatest = summary(row["measured_us"] - row["machine_us"] for row in rows)
        points.append((hops, median))
        spans.append((least, greatest))
        bounds.append((hops, rows[0]["bound_us"]))
        report.conclude(f"hops_{hops}", {"median_us": round(median, 3),
                                         "greatest_us": round(greatest, 3),
                                         "bound_us": rows[0]["bound_us"],
                                         "median_beyond_bound": median > rows[0]["bound_us"]})
    chart.line("measured", points, spans)
    chart.computed("bound of the path", bounds)
    worst = max(report.values("worst_hop_burst_bytes"))
    report.conclude("worst_hop_burst_bytes", worst)
    report.conclude("profile_kept_at_every_hop", worst <= BURST_BYTES + LONGEST_BYTES)
    return chart


def main() -> int:
    args = arguments.parse(arguments.parser(__doc__, 20))
    with tempfile.TemporaryDirectory(prefix="sluice-chain-") as work:
        host = Calibrated(args.bin.resolve(), Path(work))
        report = Report("chain", COLUMNS, {"rate_bps": RATE_BPS, "burst_bytes": BURST_BYTES,
                                           "repetitions": args.repetitions,
                                           "plan_gap_us": PLAN_GAP_NS / 1e3,
                                           "largest_gap_us": host.largest_gap_us,
                                           "cycles_per_packet": host.cycles})
        run(report, host, args.repetitions)
        report.write(args.out, conclude(report))
    print(json.dumps(report.conclusions, indent=1))
    kept = report.conclusions["profile_kept_at_every_hop"]
    beyond = any(report.conclusions[f"hops_{hops}"]["median_beyond_bound"]
                 for hops in range(1, HOPS_MAX + 1))
    return int(beyond or not kept)


if __name__ == "__main__":
    sys.exit(main())
