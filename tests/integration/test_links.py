"""Ports of other kinds than a kernel device."""

import re
import time
from pathlib import Path

import pytest

from harness.config import Port, Router
from harness.figure import Figure
from harness.host import Host
from harness.proc import Process
from harness.site import Site
from harness.udp import UdpCounter, send_udp
from harness.wait import until

PORT = 9000


def chain(site: Site) -> tuple[Host, Host]:
    """left - [one] = link = [two] - right"""
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    right = site.host("right", "10.2.0.10/24", "10.2.0.1")
    one = Router("one", (Port("wan0", f"kernel:{left.peer}"), Port("core0", "link:middle")))
    two = Router("two", (Port("core0", "link:middle"), Port("lan0", f"kernel:{right.peer}")))
    site.start([one, two], {"one": {"wan0": "10.1.0.1/24", "core0": "10.3.0.1/24"},
                            "two": {"core0": "10.3.0.2/24", "lan0": "10.2.0.1/24"}})
    site.namespaces["one"].ip("route", "add", "10.2.0.0/24", "via", "10.3.0.2")
    site.namespaces["two"].ip("route", "add", "10.1.0.0/24", "via", "10.3.0.1")
    site.settle()
    return left, right


def test_two_routers_joined_by_a_link(site: Site) -> None:
    left, right = chain(site)
    result = left.ping(right.address, count=20)
    assert result.all_came_back, result.text
    sink = UdpCounter(right, PORT)
    send_udp(left, right.address, PORT, count=300)
    until(lambda: sink.received() == 300, "every packet crossed the link")


def test_traceroute_shows_both_routers(site: Site) -> None:
    left, right = chain(site)
    done = left.run("traceroute", "-n", "-q", "1", "-w", "2", right.address)
    hops = [line.split()[1] for line in done.stdout.splitlines()[1:]]
    assert hops == ["10.1.0.1", "10.3.0.2", right.address], done.stdout


@pytest.mark.product
def test_null_device_takes_everything(site: Site) -> None:
    """What leaves through net_null is sent and gone; the ledger still balances."""
    left = site.host("left", "10.1.0.10/24", "10.1.0.1")
    site.start([Router("vr", (Port("wan0", f"kernel:{left.peer}"),
                              Port("lan0", "dpdk:net_null0,no-rx=1")))],
               {"vr": {"wan0": "10.1.0.1/24", "lan0": "10.2.0.1/24"}})
    router = site.namespaces["vr"]
    router.ip("neigh", "add", "10.2.0.10", "lladdr", "02:00:00:00:00:10", "dev", "lan0",
              "nud", "permanent")
    site.settle_neighbours("vr")
    before = site.counters("vr").ports["lan0"]["tx_pkts"]
    send_udp(left, "10.2.0.10", PORT, count=500)
    until(lambda: site.counters("vr").ports["lan0"]["tx_pkts"] - before == 500, "500 packets sent")


def worker_threads(pid: int) -> list[int]:
    """Threads of DPDK worker lcores."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(task.name) for task in tasks if "worker" in (task / "comm").read_text()]


def system_calls(thread: int, seconds: float, log: Path) -> int:
    """How many system calls a thread makes in a time, by strace."""
    tracer = Process(["strace", "-c", "-p", str(thread)], log)
    until(lambda: "attached" in tracer.output(), "strace is attached")
    time.sleep(seconds)  # the time over which calls are counted
    tracer.send(2)
    tracer.wait()
    totals = re.findall(r"^\s*100\.00\s+\S+\s+\S*\s+(\d+)", tracer.output(), re.MULTILINE)
    return int(totals[-1]) if totals else 0


@pytest.mark.product
def test_worker_makes_no_system_call(site: Site, figure: Figure) -> None:
    """Two seconds of packets from net_null, of link ports and of a ping through them: none."""
    flood = Router("flood", (Port("in0", "dpdk:net_null0,size=64"),
                             Port("out0", "dpdk:net_null1,no-rx=1")))
    one = Router("one", (Port("core0", "link:middle"),))
    two = Router("two", (Port("core0", "link:middle"),))
    site.start([flood, one, two], {"one": {"core0": "10.3.0.1/24"},
                                   "two": {"core0": "10.3.0.2/24"}})
    site.never_at_rest.add("flood")
    assert site.daemon
    workers = worker_threads(site.daemon.process.pid)
    assert workers
    before = site.counters("flood").ports["in0"]["rx_pkts"]
    ping = site.namespaces["one"].start("ping", "-n", "-i", "0.01", "10.3.0.2")
    counts = {thread: system_calls(thread, 2.0, site.work_dir / f"strace-{thread}.log")
              for thread in workers}
    handled = site.counters("flood").ports["in0"]["rx_pkts"] - before
    control = system_calls(site.daemon.process.pid, 0.5, site.work_dir / "strace-main.log")
    ping.stop(2)
    figure(f"worker system calls in 2 s: {counts}, packets handled meanwhile: {handled}; "
          f"the control thread, for comparison, in 0.5 s: {control}")
    assert handled > 0
    assert control > 0, "strace counts nothing: the test shows nothing"
    assert set(counts.values()) == {0}
