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
from functools import partial
from pathlib import Path

from paired import compare
from program import NotRunnable, Program
from report import Report, Result
from rows import Group, Row, whole_groups
from scaling import scaling_groups
from testpmd import Testpmd


def tsc_ghz() -> float:
    """The kernel takes its delay loop from the TSC: bogomips is twice the TSC's MHz."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("bogomips"):
            return float(line.split(":")[1]) / 2000
    raise SystemExit("bench: /proc/cpuinfo has no bogomips")


def cores(forwarding: int) -> list[int]:
    """The core of control, then those that forward and do nothing else."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) <= forwarding:
        raise NotRunnable(f"it needs {forwarding + 1} CPUs, one of them for control; "
                          f"{len(cpus)} may be used")
    return cpus[:forwarding + 1]


def stop_all(programs: list[Program]) -> None:
    for program in programs:
        program.stop()


def measure(row: Row, first: Row | None, args: argparse.Namespace, work: Path) -> Result:
    """Beside testpmd io on the same packets and, when there is one, the first row of its group."""
    result = Result(row.name, limit_cycles=row.limit_cycles)
    programs: list[Program] = []
    try:
        pcaps, packets = row.pcaps(work)
        # testpmd has one core in every row: source and sink cost each core alike
        programs = [Testpmd(work, pcaps, packets, cores(1)),
                    row.program(work, args.bin, pcaps, cores(row.cores))]
        if first is not None:
            programs.append(first.program(work, args.bin, first.pcaps(work)[0],
                                          cores(first.cores)))
        for program in programs:
            program.start()
        legs = [partial(program.leg, args.seconds) for program in programs]
        result.comparison = compare(legs, args.rounds)
        result.shares = programs[1].shares()
    except (NotRunnable, OSError) as why:
        result.why = str(why)
    finally:
        stop_all(programs)
    return result


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.sh --whole", description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="folder of sluiced")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--rounds", type=int, help="rounds of a row, at least 10; "
                        "20, and 10 with --scaling or --quick")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a leg")
    parser.add_argument("--quick", action="store_true", help="10 rounds, fewer rows")
    parser.add_argument("--scaling", action="store_true", help="cost against one number")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    args = parser.parse_args()
    if args.rounds is None:
        args.rounds = 10 if args.quick or args.scaling else 20
    if args.rounds < 10:
        parser.error("--rounds: an interval needs 10 rounds")
    return args


def run(groups: list[Group], report: Report, args: argparse.Namespace) -> None:
    print(report.head_text(), flush=True)
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as work:
        for group in groups:
            rows = [row for row in group.rows if args.only in row.name]
            if rows and group.title:
                print(group.title, flush=True)
            for row in rows:
                first = group.rows[0] if group.title and row is not group.rows[0] else None
                print(report.add(measure(row, first, args, Path(work)), group), flush=True)
                report.write(args.out)


def main() -> int:
    args = options()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.scaling:
        run(scaling_groups(args.quick), Report("scaling", tsc_ghz()), args)
    else:
        run(whole_groups(args.quick), Report("whole", tsc_ghz()), args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
