"""Every kind of IPv6 packet that a router treats in a way of its own, one frame each."""

import struct

from .bytes4 import ICMP, TCP, UDP, address, ipv4, tcp, udp, vlan
from .bytes6 import (DESTINATION, FRAGMENT, HOP, ICMP6, NO_NEXT, ROUTING, echo6, fragment_header,
                     icmp6, ipv6, option, options_header, routing_header)
from .oracle import ADDRESSES, ENDS, IN, NARROW, OUT, ROUTER_MAC, SOURCE6, frame6

FAR, FAR_NARROW, NEAR = "fd20::1", "fd30::1", ENDS[OUT][1]
ME, ME_FAR = ADDRESSES[IN][1], ADDRESSES[OUT][1]
NOWHERE = "fdff::1"
BROADCAST_MAC, GROUP_MAC = "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"
ROUTER_ALERT = option(5, b"\0\0")
JUMBO = option(0xC2, struct.pack("!I", 70000))


def v6(dst: str = FAR, src: str = SOURCE6, size: int = 100, data: bytes | None = None,
       mac: str = ROUTER_MAC[IN], **fields: int) -> bytes:
    """A frame with a datagram, or data; fields of the header as in ipv6()."""
    payload = udp(bytes(size), src, dst) if data is None else data
    return frame6(ipv6(payload, src, dst, **fields), mac)


def ping6(dst: str, mac: str = ROUTER_MAC[IN], src: str = SOURCE6, **fields: int) -> bytes:
    return v6(dst, src, data=echo6(src, dst), next_header=ICMP6, mac=mac, **fields)


def after(*headers: bytes, dst: str = FAR, src: str = SOURCE6, first: int = HOP, size: int = 100,
          **fields: int) -> bytes:
    """A datagram behind extension headers."""
    return v6(dst, src, data=b"".join(headers) + udp(bytes(size), src, dst), next_header=first,
              **fields)


HEADERS = {
    "plain": v6(), "no-next-header": v6(data=b"", next_header=NO_NEXT),
    "no-next-header-with-data": v6(next_header=NO_NEXT),
    "ethernet-header-only": v6()[:14], "half-a-header": v6()[:34],
    "header-less-one-byte": v6()[:53], "longer-than-frame": v6(length=109),
    "length-0": v6(length=0), "length-65535": v6(length=65535), "trailer": v6() + b"trailer",
    "padded-to-60": v6(data=b"", next_header=NO_NEXT) + bytes(6), "version-0": v6(version=0),
    "version-4": v6(version=4), "version-7": v6(version=7), "flow-label": v6(flow_label=0xABCDE),
    "dscp-and-ce": v6(traffic_class=0xBB), "dscp-ect0": v6(traffic_class=0x2A),
    "udp-checksum-0": v6(data=udp(b"x", SOURCE6, FAR, zero_checksum=True)),
    "tcp": v6(data=tcp(SOURCE6, FAR), next_header=TCP), "ping-transit": ping6(FAR),
    "proto-unknown": v6(next_header=253), "icmpv4-inside": v6(next_header=ICMP),
    "vlan-0": vlan(v6(), 0), "vlan-5": vlan(v6(), 5), "vlan-0-to-me": vlan(ping6(ME), 0),
    "ipv4-type": v6()[:12] + b"\x08\0" + v6()[14:],
    "from-neighbour-to-neighbour": v6("fd01::11", ENDS[IN][1]),
    "other-station": v6(mac="02:00:00:00:00:77"),
    "other-station-to-me": ping6(ME, "02:00:00:00:00:77"),
}
HOPS = {f"hop-limit-{hops}{tail}": v6(dst, hop_limit=hops) for hops in (0, 1, 2, 255)
        for tail, dst in (("", FAR), ("-no-route", NOWHERE), ("-blackhole", "fd50::1"),
                          ("-to-me", ME), ("-narrow", FAR_NARROW), ("-prohibit", "fd52::1"))}
SIZES = {f"size-{size}-to-{name}": v6(dst, size=size - 48) for size in (1280, 1300, 1301, 1450,
                                                                        1451, 1500)
         for name, dst in (("narrow", FAR_NARROW), ("out", FAR), ("me", ME), ("nowhere", NOWHERE))}
SIZES |= {
    "too-big-hop-limit-1": v6(FAR_NARROW, size=1400, hop_limit=1),
    "too-big-fragment": after(fragment_header(UDP, more=True), first=FRAGMENT, dst=FAR_NARROW,
                              size=1400),
    "too-big-last-fragment": after(fragment_header(UDP, 99), first=FRAGMENT, dst=FAR_NARROW,
                                   size=1400),
    "too-big-hop-by-hop": after(options_header(UDP, b""), dst=FAR_NARROW, size=1400),
    "too-big-error": v6(FAR_NARROW, data=icmp6(SOURCE6, FAR_NARROW, 1, payload=bytes(1400)),
                        next_header=ICMP6),
    "too-big-ping": v6(FAR_NARROW, data=echo6(SOURCE6, FAR_NARROW, bytes(1400)),
                       next_header=ICMP6)}
HOP_BY_HOP = {f"hop-by-hop-{name}{tail}": after(header, dst=dst)
              for tail, dst in (("", FAR), ("-to-me", ME), ("-no-route", NOWHERE))
              for name, header in {
    "padding": options_header(UDP, b""), "pad1": bytes([UDP, 0]) + bytes(6),
    "router-alert": options_header(UDP, ROUTER_ALERT), "skip-unknown":
    options_header(UDP, option(0x1E, b"ab")), "drop-unknown":
    options_header(UDP, option(0x5E, b"ab")),
    "tell-unknown": options_header(UDP, option(0x9E, b"ab")), "tell-unicast-unknown":
    options_header(UDP, option(0xDE, b"ab")), "jumbo": options_header(UDP, JUMBO), "option-beyond":
    bytes([UDP, 0, 0x1E, 40]) + bytes(4), "header-beyond": bytes([UDP, 200]) + bytes(6),
    "twice": options_header(HOP, b"") + options_header(UDP, b""), "ioam":
    options_header(UDP, option(49, bytes(6))), "calipso": options_header(UDP, option(7, bytes(8))),
    "two-alerts": options_header(UDP, ROUTER_ALERT * 2), "pad-not-zero":
    bytes([UDP, 0, 1, 4, 1, 2, 3, 4]), "then-destination": options_header(DESTINATION, b"") +
    options_header(UDP, option(0x9E, b"ab"))}.items()}
HOP_BY_HOP |= {
    "hop-by-hop-length-0-jumbo": after(options_header(UDP, JUMBO), length=0),
    "hop-by-hop-length-0": after(options_header(UDP, b""), length=0),
    "hop-by-hop-hop-limit-1": after(options_header(UDP, b""), hop_limit=1),
    "hop-by-hop-cut": after(options_header(UDP, b""))[:56],
    "hop-by-hop-blackhole": after(options_header(UDP, b""), dst="fd50::1"),
    "hop-by-hop-tell-unknown-to-group": after(options_header(UDP, option(0x9E, b"ab")),
                                              dst="ff05::2")}
EXTENSIONS = {f"{name}{tail}": after(*headers, first=first, dst=dst)
              for tail, dst in (("", FAR), ("-to-me", ME), ("-no-route", NOWHERE))
              for name, (first, *headers) in {
    "routing-0": (ROUTING, routing_header(UDP, 0, 1, (NEAR,))),
    "routing-0-done": (ROUTING, routing_header(UDP, 0, 0, (NEAR,))),
    "routing-2": (ROUTING, routing_header(UDP, 2, 1, (NEAR,))),
    "routing-2-done": (ROUTING, routing_header(UDP, 2, 0, (NEAR,))),
    "routing-3": (ROUTING, routing_header(UDP, 3, 1, (NEAR,))),
    "routing-4": (ROUTING, routing_header(UDP, 4, 1, (NEAR, ME))),
    "routing-4-done": (ROUTING, routing_header(UDP, 4, 0, (NEAR,))),
    "routing-253": (ROUTING, routing_header(UDP, 253, 1, (NEAR,))),
    "destination": (DESTINATION, options_header(UDP, b"")),
    "destination-tell-unknown": (DESTINATION, options_header(UDP, option(0x9E, b"ab"))),
    "destination-cut": (DESTINATION, bytes([UDP, 250])),
    "first-fragment": (FRAGMENT, fragment_header(UDP, more=True)),
    "later-fragment": (FRAGMENT, fragment_header(UDP, 20)),
    "atomic-fragment": (FRAGMENT, fragment_header(UDP)),
    "fragment-beyond": (FRAGMENT, fragment_header(UDP, 8190, True)),
    "chain": (DESTINATION, options_header(ROUTING, b""), routing_header(FRAGMENT, 2, 0, (NEAR,)),
              fragment_header(UDP)),
    "hop-by-hop-late": (DESTINATION, options_header(HOP, b""), options_header(UDP, b"")),
    "unknown-header": (139, bytes([UDP, 0]) + bytes(6)),
    "esp": (50, bytes(8)), "ah": (51, bytes([UDP, 1]) + bytes(10))}.items()}
SOURCES = {f"source-{name}{tail}": v6(dst, src=src)
           for tail, dst in (("", FAR), ("-to-me", ME), ("-no-route", NOWHERE),
                             ("-back", "fd90::1"))
           for name, src in {
    "unspecified": "::", "loopback": "::1", "mapped": "::ffff:10.1.0.10", "compatible":
    "::10.1.0.10", "multicast": "ff02::1", "multicast-global": "ff0e::1", "link-local":
    ENDS[IN][2], "link-local-other": "fe80::77", "site-local": "fec0::1", "mine": ME,
    "mine-far": ME_FAR, "no-route": NOWHERE, "blackhole": "fd50::9", "unreachable": "fd51::9",
    "documentation": "2001:db8::1", "nat64": "64:ff9b::1", "6to4": "2002::1", "discard": "100::1",
    "anycast-here": "fd01::"}.items()}
DESTINATIONS = {f"{what}-to-{name}{tail}": build(dst, mac)
                for what, build in (("udp", lambda d, m: v6(d, mac=m)), ("ping", ping6))
                for tail, mac in (("", ROUTER_MAC[IN]), ("-in-broadcast", BROADCAST_MAC),
                                  ("-in-group", GROUP_MAC))
                for name, dst in {
    "far": FAR, "by-link-local": "fd40::1", "blackhole": "fd50::1", "unreachable": "fd51::1",
    "prohibit": "fd52::1", "host-route": "fd60::1", "nowhere": NOWHERE, "back": "fd90::1",
    "neighbour": NEAR, "neighbour-here": SOURCE6, "me": ME, "me-far": ME_FAR, "me-narrow":
    ADDRESSES[NARROW][1], "anycast-here": "fd01::", "anycast-far": "fd02::", "unspecified": "::",
    "loopback": "::1", "mapped": "::ffff:10.2.0.10", "compatible": "::10.2.0.10",
    "link-local-neighbour": ENDS[IN][2], "link-local-elsewhere": ENDS[OUT][2], "link-local-me":
    "fe80::ff:fe00:101", "site-local": "fec0::1", "group-0": "ff00::1", "group-interface":
    "ff01::1", "all-nodes": "ff02::1", "all-routers": "ff02::2", "ospf": "ff02::5", "mdns":
    "ff02::fb", "solicited": "ff02::1:ff00:1", "group-realm": "ff03::1", "group-site": "ff05::2",
    "group-organization": "ff08::1", "group-global": "ff0e::1", "group-transient": "ff1e::1",
    "documentation": "2001:db8::1", "6to4": "2002::1", "discard": "100::1"}.items()}
LOCAL = {
    "me-tcp-closed": v6(ME, data=tcp(SOURCE6, ME), next_header=TCP),
    "me-tcp-reset": v6(ME, data=tcp(SOURCE6, ME, flags=4), next_header=TCP),
    "me-udp-checksum-0": v6(ME, data=udp(b"", SOURCE6, ME, zero_checksum=True)),
    "me-proto-unknown": v6(ME, next_header=253), "me-no-next": v6(ME, next_header=NO_NEXT),
    "me-ping-class": ping6(ME, traffic_class=0xB8), "me-ping-label": ping6(ME, flow_label=0x12345),
    "me-ping-bad-checksum": v6(ME, data=echo6(SOURCE6, FAR), next_header=ICMP6),
    "me-ping-cut": v6(ME, data=b"\x80\0", next_header=ICMP6),
    "me-padded-ping": ping6(ME) + b"trail",
    "me-icmp-unknown": v6(ME, data=icmp6(SOURCE6, ME, 99), next_header=ICMP6),
    "me-icmp-unknown-informational": v6(ME, data=icmp6(SOURCE6, ME, 200), next_header=ICMP6),
    "me-too-big": v6(ME, data=icmp6(SOURCE6, ME, 2, 0, struct.pack("!I", 1280),
                                    ipv6(udp(b"", ME, SOURCE6), ME, SOURCE6)), next_header=ICMP6),
    "me-solicitation-transit": v6(ME, data=icmp6(SOURCE6, ME, 135, payload=address(ME)),
                                  next_header=ICMP6, hop_limit=64),
    "node-information": v6(ME, data=icmp6(SOURCE6, ME, 139, payload=bytes(24)), next_header=ICMP6),
    "solicitation-for-others": v6(FAR, data=icmp6(SOURCE6, FAR, 135, payload=address(FAR)),
                                  next_header=ICMP6, hop_limit=255),
    "redirect-for-others": v6(FAR, data=icmp6(SOURCE6, FAR, 137, payload=address(FAR) * 2),
                              next_header=ICMP6, hop_limit=255)}
SILENT = {f"{name}-{why}": v6(dst, data=data(dst), next_header=proto, hop_limit=hops)
          for name, proto, data in (
              ("error", ICMP6, lambda d: icmp6(SOURCE6, d, 1, payload=ipv6(b"", d, SOURCE6))),
              ("redirect", ICMP6, lambda d: icmp6(SOURCE6, d, 137, payload=address(d) * 2)),
              ("error-unknown", ICMP6, lambda d: icmp6(SOURCE6, d, 100)),
              ("icmp-unknown", ICMP6, lambda d: icmp6(SOURCE6, d, 200)),
              ("icmp-cut", ICMP6, lambda d: b""),
              ("later-fragment", FRAGMENT, lambda d: fragment_header(UDP, 9) + bytes(40)),
              ("error-behind-destination", DESTINATION, lambda d: options_header(ICMP6, b"") +
               icmp6(SOURCE6, d, 1)))
          for why, dst, hops in (("hop-limit-1", FAR, 1), ("no-route", NOWHERE, 64),
                                 ("unreachable", "fd51::1", 64), ("to-me", ME, 64))}
SILENT |= {"hop-limit-1-from-" + src.replace(":", "."): v6(src=src, hop_limit=1)
           for src in ("::", "::1", "ff02::1", "fe80::1:10", "fec0::1")}
WRONG_FAMILY = {"ipv4-in-ipv6-frame": frame6(ipv4(udp(b"", "10.1.0.10", "10.20.0.1"), "10.1.0.10",
                                                  "10.20.0.1")),
                "ipv4-packet-cut-in-ipv6-frame": frame6(ipv4(b"", "10.1.0.10", "10.20.0.1"))}

KINDS6: dict[str, bytes] = HEADERS | HOPS | SIZES | HOP_BY_HOP | EXTENSIONS | SOURCES | \
    DESTINATIONS | LOCAL | SILENT | WRONG_FAMILY
