"""When bfdd sent its packets and when they came, by the kernel's clock of the routers' devices."""

import ctypes
import socket
import struct
from dataclasses import dataclass, field

from .netns import Namespace
from .udp import RECEIVE_BUFFER_BYTES, SO_RCVBUFFORCE, SO_TIMESTAMPNS

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SO_ATTACH_FILTER = 26
PORT_BFD_CONTROL = 3784  # RFC 5881 4
STATE_UP = 3  # RFC 5880 4.1
STATE_AT = 14 + 20 + 8 + 1  # of a frame with a plain IPv4 header
# Load half word or byte; jump if equal by so many; return: of classic BPF (linux/filter.h).
LDH, LDB, JEQ, RET = 0x28, 0x30, 0x15, 0x06
IS_BFD = [(LDH, 0, 0, 12), (JEQ, 0, 5, 0x0800), (LDB, 0, 0, 23), (JEQ, 0, 3, 17),
          (LDH, 0, 0, 36), (JEQ, 0, 1, PORT_BFD_CONTROL), (RET, 0, 0, 0xFFFF), (RET, 0, 0, 0)]


@dataclass
class Direction:
    """What one end of a session sent or received."""

    times_ns: list[int] = field(default_factory=list)
    up: list[bool] = field(default_factory=list)  # what the sender said of its session

    def up_gaps_ns(self) -> list[int]:
        """Between packets of a session that was up at both."""
        return [later - earlier for earlier, later, *states in
                zip(self.times_ns, self.times_ns[1:], self.up, self.up[1:]) if all(states)]

    def downs(self) -> int:
        """How often the session went down."""
        return sum(was and not now for was, now in zip(self.up, self.up[1:]))


class BfdEnd:
    """One device of a router."""

    def __init__(self, router: Namespace, device: str) -> None:
        self.sent, self.came = Direction(), Direction()
        self._socket = router.inside(lambda: watching(device))

    def read(self, since_ns: int) -> None:
        """Takes what was noted so far, from a time on (CLOCK_REALTIME)."""
        while True:
            try:
                frame, ancillary, _, (_, _, kind, _, _) = self._socket.recvmsg(128, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
            time_ns = seconds * 1_000_000_000 + nanoseconds
            if time_ns < since_ns:
                continue
            direction = self.sent if kind == PACKET_OUTGOING else self.came
            direction.times_ns.append(time_ns)
            direction.up.append(frame[STATE_AT] >> 6 == STATE_UP)

    def close(self) -> None:
        self._socket.close()


def watching(device: str) -> socket.socket:
    """A socket of the thread's namespace that keeps the BFD packets of a device until it is read."""
    program = b"".join(struct.pack("HBBI", *line) for line in IS_BFD)
    held = ctypes.create_string_buffer(program)
    watch = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    watch.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                     struct.pack("HxxxxxxP", len(IS_BFD), ctypes.addressof(held)))
    watch.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    watch.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    watch.setblocking(False)
    watch.bind((device, ETH_P_ALL))
    return watch
