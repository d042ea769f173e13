#!/usr/bin/python3
"""Experiment 4: BFD of two routers under tenant load, with and without protection of control traffic.

Protection: what the policer would drop is passed where it is BFD, OSPF, BGP or ARP (rescue), and
each class of packets for the kernel has a limit of its own (punt). bfdd itself counts how often its
sessions go down in so many seconds, on both ends of both cables, although no cable fails. Then, if
nothing went down, one cable falls silent: the outage is the longest silence of what passes.

The host may keep a CPU from the machine for tens of ms, which no router can outlast. A real-time
thread on each CPU notes such gaps. A session that was Up waits for the detection time less one
interval after the moment when a packet was due: where the gaps within the detection time before a
down sum up to that much, the down is counted as the host's, else as ours. A failover in which the
host kept a CPU for more than GAP_S is marked and left out of the median. Both are printed and
counted, and stay in the rows.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import arguments  # noqa: E402
from bfd_pair import BURST_PKTS, FRAME_BYTES, RATE_PPS, Pair, build_pair, ends  # noqa: E402
from chart import Axis, Chart  # noqa: E402
from harness import hub  # noqa: E402
from harness.site import Site  # noqa: E402
from host_gaps import HostGaps  # noqa: E402
from program import Judge  # noqa: E402
from report import REPETITIONS_MIN, Report, summary  # noqa: E402

LOADS = (0, 1, 10)
PROTECTIONS = ("on", "off")
CONTROL_CORE, WORKER_CORE = 0, 1
GAP_S = 0.005
LOG_DELAY_S = 0.02  # of a line in bfdd's log
FAILOVER_LOAD_S, FAIL_AFTER_S = 2.0, 0.3  # BFD and OSPF are done in less than the rest
LATE_S = 0.5  # that the failure may come late
TRIES_MAX = 5
FAILOVER_MAX_MS = 200.0  # of 100 ms x 2
COLUMNS = ("protection", "interval_ms", "multiplier", "load", "repetition", "seconds",
           "offered_pps", "passed_pps", "policed_pkts", "rescued_pkts", "downs", "downs_host",
           "downs_ours", "host_gaps", "host_gap_max_ms", "failover_ms", "failover_host_gap_ms",
           "failover_discarded")


@dataclass(frozen=True)
class Timers:
    interval_ms: int
    multiplier: int

    @property
    def detect_s(self) -> float:
        return self.interval_ms * self.multiplier / 1000

    @property
    def excuse_s(self) -> float:
        """Gaps that sum up to this can take a session down by themselves."""
        return self.detect_s - self.interval_ms / 1000

    def __str__(self) -> str:
        return f"{self.interval_ms} ms x {self.multiplier}"


TIMERS = (Timers(100, 2), Timers(50, 3))


def watch_downs(pair: Pair, timers: Timers, gaps: HostGaps, load: float,
                seconds: float) -> dict[str, Any]:
    """One round without failure, from before the load begins until it has ended."""
    downs, (rescued, policed), begin = pair.downs(), pair.control_pkts(), time.monotonic()
    if load:
        streams = pair.load(load, seconds).result()
    else:
        streams = {}
        time.sleep(seconds)
    end = time.monotonic()
    downs = pair.downs() - downs
    rescued, policed = (after - before for after, before in
                        zip(pair.control_pkts(), (rescued, policed)))
    host = min(downs, sum(is_of_host(at, timers, gaps) for at in pair.down_times()
                          if begin <= at <= end + LOG_DELAY_S))
    return {"offered_pps": round(sum(s["sent"]["pps"] for s in streams.values())),
            "passed_pps": round(streams["through"]["received"]["pps"]) if streams else 0,
            "policed_pkts": policed, "rescued_pkts": rescued, "downs": downs,
            "downs_host": host, "downs_ours": downs - host,
            "host_gaps": sum(gap.length_s > GAP_S for gap in gaps.between(begin, end)),
            "host_gap_max_ms": round(1000 * gaps.longest_s(begin, end), 1)}


def is_of_host(at: float, timers: Timers, gaps: HostGaps) -> bool:
    """Whether gaps explain a session that went down."""
    return gaps.lost_s(at - timers.detect_s - LOG_DELAY_S, at) >= timers.excuse_s


def fail_over(pair: Pair, gaps: HostGaps, load: float) -> dict[str, Any]:
    """The main cable falls silent under load, and is mended."""
    for tries in range(TRIES_MAX):
        pair.wait()
        downs, traffic = pair.downs(), pair.load(load, FAILOVER_LOAD_S)
        time.sleep(FAIL_AFTER_S)
        steady, begin = pair.cable_used() == "main", time.monotonic()
        hub.silence("main")
        stream = traffic.result()["through"]
        in_time = time.monotonic() - begin > FAILOVER_LOAD_S - FAIL_AFTER_S - LATE_S
        moved, downs = pair.cable_used() == "spare", pair.downs() - downs
        hub.mend("main", ends("main"))
        outage_s = stream["received"]["longest_silence_ns"] / 1e9 if moved else FAILOVER_LOAD_S
        gap_s = gaps.longest_s(begin, begin + outage_s)
        # nothing but this cable's session, on both ends, and while the load was counted
        if steady and in_time and downs == 2 and gap_s <= GAP_S:
            return {"failover_ms": round(1000 * outage_s, 1), "failover_discarded": tries,
                    "failover_host_gap_ms": round(1000 * gap_s, 1)}
    return {"failover_discarded": TRIES_MAX}


def run_one(report: Report, args: argparse.Namespace, timers: Timers, protection: str,
            work: Path) -> None:
    site, gaps = Site(work, "sluice", args.bin.resolve()), None
    try:
        pair = build_pair(site, timers.interval_ms, timers.multiplier, protection == "on")
        gaps = HostGaps(args.bin, (CONTROL_CORE, WORKER_CORE), work)
        for repetition in range(args.repetitions):
            for load in LOADS:
                pair.wait()
                row = {"protection": protection, "interval_ms": timers.interval_ms,
                       "multiplier": timers.multiplier, "load": load, "repetition": repetition,
                       "seconds": args.seconds, "failover_ms": None, "failover_host_gap_ms": None,
                       "failover_discarded": 0}
                row |= watch_downs(pair, timers, gaps, load, args.seconds)
                if load and row["downs"] == 0 and protection == "on":
                    row |= fail_over(pair, gaps, load)
                report.add(**row)
                print(f"     {timers}, protection {protection}, {load} times the profile: "
                      f"{row['downs']} downs ({row['downs_host']} by the host, whose longest gap "
                      f"was {row['host_gap_max_ms']} ms), failover {row['failover_ms']} ms "
                      f"(host {row['failover_host_gap_ms']} ms)", flush=True)
        site.daemon.stop()
    finally:
        if gaps is not None:
            gaps.stop()
        site.destroy()


def judge_downs(judge: Judge, protection: str, timers: Timers) -> None:
    """No down that is ours with protection, at any load; some without it, at ten times."""
    rows = [row for row in judge.report.rows if row["protection"] == protection
            and row["interval_ms"] == timers.interval_ms]
    for load in LOADS:
        at = [row for row in rows if row["load"] == load]
        ours, host = (sum(row[key] for row in at) for key in ("downs_ours", "downs_host"))
        said = (f"{ours} in {sum(row['seconds'] for row in at):g} s, and {host} by the host "
                f"(its longest gap: {max(row['host_gap_max_ms'] for row in at)} ms)")
        what = f"{timers}, protection {protection}, {load} times the profile: "
        if protection == "on":
            judge.check(what + "no false down", ours == 0, said)
        elif load == max(LOADS):
            judge.check(what + "false downs", ours > 0, said)
        else:
            judge.report.conclude(what + "false downs", said)


def judge_failover(judge: Judge, timers: Timers) -> None:
    for load in LOADS[1:]:
        rows = [row for row in judge.report.rows if row["protection"] == "on"
                and row["load"] == load and row["interval_ms"] == timers.interval_ms]
        made = [row["failover_ms"] for row in rows if row["failover_ms"] is not None]
        discarded = sum(row["failover_discarded"] for row in rows)
        what = f"{timers}, failover at {load} times the profile"
        if len(made) < REPETITIONS_MIN:
            judge.check(what, False, f"only {len(made)}; {discarded} were discarded")
            continue
        median, least, greatest = summary(made)
        said = (f"median {median:.1f} ms, {least:.1f} to {greatest:.1f}, of {len(made)}; "
                f"{discarded} were discarded")
        if timers.detect_s * 1000 == FAILOVER_MAX_MS:
            judge.check(f"{what} takes less than {FAILOVER_MAX_MS:.0f} ms",
                        median < FAILOVER_MAX_MS, said)
        else:
            judge.report.conclude(what, said)
            print(f"     {what}: {said}", flush=True)


def draw(report: Report) -> Chart:
    chart = Chart("BFD sessions that went down although nothing failed",
                  Axis("tenant load, times the profile", least=0), Axis("downs per minute", least=0),
                  note="without those that the host explains; least, median and greatest")
    for protection, timers in sorted({(row["protection"], Timers(row["interval_ms"],
                                                                 row["multiplier"]))
                                      for row in report.rows}, key=str):
        points, spans = [], []
        for load in LOADS:
            median, least, greatest = summary(
                row["downs_ours"] * 60 / row["seconds"] for row in report.rows
                if (row["protection"], row["interval_ms"], row["load"])
                == (protection, timers.interval_ms, load))
            points.append((load, median))
            spans.append((least, greatest))
        chart.line(f"{timers}, {protection}", points, spans)
    return chart


def options() -> argparse.Namespace:
    parser = arguments.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of a round without failure")
    parser.add_argument("--timers", choices=[f"{t.interval_ms}x{t.multiplier}" for t in TIMERS],
                        help="only these (all)")
    parser.add_argument("--protection", choices=PROTECTIONS, help="only so (both)")
    return arguments.parse(parser)


def main() -> int:
    args = options()
    os.sched_setaffinity(0, {CONTROL_CORE})
    report = Report("bfd", COLUMNS, {"seconds": args.seconds, "repetitions": args.repetitions,
                                     "rate_pps": RATE_PPS,
                                     "burst_pkts": BURST_PKTS, "frame_bytes": FRAME_BYTES,
                                     "host_gap_noted_ms": 1000 * GAP_S})
    judge = Judge(report)
    for timers in TIMERS:
        if args.timers not in (None, f"{timers.interval_ms}x{timers.multiplier}"):
            continue
        for protection in PROTECTIONS if args.protection is None else (args.protection,):
            with tempfile.TemporaryDirectory(prefix="sluice-bfd-") as work:
                run_one(report, args, timers, protection, Path(work))
            judge_downs(judge, protection, timers)
            if protection == "on":
                judge_failover(judge, timers)
    report.write(args.out, draw(report))
    return 0 if judge.good else 1


if __name__ == "__main__":
    sys.exit(main())
