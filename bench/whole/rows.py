"""What is measured."""

import ipaddress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Callable

import templates
from kernel import Kernel
from ovs import Ovs
from program import Program
from sluiced import Setup, Sluiced
from testpmd import Testpmd

FULL_TABLE = 1_000_000
FLOWS = 4096
Start = Callable[[Path, Path, Path, tuple[int, int]], Program]


@dataclass(frozen=True)
class Row:
    name: str
    destinations: Callable[[], list[int]]
    templates: int
    program: Start  # work folder, folder of sluiced, pcap, cores
    limit_cycles: float | None = None

    def pcap(self, work: Path) -> Path:
        path = work / "packets.pcap"
        templates.write_pcap(path, self.destinations())
        return path


def hot(name: str, program: Start, limit_cycles: float | None = None) -> Row:
    return Row(name, templates.hot_destinations, templates.HOT_TEMPLATES, program, limit_cycles)


def testpmd(mode: str) -> Row:
    return hot(f"testpmd {mode}",
               lambda work, _, pcap, cores: Testpmd(work, pcap, templates.HOT_TEMPLATES, cores,
                                                    mode, prefix="other"))


def sluiced(setup: Callable[[], Setup]) -> Start:
    return lambda work, bin_dir, pcap, cores: Sluiced(work, bin_dir / "sluiced", pcap, cores,
                                                      setup())


@cache
def table(count: int) -> list[tuple[int, int]]:
    return templates.full_table(count)


@cache
def table_text(count: int) -> list[str]:
    return [f"{ipaddress.IPv4Address(address)}/{length}" for address, length in table(count)]


def routes_row(count: int, n_templates: int, limit_cycles: float | None = None) -> Row:
    return Row(f"sluiced, {count} routes, {n_templates} random packets",
               lambda: templates.random_destinations(table(count), n_templates), n_templates,
               sluiced(lambda: Setup(routes=table_text(count), pool_pkts=n_templates)),
               limit_cycles)


def flow_destinations(flows: int, packets: int) -> list[int]:
    return [templates.flow_network(i % flows) + 1 for i in range(packets)]


def flows_setup(flows: int, **settings) -> Setup:
    """A power of two of flows: one for each /24."""
    depth = 24 - (flows.bit_length() - 1)
    text = f'{{ by = "dst"; base = "10.0.0.0/{depth}"; length = 24; sla = "flow"; }}'
    return Setup(routes=["10.0.0.0/8"], flows=text, **settings)


def flows_row(flows: int, packets: int) -> Row:
    return Row(f"sluiced, {flows} flows that conform",
               lambda: flow_destinations(flows, packets), packets,
               sluiced(lambda: flows_setup(flows, flow_rate="10G", flow_burst="1M",
                                           pool_pkts=packets)))


def queued_row() -> Row:
    """The aggregate is a little slower than the core: a standing queue, few drops."""
    return Row(f"sluiced, every packet queued, {FLOWS} flows",
               lambda: flow_destinations(FLOWS, FLOWS), FLOWS,
               sluiced(lambda: flows_setup(FLOWS, shape="12G", shape_burst="20k",
                                           flow_rate="1G", flow_burst="2k", pool_pkts=FLOWS)),
               limit_cycles=100)


def classes_setup(classes: int) -> Setup:
    rules = [f'{{ name = "c{i}"; match = {{ dscp = {i + 1}; }}; }}' for i in range(classes - 1)]
    return Setup(classes="( " + ", ".join(rules + ['{ name = "default"; }']) + " )")


def ovs(label: str, *settings: list[str]) -> Row:
    return hot(f"OVS-DPDK, {label}",
               lambda work, _, pcap, cores: Ovs(work, pcap, cores, label, list(settings)))


def ovs_policing(kbit_per_s: int) -> list[str]:
    return ["set", "interface", "p0", f"ingress_policing_rate={kbit_per_s}",
            "ingress_policing_burst=8000"]


def ovs_egress(bytes_per_s: int) -> list[str]:
    return ["set", "port", "p1", "qos=@q", "--", "--id=@q", "create", "qos",
            "type=egress-policer", f"other-config:cir={bytes_per_s}", "other-config:cbs=1000000"]


def ovs_rows() -> list[Row]:
    """OVS counts IP packets: 46 bytes of a frame of 64."""
    return [ovs("one flow"),
            ovs("ingress policing that passes", ovs_policing(400_000_000)),
            ovs("ingress policing that drops 9 of 10", ovs_policing(1_600_000)),
            ovs("egress-policer that passes", ovs_egress(50_000_000_000)),
            ovs("egress-policer that drops 9 of 10", ovs_egress(100_000_000))]


def kernel(label: str, forward: bool) -> Row:
    return hot(f"kernel over veth, {label}",
               lambda work, bin_dir, _, cores: Kernel(work, bin_dir, cores, forward))


def whole_rows(quick: bool) -> list[Row]:
    rows = [testpmd("macswap"),
            hot("sluiced, everything on", sluiced(Setup), 30),
            hot("sluiced, no policer, no shaper",
                sluiced(lambda: Setup(police=None, shape=None))),
            hot("sluiced, policer drops 9 of 10",
                sluiced(lambda: Setup(police="3500M", shape="400G")))]
    rows += ovs_rows()
    rows += [kernel("sending and forwarding with tbf", True), kernel("sending alone", False)]
    rows.append(queued_row())
    if not quick:
        rows += [routes_row(FULL_TABLE, 4096, 50), routes_row(FULL_TABLE, 65536, 50)]
    return rows


def scaling_rows() -> list[Row]:
    rows = [routes_row(10 ** power, 1024) for power in range(7)]
    rows += [hot(f"sluiced, {n} classes", sluiced(lambda n=n: classes_setup(n)))
             for n in (1, 4, 16, 64)]
    rows += [flows_row(flows, min(flows, 4096)) for flows in (1, 16, 256, 4096, 65536)]
    rows += [hot(f"sluiced, {n} routers on the core", sluiced(lambda n=n: Setup(routers=n)))
             for n in (1, 4, 16)]
    return rows


def all_rows(quick: bool, scaling: bool) -> list[Row]:
    return scaling_rows() if scaling else whole_rows(quick)
