"""Reload of the configuration: what changes does, and what does not is not touched at all."""

import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.config import Config, Core, Port, Router, Sla
from harness.host import Host
from harness.proc import run
from harness.site import Site
from harness.udp import UdpCounter, UdpStream, send_udp
from harness.wait import until

pytestmark = pytest.mark.product

PORT, PAYLOAD = 9000, 1000
FRAME = PAYLOAD + 14 + 4 + 20 + 8  # bytes of L2
BURST_PKTS = 50


class Tenant:
    """A router between two hosts, with neighbours that everybody knows for good."""

    def __init__(self, site: Site, name: str, number: int) -> None:
        self.site, self.name, self.number = site, name, number
        self.left = self._host("left", 0)
        self.right = self._host("right", 1)
        if name not in site.namespaces:
            site.tenant(name)

    def _host(self, side: str, net: int) -> Host:
        prefix = f"10.{self.number}.{net}"
        return self.site.host(f"{self.name}-{side}", f"{prefix}.10/24", f"{prefix}.1")

    def router(self, police: str | None = None, shape: str | None = None, **rest) -> Router:
        return Router(self.name, (Port("wan0", f"kernel:{self.left.peer}", police=police),
                                  Port("lan0", f"kernel:{self.right.peer}", shape=shape)), **rest)

    def addresses(self) -> dict[str, str]:
        return {"wan0": f"10.{self.number}.0.1/24", "lan0": f"10.{self.number}.1.1/24"}

    def configure(self) -> None:
        """What the tenant's own tools do once the twins are there; then no ARP packet follows."""
        namespace = self.site.namespaces[self.name]
        for (port, address), host in zip(self.addresses().items(), (self.left, self.right)):
            namespace.ip("addr", "replace", address, "dev", port)
            namespace.ip("link", "set", port, "up")
            namespace.ip("neigh", "replace", host.address, "lladdr", host.mac("eth0"), "dev", port,
                         "nud", "permanent")
            host.ip("neigh", "replace", address.split("/")[0], "lladdr", namespace.mac(port),
                    "dev", "eth0", "nud", "permanent")
        self.site.settle_neighbours(self.name)

    def pings(self) -> bool:
        return self.left.ping(self.right.address).all_came_back

    def policed(self) -> tuple[int, int]:
        port = self.site.counters(self.name).ports["wan0"]
        return port["police_pass_pkts"], port["police_drop_pkts"]


class Watched:
    """A stream through a tenant that must not lose a packet, and counters that must go on."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.sink = UdpCounter(tenant.right, PORT + 1)
        self.stream = UdpStream(tenant.left, tenant.right.address, PORT + 1)
        self.before = self.counters()
        self.ifindex = self.twin()

    def counters(self) -> int:
        return self.tenant.site.counters(self.tenant.name).ports["wan0"]["rx_pkts"]

    def twin(self) -> int:
        assert self.tenant.site.daemon
        ports = self.tenant.site.daemon.show("ports", self.tenant.name)
        return next(row["twin_ifindex"] for row in ports if row["name"] == "wan0")

    def check(self) -> None:
        """The stream goes on, the twin is the same, and counters have not begun anew."""
        sent, count = self.stream.sent, self.counters()
        assert self.twin() == self.ifindex
        assert count >= self.before
        until(lambda: self.stream.sent > sent and self.counters() > count, "the stream goes on")

    def finish(self, lost: int = 0) -> None:
        sent = self.stream.stop()
        until(lambda: self.sink.received() == sent - lost, f"all but {lost} of {sent} arrived")
        self.sink.close()


class Reloads:
    """The file of a running daemon, and its reloads."""

    def __init__(self, site: Site, slas: tuple[Sla, ...], cores: tuple[Core, ...] = ()) -> None:
        self.site, self.slas, self.cores = site, slas, cores

    def write(self, *routers: Router, slas: tuple[Sla, ...] | None = None,
              cores: tuple[Core, ...] = (), core: int = 0) -> None:
        assert self.site.daemon
        config = Config(self.slas if slas is None else slas, routers, core, cores or self.cores)
        self.site.daemon.file.write_text(config.text(str(self.site.daemon.socket_path)))

    def run(self, *routers: Router, slas: tuple[Sla, ...] | None = None) -> str:
        """Puts routers in force; returns what the client printed."""
        self.write(*routers, slas=slas)
        assert self.site.daemon
        output = self.site.daemon.client("reload")
        self.site.routers = {router.name: router for router in routers}
        return output

    def refused(self, text: str | None = None) -> str:
        """Has what is written, or a text, refused; returns the client's sentence."""
        assert self.site.daemon
        if text is not None:
            self.site.daemon.file.write_text(text)
        output = self.site.daemon.client("reload", check=False)
        assert output.startswith("sluice: ") and output.count("\n") == 1, output
        return output


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


def test_what_cannot_be_created(site: Site, tenants: tuple[Tenant, Tenant]) -> None:
    """B's old form is put back, unless somebody else has what it had."""
    a, b = tenants
    reloads, watched = Reloads(site, SLAS), Watched(a)
    c = site.tenant("c")
    router, other = a.router(shape="silver"), b.router()
    bogus = (other.ports[0], Port("lan0", "dpdk:net_bogus0"))
    reloads.run(router, other)
    b.configure()
    assert b.pings()

    def failed(*routers: Router) -> list[str]:
        reloads.write(*routers)
        done = run(site.bin_dir / "sluice", "-s", site.daemon.socket_path, "reload", check=False)
        assert done.returncode == 1
        return done.stdout.splitlines()

    back, added = failed(router, replace(other, ports=bogus), Router("c", (Port("p", "dpdk:net_bogus1"),)))
    assert back.startswith("b: put back: net_bogus0") and added.startswith("c: not added: net_bogus1")
    b.configure()
    assert b.pings()
    assert [row["name"] for row in site.daemon.show("routers")] == ["a", "b"]
    lost, added = failed(router, replace(other, ports=bogus[1:]), Router("c", (other.ports[1],)))
    assert lost.startswith("b: lost: net_bogus0") and "router \"c\" has what it had" in lost
    assert added == "c: added" and "lan0" in c.ip("-br", "link")
    assert reloads.run(router, other) == "c: removed\nb: added\n"
    b.configure()
    assert b.pings()
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
