"""Ends of sluiced, wanted and unwanted, and what they leave behind."""

import signal
import time
from pathlib import Path

import pytest

from harness.config import Port, Router
from harness.figure import Figure
from harness.pair import LEFT_GATEWAY, RIGHT_GATEWAY, Pair, build_pair
from harness.proc import run
from harness.site import Site
from harness.udp import UdpCounter, UdpStream, send_udp
from harness.wait import until

pytestmark = pytest.mark.product

RECOVERY_SECONDS = 3.0
PORT = 9000
FIRST_PKTS = 3


def twins(pair: Pair) -> set[str]:
    links = pair.router.ip("-br", "link").split()
    return {"wan0", "lan0"} & {name.split("@")[0] for name in links}


def hugepage_files() -> set[str]:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()
              if line.split()[2] == "hugetlbfs"]
    return {str(path) for mount in mounts for path in Path(mount).iterdir()}


def give_addresses(pair: Pair) -> None:
    """What a tenant's own tools do once the twins are there (again)."""
    for port, address in (("wan0", LEFT_GATEWAY), ("lan0", RIGHT_GATEWAY)):
        pair.router.ip("addr", "add", f"{address}/24", "dev", port)
        pair.router.ip("link", "set", port, "up")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_orderly_end_leaves_nothing(site: Site, number: int) -> None:
    pair = build_pair(site)
    files = hugepage_files()
    assert site.daemon
    assert site.daemon.process.stop(number) == 0, site.daemon.process.output()
    assert twins(pair) == set()
    assert not site.daemon.socket_path.exists()
    assert hugepage_files() <= files


def test_crash_under_traffic_and_restart(site: Site, figure: Figure) -> None:
    """SIGKILL leaves no TAP and no hugepage file; a new start forwards within seconds."""
    pair = build_pair(site)
    files = hugepage_files()
    assert site.daemon and pair.left.ping(pair.right.address).all_came_back
    with UdpStream(pair.left, pair.right.address, 9000):
        site.daemon.process.kill()
        until(lambda: twins(pair) == set(), "the TAPs are gone", 2)
        assert hugepage_files() <= files
        begin = time.monotonic()
        site.daemon.start()
        ready_s = time.monotonic() - begin
        give_addresses(pair)
        until(lambda: pair.left.ping(pair.right.address, count=1, wait=0.2).all_came_back,
              "traffic flows again", RECOVERY_SECONDS)
    figure(f"ready {ready_s:.2f} s and forwarding {time.monotonic() - begin:.2f} s after the start")


def test_restart_ten_times(site: Site) -> None:
    pair = build_pair(site)
    assert site.daemon
    for _ in range(10):
        site.daemon.stop()
        site.daemon.start()
    give_addresses(pair)
    site.settle()
    assert pair.left.ping(pair.right.address, count=5).all_came_back


def test_namespace_that_disappears(site: Site) -> None:
    """Deleted under traffic: said and counted; packets of both tenants go on, and so does all after
    a restart with a new namespace of that name."""
    pairs = []
    for number, name in enumerate(("one", "two"), 1):
        left = site.host(f"left-{name}", f"10.{number}.0.10/24", f"10.{number}.0.1")
        right = site.host(f"right-{name}", f"10.{number}.1.10/24", f"10.{number}.1.1")
        pairs.append((name, left, right, Router(name, (Port("wan0", f"kernel:{left.peer}"),
                                                       Port("lan0", f"kernel:{right.peer}")))))
    addresses = {name: {"wan0": f"10.{number}.0.1/24", "lan0": f"10.{number}.1.1/24"}
                 for number, (name, *_) in enumerate(pairs, 1)}
    site.start([router for *_, router in pairs], addresses)
    assert site.daemon
    sinks = [UdpCounter(right, PORT) for _, _, right, _ in pairs]
    for (_, left, right, _), sink in zip(pairs, sinks):
        send_udp(left, right.address, PORT, FIRST_PKTS)  # everybody finds its neighbours
        until(lambda: sink.received() == FIRST_PKTS, f"{FIRST_PKTS} packets arrived")
    streams = [UdpStream(left, right.address, PORT) for _, left, right, _ in pairs]
    run("ip", "netns", "del", "one")
    until(lambda: site.daemon.show("routers", "one")[0]["netns_lost"], "the loss is told", 5)
    assert "namespace one has been deleted" in site.daemon.process.output()
    sent = [FIRST_PKTS + stream.stop() for stream in streams]
    until(lambda: [sink.received() for sink in sinks] == sent, f"all of {sent} packets arrived")
    assert not site.daemon.show("routers", "two")[0]["netns_lost"]
    assert "no difference" in site.daemon.client("audit", "one")
    site.check_ledger()
    site.daemon.stop()
    site.tenant("one")
    site.daemon.start()
    for name, left, right, _ in pairs:
        for port, address in addresses[name].items():
            site.namespaces[name].ip("addr", "add", address, "dev", port)
        until(lambda: left.ping(right.address, count=1, wait=0.5).received, "packets pass", 10)


def test_device_that_disappears(site: Site) -> None:
    """The cable of one port is unplugged for good: the daemon and the other port go on."""
    pair = build_pair(site)
    assert site.daemon and pair.left.ping(pair.right.address).all_came_back
    pair.right.ip("link", "del", "eth0")
    until(lambda: pair.left.ping(LEFT_GATEWAY, count=1, wait=0.5).all_came_back,
          "the router still answers on the other port", 5)
    assert site.daemon.process.alive
