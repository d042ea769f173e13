"""The figures of the main job. Run by run.sh, which makes the namespaces around it."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from lanes import Lane, World
from harness.config import Sla

MBIT = 1_000_000
MTU_BYTES = 1518  # the largest frame of these runs, with FCS


def gap_text(world: World, run: dict[str, Any]) -> str:
    worker = world.gaps()["gap_max_ns"] / 1e6
    sink = max(port["poll_gap_ns"]["max"] for port in run["ports"]) / 1e6
    return f"largest gap: worker {worker:.2f} ms, generator and sink {sink:.2f} ms"


def policer(bin_dir: Path, work_dir: Path, seconds: float) -> None:
    """Offers twice the rate; the burst is drained before counting begins."""
    print("policer: rate that arrives behind it, offered twice the configured one (L2)")
    print("  Mbit/s  frame B   accepted Mbit/s     error")
    for rate in (1, 10, 100):
        lane = Lane("vr", 1, work_dir)
        # What the host takes away in one piece, up to 100 ms, is within the burst and costs no rate.
        world = World(bin_dir, work_dir, (Sla("sold", f"{rate}M", "100ms"),),
                      {lane: ("sold", None)})
        for size in (64, 363, 1518):
            run = world.perf(lane, f"rate={2 * rate}M,layer=L2,size={size}", seconds,
                             "--warmup", "1s").result()
            got = run["streams"][0]["received"]["l2_bps"] / MBIT
            print(f"  {rate:6d}  {size:7d}  {got:16.4f}  {(got / rate - 1) * 100:+8.4f} %   "
                  f"{gap_text(world, run)}", flush=True)
        world.end()


def shaper(bin_dir: Path, work_dir: Path, seconds: float) -> None:
    """Bursts of 64 frames at 90 % of the rate: what leaves must fit burst + rate * t."""
    print("shaper: smallest burst that what arrives at the sink fits, bursts of 64 frames offered")
    print("  Mbit/s  frame B  configured B  at the port B  certain at the sink B"
          "  with the sink's gaps B")
    for rate, burst in ((10, 8000), (100, 16000), (1000, 64000)):
        lane = Lane("vr", 1, work_dir)
        world = World(bin_dir, work_dir, (Sla("sold", f"{rate}M", str(burst)),),
                      {lane: (None, "sold")})
        for size in (64, 363, 1518):
            # 64-byte frames at a gigabit are more than one generating core sends in bursts
            load = min(0.9 * rate * MBIT, 1e6 * size * 8)
            run = world.perf(lane, f"rate={load:.0f},layer=L2,size={size},burst=64", seconds,
                             "--profile", f"rate={rate}M,burst={burst},layer=L2").result()
            profile = run["profiles"][0]
            port = world.daemon.show("conformance", "vr")[0]
            print(f"  {rate:6d}  {size:7d}  {burst:12d}  {port['measured_burst_bytes']:13d}  "
                  f"{profile['certain_burst_bytes']:21d}  {profile['seen_burst_bytes']:22d}   "
                  f"{gap_text(world, run)}", flush=True)
            excess = profile["certain_burst_bytes"] - burst
            if excess > MTU_BYTES:
                print(f"          exceeds the profile by {excess} B: more than one MTU")
        world.end()


def isolation(bin_dir: Path, work_dir: Path, seconds: float) -> None:
    """B inside its profile on the core that A overloads: alone first, then beside A."""
    print("isolation: tenant B at 80 % of 20 Mbit/s, alone and beside A at ten times 20 Mbit/s")
    a, b = Lane("a", 1, work_dir), Lane("b", 2, work_dir)
    world = World(bin_dir, work_dir, (Sla("sold", "20M", "100ms"),),
                  {a: ("sold", "sold"), b: ("sold", "sold")})
    stream_b, stream_a = "rate=16M,layer=L2,size=363", "rate=200M,layer=L2,size=1518"
    rates = []
    for beside in (False, True):
        noise = world.perf(a, stream_a, seconds + 2, "--idle", "20us") if beside else None
        run = world.perf(b, stream_b, seconds, "--warmup", "500ms", "--idle", "20us").result()
        got = run["streams"][0]["received"]
        rates.append(got["l2_bps"])
        offered_a = noise.result()["streams"][0]["sent"]["l2_bps"] / MBIT if noise else 0
        print(f"  A offers {offered_a:7.2f} Mbit/s: B delivered {got['l2_bps'] / MBIT:.4f} Mbit/s, "
              f"lost {got['lost_packets']} of {got['expected_packets']} packets, "
              f"p99 {got['latency_ns']['p99'] / 1000:.1f} us; {gap_text(world, run)}", flush=True)
    print(f"  change of B's rate: {(rates[1] / rates[0] - 1) * 100:+.4f} %")
    dropped = world.counters(b)["ports"]
    print(f"  drops of B by sluiced: {sum(port['police_drop_pkts'] for port in dropped)} policed")
    world.end()


def main() -> None:
    figures = {"policer": policer, "shaper": shaper, "isolation": isolation}
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("figure", nargs="*", choices=[*figures, []], help="all by default")
    options = parser.parse_args()
    for name in options.figure or figures:
        with tempfile.TemporaryDirectory() as work_dir:
            figures[name](options.bin.resolve(), Path(work_dir), options.seconds)


if __name__ == "__main__":
    main()
