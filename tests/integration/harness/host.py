"""An ordinary kernel host with one interface."""

import ipaddress
import re
from pathlib import Path

from .netns import Namespace, veth

DEVICE = "eth0"


class Host(Namespace):
    """A namespace with eth0, whose peer is a device of the core or of another namespace."""

    def __init__(self, name: str, address: str, gateway: str | None, peer: str, log_dir: Path,
                 mtu: int = 1500, peer_namespace: Namespace | None = None) -> None:
        super().__init__(name, log_dir)
        self.interface = ipaddress.ip_interface(address)
        self.peer = peer
        veth(self, DEVICE, peer, mtu, peer_namespace)
        self.ip("addr", "add", address, "dev", DEVICE)
        if gateway:
            self.ip("route", "add", "default", "via", gateway)

    @property
    def address(self) -> str:
        return str(self.interface.ip)

    def ping(self, target: str, count: int = 3, size: int = 56, options: tuple[str, ...] = (),
             interval: float = 0.05, wait: float = 1.0) -> "PingResult":
        done = self.run("ping", "-n", "-c", str(count), "-i", str(interval), "-W", str(wait),
                        "-s", str(size), *options, target, check=False, timeout=60)
        return PingResult(done.stdout + done.stderr)


class PingResult:
    """What ping printed, as numbers."""

    def __init__(self, text: str) -> None:
        self.text = text
        counts = re.search(r"(\d+) packets transmitted, (\d+) received", text)
        assert counts, text
        self.sent, self.received = int(counts[1]), int(counts[2])

    @property
    def all_came_back(self) -> bool:
        return self.sent == self.received > 0

    def mtu_reported(self) -> int | None:
        """Next-hop MTU of an ICMP fragmentation needed message."""
        found = re.search(r"mtu\s*=\s*(\d+)", self.text)
        return int(found[1]) if found else None
