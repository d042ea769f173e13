"""Plans and bursts without the machine's own gaps, which are accounted apart."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PLAN_GAP_NS = 1000
SECONDS = 2


class Calibrated:
    """A calibration of this host, and one of the same cycles with a gap of PLAN_GAP_NS."""

    def __init__(self, bin_dir: Path, work: Path) -> None:
        self.bin, self.work = bin_dir, work
        measured = work / "calibration"
        subprocess.run([bin_dir / "sluice", "calibrate", "--output", measured, "--seconds",
                        str(SECONDS)], check=True, stdout=subprocess.DEVNULL)
        values = json.loads(measured.read_text())
        self.largest_gap_us = max(core["gap_max_ns"] for core in values["cores"]) / 1e3
        self.cycles = values["cycles_per_packet"]
        for core in values["cores"]:
            core["gap_max_ns"] = core["gap_p999999_ns"] = PLAN_GAP_NS
        self.calibration = work / "calibration-without-gap"
        self.calibration.write_text(json.dumps(values))

    def plan(self, text: str) -> dict[str, Any] | None:
        """None when it does not fit."""
        file = self.work / "experiment.cfg"
        file.write_text(text)
        done = subprocess.run([self.bin / "sluice", "--json", "plan", file], capture_output=True,
                              text=True)
        if not done.stdout:
            sys.exit(f"no plan: {done.stderr}")
        return json.loads(done.stdout) if done.returncode == 0 else None


def bursts(bin_dir: Path, how: str, repetitions: int,
           routers: list[str]) -> tuple[list[list[int]], list[list[int]]]:
    """Lines of bench_dataplane_bound: of bursts, and of hops."""
    done = subprocess.run([bin_dir / "bench_dataplane_bound", how, str(repetitions), *routers],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_dataplane_bound: {done.stderr}")
    lines = [line.split() for line in done.stdout.splitlines()]
    return ([[int(word) for word in line] for line in lines if line and line[0].isdigit()],
            [[int(word) for word in line[1:]] for line in lines if line and line[0] == "hop"])
