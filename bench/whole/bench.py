#!/usr/bin/python3
"""Whole programs on one endless source and one sink, each beside dpdk-testpmd io.

Source: DPDK's net_pcap with infinite_rx=1; sink: net_null. One forwarding core. Two programs run
at a time and are stopped and continued in turn (ABBA), so that both see the same machine. What
counts is the CPU time of the forwarding thread per packet received.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from paired import compare
from program import NotRunnable, Program
from report import Result, head_text, row_text, write_json, write_svg
from rows import Row, all_rows
from testpmd import Testpmd


def tsc_ghz() -> float:
    """The kernel takes its delay loop from the TSC: bogomips is twice the TSC's MHz."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("bogomips"):
            return float(line.split(":")[1]) / 2000
    raise SystemExit("bench: /proc/cpuinfo has no bogomips")


def two_cores() -> tuple[int, int]:
    """Control and forwarding."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        raise NotRunnable("it needs two CPUs, one of them for forwarding alone")
    return cpus[0], cpus[1]


def stop_all(programs: list[Program]) -> None:
    for program in programs:
        program.stop()


def measure(row: Row, args: argparse.Namespace, work: Path) -> Result:
    result = Result(row.name, limit_cycles=row.limit_cycles)
    programs: list[Program] = []
    try:
        cores = two_cores()
        pcap = row.pcap(work)
        other = row.program(work, args.bin, pcap, cores)
        base = Testpmd(work, pcap, row.templates, cores)
        programs = [other, base]
        other.start()
        base.start()
        result.comparison = compare(lambda: base.leg(args.seconds),
                                    lambda: other.leg(args.seconds), args.rounds)
        result.notes = other.notes()
    except (NotRunnable, OSError) as why:
        result.why = str(why)
    finally:
        stop_all(programs)
    return result


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.sh --whole", description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="folder of sluiced")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--rounds", type=int, default=20, help="ABBA rounds, at least 10")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a leg")
    parser.add_argument("--quick", action="store_true", help="10 rounds, no table of 1M routes")
    parser.add_argument("--scaling", action="store_true", help="routes, classes, flows, routers")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    args = parser.parse_args()
    if args.quick:
        args.rounds = 10
    if args.rounds < 10:
        parser.error("--rounds: an interval needs 10 rounds")
    return args


def main() -> int:
    args = options()
    ghz = tsc_ghz()
    results = []
    args.out.mkdir(parents=True, exist_ok=True)
    print(head_text(ghz), flush=True)
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as work:
        for row in all_rows(args.quick, args.scaling):
            if args.only not in row.name:
                continue
            results.append(measure(row, args, Path(work)))
            print(row_text(results[-1], ghz), flush=True)
            name = "scaling" if args.scaling else "whole"
            write_json(args.out / f"{name}.json", results, ghz)
            write_svg(args.out / f"{name}.svg", results, ghz)
    return 0


if __name__ == "__main__":
    sys.exit(main())
