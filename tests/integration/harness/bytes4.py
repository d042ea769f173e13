"""IPv4 frames as bytes, with every field free to be wrong."""

import ipaddress
import struct

ETHER_HEADER_BYTES = 14
TYPE_IPV4, TYPE_VLAN = 0x0800, 0x8100
ICMP, TCP, UDP = 1, 6, 17


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def ether(payload: bytes, dst: str, src: str, ethertype: int = TYPE_IPV4) -> bytes:
    return mac_bytes(dst) + mac_bytes(src) + struct.pack("!H", ethertype) + payload


def vlan(frame: bytes, tci: int) -> bytes:
    """The frame with an 802.1Q tag."""
    return frame[:12] + struct.pack("!HH", TYPE_VLAN, tci) + frame[12:]


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def address(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


def ipv4(payload: bytes, src: str, dst: str, proto: int = UDP, ttl: int = 64, tos: int = 0,
         ident: int = 0x1234, flags: int = 0, offset: int = 0, options: bytes = b"",
         version: int = 4, ihl: int | None = None, length: int | None = None,
         checksum_error: int = 0) -> bytes:
    """A packet; flags: 1 more fragments, 2 do not fragment, 4 reserved; offset in 8 bytes."""
    options += bytes(-len(options) % 4)
    header_bytes = 20 + len(options)
    words = header_bytes // 4 if ihl is None else ihl
    total = header_bytes + len(payload) if length is None else length
    header = struct.pack("!BBHHHBBH4s4s", version << 4 | words, tos, total, ident,
                         flags << 13 | offset, ttl, proto, 0, address(src), address(dst)) + options
    summed = checksum((header + payload)[:words * 4]) ^ checksum_error
    return header[:10] + struct.pack("!H", summed) + header[12:] + payload


def _pseudo(src: str, dst: str, proto: int, length: int) -> bytes:
    return address(src) + address(dst) + struct.pack("!IHH", length, 0, proto)


def udp(payload: bytes, src: str, dst: str, sport: int = 1000, dport: int = 9000,
        zero_checksum: bool = False) -> bytes:
    """A datagram over either family."""
    head = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    summed = checksum(_pseudo(src, dst, UDP, 8 + len(payload)) + head + payload) or 0xFFFF
    return head[:6] + struct.pack("!H", 0 if zero_checksum else summed) + payload


def tcp(src: str, dst: str, flags: int = 0x02, sport: int = 1000, dport: int = 9000) -> bytes:
    """A segment without data over either family; flags: 2 SYN, 4 RST, 16 ACK."""
    head = struct.pack("!HHIIBBHHH", sport, dport, 7, 0, 5 << 4, flags, 1000, 0, 0)
    summed = checksum(_pseudo(src, dst, TCP, len(head)) + head)
    return head[:16] + struct.pack("!H", summed) + head[18:]


def icmp(kind: int, code: int = 0, rest: bytes = bytes(4), payload: bytes = b"") -> bytes:
    """An ICMP message; rest: the second word."""
    body = struct.pack("!BBH", kind, code, 0) + rest + payload
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def echo(payload: bytes = b"ping") -> bytes:
    return icmp(8, rest=struct.pack("!HH", 77, 1), payload=payload)
