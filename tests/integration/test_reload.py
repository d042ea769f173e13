"""Reload of the configuration: what changes does, and what does not is not touched at all."""

import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.config import Core, Sla
from harness.proc import run
from harness.reloads import Reloads, Tenant, Watched
from harness.site import Site
from harness.udp import UdpCounter, UdpStream, send_udp
from harness.wait import until

pytestmark = pytest.mark.product

PORT, PAYLOAD = 9000, 1000
FRAME = PAYLOAD + 14 + 4 + 20 + 8  # bytes of L2
BURST_PKTS = 50


GOLD = Sla("gold", "1k", str(BURST_PKTS * FRAME))
SILVER = Sla("silver", "100M", "64k")
SLAS = (GOLD, SILVER)


@pytest.fixture
def tenants(site: Site) -> Iterator[tuple[Tenant, Tenant]]:
    """Two tenants, of which only the first has a router."""
    a, b = Tenant(site, "a", 1), Tenant(site, "b", 2)
    site.start([a.router(shape="silver")], {"a": a.addresses()}, SLAS)
    a.configure()
    yield a, b


def test_others_come_change_and_go(site: Site, tenants: tuple[Tenant, Tenant]) -> None:
    """A loses nothing while B is added, restarted and removed, on the same core."""
    a, b = tenants
    reloads, watched = Reloads(site, SLAS), Watched(a)
    router = a.router(shape="silver")
    assert reloads.run(router) == "no router has changed\n"
    assert reloads.run(b.router(), router) == "b: added\n"
    assert [row["name"] for row in site.daemon.show("routers")] == ["b", "a"]
    b.configure()
    assert b.pings()
    watched.check()
    assert reloads.run(router, b.router(police="silver", police_at="late")) == \
        "b: restarted: police_at\n"
    b.configure()
    assert b.pings()
    watched.check()
    site.check_ledger()
    assert reloads.run(router) == "b: removed\n"
    assert [row["name"] for row in site.daemon.show("routers")] == ["a"]
    assert "wan0" not in site.namespaces["b"].ip("-br", "link")
    watched.check()
    watched.finish()


def offer(tenant: Tenant, count: int) -> int:
    """Sends packets back to back; returns how many the policer let pass."""
    before = tenant.policed()
    send_udp(tenant.left, tenant.right.address, PORT, count=count, size_bytes=PAYLOAD)
    until(lambda: sum(tenant.policed()) - sum(before) == count, "all were policed")
    return tenant.policed()[0] - before[0]


def backwards(tenant: Tenant) -> tuple[UdpCounter, UdpStream]:
    """A stream against the direction that is policed and shaped."""
    return UdpCounter(tenant.left, PORT + 2), UdpStream(tenant.right, tenant.left.address, PORT + 2)


def test_policer_and_share_change_in_place(site: Site) -> None:
    """What passes follows rate and burst to the packet; tokens stay; all else loses nothing."""
    a, b = Tenant(site, "a", 1), Tenant(site, "b", 2)
    routers = [a.router(police="gold", share=30), b.router(share=70)]
    site.start(routers, {"a": a.addresses(), "b": b.addresses()}, SLAS)
    for tenant in (a, b):
        tenant.configure()
    reloads, watched, (sink, stream) = Reloads(site, SLAS), Watched(b), backwards(a)

    def change(rate: str, burst_pkts: int) -> None:
        sla = Sla("gold", rate, str(burst_pkts * FRAME))
        assert reloads.run(*routers, slas=(sla, SILVER)) == "a: changed in place: police of port wan0\n"
        port = next(row for row in site.daemon.show("ports", "a") if row["name"] == "wan0")
        assert port["police"]["burst_bytes"] == burst_pkts * FRAME

    assert offer(a, 100) == BURST_PKTS
    change("1k", 80)
    assert offer(a, 100) == 0, "a larger bucket is not a fuller one"
    change("100M", 80)  # full after 7 ms
    time.sleep(0.2)
    change("1k", 200)
    assert offer(a, 300) == 80, "tokens stay"
    change("100M", 80)
    time.sleep(0.2)
    change("1k", 30)
    assert offer(a, 100) == 30, "a bucket is never fuller than its burst"
    assert a.policed()[0] == BURST_PKTS + 80 + 30
    slas = (Sla("gold", "1k", str(30 * FRAME)), SILVER)
    assert reloads.run(*(replace(router, share=50) for router in routers), slas=slas) == \
        "a: changed in place: share\nb: changed in place: share\n"
    assert [(row["share_percent"], row["quantum_ns"]) for row in site.daemon.show("routers")] == \
        [(50, 10000)] * 2
    sent = stream.stop()
    until(lambda: sink.received() == sent, f"all {sent} packets of the other way arrived")
    watched.check()
    watched.finish()


def test_shaper_changes_in_place(site: Site) -> None:
    """Packets that wait stay, and leave at the new rate."""
    slow, fast = Sla("slow", "1k", str(20 * FRAME)), Sla("slow", "100M", str(20 * FRAME))
    a = Tenant(site, "a", 1)
    router = a.router(shape="slow")
    site.start([router], {"a": a.addresses()}, (slow,))
    a.configure()
    reloads, sink = Reloads(site, (slow,)), UdpCounter(a.right, PORT)
    send_udp(a.left, a.right.address, PORT, count=50, size_bytes=PAYLOAD)

    def beyond() -> tuple[int, int]:
        counters = site.counters("a")
        return counters.ports["lan0"]["queued_pkts"], counters.drops("shaper-full")

    until(lambda: sum(beyond()) == 30, "all but the burst wait or are dropped")
    queued, dropped = beyond()
    assert queued > 4
    until(lambda: sink.received() == 20, "the burst has left")
    assert reloads.run(router, slas=(fast,)) == "a: changed in place: shape of port lan0\n"
    until(lambda: sink.received() == 20 + queued, "what waited has left, too")
    row, = site.daemon.show("conformance", "a")
    assert row["rate_bps"] == 100_000_000 and row["conforms"]
    send_udp(a.left, a.right.address, PORT, count=15, size_bytes=PAYLOAD)
    until(lambda: sink.received() == 35 + queued, "nothing more is lost")
    assert site.counters("a").all_drops() == {"shaper-full": dropped}


def test_refused_files_change_nothing(site: Site, tenants: tuple[Tenant, Tenant]) -> None:
    a, b = tenants
    reloads, watched = Reloads(site, SLAS), Watched(a)
    router, other = a.router(shape="silver"), b.router()
    file, socket_path = site.daemon.file, site.daemon.socket_path
    good = file.read_text()

    def shown() -> list[object]:
        return [site.daemon.show(what) for what in ("routes", "neighbours")] + \
            [(row["name"], row["twin_ifindex"], row["shape"]) for row in site.daemon.show("ports")]

    before = shown()
    assert f"{file}:4: " in reloads.refused("control: {\n  core = 0; }\nslas: (\n  oops\n")
    reloads.write(router, other, slas=(GOLD,))
    assert "SLA \"silver\" does not exist" in reloads.refused()
    reloads.write(router, replace(other, name="nowhere"))
    assert "namespace \"nowhere\" does not exist" in reloads.refused()
    fast = Sla("silver", "400G", "64k")
    reloads.write(a.router(police="silver"), slas=(GOLD, fast))
    assert "core 1 " in reloads.refused()
    two = good.replace('shape = "silver"', 'shape = "none"').replace("core = 1", "core = 99")
    assert "core 99 does not exist" in reloads.refused(two) and "(and 1 more)" in reloads.refused()
    assert "the socket cannot change" in reloads.refused(good.replace(str(socket_path), "/tmp/x.sock"))
    reloads.write(router, cores=(Core(1, "timeslice", "2ms"),))
    assert "the scheduler of core 1 cannot change while it serves routers, such as \"a\"" in \
        reloads.refused()
    file.unlink()
    assert "cannot be read" in reloads.refused()
    file.write_text(good)
    assert reloads.run(router) == "no router has changed\n"
    assert shown() == before
    watched.check()
    watched.finish()


def test_replaced_namespace(site: Site, tenants: tuple[Tenant, Tenant]) -> None:
    """Deleted and made again: one reload of the same file takes up the new one."""
    a, b = tenants
    reloads, watched = Reloads(site, SLAS), Watched(a)
    routers = a.router(shape="silver"), b.router()
    reloads.run(*routers)
    run("ip", "netns", "del", "b")
    assert "namespace \"b\" does not exist" in reloads.refused()
    site.tenant("b")
    assert reloads.run(*routers) == "b: restarted: namespace replaced\n"
    assert not site.daemon.show("routers", "b")[0]["netns_lost"]
    b.configure()
    assert b.pings()
    assert reloads.run(*routers) == "no router has changed\n"
    watched.check()
    watched.finish()


def test_signal_and_service_manager(site: Site, tenants: tuple[Tenant, Tenant]) -> None:
    """SIGHUP does the same; systemd hears when it begins and when it is over, refused or not."""
    a, b = tenants
    reloads, watched = Reloads(site, SLAS), Watched(a)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = site.work_dir / "notify"
        path.unlink()
        manager.bind(str(path))
        manager.settimeout(10)

        def reload() -> None:
            site.daemon.process.send(signal.SIGHUP)
            begin = manager.recv(4096).decode().split("\n")
            assert begin[0] == "RELOADING=1" and begin[1].startswith("MONOTONIC_USEC=")
            assert int(begin[1].split("=")[1]) <= time.monotonic_ns() // 1000
            assert manager.recv(4096) == b"READY=1"

        reloads.write(a.router(shape="silver"), b.router())
        reload()
        site.routers["b"] = b.router()
        assert [row["name"] for row in site.daemon.show("routers")] == ["a", "b"]
        assert "info b: added" in site.daemon.process.output()
        site.daemon.file.write_text("routers: 1;")
        reload()
        assert "error reload: nothing has changed" in site.daemon.process.output()
    assert len(site.daemon.show("routers")) == 2
    watched.check()
    watched.finish()
