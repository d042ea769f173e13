#!/usr/bin/python3
"""Latency through one router over memif, at parts of the rate that it forwards without loss.

sluice-perf has the control core and both ends: it sends and receives in one thread, with one clock.
The router polices and shapes. Beside the latencies stands what they cannot be told from: stops of
the host while nothing runs, how late the sender was, how long the sink did not look, and how long
the router's worker did not. Every load has a router of its own, so that its gaps are of that load.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from bench import cores
from host_stops import Stops, host_stops
from program import NotRunnable, free_hugepages
from sluiced import Setup, Sluiced
from templates import HOT_DESTINATIONS

PARTS = (10, 50, 90)  # percent of NDR
QUANTILES = ("p50", "p99", "p99.9", "max")
HUGEPAGES_BYTES = 256 << 20
STOPS_SECONDS = 5.0
SVG_LEFT, SVG_WIDTH, SVG_STEP = 200, 560, 22
TRIAL = "20ms"  # shorter than the time between most stops of a virtual machine
WARMUP = ("--warmup", "1s")  # covers what begins with the connection: carrier, routes, mirror
HEAD = (f"{'load':<14} {'Mpps':>7} {'lost':>8} "
        + " ".join(f"{f'{what} {q}':>11}" for what, of in
                   (("", QUANTILES), ("late", QUANTILES[2:]), ("sink", QUANTILES[2:]),
                    ("worker", QUANTILES[1:])) for q in of))


class Loop:
    """A router between two memif ports, both of which end in sluice-perf."""

    def __init__(self, router: Sluiced, perf: Path, sockets: Path, frame_bytes: int) -> None:
        self.router, self.perf, self.sockets = router, perf, sockets
        self.frame_bytes = frame_bytes
        self.report = sockets.with_suffix(".json")

    def run(self, *options: str) -> dict[str, Any]:
        """The report of sluice-perf."""
        namespace = self.router.namespaces[0]
        show = subprocess.run(["ip", "-n", namespace, "-j", "link", "show", "in0"],
                              capture_output=True, check=True)
        command = [self.perf, "loop", "--tx", f"memif:client,{self.sockets},0",
                   "--rx", f"memif:client,{self.sockets},1", "--core", str(self.router.cores[0]),
                   "--src", "198.51.100.2", "--dst", f"10.0.0.1+{HOT_DESTINATIONS}",
                   "--smac", "02:00:00:00:00:01", "--dmac", json.loads(show.stdout)[0]["address"],
                   "--size", str(self.frame_bytes), "--json", self.report, *options]
        done = subprocess.run(["nice", "-n", "-20", *map(str, command)], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise NotRunnable(f"sluice-perf: {done.stderr.strip()[-200:]}")
        return json.loads(self.report.read_text())


@contextmanager
def loop(args: argparse.Namespace) -> Iterator[Loop]:
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as work:
        sockets = Path(work) / "memif"
        devices = [(f"memif:server,{sockets},0", f"memif:server,{sockets},1")]
        router = Sluiced(Path(work), args.bin / "sluiced", devices, cores(1), Setup())
        try:
            router.launch()
            yield Loop(router, args.bin / "sluice-perf", sockets, args.size)
        finally:
            router.stop()


def search(args: argparse.Namespace) -> dict[str, float]:
    """Rates in packets per second: what arrives when as much as possible is sent, and NDR."""
    with loop(args) as ring:
        (stream,) = ring.run("--rate", "max", "--duration", "2s", *WARMUP)["streams"]
        mrr = stream["received"]["pps"]
        if mrr == 0:
            raise NotRunnable("nothing passes")
        # stops count in the mean of 2 s, so that short trials find more
        top = ["--search-max", f"{2 * stream['sent']['pps']:.0f}pps"]
        found = ring.run("--search", "mlr", "--trial", TRIAL, "--drain", "20ms", *top)
        return {"mrr": mrr} | {goal["goal"].lower(): goal["relevant_lower_pps"]
                               for goal in found["goals"] if goal["reached"]}


def measure(pps: float, args: argparse.Namespace) -> dict[str, Any]:
    with loop(args) as ring:
        report = ring.run("--rate", f"{pps:.0f}pps", "--duration", f"{args.seconds}s", *WARMUP)
        (core,) = ring.router.show("cores")
    (stream,) = report["streams"]
    polls = report["ports"][-1]["poll_gap_ns"]  # of --rx
    return {"pps": stream["received"]["pps"], "lost_packets": stream["received"]["lost_packets"],
            "sent_packets": stream["sent"]["packets"],
            "latency_ns": stream["received"]["latency_ns"],
            "late_ns": stream["sent"]["lateness_ns"], "sink_gap_ns": polls,
            "worker_gap_ns": {"p99": core["gap_p99_ns"], "p99.9": core["gap_p999_ns"],
                              "max": core["gap_max_ns"]}}


def row_text(name: str, row: dict[str, Any]) -> str:
    columns = (("latency_ns", QUANTILES), ("late_ns", QUANTILES[2:]),
               ("sink_gap_ns", QUANTILES[2:]), ("worker_gap_ns", QUANTILES[1:]))
    return (f"{name:<14} {row['pps'] / 1e6:>7.3f} {row['lost_packets']:>8} "
            + " ".join(f"{row[key][q] / 1000:>11.1f}" for key, of in columns for q in of))


def run(args: argparse.Namespace, report: dict[str, Any]) -> None:
    both = cores(1)
    if free_hugepages() < HUGEPAGES_BYTES:
        raise NotRunnable("too few free hugepages of 2 MiB")
    stops: list[Stops] = host_stops(both, STOPS_SECONDS)
    print("stops of the host, nothing running:",
          "; ".join(stop.text() for stop in stops), flush=True)
    rates = search(args)
    if not rates.get("ndr"):
        raise NotRunnable("packets are lost at every load")
    print(", ".join(f"{name.upper()} {pps / 1e6:.3f} Mpps" for name, pps in rates.items())
          + f" (MRR over 2 s, the others in trials of {TRIAL})")
    report |= {"stops": [vars(stop) for stop in stops], "rates_pps": rates, "rows": {}}
    print(HEAD, flush=True)
    for part in PARTS:
        row = measure(rates["ndr"] * part / 100, args)
        report["rows"][f"{part} % of NDR"] = row
        print(row_text(f"{part} % of NDR", row), flush=True)


def write_svg(path: Path, report: dict[str, Any]) -> None:
    """Quantiles on a logarithmic axis from 0.1 us to 1 s, a line for each distribution."""
    lines = [(f"{name}, {key.removesuffix('_ns').replace('_', ' ')}",
              [row[key][q] for q in QUANTILES if q in row[key]])
             for name, row in report["rows"].items()
             for key in ("latency_ns", "late_ns", "sink_gap_ns", "worker_gap_ns")]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{SVG_LEFT + SVG_WIDTH + 20}" '
             f'height="{SVG_STEP * (len(lines) + 3)}" font-family="sans-serif" font-size="12">',
             f'<text x="8" y="18">{", ".join(QUANTILES)} in us, {report["frame_bytes"]} B</text>']
    for i, (name, values) in enumerate(lines):
        y = SVG_STEP * (i + 2)
        xs = [_svg_x(value) for value in values]
        colour = "#2a7" if name.endswith("latency") else "#89a"
        parts += [f'<text x="{SVG_LEFT - 8}" y="{y + 4}" text-anchor="end">{name}</text>',
                  f'<path d="M{xs[0]:.1f} {y}H{xs[-1]:.1f}" stroke="{colour}"/>']
        parts += [f'<circle cx="{x:.1f}" cy="{y}" r="3" fill="{colour}"/>' for x in xs]
    y = SVG_STEP * (len(lines) + 2)
    parts += [f'<text x="{_svg_x(10 ** power)}" y="{y}" text-anchor="middle">'
              f'{10 ** (power - 3):g}</text>' for power in range(2, 10)]
    path.write_text("\n".join(parts) + "\n</svg>\n")


def _svg_x(ns: float) -> float:
    return SVG_LEFT + SVG_WIDTH * (math.log10(max(ns, 100)) - 2) / 7


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run.sh --latency", description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="folder of the programs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--size", type=int, default=64, help="bytes of a frame with FCS")
    parser.add_argument("--seconds", type=int, default=10, help="length of a measurement")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"latency through one router over memif, {args.size} B, microseconds")
    report: dict[str, Any] = {"frame_bytes": args.size}
    try:
        run(args, report)
    except (NotRunnable, OSError) as why:
        print(f"latency over memif: not runnable: {why}")
        report["not_runnable"] = str(why)
    if "rows" in report:
        write_svg(args.out / "latency.svg", report)
    (args.out / "latency.json").write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
