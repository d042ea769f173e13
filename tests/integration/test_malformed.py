"""Packets that must not be forwarded: each kind is dropped and counted by its name."""

import struct
from collections.abc import Callable, Iterator

import pytest

from harness.frames import Sniffer, raw_sender, udp_frame
from harness.pair import LEFT_GATEWAY, Pair, build_pair
from harness.site import Site
from harness.udp import UdpCounter
from harness.wait import holds, until

COUNT = 25
STRANGER = "02:00:00:00:00:77"


def with_bytes(frame: bytes, offset: int, data: bytes) -> bytes:
    return frame[:offset] + data + frame[offset + len(data):]


def bad_checksum(pair: Pair) -> bytes:
    frame = udp_frame(pair)
    (checksum,) = struct.unpack_from("!H", frame, 24)
    return with_bytes(frame, 24, struct.pack("!H", checksum ^ 0x0101))


Build = Callable[[Pair], bytes]
MALFORMED: dict[str, tuple[str, Build]] = {
    "ethernet-header-only": ("truncated", lambda p: udp_frame(p)[:14]),
    "half-an-ip-header": ("truncated", lambda p: udp_frame(p)[:14 + 10]),
    "ip-longer-than-frame": ("truncated", lambda p: udp_frame(p, 200)[:14 + 100]),
    "version-5": ("version", lambda p: udp_frame(p, version=5)),
    "version-0": ("version", lambda p: udp_frame(p, version=0)),
    "version-6-in-an-ipv4-frame": ("version", lambda p: udp_frame(p, version=6)),
    "header-of-16-bytes": ("length", lambda p: udp_frame(p, ihl=4)),
    "total-length-below-header": ("length", lambda p: udp_frame(p, len=19)),
    "checksum": ("checksum", bad_checksum),
    "source-loopback": ("martian-source", lambda p: udp_frame(p, src="127.0.0.1")),
    "source-multicast": ("martian-source", lambda p: udp_frame(p, src="224.0.0.5")),
    "source-broadcast": ("martian-source", lambda p: udp_frame(p, src="255.255.255.255")),
    "source-class-e": ("martian-source", lambda p: udp_frame(p, src="240.0.0.1")),
    "destination-loopback": ("martian-destination", lambda p: udp_frame(p, dst="127.0.0.1")),
    "destination-zero": ("martian-destination", lambda p: udp_frame(p, dst="0.0.0.0")),
    "destination-class-e": ("martian-destination", lambda p: udp_frame(p, dst="240.0.0.1")),
    "other-station": ("mac", lambda p: udp_frame(p, mac=STRANGER)),
    "ethertype": ("ethertype", lambda p: with_bytes(udp_frame(p), 12, b"\x88\xb5")),
}


@pytest.fixture(scope="module")
def world(module_site: Site) -> Pair:
    return build_pair(module_site, quiet=True)


@pytest.fixture
def pair(world: Pair) -> Iterator[Pair]:
    """The one of all tests; after each of them the ledger must balance."""
    yield world
    world.site.check_ledger()


@pytest.mark.product
@pytest.mark.parametrize("kind", MALFORMED)
def test_dropped_and_counted_by_name(pair: Pair, kind: str) -> None:
    reason, build = MALFORMED[kind]
    frame = build(pair)
    arrived = Sniffer(pair.right)
    before = pair.site.counters("vr").all_drops()
    with raw_sender(pair.left) as send:
        for _ in range(COUNT):
            send(frame)
    until(lambda: pair.site.counters("vr").drops(reason) - before.get(reason, 0) == COUNT,
          f"{COUNT} drops named {reason}; counters: {pair.site.counters('vr').all_drops()}", 5)
    assert {**before, reason: before.get(reason, 0) + COUNT} == pair.site.counters("vr").all_drops()
    assert arrived.frames() == []


# RFC 1812 5.3.7 calls a class E source martian; Linux forwards it.
@pytest.mark.parametrize("kind", [kind for kind in MALFORMED if kind != "source-class-e"])
def test_nothing_of_it_is_forwarded(pair: Pair, kind: str) -> None:
    """The same on Linux and on the product."""
    _, build = MALFORMED[kind]
    arrived = Sniffer(pair.right)
    with raw_sender(pair.left) as send:
        for _ in range(COUNT):
            send(build(pair))
        send(udp_frame(pair, 300))
    until(lambda: len(arrived.frames()) >= 1, "the good packet behind them arrived")
    assert [len(frame) for frame in arrived.frames()] == [len(udp_frame(pair, 300))]


@pytest.mark.parametrize("ttl", [0, 1])
def test_ttl_that_ends_here(pair: Pair, ttl: int) -> None:
    """TTL 1 is answered with time exceeded; neither is forwarded."""
    answers, arrived = Sniffer(pair.left), Sniffer(pair.right)
    with raw_sender(pair.left) as send:
        send(udp_frame(pair, ttl=ttl))
    until(lambda: any(is_icmp(frame, 11) for frame in answers.frames()), "time exceeded came back")
    assert arrived.frames() == []


def test_ttl_is_decremented_and_checksum_kept_right(pair: Pair) -> None:
    arrived = Sniffer(pair.right)
    ttls = [2, 3, 64, 128, 255]
    with raw_sender(pair.left) as send:
        for ttl in ttls:
            send(udp_frame(pair, ttl=ttl, tos=ttl, id=ttl * 7919 & 0xFFFF))
    until(lambda: len(arrived.frames()) == len(ttls), "all arrived")
    for ttl, frame in zip(ttls, arrived.frames()):
        assert frame[14 + 8] == ttl - 1
        assert header_checksum_is_right(frame[14:34])
        assert frame[:6].hex(":") == pair.right.mac("eth0")
        assert frame[6:12].hex(":") == pair.router.mac("lan0")


def test_options_are_the_kernels(pair: Pair) -> None:
    """A packet with IP options (no-operation) takes the exception path and still arrives."""
    sink = UdpCounter(pair.right, 9000)
    frame = udp_frame(pair, options=b"\x01\x01\x01\x00")
    with raw_sender(pair.left) as send:
        send(frame)
    until(lambda: sink.received() == 1, "the packet arrived")


def test_trailing_bytes_of_a_short_packet_are_padding(pair: Pair) -> None:
    """An IP packet shorter than its frame is legal (RFC 894): only its own bytes count."""
    sink = UdpCounter(pair.right, 9000)
    with raw_sender(pair.left) as send:
        send(udp_frame(pair, 4) + bytes(14))
    until(lambda: sink.received() == 1, "the packet arrived")


def test_broadcasts_are_not_forwarded(pair: Pair) -> None:
    arrived = Sniffer(pair.right)
    with raw_sender(pair.left) as send:
        send(udp_frame(pair, dst="255.255.255.255", mac="ff:ff:ff:ff:ff:ff"))
        send(udp_frame(pair, dst="10.2.0.255"))  # directed broadcast, RFC 2644: off
        send(udp_frame(pair, dst="239.1.2.3", mac="01:00:5e:01:02:03"))
        send(udp_frame(pair, mac="ff:ff:ff:ff:ff:ff"))  # unicast IP in a broadcast frame
    holds(lambda: arrived.frames() == [], "nothing of it is forwarded", 0.3)
    assert pair.left.ping(LEFT_GATEWAY).all_came_back


def is_icmp(frame: bytes, kind: int) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34] == kind


def header_checksum_is_right(header: bytes) -> bool:
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF
