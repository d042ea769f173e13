"""The kernel as oracle: two worlds that differ in what routes, the same frames through both."""

import struct
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .bytes4 import TYPE_IPV4, address, checksum, ether, ipv4, udp
from .bytes6 import TYPE_IPV6
from .config import Port, Router
from .frames import Sniffer, raw_sender
from .netns import OFFLOADS, Namespace, veth
from .proc import run
from .site import Site
from .wait import until

IN, OUT, NARROW = "in0", "out0", "out1"
PORTS = {IN: 1500, OUT: 1450, NARROW: 1300}  # MTU
ROUTER_MAC = {name: f"02:00:00:00:0{i}:01" for i, name in enumerate(PORTS, 1)}
END_MAC = {name: f"02:00:00:00:0{i}:10" for i, name in enumerate(PORTS, 1)}
ADDRESSES = {name: (f"10.{i}.0.1", f"fd0{i}::1") for i, name in enumerate(PORTS, 1)}
OWN4, OWN6 = ({address(texts[i]) for texts in ADDRESSES.values()} for i in (0, 1))
ENDS = {name: (f"10.{i}.0.10", f"fd0{i}::10", f"fe80::{i}:10") for i, name in enumerate(PORTS, 1)}
SOURCE, SOURCE6 = "10.91.0.1", "fd91::1"  # behind the neighbour at the port of arrival
OTHERS = ("10.1.0.11", "fd01::11")  # a second neighbour where most comes from
ROUTES = (
    "10.20.0.0/16 via 10.2.0.10", "10.30.0.0/16 via 10.3.0.10",
    "10.40.0.0/16 via inet6 fe80::2:10 dev out0", "blackhole 10.50.0.0/16",
    "unreachable 10.51.0.0/16", "prohibit 10.52.0.0/16", "10.60.0.1/32 via 10.3.0.10",
    "10.80.0.0/16 via 10.2.0.66",  # a gateway that nobody is
    "10.90.0.0/16 via 10.1.0.10", "10.91.0.0/16 via 10.1.0.10",  # back where it came from
    "fd20::/32 via fd02::10", "fd30::/32 via fd03::10", "fd40::/32 via fe80::2:10 dev out0",
    "blackhole fd50::/32", "unreachable fd51::/32", "prohibit fd52::/32",
    "fd60::1/128 via fd03::10", "fd80::/32 via fd02::66", "fd90::/32 via fd01::10",
    "fd91::/32 via fd01::10")
# Limits that would make an answer depend on what was asked before. All are per namespace.
SYSCTLS = {
    "net.ipv4.icmp_ratelimit": 0, "net.ipv4.icmp_msgs_per_sec": 1000000,
    "net.ipv4.icmp_msgs_burst": 1000000, "net.ipv6.icmp.ratelimit": 0,
    "net.ipv6.conf.default.accept_dad": 0, "net.ipv6.conf.all.accept_dad": 0,
    "net.ipv6.conf.default.router_solicitations": 0,
    "net.ipv6.conf.all.disable_ipv6": 0, "net.ipv6.conf.default.disable_ipv6": 0,
    "net.ipv6.conf.all.forwarding": 1,
    # incomplete packets are told of when no test waits any more
    "net.ipv4.ipfrag_time": 3600, "net.ipv6.ip6frag_time": 3600}
# What sluiced sets by itself.
KERNEL_SYSCTLS = {"net.ipv4.conf.all.send_redirects": 0,
                  "net.ipv4.conf.default.send_redirects": 0}
# One try of 50 ms for a neighbour, so that its failure is told soon.
NEIGHBOUR_SYSCTLS = {"mcast_solicit": 1, "retrans_time_ms": 50, "app_solicit": 0,
                     "delay_first_probe_time": 1}
PUNT = " ".join(f'{name} = "1000000pps";' for name in (
    "arp_stranger", "nd", "icmp", "local", "neighbour", "neighbour6", "exception", "exception6"))

Seen = dict[str, Counter[bytes]]


@dataclass
class World:
    """One router, with a bare cable end at each of its ports."""

    site: Site
    name: str
    ends: Namespace
    sniffers: dict[str, Sniffer] = field(default_factory=dict)

    @property
    def router(self) -> Namespace:
        return self.site.namespaces[self.name]

    def drain(self) -> Seen:
        """What arrived since the last call, normalised, by port."""
        seen = {}
        for port, sniffer in self.sniffers.items():
            seen[port] = Counter(normalised(frame) for frame in sniffer.take()
                                 if not is_noise(frame))
        return seen


def build_world(site: Site, letter: str) -> World:
    ends = Namespace(f"{letter}-ends", site.work_dir)
    site.namespaces[ends.name] = ends
    router = site.tenant(f"{letter}-router")
    for key, value in (SYSCTLS | (KERNEL_SYSCTLS if site.engine == "kernel" else {})).items():
        router.sysctl(key, value)
    ports = []
    for port, mtu in PORTS.items():
        cable = f"{letter}-{port}"
        veth(ends, port, cable, mtu)
        ends.ip("link", "set", port, "address", END_MAC[port])
        run("ip", "link", "set", cable, "address", ROUTER_MAC[port])
        run("ethtool", "-K", cable, *(word for name in OFFLOADS for word in (name, "off")))
        ports.append(Port(port, f"kernel:{cable}", mtu=mtu))
    site.start([Router(router.name, tuple(ports), punt=PUNT)],
               {router.name: {port: f"{ADDRESSES[port][0]}/24" for port in PORTS}})
    world = World(site, router.name, ends)
    _fill(world)
    for port in PORTS:
        world.sniffers[port] = Sniffer(ends, port)
    return world


def _fill(world: World) -> None:
    """Addresses, neighbours and routes, the same everywhere."""
    router = world.router
    for port in PORTS:
        for key, value in NEIGHBOUR_SYSCTLS.items():
            for family in ("ipv4", "ipv6"):
                router.sysctl(f"net.{family}.neigh.{port}.{key}", value)
        router.ip("addr", "add", f"{ADDRESSES[port][1]}/64", "dev", port, "nodad")
        for neighbour in ENDS[port] + (OTHERS if port == IN else ()):
            router.ip("neigh", "replace", neighbour, "lladdr", END_MAC[port], "dev", port,
                      "nud", "permanent")
    for route in ROUTES:
        router.ip("route", "add", *route.split())
    until(lambda: "tentative" not in router.ip("-6", "addr", "show"), "addresses are usable")
    world.site.settle()
    world.site.settle_neighbours(world.name)


def is_noise(frame: bytes) -> bool:
    """What a router says of itself, at times of its own: MLD, and the search for neighbours."""
    if frame[12:14] == b"\x08\x06":
        return True
    own = frame[22:38] in OWN6 or frame[22:24] == b"\xfe\x80"
    if frame[12:14] != b"\x86\xdd" or len(frame) < 55 or not own:
        return False
    mld = frame[20] == 0 and frame[54] == 58
    return mld or (frame[20] == 58 and frame[54] in (133, 134, 135, 136))


def normalised(frame: bytes) -> bytes:
    """Without what two kernels choose freely: the identification of packets of their own, and the
    clock in timestamp options."""
    if frame[12:14] != struct.pack("!H", TYPE_IPV4) or len(frame) < 34:
        return frame
    words = frame[14] & 15
    head, rest = frame[14:14 + 4 * words], frame[14 + 4 * words:]
    if len(head) < 20 or checksum(head) != 0:
        return frame  # shown as it is: a wrong checksum must differ
    if head[12:16] in OWN4:
        head = head[:4] + b"\0\0" + head[6:10] + b"\0\0" + head[12:]
    frame = frame[:14] + head + rest
    if b"\x44" in head[20:] or (head[9] == 1 and rest[:1] == b"\x0e"):
        return _without_clock(frame)
    return frame


def _without_clock(frame: bytes) -> bytes:
    """Every word that may be the time, and so the checksums, of a frame and of what it quotes."""
    now_ms = int(time.time() * 1000) % 86400000
    words = frame[14] & 15
    icmp = 14 + 4 * words
    for at in range(34, len(frame) - 3):
        (value,) = struct.unpack_from("!I", frame, at)
        if abs(value - now_ms) < 60000:
            frame = frame[:at] + b"TIME" + frame[at + 4:]
    for at in (24, icmp + 2, icmp + 8 + 10):
        frame = frame[:at] + b"\0\0"[:max(0, len(frame) - at)] + frame[at + 2:]
    return frame


class Oracle:
    """Sends to both worlds and compares."""

    def __init__(self, work_dir: Path, bin_dir: Path) -> None:
        for name in ("kernel", "sluice"):
            (work_dir / name).mkdir()
        self.sites = [Site(work_dir / "kernel", "kernel", bin_dir),
                      Site(work_dir / "sluice", "sluice", bin_dir)]
        self.worlds: list[World] = []
        self.number = 0

    def build(self) -> None:
        self.worlds = [build_world(site, site.engine[0]) for site in self.sites]
        time.sleep(1)  # multicast listener reports of new addresses
        for world in self.worlds:
            world.drain()

    def both(self, *args: str) -> None:
        """The same `ip` command in both routers."""
        for world in self.worlds:
            world.router.ip(*args)
            world.site.settle()

    def compare(self, frames: list[bytes], port: str = IN, wait_s: float = 0.0,
                patience_s: float = 0.5) -> tuple[Seen, Seen]:
        """What both worlds made of frames; waits until it is the same or patience ends."""
        kernel, sluice = self.worlds
        self.number += 1
        marks = [self._send(world, frames, port) for world in self.worlds]
        if wait_s:
            time.sleep(wait_s)
        wanted = self._until_marked(kernel, marks[0])
        seen = self._until_marked(sluice, marks[1])
        deadline = time.monotonic() + patience_s
        while seen != wanted and time.monotonic() < deadline:
            time.sleep(0.005)
            _add(wanted, kernel.drain())
            _add(seen, sluice.drain())
        return wanted, seen

    def _send(self, world: World, frames: list[bytes], port: str) -> bytes:
        """Sends frames and behind them one whose way is the longest: through the kernel."""
        source, target = ENDS[OUT][0], ENDS[NARROW][0]
        payload = udp(b"mark %08d" % self.number, source, target)
        mark = ipv4(payload, source, target, options=b"\x01\x01\x01\x00")
        with raw_sender(world.ends, port) as send:
            for frame in frames:
                send(frame)
        with raw_sender(world.ends, OUT) as send:
            send(ether(mark, ROUTER_MAC[OUT], END_MAC[OUT]))
        return payload

    def _until_marked(self, world: World, mark: bytes) -> Seen:
        seen: Seen = {port: Counter() for port in PORTS}

        def marked() -> bool:
            _add(seen, world.drain())
            found = [frame for frame in seen[NARROW] if frame.endswith(mark)]
            for frame in found:
                del seen[NARROW][frame]
            return bool(found)

        until(marked, f"{world.name} forwards the mark behind the frames", 5, every=0.002)
        return seen

    def finish(self) -> None:
        for site in self.sites:
            site.finish()

    def destroy(self) -> None:
        for site in self.sites:
            site.destroy()


def _add(to: Seen, more: Seen) -> None:
    for port, frames in more.items():
        to[port].update(frames)


def difference(wanted: Seen, seen: Seen) -> str:
    """In words; empty when there is none."""
    lines = []
    for port in PORTS:
        lines += [f"Linux alone sent from {port}: {frame.hex()}"
                  for frame in (wanted[port] - seen[port]).elements()]
        lines += [f"sluice alone sent from {port}: {frame.hex()}"
                  for frame in (seen[port] - wanted[port]).elements()]
    return "\n".join(lines)


def frame4(packet: bytes, dst: str = ROUTER_MAC[IN], src: str = END_MAC[IN]) -> bytes:
    return ether(packet, dst, src, TYPE_IPV4)


def frame6(packet: bytes, dst: str = ROUTER_MAC[IN], src: str = END_MAC[IN]) -> bytes:
    return ether(packet, dst, src, TYPE_IPV6)
