"""A program that takes a worker's CPU away again and again, for ms at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .proc import Process

STEAL = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
while True:
    end = time.monotonic() + 0.003
    while time.monotonic() < end:
        pass
    time.sleep(0.0005)
"""


@contextmanager
def thief(cpu: int, log: Path) -> Iterator[None]:
    """Runs one on a CPU; it goes before every worker."""
    process = Process(["/usr/bin/python3", "-c", STEAL, str(cpu)], log)
    try:
        yield
        assert process.alive, process.output()
    finally:
        process.stop()
