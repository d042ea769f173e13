"""A program under measurement: started once, stopped between its legs by SIGSTOP."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Sequence

from paired import Leg
from thread_clock import ThreadClock, busiest_threads

WARM_SECONDS = 0.02
SEEK_SECONDS = 0.2
READ_SECONDS = 0.0005  # counters that took longer to read are read again
READ_TRIES = 8
FORWARDING_NICE = -20  # sluiced takes it by itself; the same for everyone


class NotRunnable(Exception):
    """Why a row cannot be measured here."""


class Program:
    """Subclasses start a process and read a counter of packets received."""

    name = "?"
    threads = 1  # that forward

    def __init__(self, work: Path) -> None:
        self.work = Path(tempfile.mkdtemp(dir=work))
        self.process: subprocess.Popen[bytes] | None = None
        self.clock: ThreadClock | None = None
        self.first: dict[str, int] = {}  # totals when the measurement began

    def start(self) -> None:
        """Starts everything and waits until packets flow."""
        raise NotImplementedError

    def received(self) -> int:
        """Packets that the forwarding thread took in so far."""
        raise NotImplementedError

    def totals(self) -> dict[str, int]:
        """Packets since the start: "received", and by name what became of them."""
        return {"received": self.received()}

    def shares(self) -> dict[str, float]:
        """What became of the packets received since attach(), in percent of them."""
        self.resume()
        last = self.totals()
        self.pause()
        done = {name: count - self.first.get(name, 0) for name, count in last.items()}
        received = done.pop("received")
        return {name: 100 * count / received for name, count in done.items() if count}

    def spawn(self, command: Sequence[str | Path], **options) -> None:
        log = (self.work / "log").open("wb")
        self.process = subprocess.Popen([str(word) for word in command], stdout=log,
                                        stderr=subprocess.STDOUT, **options)

    def log_tail(self) -> str:
        path = self.work / "log"
        lines = path.read_text(errors="replace").strip().splitlines() or ["no output"]
        return " / ".join(lines[-3:])[-300:]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def wait_until(self, ready, seconds: float = 30.0) -> None:
        """Waits for a condition; the program's own words are the reason when it ends first."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                raise NotRunnable(f"it ended at once: {self.log_tail()}")
            if ready():
                return
            time.sleep(0.05)
        raise NotRunnable(f"it was not ready within {seconds:.0f} s: {self.log_tail()}")

    def attach(self) -> None:
        """Finds the forwarding threads, once packets flow, and pauses."""
        first = self.received()
        self.wait_until(lambda: self.received() > first + 1000)
        tids = busiest_threads(self.pid, self.threads, SEEK_SECONDS)
        for tid in tids:
            os.setpriority(os.PRIO_PROCESS, tid, FORWARDING_NICE)
        self.clock = ThreadClock(self.pid, tids)
        self.first = self.totals()
        self.pause()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _sample(self) -> tuple[int, float]:
        """Packets and CPU time of one moment: the middle of a short reading."""
        assert self.clock is not None
        best: tuple[float, int, float] | None = None
        for _ in range(READ_TRIES):
            begin = time.monotonic()
            before = self.clock.ran_ns()
            packets = self.received()
            after = self.clock.ran_ns()
            took = time.monotonic() - begin
            if best is None or took < best[0]:
                best = (took, packets, (before + after) / 2)
            if took < READ_SECONDS:
                break
        assert best is not None
        return best[1], best[2]

    def leg(self, seconds: float) -> Leg:
        """CPU time per packet over so many seconds."""
        assert self.clock is not None
        self.resume()
        time.sleep(WARM_SECONDS)
        waited = self.clock.waited_ns()
        packets, ran = self._sample()
        time.sleep(seconds)
        more_packets, more_ran = self._sample()
        waited = self.clock.waited_ns() - waited
        self.pause()
        if more_packets == packets:
            raise NotRunnable("no packet was received while it was measured")
        return Leg((more_ran - ran) / (more_packets - packets), waited)

    def stop(self) -> None:
        if self.clock is not None:
            self.clock.close()
            self.clock = None
        if self.process is None:
            return
        if self.process.poll() is None:
            self.resume()
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


def free_hugepages() -> int:
    """Bytes of free hugepages of 2 MiB."""
    path = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
    return int(path.read_text()) << 21 if path.exists() else 0
