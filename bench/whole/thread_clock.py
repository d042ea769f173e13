"""CPU time of a thread of another process, exact to the moment of reading.

/proc/PID/task/TID/schedstat is brought up to date by the timer tick only; the kernel's software
event task-clock is exact. It counts while the thread runs, so what other programs take from the
core does not count.
"""

import ctypes
import os
import struct
from pathlib import Path

SYS_PERF_EVENT_OPEN = 298  # x86-64
PERF_TYPE_SOFTWARE = 1
PERF_COUNT_SW_TASK_CLOCK = 1
PERF_ATTR_BYTES = 112

_libc = ctypes.CDLL(None, use_errno=True)


class ThreadClock:
    def __init__(self, pid: int, tid: int) -> None:
        attr = struct.pack("<IIQ", PERF_TYPE_SOFTWARE, PERF_ATTR_BYTES, PERF_COUNT_SW_TASK_CLOCK)
        attr = ctypes.create_string_buffer(attr.ljust(PERF_ATTR_BYTES, b"\0"), PERF_ATTR_BYTES)
        self.schedstat = Path(f"/proc/{pid}/task/{tid}/schedstat")
        self.fd = _libc.syscall(SYS_PERF_EVENT_OPEN, attr, tid, -1, -1, 0)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "cannot read the CPU time of a thread")

    def ran_ns(self) -> int:
        return int(struct.unpack("<Q", os.read(self.fd, 8))[0])

    def waited_ns(self) -> int:
        """Time that the thread stood in the run queue of its core."""
        return int(self.schedstat.read_text().split()[1])

    def close(self) -> None:
        os.close(self.fd)


def busiest_thread(pid: int, seconds_ns: int, sleep) -> int:
    """Thread that used most CPU time while sleep() lasted."""
    def times() -> dict[int, int]:
        return {int(task.name): int((task / "schedstat").read_text().split()[0])
                for task in Path(f"/proc/{pid}/task").iterdir()}

    before = times()
    sleep(seconds_ns / 1e9)
    after = times()
    return max(after, key=lambda tid: after[tid] - before.get(tid, 0))
