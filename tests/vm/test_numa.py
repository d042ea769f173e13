"""The machine without an IOMMU and with two NUMA nodes."""

from pathlib import Path

from harness.site import Site

from machine import Machine
from test_checks import check


def test_no_iommu_and_another_node(site: Site, machine: Machine, work_dir: Path) -> None:
    site.tenant("tenant-a")
    (pf,) = (path.parent.name for path in Path("/sys/class/net").glob("*/device")
             if (path / "sriov_totalvfs").exists())
    machine.set_vfs(pf, 1)
    iommu, numa = check(work_dir, f"vf:{pf}/0", provision=True)
    assert "the IOMMU is off" in iommu and "boot with: intel_iommu=on iommu=pt" in iommu
    assert f"core 1 is not on NUMA node 0 of {pf}" in numa and "use one of the cores 0" in numa
