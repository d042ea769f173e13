"""What every scenario in the emulated machine uses. Runs as root of that machine, and only there."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from harness.site import Site  # noqa: E402 (found by the line above)
from machine import Machine  # noqa: E402

RESULTS = Path("/results")
BIN = ROOT / "bin"


@pytest.fixture(scope="session", autouse=True)
def core() -> None:
    """As in the other integration tests: workers have CPU 1, everything else CPU 0."""
    for scope in ("default", "all"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")
    os.sched_setaffinity(0, {0})


@pytest.fixture
def work_dir(request: pytest.FixtureRequest) -> Path:
    """A folder of the test whose files come back."""
    path = RESULTS / request.node.name.replace("/", "-")
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def machine() -> Iterator[Machine]:
    """The machine as it was booted; what a test changed of its NICs is put back."""
    machine = Machine()
    yield machine
    machine.reset()


@pytest.fixture
def site(work_dir: Path, machine: Machine) -> Iterator[Site]:
    """An empty site; at the end of the test the ledgers must balance."""
    world = Site(work_dir, "sluice", BIN)
    try:
        yield world
        world.finish()
    finally:
        world.destroy()
