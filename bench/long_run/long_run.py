#!/usr/bin/python3
"""Rate of what leaves a shaped port, from many readings of its counter; see run.sh.

A reading is made at some time between request and reply, so that only the quarter of the readings
with the shortest round trips counts, at their middle. A worker that the host has stopped is behind
its profile for a moment, never ahead: of every twentieth of the time the reading that is furthest
ahead counts. The rate is the slope of the line of least squares through these; how well they
determine it is printed beside it.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
sys.path.insert(0, str(ROOT / "bench" / "whole"))

from harness.config import Config, Port, Router, Sla  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.netns import Namespace  # noqa: E402
from harness.wait import until  # noqa: E402
from templates import NEXT_HOP_MAC, write_pcap  # noqa: E402

FRAME = 1518  # with FCS, as layer L2 counts
FCS = 4
SETTLE_SECONDS = 3.0
READ_EVERY_SECONDS = 0.02
WINDOWS = 20
SCALE = {"k": 1e3, "M": 1e6, "G": 1e9}
DESTINATION = 10 << 24 | 2 << 16 | 10  # 10.2.0.10


def raw_seconds() -> float:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) / 1e9


def read_bytes(daemon: Daemon) -> tuple[float, float, int]:
    """Middle and length of a reading, and the bytes sent until then."""
    before = raw_seconds()
    (row,) = daemon.show("counters")
    after = raw_seconds()
    port = next(port for port in row["ports"] if port["port"] == "out0")
    return (before + after) / 2, after - before, port["tx_bytes"] + FCS * port["tx_pkts"]


def slope(points: list[tuple[float, int]]) -> tuple[float, float]:
    """Slope of the line of least squares, and its standard error."""
    xs, ys = [x for x, _ in points], [float(y) for _, y in points]
    line = statistics.linear_regression(xs, ys)
    mean = statistics.fmean(xs)
    residual = sum((y - line.slope * x - line.intercept) ** 2 for x, y in points)
    spread = sum((x - mean) ** 2 for x in xs)
    return line.slope, (residual / (len(points) - 2) / spread) ** 0.5


def edge(readings: list[tuple[float, float, int]], bytes_per_s: float) -> list[tuple[float, int]]:
    """The best reading of each window, as times and bytes since the first reading."""
    short = statistics.quantiles([length for _, length, _ in readings], n=4)[0]
    start, _, first = readings[0]
    width = (readings[-1][0] - start) / WINDOWS
    best: dict[int, tuple[float, int]] = {}
    for at, length, count in readings:
        point, window = (at - start, count - first), int((at - start) / width)
        if length > short:
            continue
        if window not in best or ahead(point, bytes_per_s) > ahead(best[window], bytes_per_s):
            best[window] = point
    return list(best.values())


def ahead(point: tuple[float, int], bytes_per_s: float) -> float:
    return point[1] - point[0] * bytes_per_s


def measure(daemon: Daemon, rate: str, seconds: float) -> None:
    readings = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        readings.append(read_bytes(daemon))
        time.sleep(READ_EVERY_SECONDS)
    rate_bps = float(rate[:-1]) * SCALE[rate[-1]]
    points = edge(readings, rate_bps / 8)
    bytes_per_s, error = slope(points)
    (fit,) = daemon.show("conformance")
    (core,) = daemon.show("cores")
    print(f"{rate:>6}: {bytes_per_s * 8:.0f} bit/s, error {bytes_per_s * 8 / rate_bps - 1:+.2e} "
          f"+- {2 * error * 8 / rate_bps:.1e} over {points[-1][0]:.1f} s; worst burst "
          f"{fit['measured_burst_bytes']} of {fit['burst_bytes']} bytes, excess "
          f"{fit['excess_bytes']} (one packet is {fit['tolerance_bytes']}); longest gap of the "
          f"worker {core['gap_max_ns'] / 1e6:.1f} ms", flush=True)


def run(bin_dir: Path, work: Path, rate: str, burst: str, seconds: float) -> None:
    pcap = work / "in.pcap"
    write_pcap(pcap, [DESTINATION] * 64, FRAME)
    namespace = Namespace("vr", work, forwarding=True)
    try:
        ports = (Port("in0", f"dpdk:net_pcap0,rx_pcap={pcap},infinite_rx=1"),
                 Port("out0", "dpdk:net_null0,no-rx=1", shape="rate"))
        daemon = Daemon(bin_dir, work, Config((Sla("rate", rate, burst),), (Router("vr", ports),)))
        for port in ("in0", "out0"):
            namespace.ip("link", "set", port, "up")
        namespace.ip("addr", "add", "10.2.0.1/24", "dev", "out0")
        namespace.ip("neigh", "replace", "10.2.0.10", "lladdr", NEXT_HOP_MAC, "dev", "out0",
                     "nud", "permanent")
        until(lambda: daemon.show("conformance")[0]["tx_pkts"] > 0, "packets leave")
        time.sleep(SETTLE_SECONDS)  # the first burst is over and the queue is full
        measure(daemon, rate, seconds)
        daemon.stop()
    finally:
        namespace.destroy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "bin")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--burst", default="500ms")
    parser.add_argument("rates", nargs="*", default=["100M", "1G", "10G"])
    args = parser.parse_args()
    for rate in args.rates:
        if rate[-1:] not in SCALE:
            parser.error(f"{rate} is not a rate such as 100M")
        with tempfile.TemporaryDirectory() as work:
            run(args.bin, Path(work), rate, args.burst, args.seconds)


if __name__ == "__main__":
    main()
