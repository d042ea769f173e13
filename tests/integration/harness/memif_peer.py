"""The client end of a memif, written in Python so that a test can leave at any moment."""

import mmap
import os
import socket
import struct
from pathlib import Path
from types import TracebackType

VERSION = 2 << 8
MESSAGE_BYTES = 128
ACK, HELLO, INIT, ADD_REGION, ADD_RING, CONNECT, CONNECTED = range(1, 8)
TO_SERVER, TO_CLIENT = 1, 0  # flag of ADD_RING
COOKIE = 0x3E31F20
LOG2_SLOTS = 14  # the most that servers take: milliseconds of work
SLOTS = 1 << LOG2_SLOTS
HEAD_AT, TAIL_AT, DESCRIPTORS_AT, DESCRIPTOR_BYTES = 6, 64, 128, 16
RING_BYTES = DESCRIPTORS_AT + SLOTS * DESCRIPTOR_BYTES
BUFFER_BYTES = 2048


class MemifPeer:
    """Connects to a server, offers one frame in all slots of its ring, and hangs up when told."""

    def __init__(self, path: Path, ident: int, frame: bytes) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(10)
        self._socket.connect(str(path))
        self._memory_fd = os.memfd_create("memif", os.MFD_ALLOW_SEALING)
        size = 2 * RING_BYTES + 2 * BUFFER_BYTES
        os.ftruncate(self._memory_fd, size)
        self._memory = mmap.mmap(self._memory_fd, size)
        self._bells = [os.eventfd(0), os.eventfd(0)]
        self._lay_out(frame)
        self._expect(HELLO)
        self._ask(INIT, struct.pack("<HIB24s32s", VERSION, ident, 0, b"", b"test"), ACK)
        self._ask(ADD_REGION, struct.pack("<HQ", 0, size), ACK, self._memory_fd)
        for flags, bell in zip((TO_SERVER, TO_CLIENT), self._bells):
            offset = 0 if flags == TO_SERVER else RING_BYTES
            ring = struct.pack("<HHHIBH", flags, 0, 0, offset, LOG2_SLOTS, 0)
            self._ask(ADD_RING, ring, ACK, bell)
        self._ask(CONNECT, struct.pack("<32s", b"test"), CONNECTED)

    def __enter__(self) -> "MemifPeer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.hang_up()

    def _lay_out(self, frame: bytes) -> None:
        """All slots of a ring share one buffer."""
        for direction, length in enumerate((len(frame), BUFFER_BYTES)):
            base, buffer = direction * RING_BYTES, 2 * RING_BYTES + direction * BUFFER_BYTES
            struct.pack_into("<IHH", self._memory, base, COOKIE, 1, 0)
            slot = struct.pack("<HHIII", 0, 0, length, buffer, 0)
            begin = base + DESCRIPTORS_AT
            self._memory[begin:begin + SLOTS * len(slot)] = slot * SLOTS
            self._memory[buffer:buffer + len(frame)] = frame

    def offer(self) -> None:
        """Hands over all slots that the server has returned."""
        (tail,) = struct.unpack_from("<H", self._memory, TAIL_AT)
        struct.pack_into("<H", self._memory, HEAD_AT, (tail + SLOTS) & 0xffff)

    def taken(self) -> int:
        """Frames, modulo 2^16, that the server has received."""
        return struct.unpack_from("<H", self._memory, TAIL_AT)[0]

    def hang_up(self) -> None:
        """As when the program is killed: no message, only the end of the connection."""
        self._socket.close()
        self._memory.close()
        for fd in (self._memory_fd, *self._bells):
            os.close(fd)

    def _expect(self, kind: int) -> None:
        message = self._socket.recv(MESSAGE_BYTES)
        (got,) = struct.unpack_from("<H", message)
        assert got == kind, f"message {got} instead of {kind}: {message!r}"

    def _ask(self, kind: int, body: bytes, answer: int, fd: int | None = None) -> None:
        message = struct.pack("<H", kind) + body
        message += bytes(MESSAGE_BYTES - len(message))
        socket.send_fds(self._socket, [message], [] if fd is None else [fd])
        self._expect(answer)
