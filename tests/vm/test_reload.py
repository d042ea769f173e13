"""VFs follow the configuration while sluiced runs; those of other routers are not touched."""

from dataclasses import replace

from harness.config import Config, Port, Router, Sla
from harness.site import Site
from harness.wait import until

from machine import Machine

GOLD, SILVER = Sla("gold", "10M", "16k"), Sla("silver", "20M", "16k")
A = Router("a", (Port("wan0", "vf:p0/0", vlan=401, shape="gold"),), provision=True)
B = Router("b", (Port("lan0", "vf:p1/0", vlan=402, shape="silver"),), provision=True)


def reload(site: Site, *routers: Router, slas: tuple[Sla, ...] = (GOLD, SILVER)) -> str:
    config = Config(slas, routers)
    site.daemon.file.write_text(config.text(str(site.daemon.socket_path)))
    return site.daemon.client("reload", check=False)


def test_vfs_come_change_and_go(site: Site, machine: Machine) -> None:
    def pfs() -> list[object]:
        return [(pf, machine.vfs(pf), machine.link(pf)["flags"], machine.link(pf).get("vfinfo_list"))
                for pf in ("p0", "p1")]

    def twin() -> int:
        return site.daemon.show("ports", "a")[0]["twin_ifindex"]

    site.tenant("b")
    before = pfs()
    site.start([A], {"a": {}}, (GOLD, SILVER), settle=False)
    ifindex, of_a = twin(), pfs()[0]
    assert machine.vfs("p1") == 0
    assert reload(site, A, B) == "b: added\n"
    vf = machine.vf("p1", 0)
    assert (machine.vfs("p1"), vf["vlan_list"][0]["vlan"], vf["rate"]["max_tx"]) == (1, 402, 40)
    assert machine.driver(machine.address("p1", 0)) == "vfio-pci"
    until(lambda: site.namespaces["b"].mac("lan0") == vf["address"], "the twin has the VF's address")
    fast = replace(SILVER, rate="30M")
    assert reload(site, A, B, slas=(GOLD, fast)) == "b: changed in place: shape of port lan0\n"
    assert machine.vf("p1", 0)["rate"]["max_tx"] == 60, "the NIC's fence follows the profile"
    other = replace(B, ports=(replace(B.ports[0], vlan=403),))
    assert reload(site, A, other) == "b: restarted: vlan of port lan0\n"
    assert machine.vf("p1", 0)["vlan_list"][0]["vlan"] == 403
    now = pfs()
    third = Router("b", (Port("lan0", "vf:p0/1", vlan=404),), provision=True)
    assert "p0 has 1 VFs and needs 2, but VF 0 is in use by vfio-pci" in reload(site, A, third)
    assert pfs() == now and len(site.daemon.show("routers")) == 2
    assert reload(site, A) == "b: removed\n"
    assert pfs()[1] == before[1], "what was made for B alone is gone"
    assert pfs()[0] == of_a and twin() == ifindex, "A's is as it was"
    site.daemon.stop()
    assert pfs() == before
