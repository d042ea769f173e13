"""A reload of which a router cannot be created: what ran before runs again, all of it."""

import pytest

from harness.config import Link, Port, Sla
from harness.netns import veth
from harness.proc import run
from harness.reloads import Reloads, Tenant, Watched
from harness.site import Site

pytestmark = pytest.mark.product

CABLE = Link("cable", "1G")
# At 84 bytes of the cable for 64 of the SLA: 400 + 300 and 600 + 100 Mbit/s fit, 600 + 300 do not.
BEFORE = Sla("a", "400M", "64k"), Sla("b", "300M", "64k")
AFTER = Sla("a", "600M", "64k"), Sla("b", "100M", "64k")
MIXED = AFTER[0], BEFORE[1]
BOGUS = Port("wan0", "dpdk:net_bogus0")


def test_everything_goes_back(site: Site) -> None:
    """One is changed, one removed, one added and one cannot be created: the sums hold as before.

    A, which is changed in place and back, loses nothing.
    """
    a, b, c, d = (Tenant(site, name, number) for number, name in enumerate("abcd", 1))
    routers = a.router(shape="a", link="cable"), b.router(shape="b", link="cable"), d.router()
    site.start([d.router()], {}, settle=False)
    reloads = Reloads(site, BEFORE, (CABLE,))
    reloads.run(*routers)
    for tenant in (a, b, d):
        tenant.configure()
        assert tenant.pings()
    watched = Watched(a)

    def rates() -> list[tuple[str, int]]:
        return [(row["router"], row["rate_bps"]) for row in site.daemon.show("conformance")]

    before = rates()
    assert before == [("a", 400_000_000), ("b", 300_000_000)]
    removed, changed, added, failed = reloads.failed(
        c.router(), routers[0], b.router(wan=BOGUS, shape="b", link="cable"), slas=AFTER)
    because = "router \"b\" cannot be created"
    assert removed == f"d: put back: {because}"
    assert changed == f"a: put back: {because}"
    assert added == f"c: not added: {because}"
    assert failed.startswith("b: put back: net_bogus0")
    assert "error reload: taken back" in site.daemon.process.output()
    assert rates() == before
    assert "wan0" not in site.namespaces["c"].ip("-br", "link")
    for tenant in (b, d):
        tenant.configure()
        assert tenant.pings()
    reloads.write(*routers, slas=MIXED)
    assert "link \"cable\"" in reloads.refused()
    assert reloads.run(*routers) == "no router has changed\n"
    watched.check()
    watched.finish()


def test_what_cannot_go_back(site: Site) -> None:
    """B's device is gone when its new form fails: B is lost, and comes with a device."""
    a, b = Tenant(site, "a", 1), Tenant(site, "b", 2)
    site.start([a.router(), b.router()], {})
    for tenant in (a, b):
        tenant.configure()
    reloads, watched = Reloads(site, ()), Watched(a)
    b.left.ip("link", "del", "eth0")
    line, = reloads.failed(b.router(wan=BOGUS), a.router())
    assert line.startswith("b: lost: net_bogus0")
    assert "its old form cannot run either" in line and b.left.peer in line
    assert [row["name"] for row in site.daemon.show("routers")] == ["a"]
    assert reloads.run(a.router()) == "no router has changed\n"
    veth(b.left, "eth0", b.left.peer)
    b.left.ip("addr", "add", f"{b.left.address}/24", "dev", "eth0")
    b.left.ip("route", "add", "default", "via", b.addresses()["wan0"].split("/")[0])
    assert reloads.run(b.router(), a.router()) == "b: added\n"
    b.configure()
    assert b.pings()
    assert [row["name"] for row in site.daemon.show("routers")] == ["b", "a"]
    watched.check()
    watched.finish()
