"""Long-run rate of the kernel's tbf, for the table of rate errors by decade.

Run by tbf_rate.sh, in namespaces of its own. tbf counts frames without FCS.
"""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from harness.netns import Namespace, veth  # noqa: E402
from harness.proc import run  # noqa: E402

FRAME_BYTES = 1514
SECONDS = {1_000_000: 30, 10_000_000: 20, 100_000_000: 10, 1_000_000_000: 10}


def measure(work_dir: Path, source: Namespace, sink: Namespace, rate_bps: int) -> str:
    """Twice the rate for some seconds; the first packets and the queue are warm-up."""
    burst = max(2 * FRAME_BYTES, rate_bps // 8 // 10)
    source.run("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", f"{rate_bps}bit",
               "burst", str(burst), "limit", str(4 * burst))
    result = work_dir / "result.json"
    run(ROOT / "build/bin/sluice-perf", "loop", "--tx", "udp:198.18.0.1:9000", "--tx-netns",
        source.name, "--rx", "udp:198.18.0.2:9000", "--rx-netns", sink.name, "--core", "0", "--idle", "50us",
        "--warmup", "3s", "--duration", f"{SECONDS[rate_bps]}s", "--json", result, "--stream",
        f"dst=198.18.0.2,dport=9000,size={FRAME_BYTES + 4},rate={2 * rate_bps}", timeout=120)
    received = json.loads(result.read_text())["streams"][0]["received"]
    got_bps = received["pps"] * FRAME_BYTES * 8
    return (f"tbf {rate_bps:>13} bit/s: {got_bps:16.1f} bit/s, error {got_bps / rate_bps - 1:+.2e} "
            f"over {received['packets']} packets")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        work_dir = Path(name)
        source, sink = Namespace("source", work_dir), Namespace("sink", work_dir)
        veth(source, "eth0", "eth0", peer_namespace=sink)
        source.ip("addr", "add", "198.18.0.1/24", "dev", "eth0")
        sink.ip("addr", "add", "198.18.0.2/24", "dev", "eth0")
        for rate_bps in SECONDS:
            print(measure(work_dir, source, sink, rate_bps), flush=True)
        for namespace in (source, sink):
            namespace.destroy()


if __name__ == "__main__":
    main()
