"""`sluiced --check` names every error of a file at once: file, line and what would be right."""

import re
from pathlib import Path

import pytest

from harness.daemon import all_cpus
from harness.proc import run
from harness.site import Site

pytestmark = pytest.mark.product

GOOD = """\
control: {{ core = 0; socket = "{socket}"; calibration = "/none"; }};
slas: (
  {{ name = "gold"; rate = "100M"; burst = "16k"; layer = "L2"; delay = "2ms"; }} );
routers: (
  {{ name = "vr"; netns = "vr"; core = 1;
    ports: (
      {{ name = "wan0"; device = "kernel:v-left"; mtu = 1500; police = "gold"; }},
      {{ name = "lan0"; device = "kernel:v-right"; shape = "gold"; }} ); }} );
"""
SLA, ROUTER, WAN, LAN = 3, 5, 7, 8  # lines of the text above

# what is replaced, by what, line of the error, words that the error has
CASES = {
    "unknown-key": ('core = 1;', 'core = 1; colour = 3;', ROUTER, ("colour",)),
    "misspelt-key": ("burst =", "bursts =", SLA, ("bursts", "burst")),
    "missing-key": ('device = "kernel:v-right"; ', "", LAN, ("device",)),
    "wrong-type": ("core = 1;", 'core = "one";', ROUTER, ("core",)),
    "duplicate-port": ('"lan0"', '"wan0"', LAN, ("wan0", "twice")),
    "duplicate-device": ("kernel:v-right", "kernel:v-left", LAN, ("v-left",)),
    "rate-zero": ('"100M"', '"0"', SLA, ("rate",)),
    "rate-above-400G": ('"100M"', '"401G"', SLA, ("400G",)),
    "rate-without-sense": ('"100M"', '"fast"', SLA, ("fast",)),
    "burst-below-mtu": ('"16k"', '"1k"', SLA, ("burst", "1518")),
    "unknown-sla": ('police = "gold"', 'police = "silver"', WAN, ("silver",)),
    "unknown-layer": ('"L2"', '"L4"', SLA, ("L4",)),
    "core-that-does-not-exist": ("core = 1;", "core = 4000;", ROUTER, ("4000",)),
    "control-core": ("core = 1;", "core = 0;", ROUTER, ("control core",)),
    "no-such-device": ("kernel:v-right", "kernel:v-none", LAN, ("v-none", "exist")),
    "no-such-kind": ("kernel:v-right", "carrier-pigeon:v", LAN, ("carrier-pigeon",)),
    "no-such-namespace": ('netns = "vr"', 'netns = "nowhere"', ROUTER, ("nowhere", "exist")),
    "link-with-one-end": ("kernel:v-right", "link:lonely", LAN, ("lonely", "two")),
    "mtu-too-small": ("mtu = 1500", "mtu = 68", WAN, ("mtu", "576")),
    "name-too-long": ('"lan0"', '"a-port-of-16-byte"', LAN, ("a-port-of-16-byte", "15")),
    "memif-role": ("kernel:v-right", "memif:boss,/tmp/x.sock,0", LAN, ("server", "client")),
    "delay-too-short": ('"2ms"', '"150us"', SLA, ("gap 1000.0", "raise delay to")),
    "unknown-link": ("mtu = 1500", 'mtu = 1500; link = "eth7"', WAN, ("eth7", "exist")),
    "pci-address": ("kernel:v-right", "pci:ffff:ff:1f.7", LAN, ("ffff:ff:1f.7",)),
}


@pytest.fixture
def world(site: Site) -> Site:
    for name in ("left", "right"):
        site.host(name, f"10.{1 + (name == 'right')}.0.10/24")
    site.tenant("vr")
    return site


def check(world: Site, text: str) -> tuple[int, list[str]]:
    file = world.work_dir / "test.cfg"
    file.write_text(text)
    done = run("taskset", "-c", all_cpus(), world.bin_dir / "sluiced", "-c", file, "--check",
               check=False)
    return done.returncode, done.stderr.splitlines()


def good(world: Site) -> str:
    return GOOD.format(socket=world.work_dir / "sluice.sock")


def test_good_file_passes(world: Site) -> None:
    assert check(world, good(world)) == (0, [])


@pytest.mark.parametrize("name", CASES)
def test_error_is_named_with_its_line(world: Site, name: str) -> None:
    old, new, line, words = CASES[name]
    text = good(world)
    assert text.count(old) == 1
    code, errors = check(world, text.replace(old, new))
    assert code != 0
    here = [error for error in errors if f"test.cfg:{line}:" in error]
    assert len(here) >= 1, errors
    assert any(all(word in error for word in words) for error in here), errors


def test_syntax_error(world: Site) -> None:
    code, errors = check(world, good(world).replace("mtu = 1500", "mtu = = 1500"))
    assert code != 0
    assert len(errors) == 1 and re.search(r"test\.cfg:7: .*syntax", errors[0]), errors


def test_every_error_at_once(world: Site) -> None:
    text = good(world)
    lines = set()
    for name in ("rate-zero", "duplicate-port", "unknown-sla", "no-such-namespace"):
        old, new, line, _ = CASES[name]
        text = text.replace(old, new)
        lines.add(line)
    code, errors = check(world, text)
    assert code != 0
    assert {int(match[1]) for error in errors if (match := re.search(r"test\.cfg:(\d+):", error))} \
        >= lines, errors


@pytest.mark.parametrize("text", ["", "routers: ( );", "\x00\x01\x02", "control: { core = 0; };",
                                  "routers: ( { } );", "{" * 10000, "@include \"/nonexistent\"\n"])
def test_strange_files(world: Site, text: str) -> None:
    code, errors = check(world, text)
    assert code == 1
    assert errors and all("test.cfg" in error or "nonexistent" in error for error in errors[:1])


@pytest.mark.parametrize("example", ["minimal.cfg", "two-port-shaped.cfg", "classes.cfg"])
def test_examples_pass(site: Site, example: str) -> None:
    for device in ("left", "right"):
        run("ip", "link", "add", device, "type", "veth", "peer", "name", f"{device}-peer")
    site.tenant("blue")
    try:
        file = Path(__file__).resolve().parents[2] / "configs" / example
        done = run("taskset", "-c", all_cpus(), site.bin_dir / "sluiced", "-c", file, "--check",
                   check=False)
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        for device in ("left", "right"):
            run("ip", "link", "del", device)
