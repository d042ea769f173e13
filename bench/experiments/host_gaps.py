"""When the host kept a CPU from the machine, noted beside an experiment by host_gaps.c."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

NOTED_US = 500  # shorter gaps are not noted


@dataclass(frozen=True)
class Gap:
    cpu: int
    begin_s: float  # monotonic
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.begin_s


class HostGaps:
    """Watches CPUs until stop()."""

    def __init__(self, bin_dir: Path, cpus: tuple[int, ...], work: Path) -> None:
        self._logs = {cpu: work / f"host-gaps-{cpu}" for cpu in cpus}
        self._watchers = []
        for cpu, log in self._logs.items():
            with log.open("w") as file:
                self._watchers.append(subprocess.Popen(
                    [bin_dir / "host_gaps", str(cpu), str(NOTED_US)], stdout=file))

    def between(self, begin_s: float, end_s: float) -> list[Gap]:
        """Gaps that were in a time (monotonic), as far as they were in it."""
        gaps = []
        for cpu, log in self._logs.items():
            for line in log.read_text().splitlines():
                begin, end = (int(word) / 1e9 for word in line.split())
                if begin < end_s and end > begin_s:
                    gaps.append(Gap(cpu, max(begin, begin_s), min(end, end_s)))
        return gaps

    def lost_s(self, begin_s: float, end_s: float) -> float:
        """What the worst CPU lost of a time."""
        gaps = self.between(begin_s, end_s)
        return max(sum(gap.length_s for gap in gaps if gap.cpu == cpu) for cpu in self._logs)

    def longest_s(self, begin_s: float, end_s: float) -> float:
        return max((gap.length_s for gap in self.between(begin_s, end_s)), default=0.0)

    def stop(self) -> None:
        for watcher in self._watchers:
            watcher.terminate()
            watcher.wait()
