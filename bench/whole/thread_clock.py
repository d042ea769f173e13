"""CPU time of a thread of another process, exact to the moment of reading.

/proc/PID/task/TID/schedstat is brought up to date by the timer tick only; the kernel's software
event task-clock is exact. It counts while the thread runs, so what other programs take from the
core does not count.
"""

import ctypes
import os
import struct
import time
from pathlib import Path
from typing import Sequence

SYS_PERF_EVENT_OPEN = 298  # x86-64
PERF_TYPE_SOFTWARE = 1
PERF_COUNT_SW_TASK_CLOCK = 1
PERF_ATTR_BYTES = 112

_libc = ctypes.CDLL(None, use_errno=True)


class ThreadClock:
    """The threads that share a program's work, as if they were one: their mean."""

    def __init__(self, pid: int, tids: Sequence[int]) -> None:
        self.schedstats = [_schedstat(pid, tid) for tid in tids]
        self.fds: list[int] = []
        for tid in tids:
            self.fds.append(_task_clock(tid))

    def ran_ns(self) -> float:
        return sum(struct.unpack("<Q", os.read(fd, 8))[0] for fd in self.fds) / len(self.fds)

    def waited_ns(self) -> int:
        """Time that the unluckiest thread stood in the run queue of its core."""
        return max(int(path.read_text().split()[1]) for path in self.schedstats)

    def close(self) -> None:
        for fd in self.fds:
            os.close(fd)


def _schedstat(pid: int, tid: int) -> Path:
    return Path(f"/proc/{pid}/task/{tid}/schedstat")


def _task_clock(tid: int) -> int:
    attr = struct.pack("<IIQ", PERF_TYPE_SOFTWARE, PERF_ATTR_BYTES, PERF_COUNT_SW_TASK_CLOCK)
    buffer = ctypes.create_string_buffer(attr.ljust(PERF_ATTR_BYTES, b"\0"), PERF_ATTR_BYTES)
    fd = _libc.syscall(SYS_PERF_EVENT_OPEN, buffer, tid, -1, -1, 0)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "cannot read the CPU time of a thread")
    return fd


def busiest_threads(pid: int, count: int, seconds: float) -> list[int]:
    """The threads that use most CPU time during so many seconds."""
    def times() -> dict[int, int]:
        tids = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
        return {tid: int(_schedstat(pid, tid).read_text().split()[0]) for tid in tids}

    before = times()
    time.sleep(seconds)
    after = times()
    return sorted(after, key=lambda tid: before.get(tid, 0) - after[tid])[:count]
