"""Frames that no kernel would send, byte by byte."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .netns import Namespace
from .pair import Pair

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.layers.inet import IP, UDP  # noqa: E402 (scapy warns while it is imported)
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

ETH_P_ALL = 3


def udp_frame(pair: Pair, payload_bytes: int = 100, mac: str | None = None,
              **ip_fields: object) -> bytes:
    """A frame from left to right through the router; ip_fields replace fields of the header."""
    header = IP(**{"src": pair.left.address, "dst": pair.right.address, **ip_fields})
    frame = Ether(src=pair.left.mac("eth0"), dst=mac or pair.router.mac("wan0")) / header \
        / UDP(sport=1000, dport=9000) / Raw(bytes(payload_bytes))
    frame[Ether].type = 0x0800  # scapy would follow a changed version
    return bytes(frame)


@contextmanager
def raw_sender(namespace: Namespace, device: str = "eth0") -> Iterator[Callable[[bytes], None]]:
    """Sends whole frames out of a device."""
    with namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((device, 0))
        yield lambda frame: (sender.send(frame), None)[1]


class Sniffer:
    """Keeps every frame that a device receives."""

    def __init__(self, namespace: Namespace, device: str = "eth0") -> None:
        self._socket = namespace.inside(
            lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        self._socket.bind((device, ETH_P_ALL))
        self._socket.setblocking(False)
        self._frames: list[bytes] = []

    def frames(self) -> list[bytes]:
        """Frames so far, without those that the device itself sent."""
        while True:
            try:
                data, address = self._socket.recvfrom(65536)
            except BlockingIOError:
                return self._frames
            if address[2] != socket.PACKET_OUTGOING:
                self._frames.append(data)

    def take(self) -> list[bytes]:
        """Frames since the last call."""
        taken, self._frames = self.frames(), []
        return taken

    def close(self) -> None:
        self._socket.close()
