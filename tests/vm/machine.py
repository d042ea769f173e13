"""The NICs of the emulated machine, through sysfs and ip: not through what is tested."""

import json
from pathlib import Path
from typing import Any

from harness.proc import run
from harness.wait import until

PCI = Path("/sys/bus/pci")
MODULES = ("igb", "igbvf", "tun", "veth", "vfio-pci")
PFS = {"01:00.0": "p0", "02:00.0": "p1", "05:00.0": "p2"}


class Machine:
    """PFs p0 and p1 are joined by a cable; p2 has all of its devices in one IOMMU group."""

    def __init__(self) -> None:
        run("modprobe", "-a", *MODULES)
        for address, name in PFS.items():
            self._rename(address, name)
        self.pfs = [name for name in PFS.values() if self.pf(name).exists()]

    @staticmethod
    def _rename(address: str, name: str) -> None:
        for netdev in Path(f"/sys/bus/pci/devices/0000:{address}").glob("net/*"):
            if netdev.name != name:
                run("ip", "link", "set", netdev.name, "down")
                run("ip", "link", "set", netdev.name, "name", name)

    @staticmethod
    def pf(name: str) -> Path:
        return Path(f"/sys/class/net/{name}/device")

    def set_vfs(self, pf: str, count: int, probe: bool = False) -> None:
        """Makes a PF have so many VFs, without a driver unless probe."""
        (self.pf(pf) / "sriov_drivers_autoprobe").write_text(str(int(probe)))
        if self.vfs(pf) != 0:
            (self.pf(pf) / "sriov_numvfs").write_text("0")
        if count != 0:
            (self.pf(pf) / "sriov_numvfs").write_text(str(count))

    def vfs(self, pf: str) -> int:
        return int((self.pf(pf) / "sriov_numvfs").read_text())

    def address(self, pf: str, index: int) -> str:
        return (self.pf(pf) / f"virtfn{index}").resolve().name

    def driver(self, address: str) -> str | None:
        link = PCI / "devices" / address / "driver"
        return link.resolve().name if link.exists() else None

    def bind(self, address: str, driver: str) -> None:
        """Binds a device to a driver, whatever it is bound to."""
        device = PCI / "devices" / address
        if self.driver(address) == driver:
            return
        self.unbind(address)
        (device / "driver_override").write_text(driver)
        (PCI / "drivers_probe").write_text(address)
        assert self.driver(address) == driver

    def unbind(self, address: str) -> None:
        if self.driver(address):
            (PCI / "devices" / address / "driver" / "unbind").write_text(address)

    def up(self, *pfs: str) -> None:
        """Sets PFs up and waits for their link."""
        for pf in pfs:
            run("ip", "link", "set", pf, "up")
        for pf in pfs:
            until(lambda: Path(f"/sys/class/net/{pf}/carrier").read_text() == "1\n",
                  f"{pf} has a link", 10)

    def link(self, pf: str) -> dict[str, Any]:
        return json.loads(run("ip", "-j", "-d", "link", "show", "dev", pf).stdout)[0]

    def vf(self, pf: str, index: int) -> dict[str, Any]:
        """What the PF says of one of its VFs."""
        return self.link(pf)["vfinfo_list"][index]

    def reset(self) -> None:
        for pf in self.pfs:
            if self.vfs(pf) != 0:
                (self.pf(pf) / "sriov_numvfs").write_text("0")
            (self.pf(pf) / "sriov_drivers_autoprobe").write_text("1")
            run("ip", "link", "set", pf, "down", "mtu", "1500")
