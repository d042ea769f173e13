"""Calibration of this host, plans of configurations, and what the daemon refuses to start."""

import json
from pathlib import Path

import pytest

from harness.daemon import all_cpus
from harness.proc import run
from harness.site import Site

pytestmark = pytest.mark.product

FEATURES = {"plain", "policed", "dropped", "classed", "direct", "queued"}
SIZES = {"64", "512", "1500"}
CONFIG = """\
control: {{ core = 0; socket = "{work}/sluice.sock"; calibration = "{calibration}"; }};
slas: ( {{ name = "gold"; rate = "{rate}"; burst = "6400"; delay = "{delay}"; }} );
routers: (
  {{ name = "vr"; netns = "vr"; core = 1;
    ports: ( {{ name = "wan0"; device = "dpdk:net_null0,no-rx=1"; police = "gold"; }},
             {{ name = "lan0"; device = "dpdk:net_null1,no-rx=1"; shape = "gold"; }} ); }} );
"""


def written(site: Site, delay: str, calibration: str = "/none", rate: str = "100M") -> Path:
    file = site.work_dir / "plan.cfg"
    file.write_text(CONFIG.format(work=site.work_dir, delay=delay, calibration=calibration,
                                  rate=rate))
    return file


def sluice(site: Site, *args: str | Path):
    return run("taskset", "-c", all_cpus(), site.bin_dir / "sluice", *args, check=False)


@pytest.fixture
def calibration(site: Site) -> Path:
    """One second of this host; a machine with other work on it may need a second try to time packets,
    which the program itself says."""
    file = site.work_dir / "var" / "calibration"
    done = sluice(site, "calibrate", "--seconds", "1", "--output", file)
    assert done.returncode == 0, done.stdout + done.stderr
    return file


def test_calibration_is_written_and_used(site: Site, calibration: Path, figure) -> None:
    site.tenant("vr")
    measured = json.loads(calibration.read_text())
    assert set(measured["cycles_per_packet"]) == FEATURES
    for costs in measured["cycles_per_packet"].values():
        assert set(costs) == SIZES
        assert all(0 < cost["median"] <= cost["worst"] for cost in costs.values())
    assert measured["tsc_hz"] > 5e8
    cores = {core["core"]: core for core in measured["cores"]}
    assert set(cores) >= {0, 1}
    assert all(0 < core["gap_p999999_ns"] <= core["gap_max_ns"] for core in cores.values())
    assert all(core["polls"] > 1e6 for core in cores.values())  # of a second
    # slow enough for the device's buffers whatever gaps a busy machine has
    done = sluice(site, "--json", "plan", written(site, "10s", str(calibration), "100k"))
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["calibration"].startswith(str(calibration)[:100])
    row, = (row for row in plan["delays"] if row["out"] == "lan0")
    assert row["state"] == "bounded" and row["gap_ns"] == cores[1]["gap_max_ns"]
    figure(f"largest gap {cores[1]['gap_max_ns'] / 1e3:.1f} us, "
           f"bound {row['bound_ns'] / 1e3:.1f} us")


def test_calibration_names_what_spoils_it(site: Site) -> None:
    done = sluice(site, "calibrate", "--seconds", "1", "--core", "1", "--output",
                  site.work_dir / "calibration")
    assert done.returncode == 0, done.stderr
    isolated = Path("/sys/devices/system/cpu/isolated").read_text().strip()
    warned = [line for line in done.stdout.splitlines()
              if line.startswith("warning: core 1 is not isolated")]
    assert len(warned) == (isolated == "")
    assert [core["core"] for core in
            json.loads((site.work_dir / "calibration").read_text())["cores"]] == [1]


@pytest.mark.parametrize("change, words", [
    (lambda file: file.unlink(), "no calibration"),
    (lambda file: file.write_text("{"), "is no calibration"),
    (lambda file: file.write_text(file.read_text().replace('"host": "', '"host": "not-')),
     "is of another machine"),
])
def test_defaults_are_stated(site: Site, calibration: Path, change, words: str) -> None:
    site.tenant("vr")
    change(calibration)
    done = sluice(site, "plan", written(site, "2ms", str(calibration)))
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert words in first and "assumed instead: a gap of 1000 us" in first
    assert "sluice calibrate" in first


def test_plan_prints_every_term(site: Site) -> None:
    site.tenant("vr")
    done = sluice(site, "plan", written(site, "2ms"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    head = next(line for line in lines if line.startswith("delay, us"))
    assert head.split()[2:] == ["gap", "routers", "ports", "burst", "packets", "queue", "link",
                                "bound", "sold"]
    row = next(line for line in lines if line.startswith("vr wan0>lan0")).split()[2:]
    gap, routers, ports, burst, packets, queue, link, bound, sold = map(float, row)
    assert (gap, routers, packets, sold) == (1000, 0, 100, 2000)
    assert bound == pytest.approx(gap + routers + ports + burst + queue + link, abs=0.3)
    assert any("nothing limits what comes from lan0" in line for line in lines)


def test_smallest_change_is_enough(site: Site) -> None:
    site.tenant("vr")
    done = sluice(site, "plan", written(site, "200us"))
    assert done.returncode == 1
    error, = done.stderr.splitlines()
    assert "plan.cfg:2: router \"vr\" from \"wan0\" to \"lan0\": gap 1000.0 + " in error
    least = int(error.split('raise delay to "')[1].split("us")[0])
    assert sluice(site, "plan", written(site, f"{least}us")).returncode == 0
    assert sluice(site, "plan", written(site, f"{least - 1}us")).returncode == 1


def test_daemon_does_not_start_what_does_not_fit(site: Site) -> None:
    site.tenant("vr")
    file = written(site, "200us")
    starts = [run("taskset", "-c", all_cpus(), site.bin_dir / "sluiced", "-c", file, *option,
                  check=False) for option in ((), ("--check",))]
    assert [done.returncode for done in starts] == [1, 1]
    assert starts[0].stderr == starts[1].stderr
    assert "raise delay to" in starts[0].stderr
    assert not (site.work_dir / "sluice.sock").exists()
    text = file.read_text().replace("core = 0;", 'core = 0; admission = "report";')
    file.write_text(text)
    done = run("taskset", "-c", all_cpus(), site.bin_dir / "sluiced", "-c", file, "--check",
               check=False)
    assert done.returncode == 0 and "raise delay to" in done.stdout
