"""VFs made and set up from nothing, found again, and put back."""

from pathlib import Path

from harness.config import Port, Router, Sla
from harness.proc import run
from harness.site import Site

from machine import Machine

SLA = Sla("gold", "10M", "16k")
PORTS = (Port("wan0", "vf:p0/0", vlan=401, shape="gold"),
         Port("wan1", "vf:p1/1", vlan=401, vf='mac = "02:00:00:00:04:01"; trust = false;'))


def start(site: Site) -> None:
    site.start([Router("tenant-a", PORTS, provision=True)], {"tenant-a": {}}, (SLA,), settle=False)


def pfs(machine: Machine) -> list[object]:
    return [(pf, machine.vfs(pf), machine.link(pf)["flags"], machine.link(pf).get("vfinfo_list"))
            for pf in ("p0", "p1")]


def test_from_nothing_and_back(site: Site, machine: Machine) -> None:
    before = pfs(machine)
    start(site)
    assert (machine.vfs("p0"), machine.vfs("p1")) == (1, 2)
    first, second = machine.vf("p0", 0), machine.vf("p1", 1)
    assert first["vlan_list"][0]["vlan"] == second["vlan_list"][0]["vlan"] == 401
    assert first["spoofchk"] and second["spoofchk"]
    assert first["trust"] and not second["trust"]
    assert second["address"] == "02:00:00:00:04:01"
    assert first["rate"]["max_tx"] == 20, "twice the profile, whatever layer the NIC counts"
    assert [machine.driver(machine.address(*vf)) for vf in (("p0", 0), ("p1", 1), ("p1", 0))] \
        == ["vfio-pci", "vfio-pci", None]
    for port, vf in (("wan0", first), ("wan1", second)):
        assert site.namespaces["tenant-a"].mac(port) == vf["address"]
    rows = site.daemon.show("vf")
    assert [(row["pf"], row["index"], row["owner"], row["vlan"], row["driver"]) for row in rows] \
        == [("p0", 0, "tenant-a/wan0", 401, "vfio-pci"), ("p1", 1, "tenant-a/wan1", 401, "vfio-pci")]
    print(site.daemon.client("show", "vf"), site.daemon.client("show", "devices"))
    site.daemon.stop()
    assert pfs(machine) == before


def test_second_start_changes_nothing(site: Site, machine: Machine) -> None:
    """Killed, so that nothing is put back: what is as it should be is found, and left so."""
    start(site)
    made = pfs(machine)
    site.daemon.process.kill()
    process = site.daemon.start()
    assert pfs(machine) == made
    changes = [line for line in process.output().splitlines() if " VF " in line or "made" in line]
    assert changes == []
    site.daemon.stop()
    assert pfs(machine) == made


def refused(site: Site) -> str:
    """What sluiced says when it does not start."""
    try:
        start(site)
    except AssertionError as error:
        return str(error)
    raise AssertionError("sluiced started")


def test_a_vf_in_use_is_left_alone(site: Site, machine: Machine) -> None:
    """A kernel driver's netdev that is up belongs to somebody."""
    machine.up("p0", "p1")
    machine.set_vfs("p0", 1)
    machine.bind(machine.address("p0", 0), "igbvf")
    netdev = next(Path(f"/sys/bus/pci/devices/{machine.address('p0', 0)}/net").iterdir()).name
    run("ip", "link", "set", netdev, "up")
    before = pfs(machine)
    output = refused(site)
    assert f"VF 0 of p0 ({machine.address('p0', 0)}) is in use by igbvf as {netdev}" in output
    assert machine.vf("p0", 0) == before[0][3][0] and machine.vfs("p1") == 0
