"""Fixtures and options of the integration tests.

They run inside the private namespaces of configs/isolate.sh: `tests/run.sh` does that; by hand:
    configs/isolate.sh python3 -m pytest tests/integration
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from harness.figure import Figure
from harness.oracle import Oracle
from harness.site import Site
from harness.udp import stamping_socket

FIGURES = pytest.StashKey[list[str]]()
ROOT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("sluice", "kernel"), default="sluice",
                     help="what carries the routers: the product, or Linux as the reference")
    parser.addoption("--bin", default=str(ROOT / "build" / "bin"),
                     help="folder of sluiced, sluice and sluice-perf")
    parser.addoption("--long", action="store_true", help="full-length measurements")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "product: needs sluiced; Linux has nothing to compare")
    config.addinivalue_line("markers", "long: a measurement that takes more than half a minute")
    config.stash[FIGURES] = []
    if "SLUICE_ISOLATED" not in os.environ:
        raise pytest.UsageError("not isolated: run configs/isolate.sh python3 -m pytest ...")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects (and reports as deselected) what the chosen engine or length does not include."""
    unwanted = set()
    if config.getoption("--engine") == "kernel":
        unwanted.add("product")
    if not config.getoption("--long"):
        unwanted.add("long")
    gone = [item for item in items if any(item.get_closest_marker(m) for m in unwanted)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Every figure that the tests measured, at the end of the output."""
    figures = terminalreporter.config.stash[FIGURES]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(figures))


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Records a measured figure, in words."""
    def record(text: str) -> None:
        request.config.stash[FIGURES].append(f"{request.node.name}: {text}")
        request.node.user_properties.append(("figure", text))
    return record


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    return request.config.getoption("--engine")


@pytest.fixture(scope="session")
def bin_dir(request: pytest.FixtureRequest) -> Path:
    return Path(request.config.getoption("--bin")).resolve()


@pytest.fixture(scope="session", autouse=True)
def core() -> Iterator[None]:
    """The daemon's namespace holds cable ends only: none of them speaks by itself."""
    for scope in ("default", "all"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")
    os.sched_setaffinity(0, {0})  # hosts and FRR share the control core; workers have the others
    with stamping_socket():
        yield


@contextmanager
def empty_site(work_dir: Path, engine: str, bin_dir: Path) -> Iterator[Site]:
    world = Site(work_dir, engine, bin_dir)
    try:
        yield world
        world.finish()
    finally:
        world.destroy()


@pytest.fixture
def site(tmp_path: Path, engine: str, bin_dir: Path) -> Iterator[Site]:
    """An empty site; at the end of the test the ledgers must balance."""
    with empty_site(tmp_path, engine, bin_dir) as world:
        yield world


@pytest.fixture(scope="module")
def module_site(tmp_path_factory: pytest.TempPathFactory, engine: str, bin_dir: Path
                ) -> Iterator[Site]:
    """The same for all tests of a module, none of which may then have a site of its own."""
    with empty_site(tmp_path_factory.mktemp("site"), engine, bin_dir) as world:
        yield world


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
           ) -> Iterator[Oracle]:
    """Two worlds for the tests of a module, one routed by Linux and one by the product."""
    worlds = Oracle(tmp_path_factory.mktemp("oracle"),
                    Path(request.config.getoption("--bin")).resolve())
    try:
        worlds.build()
        yield worlds
        worlds.finish()
    finally:
        worlds.destroy()
