"""Counted UDP packets between hosts, through ordinary sockets."""

import os
import socket
import struct
import threading
import time
from collections import Counter

from .netns import Namespace

SO_RCVBUFFORCE = 33  # socket.h; the module does not name it
SO_TIMESTAMPNS = 35
RECEIVE_BUFFER_BYTES = 64 << 20  # a whole test fits: the sink never loses a packet by itself


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def stamping_socket() -> socket.socket:
    """While it is open the kernel stamps every packet that it receives.

    The kernel turns that on and off in the background, some time after a socket asks: a test's
    first arrivals may have no time of their own unless somebody has asked long before.
    """
    stamping = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stamping.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return stamping


class UdpCounter:
    """Counts what arrives at a UDP port of a host, with the kernel's receive times.

    address: "::" for IPv6, which has no type of service here. device: what arrives there, alone.
    """

    def __init__(self, host: Namespace, port: int, address: str = "0.0.0.0",
                 device: str = "") -> None:
        self._socket = host.socket(family_of(address), socket.SOCK_DGRAM)
        if device:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        if self._socket.family == socket.AF_INET:
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        self._socket.setblocking(False)
        self._socket.bind((address, port))
        self._by_port: Counter[int] = Counter()
        self._by_tos: Counter[int] = Counter()
        self.delays_ns: dict[int, list[int]] = {}  # by type of service; of stamped payloads
        self.arrivals_ns: list[int] = []
        self._first_ns: dict[int, int] = {}

    def received(self) -> int:
        """Packets so far."""
        while True:
            try:
                data, ancillary, _, source = self._socket.recvmsg(65536, 128)
            except BlockingIOError:
                return self._by_port.total()
            values = {kind: value for _, kind, value in ancillary}
            seconds, nanoseconds = struct.unpack("qq", values[SO_TIMESTAMPNS][:16])
            arrival_ns = seconds * 1_000_000_000 + nanoseconds
            tos = values.get(socket.IP_TOS, bytes(1))[0]
            self._by_port[source[1]] += 1
            self._first_ns.setdefault(source[1], arrival_ns)
            self._by_tos[tos] += 1
            self.arrivals_ns.append(arrival_ns)
            sent_ns = int.from_bytes(data[:8], "little")
            if sent_ns:
                self.delays_ns.setdefault(tos, []).append(arrival_ns - sent_ns)

    def by_source_port(self) -> dict[int, int]:
        self.received()
        return dict(self._by_port)

    def first_by_source_port(self) -> dict[int, int]:
        """Time of the first packet of each (CLOCK_REALTIME, ns)."""
        self.received()
        return dict(self._first_ns)

    def by_tos(self) -> dict[int, int]:
        """Packets by type of service (DSCP << 2 | ECN)."""
        self.received()
        return dict(self._by_tos)

    def first_after(self, time_ns: int) -> int | None:
        """Time of the first packet that arrived later than a time (CLOCK_REALTIME, ns)."""
        self.received()
        return min((t for t in self.arrivals_ns if t > time_ns), default=None)

    def last(self) -> int:
        self.received()
        return max(self.arrivals_ns, default=0)

    def close(self) -> None:
        self._socket.close()


def send_udp(host: Namespace, target: str, port: int, count: int, size_bytes: int = 100,
             source_port: int = 0, tos: int = 0) -> None:
    """Sends count datagrams of size_bytes payload back to back."""
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        sender.bind(("0.0.0.0", source_port))
        for _ in range(count):
            sender.sendto(bytes(size_bytes), (target, port))


def paced_udp(host: Namespace, target: str, port: int, rate_bps: float, seconds: float,
              size_bytes: int, tos: int = 0) -> int:
    """Sends datagrams of size_bytes payload on an even schedule; returns how many.

    Each begins with its time of sending, for UdpCounter.delays_ns. The rate is that of frames with FCS. A late wake-up is caught up with a burst, so the number of
    packets is exact whatever the machine does.
    """
    total = int(rate_bps * seconds / 8 / (size_bytes + 46))
    filler = bytes(size_bytes - 8)
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        begin, sent = time.monotonic(), 0
        while sent < total:
            due = min(total, int((time.monotonic() - begin) / seconds * total) + 1)
            for _ in range(due - sent):
                sender.sendto(time.time_ns().to_bytes(8, "little") + filler, (target, port))
            sent = due
            time.sleep(0.0005)
    return total


class UdpStream:
    """One datagram per interval from a thread of its own, until it is stopped.

    urgent: ahead of everything that is not, even of real-time priority.
    """

    def __init__(self, host: Namespace, target: str, port: int, interval_s: float = 0.001,
                 size_bytes: int = 100, urgent: bool = False) -> None:
        self.sent = 0
        self._urgent = urgent
        self._stop = threading.Event()
        self._socket = host.socket(family_of(target), socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._run,
                                        args=((target, port), interval_s, size_bytes))
        self._thread.start()

    def _run(self, target: tuple[str, int], interval_s: float, size_bytes: int) -> None:
        payload = bytes(size_bytes)
        if self._urgent:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(2))
        while not self._stop.wait(interval_s):
            self._socket.sendto(payload, target)
            self.sent += 1

    def stop(self) -> int:
        """Ends the stream; returns how many datagrams it sent."""
        self._stop.set()
        self._thread.join()
        self._socket.close()
        return self.sent

    def __enter__(self) -> "UdpStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
