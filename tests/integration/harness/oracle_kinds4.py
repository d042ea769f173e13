"""Every kind of IPv4 packet that a router treats in a way of its own, one frame each."""

import itertools
import struct

from .bytes4 import ICMP, TCP, UDP, address, echo, icmp, ipv4, tcp, udp, vlan
from .oracle import ADDRESSES, ENDS, IN, NARROW, OUT, ROUTER_MAC, SOURCE, frame4

FAR, FAR_NARROW, NEAR = "10.20.0.1", "10.30.0.1", ENDS[OUT][0]
ME, ME_FAR = ADDRESSES[IN][0], ADDRESSES[OUT][0]
BROADCAST_MAC, GROUP_MAC = "ff:ff:ff:ff:ff:ff", "01:00:5e:01:02:03"
NOP4, EOL4 = b"\x01\x01\x01\x01", b"\0\0\0\0"
RECORD_ROUTE = bytes([7, 11, 4]) + bytes(8)
TIMESTAMP = bytes([0x44, 12, 5, 0]) + bytes(8)
TIMESTAMP_ADDRESSES = bytes([0x44, 12, 5, 1]) + bytes(8)
ROUTER_ALERT = b"\x94\x04\0\0"
UNKNOWN_OPTION = b"\x5e\x04ab"
LOOSE_ROUTE = bytes([0x83, 7, 4]) + address(FAR)
STRICT_ROUTE = bytes([0x89, 7, 4]) + address(FAR)


_numbers = itertools.cycle(range(1, 0xFFFF))


def another() -> str:
    """A source that nobody has used for minutes: Linux limits what it answers to each."""
    number = next(_numbers)
    return f"10.91.{number >> 8}.{number & 255}"


def v4(dst: str = FAR, src: str | None = None, size: int = 100, data: bytes | None = None,
       mac: str = ROUTER_MAC[IN], **fields: int | bytes) -> bytes:
    """A frame with a datagram, or data; fields of the header as in ipv4()."""
    src = src or another()
    payload = udp(bytes(size), src, dst) if data is None else data
    return frame4(ipv4(payload, src, dst, **fields), mac)  # type: ignore[arg-type]


def ping4(dst: str, mac: str = ROUTER_MAC[IN], src: str | None = None,
          **fields: int) -> bytes:
    return v4(dst, src, data=echo(), proto=ICMP, mac=mac, **fields)


def quote(**fields: int) -> bytes:
    """What an ICMP error says of the packet it is about."""
    return ipv4(udp(b"", FAR, SOURCE), FAR, SOURCE, **fields)[:28]  # type: ignore[arg-type]


HEADERS = {
    "plain": v4(),
    "no-data": v4(data=b"", proto=253),
    "ethernet-header-only": v4()[:14],
    "half-a-header": v4()[:24],
    "header-less-one-byte": v4()[:33],
    "longer-than-frame": v4(length=129),
} | {f"total-length-{n}": v4(length=n) for n in (0, 19, 20, 65535)} | {
    "trailer": v4() + b"trailer",
    "padded-to-60": v4(size=4) + bytes(14), "padded-to-64": v4(size=4) + bytes(18),
} | {f"version-{n}": v4(version=n) for n in (0, 5, 6)} | {
    "ihl-0": v4(ihl=0), "ihl-4": v4(ihl=4),
    "ihl-6-over-data": v4(ihl=6),
    "ihl-15-beyond": v4(size=0, ihl=15),
    "checksum": v4(checksum_error=0x0101), "checksum-ffff": v4(checksum_error=0xFFFF),
    "reserved-flag": v4(flags=4), "do-not-fragment": v4(flags=2),
} | {what: v4(tos=tos) for what, tos in (
    ("dscp-and-ce", 0xBB), ("dscp-ect0", 0x2A), ("tos-ff", 0xFF))} | {
    "proto-0": v4(proto=0), "proto-255": v4(proto=255),
    "ident-0": v4(ident=0),
    "udp-checksum-0": v4(data=udp(b"x", SOURCE, FAR, zero_checksum=True)),
    "tcp": v4(data=tcp(SOURCE, FAR), proto=TCP),
    "icmp-transit": ping4(FAR),
    "first-fragment": v4(flags=1, size=96),
    "last-fragment": v4(offset=13),
    "fragment-beyond-65535": v4(offset=8191),
    "offset-with-df": v4(offset=5, flags=2),
}
TTL = {f"ttl-{ttl}{tail}": v4(dst, ttl=ttl) for ttl in (0, 1, 2, 255)
       for tail, dst in (("", FAR), ("-no-route", "172.16.0.1"), ("-blackhole", "10.50.0.1"),
                         ("-to-me", ME), ("-narrow", FAR_NARROW))}
SIZES = {f"size-{size}-{name}": v4(dst, size=size - 28, flags=flags)
         for size in (1300, 1301, 1450, 1451, 1500) for name, flags in (("any", 0), ("df", 2))
         for dst in (FAR_NARROW,)} | {
    "size-1450-out": v4(size=1422, flags=2), "size-1451-out": v4(size=1423),
    "size-1451-out-df": v4(size=1423, flags=2),
    "too-big-first-fragment": v4(FAR_NARROW, size=1400, flags=1),
    "too-big-last-fragment": v4(FAR_NARROW, size=1400, offset=200),
    "too-big-df-fragment": v4(FAR_NARROW, size=1400, offset=200, flags=3),
    "too-big-nop": v4(FAR_NARROW, size=1400, options=NOP4),
    "too-big-record-route": v4(FAR_NARROW, size=1400, options=RECORD_ROUTE),
    "too-big-ttl-1": v4(FAR_NARROW, size=1400, ttl=1, flags=2),
}
OPTIONS = {f"option-{name}{tail}": v4(dst, options=options)
           for tail, dst in (("", FAR), ("-to-me", ME), ("-no-route", "172.16.0.1"))
           for name, options in {
    "nop": NOP4, "eol": EOL4, "record-route": RECORD_ROUTE, "timestamp": TIMESTAMP,
    "timestamp-addresses": TIMESTAMP_ADDRESSES, "router-alert": ROUTER_ALERT,
    "unknown": UNKNOWN_OPTION, "loose-route": LOOSE_ROUTE, "strict-route": STRICT_ROUTE,
    "length-0": b"\x07\0\x04\0", "length-1": b"\x07\x01\x04\0", "length-beyond": b"\x07\x28\x04\0",
    "record-route-full": bytes([7, 7, 8]) + bytes(4), "record-route-pointer-3": b"\x07\x07\x03" +
    bytes(4), "record-route-pointer-5": b"\x07\x0b\x05" + bytes(8), "timestamp-full":
    bytes([0x44, 4, 5, 0]), "timestamp-overflow": bytes([0x44, 4, 5, 0xF0]), "security":
    b"\x82\x0b" + bytes(9), "stream": b"\x88\x04\0\1", "two-routes": LOOSE_ROUTE + STRICT_ROUTE,
    "most": NOP4 * 10, "end-then-garbage": b"\0\xff\xff\xff", "cipso": b"\x86\x06\0\0\0\1"}.items()}
OPTIONS |= {"option-ttl-1": v4(options=RECORD_ROUTE, ttl=1),
            "option-bad-checksum": v4(options=NOP4, checksum_error=1),
            "ping-me-record-route": v4(ME, data=echo(), proto=ICMP, options=RECORD_ROUTE),
            "ping-me-timestamp": v4(ME, data=echo(), proto=ICMP, options=TIMESTAMP)}
SOURCES = {f"source-{name}{tail}": v4(dst, src=src)
           for tail, dst in (("", FAR), ("-to-me", ME), ("-no-route", "172.16.0.1"))
           for name, src in {
    "0.0.0.0": "0.0.0.0", "0.1.2.3": "0.1.2.3", "loopback": "127.0.0.1", "multicast": "224.0.0.5",
    "group": "239.1.2.3", "broadcast": "255.255.255.255", "class-e": "240.0.0.1", "mine": ME,
    "mine-far": ME_FAR, "broadcast-here": "10.1.0.255", "network-here": "10.1.0.0",
    "broadcast-far": "10.2.0.255", "link-local": "169.254.1.1", "no-route": "172.16.9.9",
    "blackhole": "10.50.0.9", "unreachable": "10.51.0.9", "other-side": FAR, "test-net":
    "192.0.2.1", "benchmark": "198.18.0.1", "shared": "100.64.0.1"}.items()}
DESTINATIONS = {f"{what}-to-{name}{tail}": build(dst, mac)
                for what, build in (("udp", lambda d, m: v4(d, mac=m)), ("ping", ping4))
                for tail, mac in (("", ROUTER_MAC[IN]), ("-in-broadcast", BROADCAST_MAC),
                                  ("-in-group", GROUP_MAC))
                for name, dst in {
    "far": FAR, "by-ipv6": "10.40.0.1", "blackhole": "10.50.0.1", "unreachable": "10.51.0.1",
    "prohibit": "10.52.0.1", "host-route": "10.60.0.1", "nothing": "172.16.0.1", "back":
    "10.90.0.1", "neighbour": NEAR, "neighbour-here": ENDS[IN][0], "me": ME, "me-far": ME_FAR,
    "me-narrow": ADDRESSES[NARROW][0], "broadcast-here": "10.1.0.255", "broadcast-far":
    "10.2.0.255", "network-here": "10.1.0.0", "network-far": "10.2.0.0", "limited-broadcast":
    "255.255.255.255", "all-hosts": "224.0.0.1", "all-routers": "224.0.0.2", "ospf": "224.0.0.5",
    "mdns": "224.0.0.251", "group": "239.1.2.3", "ssm": "232.1.1.1", "loopback": "127.0.0.1",
    "0.0.0.0": "0.0.0.0", "0.1.2.3": "0.1.2.3", "class-e": "240.0.0.1", "link-local":
    "169.254.1.1"}.items()}
FRAMES = {
    "other-station": v4(mac="02:00:00:00:00:77"),
    "other-station-to-me": ping4(ME, "02:00:00:00:00:77"),
    "mac-zero": v4(mac="00:00:00:00:00:00"),
    "own-source-mac": frame4(ipv4(udp(b"", SOURCE, FAR), SOURCE, FAR), src=ROUTER_MAC[IN]),
    "group-source-mac": frame4(ipv4(udp(b"", SOURCE, FAR), SOURCE, FAR), src=GROUP_MAC),
    "vlan-5": vlan(v4(), 5), "vlan-0": vlan(v4(), 0), "vlan-0-priority": vlan(v4(), 0xE000),
    "vlan-0-to-me": vlan(ping4(ME), 0), "vlan-0-ttl-1": vlan(v4(ttl=1), 0),
    "vlan-0-twice": vlan(vlan(v4(), 0), 0), "vlan-0-5": vlan(vlan(v4(), 5), 0),
    "vlan-cut": vlan(v4(), 0)[:16], "vlan-0-no-header": vlan(v4(), 0)[:18],
    "ethertype": v4()[:12] + b"\x88\xb5" + v4()[14:],
    "length-field": v4()[:12] + b"\x00\x40" + v4()[14:],
    "from-neighbour-to-neighbour": v4("10.1.0.11", ENDS[IN][0]),
    "ipv6-type": v4()[:12] + b"\x86\xdd" + v4()[14:],
}
LOCAL = {
    "me-udp-closed": v4(ME), "me-far-udp-closed": v4(ME_FAR),
    "me-tcp-closed": v4(ME, SOURCE, data=tcp(SOURCE, ME), proto=TCP),
    "me-tcp-reset": v4(ME, SOURCE, data=tcp(SOURCE, ME, flags=4), proto=TCP),
    "me-tcp-ack": v4(ME, SOURCE, data=tcp(SOURCE, ME, flags=16), proto=TCP),
    "me-proto-unknown": v4(ME, proto=253), "me-ping-df": ping4(ME, flags=2),
    "me-ping-tos": ping4(ME, tos=0xB8),
    "me-udp-checksum-0": v4(ME, SOURCE, data=udp(b"", SOURCE, ME, zero_checksum=True)),
    "me-udp-checksum-bad": v4(ME, SOURCE, data=udp(b"", SOURCE, ME)[:6] + b"\x12\x34"),
    "me-ping-bad-checksum": v4(ME, data=echo()[:2] + b"\0\0" + echo()[4:], proto=ICMP),
    "me-ping-truncated": v4(ME, data=echo()[:4], proto=ICMP),
    "me-timestamp-request": v4(ME, data=icmp(13, payload=bytes(12)), proto=ICMP),
    "me-address-mask": v4(ME, data=icmp(17, payload=bytes(4)), proto=ICMP),
    "me-icmp-unknown": v4(ME, data=icmp(99), proto=ICMP),
    "me-fragment": v4(ME, flags=1, size=96), "me-padded-ping": ping4(ME) + bytes(20),
    "me-large": v4(ME, size=1400), "me-large-ping": v4(ME, data=echo(bytes(1400)), proto=ICMP),
}
SILENT = {f"{name}-{why}": v4(dst, data=data, proto=proto, ttl=ttl, offset=offset)
          for name, data, proto, offset in (
              ("error", icmp(3, 1, payload=quote()), ICMP, 0),
              ("time-exceeded", icmp(11, 0, payload=quote()), ICMP, 0),
              ("redirect", icmp(5, 1, address("10.1.0.66"), quote()), ICMP, 0),
              ("icmp-unknown", icmp(99), ICMP, 0), ("query", echo(), ICMP, 0),
              ("icmp-cut", b"", ICMP, 0), ("fragment", bytes(80), UDP, 8))
          for why, dst, ttl in (("ttl-1", FAR, 1), ("no-route", "172.16.0.1", 64),
                                ("unreachable", "10.51.0.1", 64), ("to-me", ME, 64))}
SILENT |= {"ttl-1-from-" + src: v4(src=src, ttl=1)
           for src in ("0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255", "10.1.0.255")}
SILENT |= {f"fragmentation-needed-{mtu}-to-me":
           v4(ME, data=icmp(3, 4, struct.pack("!HH", 0, mtu), quote()), proto=ICMP)
           for mtu in (0, 68, 1000)}

KINDS4: dict[str, bytes] = HEADERS | TTL | SIZES | OPTIONS | SOURCES | DESTINATIONS | FRAMES | \
    LOCAL | SILENT
