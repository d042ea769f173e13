"""sluiced that cannot start: one clear line, non-zero exit, nothing changed."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from harness.config import Config, Port, Router
from harness.daemon import all_cpus
from harness.netns import Namespace
from harness.pair import build_pair
from harness.proc import run
from harness.site import Site

pytestmark = pytest.mark.product


@pytest.fixture
def world(site: Site) -> Site:
    """Devices and namespaces are there; nothing runs yet."""
    for name in ("left", "right"):
        site.host(name, f"10.{1 + (name == 'right')}.0.10/24")
    site.tenant("vr")
    return site


def config() -> Config:
    return Config(routers=(Router("vr", (Port("wan0", "kernel:v-left"),
                                         Port("lan0", "kernel:v-right"))),))


def write(world: Site, text: str | None = None) -> Path:
    file = world.work_dir / "sluice.cfg"
    file.write_text(text or config().text(str(world.work_dir / "sluice.sock")))
    return file


def attempt(*argv: str | Path, extra: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return run("taskset", "-c", all_cpus(), *extra, *argv, check=False, timeout=30)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The only line that was written, to stderr."""
    assert done.returncode != 0
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def nothing_changed(world: Site) -> None:
    assert "wan0" not in world.namespaces["vr"].ip("-br", "link")
    assert not (world.work_dir / "sluice.sock").exists()


def test_not_root(world: Site) -> None:
    file = write(world)
    world.work_dir.chmod(0o755)
    program = world.work_dir / "sluiced"
    program.write_bytes((world.bin_dir / "sluiced").read_bytes())
    program.chmod(0o755)
    for parent in list(world.work_dir.parents)[:3]:
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    done = attempt(program, "-c", file,
                   extra=("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"))
    assert "root" in one_line(done)
    nothing_changed(world)


def test_no_tun_device(world: Site) -> None:
    """A private mount namespace covers /dev/net with nothing."""
    done = attempt(world.bin_dir / "sluiced", "-c", write(world),
                   extra=("unshare", "--mount", "sh", "-c",
                          'mount -t tmpfs none /dev/net && exec "$@"', "sh"))
    assert "/dev/net/tun" in one_line(done)
    nothing_changed(world)


def test_socket_in_use(site: Site) -> None:
    """A second sluiced with the same socket; the first one does not notice."""
    pair = build_pair(site)
    assert site.daemon
    text = Config(routers=(Router("other", (Port("p0", "dpdk:net_null0"),)),)) \
        .text(str(site.daemon.socket_path))
    site.tenant("other")
    file = site.work_dir / "second.cfg"
    file.write_text(text)
    line = one_line(attempt(site.bin_dir / "sluiced", "-c", file))
    assert str(site.daemon.socket_path) in line and "use" in line
    assert "p0" not in site.namespaces["other"].ip("-br", "link")
    assert pair.left.ping(pair.right.address).all_came_back


def test_socket_of_a_dead_process_is_replaced(world: Site) -> None:
    path = world.work_dir / "sluice.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stale:
        stale.bind(str(path))
    world.start([config().routers[0]], {})
    assert world.daemon
    assert world.daemon.api.request({"method": "version"})["result"]["daemon"]
    assert path.stat().st_mode & 0o777 == 0o660


def test_twin_name_already_taken(world: Site) -> None:
    """The namespace has a device of the port's name that is no TAP: refused, and left alone."""
    tenant: Namespace = world.namespaces["vr"]
    tenant.ip("link", "add", "wan0", "type", "veth", "peer", "name", "other")
    line = one_line(attempt(world.bin_dir / "sluiced", "-c", write(world)))
    assert "wan0" in line
    assert "veth" in tenant.ip("-d", "link", "show", "wan0")


def test_missing_file(world: Site) -> None:
    done = attempt(world.bin_dir / "sluiced", "-c", world.work_dir / "none.cfg")
    assert "none.cfg" in one_line(done)


@pytest.mark.parametrize("args", [(), ("-c",), ("--nonsense",), ("-c", "a", "b")])
def test_wrong_arguments(world: Site, args: tuple[str, ...]) -> None:
    done = attempt(world.bin_dir / "sluiced", *args)
    assert done.returncode != 0 and done.stderr
    assert "sluiced" in done.stderr


def test_check_changes_nothing(world: Site) -> None:
    done = attempt(world.bin_dir / "sluiced", "-c", write(world), "--check")
    assert done.returncode == 0, done.stderr
    nothing_changed(world)


def test_rejected_configuration_changes_nothing(world: Site) -> None:
    text = config().text(str(world.work_dir / "sluice.sock")).replace("core = 1", "core = 0")
    done = attempt(world.bin_dir / "sluiced", "-c", write(world, text))
    assert done.returncode != 0
    assert "sluice.cfg:" in done.stderr and "control core" in done.stderr
    nothing_changed(world)
