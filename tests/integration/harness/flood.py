"""More exceptions than any kernel can answer, out of a file that a port reads without end.

net_pcap hands the worker as many packets as it takes, several million per second, and costs the
control core nothing, which has FRR and the kernel on it.
"""

import logging
import random
import struct
from pathlib import Path

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.layers.inet import IP, UDP  # noqa: E402 (scapy warns while it is imported)
from scapy.layers.l2 import ARP, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

PCAP_MAC = "02:70:63:61:70:00"  # of the first net_pcap device; so the driver numbers them
NETWORK = "10.9"  # /16, of the flooded port
EACH = 400  # frames of each kind


def _address(rng: random.Random, network: str = NETWORK) -> str:
    return f"{network}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _mac(rng: random.Random) -> str:
    return "02:" + ":".join(f"{rng.randrange(256):02x}" for _ in range(5))


def _frames(seed: int) -> list[bytes]:
    rng = random.Random(seed)
    frames: list[bytes] = []
    for _ in range(EACH):
        source = Ether(src=_mac(rng), dst=PCAP_MAC)
        load = UDP(sport=1, dport=9) / Raw(bytes(18))
        sender = _address(rng)
        frames += [bytes(frame) for frame in (
            Ether(src=_mac(rng), dst="ff:ff:ff:ff:ff:ff")
            / ARP(op=1, hwsrc=_mac(rng), psrc=sender, pdst=f"{NETWORK}.0.1") / Raw(bytes(18)),
            source / IP(src="10.200.0.1", dst="10.3.0.2", ttl=1) / load,
            source / IP(src=_address(rng), dst="10.3.0.2", ttl=1) / load,
            source / IP(src="10.200.0.1", dst=_address(rng)) / load,
            source / IP(src="10.200.0.1", dst=_address(rng, "172.16")) / load,
            source / IP(src=_address(rng), dst=f"{NETWORK}.0.1") / load)]
    rng.shuffle(frames)
    return frames


def write_flood(path: Path, seed: int) -> str:
    """Writes ARP of strangers, TTL 1, unknown hosts and no route; returns the port's device."""
    data = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for frame in _frames(seed):
        data += struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return f"dpdk:net_pcap0,rx_pcap={path},infinite_rx=1"
