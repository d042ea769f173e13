"""The kernel's forwarding over veth, with tbf on the output.

The kernel has no endless source. A thread of sluice-perf sends into a veth pair, and the kernel
receives, routes, queues and delivers each packet at the end of the same send call, so the CPU time
of that thread is the cost of both. The row without forwarding, where the router drops what arrives,
is the cost of sending; the difference is what compares with other rows. What ksoftirqd takes over
under load is not seen, in the kernel's favour. The router is this process' own network namespace.
"""

import subprocess
from pathlib import Path

from program import NotRunnable, Program
from templates import NEXT_HOP_MAC, hot_routes, port_mac

SOURCE, SINK = "slbe-ks", "slbe-kd"
TBF = "tbf rate 30gbit burst 10mb limit 10mb"
FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def _ip(*lines: str, namespace: str | None = None) -> None:
    where = ["-n", namespace] if namespace else []
    done = subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise NotRunnable(f"ip: {done.stderr.strip()[:200]}")


class Kernel(Program):
    def __init__(self, work: Path, bin_dir: Path, cores: list[int], forward: bool) -> None:
        super().__init__(work)
        self.name = "kernel"
        self.bin_dir, self.cores, self.forward = bin_dir, cores, forward

    def start(self) -> None:
        mac = port_mac(0).hex(":")
        _ip(f"netns add {SOURCE}", f"netns add {SINK}",
            f"link add slk0 address {mac} type veth peer name ks0 netns {SOURCE}",
            f"link add slk1 type veth peer name kd0 netns {SINK}",
            "address add 198.51.100.1/24 dev slk0", "address add 192.0.2.1/24 dev slk1",
            "link set slk0 up", "link set slk1 up")
        _ip("link set ks0 up", "address add 198.51.100.2/24 dev ks0", namespace=SOURCE)
        _ip("link set kd0 up", namespace=SINK)
        _ip(f"neigh replace 192.0.2.2 lladdr {NEXT_HOP_MAC} dev slk1 nud permanent",
            *(f"route add {route} via 192.0.2.2 dev slk1" for route in hot_routes()))
        done = subprocess.run(["tc", "qdisc", "add", "dev", "slk1", "root", *TBF.split()],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotRunnable(f"this kernel has no tbf: {done.stderr.strip()[:100]}")
        FORWARD.write_text("1" if self.forward else "0")
        self.spawn([self.bin_dir / "sluice-perf", "send", "--tx", "packet:ks0", "--netns", SOURCE,
                    "--core", str(self.cores[1]), "--size", "64", "--rate", "max", "--duration",
                    "60m", "--on-full", "wait", "--src", "198.51.100.2", "--dst", "10.0.0.1",
                    "--dmac", mac, "--flows", "200"])
        self.attach()

    def _packets(self, device: str, field: int) -> int:
        for line in Path("/proc/net/dev").read_text().splitlines():
            if line.strip().startswith(f"{device}:"):
                return int(line.split(":")[1].split()[field])
        return 0

    def received(self) -> int:
        return self._packets("slk0", 1)

    def totals(self) -> dict[str, int]:
        return {"received": self.received(), "sent": self._packets("slk1", 9)}

    def stop(self) -> None:
        super().stop()
        for device in ("slk0", "slk1"):
            subprocess.run(["ip", "link", "del", device], stderr=subprocess.DEVNULL, check=False)
        for namespace in (SOURCE, SINK):
            subprocess.run(["ip", "netns", "del", namespace], stderr=subprocess.DEVNULL,
                           check=False)
