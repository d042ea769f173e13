"""Packets and routes: what all programs get alike."""

import ipaddress
import random
import struct
from pathlib import Path
from typing import Iterable

SOURCE_MAC = bytes.fromhex("020000000001")
NEXT_HOP_MAC = "02:00:00:00:00:02"
HOT_DESTINATIONS = 200
HOT_TEMPLATES = 1024
SEED = 7
# Shares of prefix lengths, roughly those of the Internet's table.
LENGTHS = ((24, 0.60), (23, 0.10), (22, 0.11), (21, 0.05), (20, 0.05), (19, 0.03), (18, 0.02),
           (17, 0.01), (16, 0.02), (28, 0.01))


def _checksum(header: bytes) -> int:
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return 0xffff ^ total


def port_mac(index: int) -> bytes:
    """Address of net_pcap's port of that number."""
    return bytes.fromhex("0270636170") + bytes([index])


def udp_frame(dst_mac: bytes, dst: int, number: int, frame_bytes: int, dscp: int) -> bytes:
    """An Ethernet frame without FCS: frame_bytes counts the FCS."""
    ip_bytes = frame_bytes - 4 - 14
    head = struct.pack(">BBHHHBBHII", 0x45, dscp << 2, ip_bytes, 0, 0, 64, 17, 0, 0xc6120001, dst)
    head = head[:10] + struct.pack(">H", _checksum(head)) + head[12:]
    udp = struct.pack(">HHHH", 1024 + number % 4096, 9, ip_bytes - 20, 0)
    return (dst_mac + SOURCE_MAC + b"\x08\x00" + head + udp).ljust(frame_bytes - 4, b"\0")


def write_pcap(path: Path, frames: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


def flow_network(index: int) -> int:
    """/24 number index of 10.0.0.0/8."""
    return (10 << 24) + (index << 8)


def hot_destinations() -> list[int]:
    return [flow_network(i % HOT_DESTINATIONS) + 1 for i in range(HOT_TEMPLATES)]


def hot_routes() -> list[str]:
    return [f"{ipaddress.IPv4Address(flow_network(i))}/24" for i in range(HOT_DESTINATIONS)]


def _is_ours(address: int) -> bool:
    first = address >> 24
    return 1 <= first < 224 and first not in (10, 127, 192)


def full_table(count: int) -> list[tuple[int, int]]:
    """Different prefixes in random order: (address, length)."""
    rng = random.Random(SEED)
    lengths = [length for length, _ in LENGTHS]
    weights = [weight for _, weight in LENGTHS]
    table: dict[tuple[int, int], None] = {}
    while len(table) < count:
        length = rng.choices(lengths, weights)[0]
        address = rng.getrandbits(32) >> (32 - length) << (32 - length)
        if _is_ours(address):
            table[(address, length)] = None
    return list(table)


def random_destinations(table: list[tuple[int, int]], count: int) -> list[int]:
    """Addresses under prefixes of the table, each prefix as likely as any."""
    rng = random.Random(SEED + 1)
    picked = (table[rng.randrange(len(table))] for _ in range(count))
    return [address | rng.getrandbits(32 - length) for address, length in picked]
