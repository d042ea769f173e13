"""Child processes whose output is kept and whose end is certain."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def run(*argv: str | Path, check: bool = True, timeout: float = 30.0,
        stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; on failure the exception shows what it wrote."""
    done = subprocess.run([str(arg) for arg in argv], text=True, capture_output=True,
                          timeout=timeout, input=stdin)
    if check and done.returncode != 0:
        command = " ".join(str(arg) for arg in argv)
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


@contextmanager
def ahead() -> Iterator[None]:
    """The test itself, but no process that it starts, goes before all that it has started."""
    os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class Process:
    """A command that runs beside the test; its output goes to a file."""

    def __init__(self, argv: Sequence[str | Path], log: Path,
                 env: dict[str, str] | None = None) -> None:
        self.argv = [str(arg) for arg in argv]
        self.log = log
        self.waited_for = False
        self._file: IO[bytes] = log.open("wb")
        self._child = subprocess.Popen(self.argv, stdout=self._file, stderr=subprocess.STDOUT,
                                       stdin=subprocess.DEVNULL, env=env)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def send(self, number: int) -> None:
        if self.alive:
            self._child.send_signal(number)

    def wait(self, seconds: float = 30.0) -> int:
        """Waits for the end by itself; returns the exit status (negative: signal)."""
        code = self._child.wait(timeout=seconds)
        self.waited_for = True
        self._file.close()
        return code

    def stop(self, number: int = signal.SIGTERM, seconds: float = 10.0) -> int:
        """Ends the process: the given signal, SIGKILL when that is not enough."""
        self.send(number)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.wait()
            raise AssertionError(f"{self.argv[0]} ignored signal {number} for {seconds} s")

    def kill(self) -> None:
        """Ends the process at once, whatever state it is in."""
        self.send(signal.SIGKILL)
        self.wait()
