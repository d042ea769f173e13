"""Every missing piece is named with what mends it: each is really taken away, and put back by just that.

Mending is what the sentence says: the command behind "run:" is run as it stands.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.config import Config, Port, Router
from harness.daemon import all_cpus
from harness.netns import Namespace
from harness.proc import run

from machine import Machine

SLUICED = Path("/sluice/bin/sluiced")


def check(work_dir: Path, device: str = "vf:p0/0", provision: bool | None = None,
          **port: object) -> list[str]:
    """What sluiced --check says of a port, without the place, or nothing."""
    path = work_dir / "check.cfg"
    router = Router("tenant-a", (Port("wan0", device, **port),), provision=provision)
    path.write_text(Config((), (router,)).text("/run/check.sock"))
    done = run("taskset", "-c", all_cpus(), SLUICED, "-c", path, "--check", check=False)
    said = [line.partition(": ")[2] for line in (done.stdout + done.stderr).splitlines()
            if re.match(r".*check\.cfg:\d+: ", line)]
    assert done.returncode in (0, 1), done.stderr
    return said


def mend(sentence: str) -> None:
    command = sentence.partition("run: ")[2]
    run("bash", "-c", command)


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    namespace = Namespace("tenant-a", tmp_path_factory.mktemp("tenant"))
    yield namespace
    namespace.destroy()


@pytest.fixture(scope="module")
def nics() -> Iterator[Machine]:
    """Making VFs takes seconds: all tests take away from the same ones."""
    machine = Machine()
    yield machine
    machine.reset()


@pytest.fixture
def ready(tenant: Namespace, nics: Machine, work_dir: Path) -> Machine:
    """A VF without a fault: there is nothing to say."""
    machine = nics
    run("modprobe", "vfio-pci")
    run("ip", "link", "set", "p0", "mtu", "1500")
    machine.up("p0")
    if machine.vfs("p0") == 0:
        machine.set_vfs("p0", 1)
    run("ip", "link", "set", "p0", "vf", "0", "trust", "on")
    machine.bind(machine.address("p0", 0), "vfio-pci")
    assert check(work_dir) == []
    return machine


def expect(said: list[str], *words: str) -> str:
    """One sentence, with these words."""
    assert len(said) == 1, said
    for word in words:
        assert word in said[0], said[0]
    return said[0]


def test_pf_missing(ready: Machine, work_dir: Path) -> None:
    expect(check(work_dir, "vf:p9/0"), 'PF "p9" does not exist')


def test_no_sriov(ready: Machine, work_dir: Path) -> None:
    expect(check(work_dir, "vf:lo/0"), "lo has no SR-IOV")


def test_more_than_the_pf_can(ready: Machine, work_dir: Path) -> None:
    expect(check(work_dir, "vf:p0/7"), "p0 can have 7 VFs; the last one is vf:p0/6")


def test_vf_missing(ready: Machine, work_dir: Path) -> None:
    ready.set_vfs("p0", 0)
    mend(expect(check(work_dir), "VF 0 of p0 does not exist, there are 0; run: echo 1 >"))
    assert ready.vfs("p0") == 1


def test_not_bound(ready: Machine, work_dir: Path) -> None:
    ready.bind(ready.address("p0", 0), "igbvf")
    expect(check(work_dir), "VF 0 of p0 is bound to igbvf and not to vfio-pci; run: "
           f"dpdk-devbind.py -b vfio-pci {ready.address('p0', 0)}")


def test_module_missing(ready: Machine, work_dir: Path) -> None:
    ready.unbind(ready.address("p0", 0))
    run("modprobe", "-r", "vfio-pci")
    said = check(work_dir)
    assert len(said) == 2 and "is bound to no driver" in said[1], said
    mend(expect(said[:1], "the driver vfio-pci is not loaded; run: modprobe vfio-pci"))
    ready.bind(ready.address("p0", 0), "vfio-pci")
    assert check(work_dir) == []


def test_pf_down(ready: Machine, work_dir: Path) -> None:
    run("ip", "link", "set", "p0", "down")
    mend(expect(check(work_dir), "PF p0 is down, and so are its VFs; run: ip link set p0 up"))
    assert check(work_dir) == []


def test_mtu_of_the_pf(ready: Machine, work_dir: Path) -> None:
    run("ip", "link", "set", "p0", "mtu", "1400")
    mend(expect(check(work_dir), "PF p0 has mtu 1400, less than the port's 1500"))
    assert check(work_dir) == []


def test_not_trusted(ready: Machine, work_dir: Path) -> None:
    run("ip", "link", "set", "p0", "vf", "0", "trust", "off")
    mend(expect(check(work_dir), "VF 0 of p0 is not trusted", "OSPF never comes up"))
    assert check(work_dir) == []


def test_other_settings(ready: Machine, work_dir: Path) -> None:
    wanted = {"vlan": 401, "vf": 'mac = "02:00:00:00:04:01"; spoof_check = false; rate = "50M";'}
    said = check(work_dir, **wanted)
    mac = ready.vf("p0", 0)["address"]
    assert [sentence.partition("; ")[0] for sentence in said] == [
        f"VF 0 of p0 has mac {mac}", "VF 0 of p0 has vlan 0", "VF 0 of p0 has spoofchk on",
        "VF 0 of p0 has max_tx_rate 0"]
    for sentence in said:
        mend(sentence)
    assert check(work_dir, **wanted) == []


def test_shared_group(ready: Machine, work_dir: Path) -> None:
    ready.up("p2")
    ready.set_vfs("p2", 1)
    run("ip", "link", "set", "p2", "vf", "0", "trust", "on")
    ready.bind(ready.address("p2", 0), "vfio-pci")
    expect(check(work_dir, "vf:p2/0"), "VF 0000:05:10.0 shares its IOMMU group with 1 other device, "
           "such as 0000:05:00.0")


def test_provision_mends_by_itself(ready: Machine, work_dir: Path) -> None:
    """With provision only what it cannot mend is said."""
    ready.set_vfs("p0", 0)
    run("ip", "link", "set", "p0", "down", "mtu", "1400")
    assert check(work_dir, provision=True) == []
