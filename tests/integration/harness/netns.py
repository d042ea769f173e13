"""Network namespaces, veth pairs and sockets inside them."""

import ctypes
import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .proc import Process, run

T = TypeVar("T")

# Hosts hand whole checksummed frames to the wire: DPDK's af_packet delivers what the kernel
# would have left to the hardware (partial checksums, frames to be segmented) as it stands.
OFFLOADS = ("tx", "rx", "tso", "gso", "gro")
CLONE_NEWNET = 0x40000000


class Namespace:
    """A network namespace under /run/netns. Quiet: no IPv6, no reverse path filter."""

    def __init__(self, name: str, log_dir: Path, forwarding: bool = False) -> None:
        self.name = name
        self._log_dir = log_dir
        self._processes: list[Process] = []
        run("ip", "netns", "add", name)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        self.sysctl("net.ipv4.conf.default.rp_filter", 0)
        self.sysctl("net.ipv4.conf.all.rp_filter", 0)
        self.sysctl("net.ipv4.ip_forward", int(forwarding))
        self.ip("link", "set", "lo", "up")

    def sysctl(self, key: str, value: int | str) -> None:
        self.run("sysctl", "-qw", f"{key}={value}")

    def command(self, *argv: str | Path) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.name}", *(str(arg) for arg in argv)]

    def ip(self, *args: str, check: bool = True) -> str:
        return run("ip", "-n", self.name, *args, check=check).stdout

    def run(self, *argv: str | Path, check: bool = True,
            timeout: float = 30.0) -> subprocess.CompletedProcess[str]:
        return run(*self.command(*argv), check=check, timeout=timeout)

    def start(self, *argv: str | Path) -> Process:
        """Starts a command that is ended with the namespace, if not before."""
        number = len(self._processes)
        log = self._log_dir / f"{self.name}-{number}-{Path(str(argv[0])).name}.log"
        process = Process(self.command(*argv), log)
        self._processes.append(process)
        return process

    def inside(self, work: Callable[[], T]) -> T:
        """Runs a function on a thread of its own that is in this namespace."""
        results: list[T] = []
        errors: list[BaseException] = []

        def enter() -> None:
            try:
                fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
                try:
                    libc = ctypes.CDLL(None, use_errno=True)
                    if libc.setns(fd, CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), f"setns {self.name}")
                finally:
                    os.close(fd)
                results.append(work())
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket that belongs to this namespace for good."""
        return self.inside(lambda: socket.socket(family, kind, protocol))

    def mac(self, device: str) -> str:
        return self.ip("-br", "link", "show", "dev", device).split()[2]

    def sent_pkts(self, device: str) -> int:
        """Frames that a device has sent so far."""
        return self._stats(device)["tx"]["packets"]

    def received_pkts(self, device: str) -> int:
        """Frames that a device has received so far."""
        return self._stats(device)["rx"]["packets"]

    def _stats(self, device: str) -> dict[str, dict[str, int]]:
        return json.loads(self.ip("-j", "-s", "link", "show", "dev", device))[0]["stats64"]

    def destroy(self) -> None:
        for process in self._processes:
            if process.alive:
                process.kill()
        # The kernel frees a namespace later; a cable must be gone when the next test makes its own.
        for line in self.ip("-br", "link", "show", "type", "veth", check=False).splitlines():
            self.ip("link", "del", line.split("@")[0].split()[0], check=False)
        run("ip", "netns", "del", self.name, check=False)


def veth(host: Namespace, host_device: str, peer: str, mtu: int = 1500,
         peer_namespace: Namespace | None = None) -> None:
    """Joins a host to a device in the namespace of this process, or to another namespace."""
    target = ("netns", peer_namespace.name) if peer_namespace else ("netns", str(os.getpid()))
    host.ip("link", "add", host_device, "mtu", str(mtu), "type", "veth",
            "peer", "name", peer, "mtu", str(mtu), *target)
    host.run("ethtool", "-K", host_device, *(word for o in OFFLOADS for word in (o, "off")))
    host.ip("link", "set", host_device, "up")
    if peer_namespace:
        peer_namespace.run("ethtool", "-K", peer, *(word for o in OFFLOADS for word in (o, "off")))
        peer_namespace.ip("link", "set", peer, "up")
    else:
        run("ip", "link", "set", peer, "up")
