"""The kernel as oracle for what takes time: neighbours that are looked for, and limited answers."""

import socket
import struct
import time
from collections.abc import Callable

import pytest

from harness.bytes4 import address, ether, ipv4, mac_bytes, udp
from harness.frames import raw_sender
from harness.oracle import END_MAC, IN, OUT, ROUTER_MAC, SOURCE, Oracle, World, frame4, normalised
from harness.wait import until

pytestmark = pytest.mark.product
TYPE_ARP, REQUEST, REPLY = b"\x08\x06", 1, 2
HELD, MANY = 3, 40
TTL_EXCEEDED = 11


def datagram(dst: str, number: int, ttl: int = 64, src: str = SOURCE) -> bytes:
    return frame4(ipv4(udp(b"%04d" % number, src, dst), src, dst, ttl=ttl, ident=number + 1))


def send(world: World, frames: list[bytes], port: str = IN) -> None:
    with raw_sender(world.ends, port) as sender:
        for frame in frames:
            sender(frame)


def arp_reply(target: str) -> bytes:
    """Of the cable end at OUT, to the router."""
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, REPLY) + mac_bytes(END_MAC[OUT]) + \
        address(target) + mac_bytes(ROUTER_MAC[OUT]) + address("10.2.0.1")
    return ether(body, ROUTER_MAC[OUT], END_MAC[OUT], 0x0806)


class Arrivals:
    """Frames at OUT in their order, as long as somebody wants to see them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.frames: list[bytes] = []
        world.drain()

    def look(self, wanted: Callable[[bytes], bool]) -> list[bytes]:
        self.frames += [normalised(frame) for frame in self.world.sniffers[OUT].take()]
        return [frame for frame in self.frames if wanted(frame)]

    def requests(self, target: str) -> list[bytes]:
        return self.look(lambda frame: frame[12:14] == TYPE_ARP and
                         frame[38:42] == socket.inet_aton(target))

    def datagrams(self, target: str) -> list[bytes]:
        return self.look(lambda frame: frame[12:14] == b"\x08\0" and
                         frame[30:34] == socket.inet_aton(target))


def search(world: World, target: str, count: int) -> list[bytes]:
    """Sends to a neighbour that nobody knows, lets the router find it, and returns what came."""
    arrivals = Arrivals(world)
    send(world, [datagram(target, number) for number in range(count)])
    until(lambda: arrivals.requests(target), f"{world.name} asks for {target}", every=0.002)
    time.sleep(0.1)  # all of them are waiting by now
    assert arrivals.datagrams(target) == []
    send(world, [arp_reply(target)], OUT)
    send(world, [datagram(target, count)])
    until(lambda: any(frame.endswith(b"%04d" % count) for frame in arrivals.datagrams(target)),
          f"{world.name} has found {target}")
    time.sleep(0.1)  # what was held may be behind what found the neighbour known
    return arrivals.datagrams(target)


def patient(oracle: Oracle) -> None:
    """Neighbours have time to be found, as with the kernel's defaults."""
    for world in oracle.worlds:
        world.router.sysctl(f"net.ipv4.neigh.{OUT}.mcast_solicit", 3)
        world.router.sysctl(f"net.ipv4.neigh.{OUT}.retrans_time_ms", 1000)


def test_packets_wait_for_their_neighbour(oracle: Oracle) -> None:
    """The first ones to a host that nobody knows all arrive, in order, as through Linux."""
    patient(oracle)
    kernel, sluice = (search(world, "10.2.0.50", HELD) for world in oracle.worlds)
    assert [frame for frame in sluice if not frame.endswith(b"%04d" % HELD)] == \
        [frame for frame in kernel if not frame.endswith(b"%04d" % HELD)]
    assert len(sluice) == HELD + 1


def test_few_packets_wait(oracle: Oracle) -> None:
    """What waits for one neighbour is bounded by the kernel's own setting; the newest stay."""
    patient(oracle)
    for world in oracle.worlds:
        world.router.sysctl(f"net.ipv4.neigh.{OUT}.unres_qlen_bytes", 8192)
        frames = search(world, "10.2.0.51", MANY)
        numbers = [int(frame[-4:]) for frame in frames if not frame.endswith(b"%04d" % MANY)]
        assert 0 < len(numbers) < MANY / 2
        assert numbers == list(range(MANY - len(numbers), MANY)), world.name


def test_gateway_is_found_before_the_first_packet(oracle: Oracle) -> None:
    """The data path knows a route's gateway before anything is sent there."""
    patient(oracle)
    world = oracle.worlds[1]
    world.ends.ip("addr", "add", "10.2.0.52/32", "dev", OUT)
    world.router.ip("route", "add", "10.85.0.0/16", "via", "10.2.0.52")
    until(lambda: "10.2.0.52" in world.site.mirrored_neighbours(world.name), "the gateway is known")
    before = punts(world)
    arrivals = Arrivals(world)
    send(world, [datagram("10.85.0.1", number) for number in range(HELD)])
    until(lambda: len(arrivals.datagrams("10.85.0.1")) == HELD, "all of them arrive")
    assert punts(world) == before


def punts(world: World) -> int:
    classes = world.site.counters(world.name).ports[IN]["punts"]
    return classes["neighbour"] + classes["exception"]


def answers(world: World, frames: list[bytes]) -> int:
    """How many of the frames are told that their TTL has ended."""
    world.drain()
    send(world, frames)
    time.sleep(0.5)
    return sum(frame[23] == 1 and frame[34] == TTL_EXCEEDED for frame in world.sniffers[IN].take()
               if frame[12:14] == b"\x08\0")


def test_answers_are_limited_by_destination(oracle: Oracle) -> None:
    """icmp_ratelimit: as many answers to one host as Linux gives, however many it asks for."""
    for world in oracle.worlds:
        world.router.sysctl("net.ipv4.icmp_ratelimit", 1000)
    counts = [answers(world, [datagram("10.20.0.1", number, ttl=1) for number in range(MANY)])
              for world in oracle.worlds]
    assert counts[1] == counts[0] < MANY / 2
    for world in oracle.worlds:
        world.router.sysctl("net.ipv4.icmp_ratelimit", 0)
