"""IPv6 packets as bytes, with every field free to be wrong."""

import struct

from .bytes4 import address, checksum

TYPE_IPV6 = 0x86DD
HOP, ROUTING, FRAGMENT, ICMP6, NO_NEXT, DESTINATION = 0, 43, 44, 58, 59, 60


def ipv6(payload: bytes, src: str, dst: str, next_header: int = 17, hop_limit: int = 64,
         traffic_class: int = 0, flow_label: int = 0, version: int = 6,
         length: int | None = None) -> bytes:
    word = version << 28 | traffic_class << 20 | flow_label
    size = len(payload) if length is None else length
    return struct.pack("!IHBB", word, size, next_header, hop_limit) + address(src) + \
        address(dst) + payload


def options_header(next_header: int, options: bytes) -> bytes:
    """Hop-by-hop or destination options, padded to 8 bytes with PadN."""
    gap = -(len(options) + 2) % 8
    pad = b"" if gap == 0 else b"\0" if gap == 1 else bytes([1, gap - 2]) + bytes(gap - 2)
    body = options + pad
    return bytes([next_header, (len(body) + 2) // 8 - 1]) + body


def option(kind: int, data: bytes) -> bytes:
    return bytes([kind, len(data)]) + data


def routing_header(next_header: int, kind: int, left: int, addresses: tuple[str, ...]) -> bytes:
    body = bytes(4) + b"".join(address(a) for a in addresses)
    if kind == 4:  # RFC 8754: last entry, flags, tag
        body = bytes([len(addresses) - 1, 0, 0, 0]) + body[4:]
    return bytes([next_header, 2 * len(addresses), kind, left]) + body


def fragment_header(next_header: int, offset: int = 0, more: bool = False,
                    ident: int = 0xABCD) -> bytes:
    return struct.pack("!BBHI", next_header, 0, offset << 3 | more, ident)


def icmp6(src: str, dst: str, kind: int, code: int = 0, rest: bytes = bytes(4),
          payload: bytes = b"") -> bytes:
    body = struct.pack("!BBH", kind, code, 0) + rest + payload
    pseudo = address(src) + address(dst) + struct.pack("!II", len(body), ICMP6)
    return body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]


def echo6(src: str, dst: str, payload: bytes = b"ping") -> bytes:
    return icmp6(src, dst, 128, rest=struct.pack("!HH", 77, 1), payload=payload)
