"""Kernel messages about routes and links with the time at which they came."""

import os
import select
import socket
import struct
import threading
import time
from typing import Self

from .netns import Namespace

NETLINK_ROUTE = 0
RTMGRP_LINK, RTMGRP_IPV4_ROUTE = 0x1, 0x40
RTM_NEWLINK, RTM_NEWROUTE = 16, 24
RTA_DST = 1
IFF_LOWER_UP = 0x10000


def listener(group: int) -> socket.socket:
    """A socket of the namespace that the thread is in."""
    messages = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    messages.bind((0, group))
    return messages


class Monitor:
    """Listens on a thread of its own; times are CLOCK_REALTIME in ns, taken after the wake-up."""

    def __init__(self, messages: socket.socket) -> None:
        self._socket = messages
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(2))  # ahead of what it measures
        while not self._stop.is_set():
            if select.select([self._socket], [], [], 0.1)[0]:
                data = self._socket.recv(65536)
                now_ns = time.time_ns()
                while len(data) >= 16:
                    length, kind = struct.unpack_from("IH", data)
                    self._record(kind, data[16:length], now_ns)
                    data = data[(length + 3) & ~3:]

    def _record(self, kind: int, message: bytes, now_ns: int) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class RouteMonitor(Monitor):
    """When routes came to a namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self._added: dict[str, int] = {}
        super().__init__(namespace.inside(lambda: listener(RTMGRP_IPV4_ROUTE)))

    def _record(self, kind: int, message: bytes, now_ns: int) -> None:
        if kind == RTM_NEWROUTE:
            self._added.setdefault(destination(message), now_ns)

    def added_ns(self, prefix: str) -> int | None:
        """When the first route to a prefix was announced."""
        return self._added.get(prefix)


class CarrierMonitor(Monitor):
    """When a device of this namespace was first said to have no carrier."""

    def __init__(self, device: str) -> None:
        self._ifindex = socket.if_nametoindex(device)
        self.lost_ns: int | None = None
        super().__init__(listener(RTMGRP_LINK))

    def _record(self, kind: int, message: bytes, now_ns: int) -> None:
        ifindex, flags = struct.unpack_from("iI", message, 4)
        if kind == RTM_NEWLINK and ifindex == self._ifindex and not flags & IFF_LOWER_UP:
            self.lost_ns = self.lost_ns or now_ns


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
