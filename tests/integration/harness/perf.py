"""sluice-perf between two memif ports of a router: load that no kernel device can carry."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config import Port, Router, Sla
from .daemon import ABOVE_OTHERS
from .netns import Namespace
from .pair import ROUTER
from .proc import run
from .site import Site

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.layers.inet import IP, UDP  # noqa: E402 (scapy warns while it is imported)
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

SOURCE, SINK = "10.1.0.10", "10.2.0.10"
SOURCE_MAC, SINK_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"


@dataclass(frozen=True)
class Loop:
    """A router whose ports both end in sluice-perf."""

    site: Site
    router: Namespace
    socket: Path
    worker_cpu: int

    def frame(self, payload_bytes: int) -> bytes:
        """One frame of what run() sends, for senders of another kind."""
        packet = Ether(src=SOURCE_MAC, dst=self.router.mac("wan0")) / IP(src=SOURCE, dst=SINK) \
            / UDP(sport=1000, dport=9000) / Raw(bytes(payload_bytes))
        return bytes(packet)

    def run(self, *streams: str, seconds: float, warmup_s: float = 1.0,
            options: tuple[str, ...] = ()) -> dict[str, Any]:
        """Sends the streams into wan0 and receives them from lan0; returns the report.

        The warm-up covers what begins with the connection: the twins get their carrier, the kernel
        its routes, the mirror both; and it uses up the burst of a policer.
        """
        report = self.site.work_dir / "perf.json"
        common = (f"src={SOURCE},dst={SINK},smac={SOURCE_MAC},dmac={self.router.mac('wan0')}")
        arguments = [word for stream in streams for word in ("--stream", f"{common},{stream}")]
        done = run(*ABOVE_OTHERS, self.site.bin_dir / "sluice-perf", "loop",
                   "--tx", f"memif:client,{self.socket},0", "--rx", f"memif:client,{self.socket},1",
                   "--core", "0", "--duration", f"{int(seconds * 1000)}ms",
                   "--warmup", f"{int(warmup_s * 1000)}ms", "--json", report, *options, *arguments,
                   check=False, timeout=seconds + warmup_s + 60)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return json.loads(report.read_text())


def build_loop(site: Site, slas: tuple[Sla, ...] = (), police: str | None = None,
               shape: str | None = None, police_at: str | None = None) -> Loop:
    """police applies to what enters wan0, shape to what leaves lan0."""
    socket = site.work_dir / "memif.sock"
    ports = (Port("wan0", f"memif:server,{socket},0", police=police),
             Port("lan0", f"memif:server,{socket},1", shape=shape))
    site.start([Router(ROUTER, ports, police_at=police_at)],
               {ROUTER: {"wan0": "10.1.0.1/24", "lan0": "10.2.0.1/24"}}, slas, settle=False)
    router = site.namespaces[ROUTER]
    for address, mac, port in ((SOURCE, SOURCE_MAC, "wan0"), (SINK, SINK_MAC, "lan0")):
        router.ip("neigh", "replace", address, "lladdr", mac, "dev", port, "nud", "permanent")
    return Loop(site, router, socket, site.routers[ROUTER].core)
