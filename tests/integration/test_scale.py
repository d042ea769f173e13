"""Full tables through the running program, and the mirror's own long tests."""

import time
from pathlib import Path

import pytest

from harness.config import Port, Router
from harness.figure import Figure
from harness.proc import run
from harness.site import Site
from harness.wait import until

pytestmark = pytest.mark.product

LIMIT_BYTES_PER_ROUTE = 150  # FIB and mirror; a table that is not small
FULL = 1_000_000


@pytest.mark.parametrize("n", [20_000, pytest.param(FULL, marks=pytest.mark.long)])
def test_many_routes_of_the_kernel(site: Site, tmp_path: Path, figure: Figure, n: int) -> None:
    """Added one by one while the daemon runs, read at its start, audited, listed and deleted."""
    ports = (Port("p0", "dpdk:net_null0,no-rx=1"), Port("p1", "dpdk:net_null1,no-rx=1"))
    site.start([Router("vr", ports)], {"vr": {"p0": "10.1.0.1/24"}})
    assert site.daemon
    daemon = site.daemon

    def mirror() -> dict:
        return daemon.show("routers", "vr")[0]["mirror"]

    few = mirror()["routes"]
    batch = tmp_path / "batch"
    batch.write_text("".join(f"route add 30.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 via 10.1.0.2\n"
                             for i in range(n)))
    begin = time.monotonic()
    run("ip", "-n", "vr", "-batch", batch, timeout=300)
    added = time.monotonic() - begin
    until(lambda: mirror()["routes"] == few + n, f"{n} routes are mirrored", seconds=60)
    figure(f"{n} routes, {n / added:.0f}/s from ip(8): "
           f"mirrored {time.monotonic() - begin - added:.2f} s after the last")
    row = daemon.show("routers", "vr")[0]
    memory = row["fib"]["memory_bytes"] + row["mirror"]["memory_bytes"]
    figure(f"{memory / 1e6:.1f} MB of FIB and mirror for {n} routes")
    if n == FULL:
        assert memory < LIMIT_BYTES_PER_ROUTE * n
    begin = time.monotonic()
    assert "no difference" in daemon.client("audit", "vr")
    figure(f"audit of {n} routes in {time.monotonic() - begin:.2f} s")
    begin = time.monotonic()
    assert len(daemon.client("show", "routes", "vr").splitlines()) > n
    figure(f"{n} routes listed in {time.monotonic() - begin:.2f} s")
    site.namespaces["vr"].ip("link", "set", "p0", "down")
    until(lambda: mirror()["prefixes"] < few + 5, "the link's routes are gone", seconds=60)
    assert "no difference" in daemon.client("audit", "vr")
    assert mirror()["differences_total"] == 0


def unit_test_long(program: Path, figure: Figure) -> None:
    """Runs all of a unit test; what it prints besides its verdicts are figures."""
    done = run(program, "--long", timeout=600)
    for line in done.stdout.splitlines():
        if not line.startswith("["):
            figure(line)


@pytest.mark.long
def test_mirror_where_it_hurts(bin_dir: Path, figure: Figure) -> None:
    """A minute of flaps, a burst of 100 000 changes that overruns, a million routes."""
    unit_test_long(bin_dir / "test_control_mirror_robust", figure)


@pytest.mark.long
def test_full_tables_come_and_go(bin_dir: Path, figure: Figure) -> None:
    """A million IPv4 routes and 200 000 of IPv6 while a reader looks addresses up all the time."""
    unit_test_long(bin_dir / "test_control_mirror_load", figure)
