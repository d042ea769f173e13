"""Messages of the kernel that are lost, while packets are forwarded.

The routes come from a program that keeps the control thread from running, so that it must miss
most of them.
"""

import time
from pathlib import Path

import pytest

from harness.figure import Figure
from harness.mirror_socket import shrink
from harness.pair import ROUTER
from harness.pair6 import RIGHT, build_pair6
from harness.site import Site
from harness.udp import UdpCounter, UdpStream
from harness.wait import until

pytestmark = pytest.mark.product

PORT = 9000
ROOM_BYTES = 4096  # of the mirror's receive buffer: a few messages
PARITY_S = 5


def batch(family: int, verb: str, n: int, gateway: str) -> str:
    prefix = (lambda i: f"30.{i >> 16}.{i >> 8 & 255}.{i & 255}/32") if family == 4 else \
        (lambda i: f"fd30::{i >> 16:x}:{i & 65535:x}/128")
    return "".join(f"route {verb} {prefix(i)} via {gateway}\n" for i in range(n))


@pytest.mark.parametrize("n", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("family", [4, 6])
def test_overrun_loses_no_packet(site: Site, tmp_path: Path, figure: Figure, family: int,
                                 n: int) -> None:
    """A burst of routes comes and goes, most of it unheard: what is forwarded does not notice."""
    pair = build_pair6(site)
    assert site.daemon
    daemon = site.daemon
    target = RIGHT if family == 6 else pair.right.address
    assert pair.left.ping(target).received
    site.settle()

    def mirror() -> dict:
        return daemon.show("routers", ROUTER)[0]["mirror"]

    few = mirror()["routes"]
    shrink(daemon.process.pid, pair.router, ROOM_BYTES)
    sink = UdpCounter(pair.right, PORT, "::" if family == 6 else "0.0.0.0")
    with UdpStream(pair.left, target, PORT, urgent=True) as stream:
        for verb, wanted in (("add", few + n), ("del", few)):
            commands = tmp_path / verb
            commands.write_text(batch(family, verb, n, target))
            before = mirror()
            pair.router.run("chrt", "--rr", "1", "ip", f"-{family}", "-batch", commands, timeout=300)
            last = time.monotonic()
            until(lambda: mirror()["routes"] == wanted and not mirror()["syncing"],
                  f"{wanted} routes are mirrored", 60)
            took_s, after = time.monotonic() - last, mirror()
            assert "no difference" in daemon.client("audit", ROUTER)
            figure(f"{n} routes, {verb}: {after['overruns'] - before['overruns']} overruns, "
                   f"{after['resyncs'] - before['resyncs']} resyncs, "
                   f"parity {took_s:.2f} s after the last")
            assert after["overruns"] > before["overruns"]
            assert took_s < PARITY_S
        sent = stream.stop()
    until(lambda: sink.received() == sent, f"all {sent} packets arrived")
    figure(f"{sent} packets meanwhile, none lost")
    assert mirror()["differences_total"] == 0
