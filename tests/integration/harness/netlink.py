"""Kernel route messages of a namespace with the time at which they came."""

import select
import socket
import struct
import threading
import time

from .netns import Namespace

NETLINK_ROUTE = 0
RTMGRP_IPV4_ROUTE = 0x40
RTM_NEWROUTE, RTM_DELROUTE = 24, 25
RTA_DST = 1


class RouteMonitor:
    """Listens on a thread of its own; times are CLOCK_REALTIME in ns, taken after the wake-up."""

    def __init__(self, namespace: Namespace) -> None:
        self._socket = namespace.inside(self._open)
        self._added: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @staticmethod
    def _open() -> socket.socket:
        listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
        listener.bind((0, RTMGRP_IPV4_ROUTE))
        return listener

    def _run(self) -> None:
        while not self._stop.is_set():
            if select.select([self._socket], [], [], 0.1)[0]:
                data = self._socket.recv(65536)
                self._record(data, time.time_ns())

    def _record(self, data: bytes, now_ns: int) -> None:
        while len(data) >= 16:
            length, kind = struct.unpack_from("IH", data)
            if kind == RTM_NEWROUTE:
                self._added.setdefault(destination(data[16:length]), now_ns)
            data = data[(length + 3) & ~3:]

    def added_ns(self, prefix: str) -> int | None:
        """When the first route to a prefix was announced."""
        return self._added.get(prefix)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> "RouteMonitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def destination(message: bytes) -> str:
    """prefix/depth of a struct rtmsg and its attributes."""
    depth = message[1]
    address = "0.0.0.0"
    rest = message[12:]
    while len(rest) >= 4:
        length, kind = struct.unpack_from("HH", rest)
        if length < 4:
            break
        if kind == RTA_DST:
            address = socket.inet_ntoa(rest[4:8])
        rest = rest[(length + 3) & ~3:]
    return f"{address}/{depth}"
