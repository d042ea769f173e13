#!/usr/bin/python3
"""Isolation, sluiced beside the kernel: a victim inside its profile, 1 to 7 neighbours at ten times
theirs, all on one core; the same devices, senders and load, see isolation_world.py.

"alone" has the same senders at work, but the neighbours' packets reach no router, so that what
differs is what happens on the routers' core. Latency is from the moment the victim's packet leaves
its sender to the kernel's time stamp where it arrives.

The host may keep a CPU from the machine. A round in which a CPU's steal time grew, or the senders'
CPU was late by more than GAP_S, is discarded and made again; the kernel's own work cannot make it
so. A round in which sluiced's worker waited for its core behind other threads for more than
WAITED_NS is discarded, too: nothing in the machine goes before the kernel's forwarding, but others
do go before a worker whose core is not isolated. RCU's thread alone takes 25 us two hundred times a
second, which stays in the figures. How many were discarded is counted.
Writes isolation-beside.csv, isolation-beside.json and isolation-beside.svg.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import arguments  # noqa: E402
from chart import Axis, Chart  # noqa: E402
from harness.site import Site  # noqa: E402
from host_gaps import HostGaps  # noqa: E402
from isolation_world import (BURST_BYTES, CONTROL_CORE, FRAME_BYTES, NEIGHBOUR_SOLD_PPS,  # noqa: E402
                             OVERLOAD, VICTIM_PPS, World, build_world)
from program import Judge, Row, medians  # noqa: E402
from report import Report  # noqa: E402

NUMBERS = (1, 3, 5, 7)
ENGINES = ("sluice", "kernel")
WARM_UP_S = 0.2
GAP_S = 0.002
WAITED_NS = 5_000_000
TRIES_MAX = 8
GROWTH_MAX, KERNEL_WORSE_MIN = 0.2, 10
COLUMNS = ("engine", "neighbours", "load", "repetition", "discarded", "valid", "neighbour_pps",
           "sent_pkts", "lost_pkts", "p50_ns", "p99_ns", "p999_ns", "max_ns", "sender_late_max_ns",
           "host_gap_max_ms", "worker_waited_us")


def steal() -> list[int]:
    """Ticks that the host took from each CPU so far."""
    lines = Path("/proc/stat").read_text().splitlines()
    return [int(line.split()[8]) for line in lines if line[:3] == "cpu" and line[3] != " "]


def one_round(world: World, gaps: HostGaps, neighbours: int, reach: bool,
              seconds: float) -> tuple[bool, dict[str, Any]]:
    """Whether the host left it alone, and what it gave."""
    device = "src0" if reach else "src1"
    load = world.overload(neighbours, device)
    stolen, waited_ns = steal(), world.waited_ns()
    begin, pkts = time.monotonic(), world.source.sent_pkts(device)
    victim = world.victim(seconds, WARM_UP_S)
    stream = victim.result()
    end, pkts = time.monotonic(), world.source.sent_pkts(device) - pkts
    gap_s = gaps.longest_s(begin, end)
    waited_ns = world.waited_ns() - waited_ns
    good = steal() == stolen and gap_s <= GAP_S and waited_ns <= WAITED_NS
    load.kill()
    victim.wait()
    sent, received = stream["sent"], stream["received"]
    return good, {"neighbour_pps": round(pkts / (end - begin)),
                  "sent_pkts": received["expected_packets"], "lost_pkts": received["lost_packets"],
                  "p50_ns": received["latency_ns"]["p50"], "p99_ns": received["latency_ns"]["p99"],
                  "p999_ns": received["latency_ns"]["p99.9"],
                  "max_ns": received["latency_ns"]["max"],
                  "sender_late_max_ns": sent["lateness_ns"]["max"],
                  "host_gap_max_ms": round(1000 * gap_s, 2),
                  "worker_waited_us": waited_ns // 1000}


def run_engine(report: Report, args: argparse.Namespace, engine: str, work: Path) -> None:
    site, gaps = Site(work, engine, args.bin.resolve()), None
    try:
        world = build_world(site)
        gaps = HostGaps(args.bin, (CONTROL_CORE,), work)
        for repetition in range(args.repetitions):
            for neighbours in NUMBERS:
                for load in ("alone", "beside"):
                    for tries in range(TRIES_MAX):
                        good, row = one_round(world, gaps, neighbours, load == "beside",
                                              args.seconds)
                        if good:
                            break
                    report.add(engine=engine, neighbours=neighbours, load=load,
                               repetition=repetition, discarded=tries + (not good), valid=good,
                               **row)
        if site.daemon is not None:
            site.daemon.stop()
    finally:
        if gaps is not None:
            gaps.stop()
        site.destroy()


def key(row: Row) -> tuple[str, int, str]:
    return row["engine"], row["neighbours"], row["load"]


def quantile(rows: list[Row], name: str) -> dict[tuple[str, int, str], float]:
    """Medians of the repetitions, us."""
    return medians(rows, key, lambda row: row[name] / 1000)


def judge_all(judge: Judge, engines: tuple[str, ...]) -> None:
    rows = [row for row in judge.report.rows if row["valid"]]
    judge.check("every case has its rounds without the host", len(rows) == len(judge.report.rows),
                f"{len(rows)} of {len(judge.report.rows)}; "
                f"{sum(row['discarded'] for row in judge.report.rows)} rounds were discarded")
    least = min((row["neighbour_pps"] / NEIGHBOUR_SOLD_PPS for row in rows), default=0)
    judge.check(f"neighbours are at about {OVERLOAD} times theirs", least >= 0.9 * OVERLOAD,
                f"at least {least:.1f} times")
    p99, p999 = quantile(rows, "p99_ns"), quantile(rows, "p999_ns")
    for engine in engines:
        for neighbours in NUMBERS:
            tell(judge, rows, engine, neighbours)
    if len(p99) != 2 * len(NUMBERS) * len(engines):
        return  # a case has no valid round, which has been said
    if "sluice" in engines:
        judge_sluice(judge, rows, p99)
    for neighbours in NUMBERS if len(engines) == len(ENGINES) else ():
        ours, theirs = (p999[engine, neighbours, "beside"] for engine in ENGINES)
        judge.check(f"{neighbours} neighbours: p99.9 of the kernel is at least {KERNEL_WORSE_MIN} "
                    "times that of sluice", theirs >= KERNEL_WORSE_MIN * ours,
                    f"{theirs:.0f} to {ours:.0f} us, {theirs / ours:.1f} times")


def judge_sluice(judge: Judge, rows: list[Row], p99: dict[tuple[str, int, str], float]) -> None:
    lost = sum(row["lost_pkts"] for row in rows if row["engine"] == "sluice")
    judge.check("sluice: the victim loses nothing", lost == 0,
                f"{lost} of {sum(row['sent_pkts'] for row in rows if row['engine'] == 'sluice')} "
                "packets")
    for neighbours in NUMBERS:
        alone, beside = (p99["sluice", neighbours, load] for load in ("alone", "beside"))
        judge.check(f"sluice, {neighbours} neighbours: p99 grows by at most {GROWTH_MAX:.0%}",
                    beside <= (1 + GROWTH_MAX) * alone, f"{alone:.1f} to {beside:.1f} us, "
                    f"{beside / alone - 1:+.1%}")


def tell(judge: Judge, rows: list[Row], engine: str, neighbours: int) -> None:
    """One line for each case, and what the report keeps of it."""
    for load in ("alone", "beside"):
        at = [row for row in rows if key(row) == (engine, neighbours, load)]
        if not at:
            continue
        us = {name: quantile(at, f"{name}_ns")[engine, neighbours, load]
              for name in ("p50", "p99", "p999", "max")}
        lost = sum(row["lost_pkts"] for row in at) / sum(row["sent_pkts"] for row in at)
        judge.report.conclude(f"{engine}, {neighbours} neighbours, {load}",
                              us | {"lost": lost, "rounds": len(at)})
        print(f"     {engine}, {neighbours} neighbours, {load}: lost {lost:.3%}, p50 {us['p50']:.1f} "
              f"us, p99 {us['p99']:.1f}, p99.9 {us['p999']:.1f}, max {us['max']:.1f}, each neighbour "
              f"{at[-1]['neighbour_pps']} pps", flush=True)


def draw(report: Report, engines: tuple[str, ...]) -> Chart:
    chart = Chart("latency of a victim beside overloaded neighbours on its core",
                  Axis("neighbours at ten times their rate"), Axis("us", log=True),
                  note="veth to veth, the same senders and load; medians of rounds without the host")
    rows = [row for row in report.rows if row["valid"]]
    for name in ("p99", "p999"):
        points = quantile(rows, f"{name}_ns")
        for engine in engines:
            for load in ("alone", "beside"):
                chart.line(f"{engine}, {load}, {name}",
                           [(n, points[engine, n, load]) for n in NUMBERS
                            if (engine, n, load) in points])
    return chart


def options() -> argparse.Namespace:
    parser = arguments.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=0.4, help="of a round")
    parser.add_argument("--engine", choices=ENGINES, help="only this one (both)")
    return arguments.parse(parser)


def main() -> int:
    args = options()
    os.sched_setaffinity(0, {CONTROL_CORE})
    engines = ENGINES if args.engine is None else (args.engine,)
    report = Report("isolation-beside", COLUMNS, {
        "seconds": args.seconds, "frame_bytes": FRAME_BYTES, "victim_pps": VICTIM_PPS,
        "neighbour_sold_pps": NEIGHBOUR_SOLD_PPS, "overload": OVERLOAD, "burst_bytes": BURST_BYTES,
        "discard_gap_ms": 1000 * GAP_S,
        "discard_waited_us": WAITED_NS / 1000})
    for engine in engines:
        with tempfile.TemporaryDirectory(prefix="sluice-isolation-") as work:
            run_engine(report, args, engine, Path(work))
    judge = Judge(report)
    judge_all(judge, engines)
    report.write(args.out, draw(report, engines))
    return 0 if judge.good else 1


if __name__ == "__main__":
    sys.exit(main())
