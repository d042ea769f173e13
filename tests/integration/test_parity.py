"""The data path's answers against the kernel's, while ip(8) and FRR change its tables at random."""

import re
from pathlib import Path

import pytest

from harness.figure import Figure
from harness.proc import run

pytestmark = pytest.mark.product

PROGRAMS = {4: "test_control_mirror_parity", 6: "test_control_mirror_parity_ipv6"}
OPERATIONS = 50_000  # in the ten minutes, of ip and of FRR together
PATIENCE_S = 60  # daemons that start and stop, and a last round


@pytest.mark.parametrize("seconds", [2, pytest.param(600, marks=pytest.mark.long)])
@pytest.mark.parametrize("family", [4, 6])
def test_parity_with_ip_and_frr(bin_dir: Path, figure: Figure, family: int, seconds: int) -> None:
    """Every lookup at every quiet point is the kernel's; the program fails at the first that is not."""
    output = run(bin_dir / PROGRAMS[family], "--frr", seconds,
                 timeout=seconds + PATIENCE_S).stdout
    seed = re.search(r"seed (\d+)", output)
    counts = re.search(r"\d+ rounds, (\d+) operations of ip, (\d+) of FRR.*", output)
    assert seed and counts, output
    figure(f"IPv{family}, seed {seed[1]}: {counts[0]}")
    of_ip, of_frr = int(counts[1]), int(counts[2])
    assert of_ip > 0 and of_frr > 0
    assert seconds < 600 or of_ip + of_frr >= OPERATIONS
