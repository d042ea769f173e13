"""What the demo measures: hosts' interface counters (the kernel's) and the router's own."""

import json
import subprocess
import time
from dataclasses import dataclass, field

FCS_BYTES = 4  # counted by layer L2, not by the kernel


def run_json(*argv: str) -> dict | list:
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


@dataclass(frozen=True)
class Traffic:
    """Packets and bytes of layer L2 up to a time."""

    at_s: float = 0.0
    packets: int = 0
    bytes: int = 0

    def rate_bps(self, before: "Traffic") -> float:
        elapsed = self.at_s - before.at_s
        return (self.bytes - before.bytes) * 8 / elapsed if elapsed > 0 else 0.0


def interface(namespace: str, device: str, direction: str) -> Traffic:
    """Counters of a kernel interface, direction rx or tx."""
    (link,) = run_json("ip", "-n", namespace, "-j", "-s", "link", "show", "dev", device)
    counted = link["stats64"][direction]
    return Traffic(time.monotonic(), counted["packets"],
                   counted["bytes"] + FCS_BYTES * counted["packets"])


def show(what: str, router: str) -> list[dict]:
    """Rows that `sluice show` gives for a router."""
    reply = run_json("sluice", "show", what, router, "--json")
    return reply.get("result", reply)[what]


def longest_pause_ns() -> int:
    """Longest time that a worker did not look at its ports, since the start of the daemon."""
    reply = run_json("sluice", "show", "cores", "--json")
    return max(row["gap_max_ns"] for row in reply.get("result", reply)["cores"])


@dataclass
class Tenant:
    """One tenant of the demo: what it bought and how it is doing."""

    letter: str
    number: int
    sla: dict = field(default_factory=dict)

    @property
    def router(self) -> str:
        return f"tenant-{self.letter}"

    @property
    def client(self) -> str:
        return f"{self.letter}-client"

    @property
    def server(self) -> str:
        return f"{self.letter}-server"

    @property
    def server_address(self) -> str:
        return f"10.{self.number}.2.2"

    def read_sla(self) -> None:
        (wan,) = [row for row in show("ports", self.router) if row["name"] == "wan0"]
        self.sla = wan["police"]

    @property
    def rate_bps(self) -> int:
        return self.sla["rate_bps"]

    def offered(self) -> Traffic:
        return interface(self.client, "eth0", "tx")

    def delivered(self) -> Traffic:
        return interface(self.server, "eth0", "rx")

    def downloaded(self) -> Traffic:
        return interface(self.client, "eth0", "rx")

    def drops(self) -> dict[str, int]:
        """Packets lost so far, by cause."""
        (row,) = show("counters", self.router)
        return {**row["drops"], "missed": row["missed_pkts"]}

    def balanced(self) -> bool:
        (row,) = show("counters", self.router)
        return row["ledger"]["balanced"]

    def latency(self) -> dict[str, int]:
        (row,) = show("latency", self.router)
        return row

    def learned(self) -> list[str]:
        return [row["prefix"] for row in show("routes", self.router) if row["protocol"] == "ospf"]
