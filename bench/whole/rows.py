"""What a row is, and the rows of whole programs beside testpmd io."""

import ipaddress
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Callable

import templates
from kernel import Kernel
from ovs import Ovs
from program import Program
from sluiced import Setup, Sluiced, pcap_devices
from testpmd import Testpmd

FULL_TABLE = 1_000_000
FLOWS = 4096
FACTOR_MAX = 2.0
Start = Callable[[Path, Path, list[Path], list[int]], Program]


@dataclass(frozen=True)
class Row:
    name: str
    destinations: Callable[[], list[int]]  # of the packets, one each
    program: Start  # work folder, folder of sluiced, files of packets, cores
    limit_cycles: float | None = None
    frame_bytes: int = 64
    dscps: int = 1  # packets carry 0 to dscps - 1 in turn
    ports: int = 1  # files of packets: packet i is in file i % ports
    cores: int = 1  # that forward

    def pcaps(self, work: Path) -> tuple[list[Path], int]:
        """Files of packets, and the number of packets in them."""
        folder = Path(tempfile.mkdtemp(dir=work))
        destinations = self.destinations()
        paths = [folder / f"packets-{i}.pcap" for i in range(self.ports)]
        for i, path in enumerate(paths):
            mac = templates.port_mac(i)
            templates.write_pcap(path, (
                templates.udp_frame(mac, destinations[n], n, self.frame_bytes,
                                    n // self.ports % self.dscps)
                for n in range(i, len(destinations), self.ports)))
        return paths, len(destinations)


@dataclass(frozen=True)
class Group:
    """Rows that belong together; each is run beside the first one as well if there is a title."""

    title: str
    rows: list[Row]
    factor_max: float | None = FACTOR_MAX  # cost of a row over that of the first
    lead_min: float | None = None  # how many times the first has to be as fast as a row


def hot(name: str, program: Start, limit_cycles: float | None = None, **traits) -> Row:
    return Row(name, templates.hot_destinations, program, limit_cycles, **traits)


def testpmd(mode: str) -> Row:
    return hot(f"testpmd {mode}",
               lambda work, _, pcaps, cores: Testpmd(work, pcaps, templates.HOT_TEMPLATES, cores,
                                                     mode))


def sluiced(setup: Callable[[], Setup]) -> Start:
    return lambda work, bin_dir, pcaps, cores: Sluiced(work, bin_dir / "sluiced",
                                                       pcap_devices(pcaps), cores, setup())


@cache
def table(count: int) -> list[tuple[int, int]]:
    return templates.full_table(count)


@cache
def table_text(count: int) -> list[str]:
    return [f"{ipaddress.IPv4Address(address)}/{length}" for address, length in table(count)]


def routes_row(count: int, packets: int, limit_cycles: float | None = None) -> Row:
    return Row(f"sluiced, {count} routes, {packets} random packets",
               lambda: templates.random_destinations(table(count), packets),
               sluiced(lambda: Setup(routes=table_text(count), pool_pkts=packets)), limit_cycles)


def flow_destinations(flows: int, packets: int) -> list[int]:
    return [templates.flow_network(i % flows) + 1 for i in range(packets)]


def flows_setup(flows: int, **settings) -> Setup:
    """A power of two of flows: one for each /24."""
    depth = 24 - (flows.bit_length() - 1)
    text = f'{{ by = "dst"; base = "10.0.0.0/{depth}"; length = 24; sla = "flow"; }}'
    return Setup(routes=["10.0.0.0/8"], flows=text, **settings)


def queued_row() -> Row:
    """The aggregate is as fast as the core: a standing queue, few drops. Were it slower, its rate
    would be what is measured; were it faster, nothing would be queued."""
    return Row(f"sluiced, every packet queued, {FLOWS} flows",
               lambda: flow_destinations(FLOWS, FLOWS),
               sluiced(lambda: flows_setup(FLOWS, shape="13500M", shape_burst="20k",
                                           flow_rate="1G", flow_burst="2k", pool_pkts=FLOWS)),
               limit_cycles=100)


def ovs(label: str, *settings: list[str]) -> Row:
    return hot(f"OVS-DPDK, {label}",
               lambda work, _, pcaps, cores: Ovs(work, pcaps[0], cores, label, list(settings)))


def ovs_policing(kbit_per_s: int) -> list[str]:
    return ["set", "interface", "p0", f"ingress_policing_rate={kbit_per_s}",
            "ingress_policing_burst=8000"]


def ovs_egress(bytes_per_s: int) -> list[str]:
    return ["set", "port", "p1", "qos=@q", "--", "--id=@q", "create", "qos",
            "type=egress-policer", f"other-config:cir={bytes_per_s}", "other-config:cbs=1000000"]


def kernel(label: str, forward: bool) -> Row:
    return hot(f"kernel over veth, {label}",
               lambda work, bin_dir, _, cores: Kernel(work, bin_dir, cores, forward))


def own_rows(quick: bool) -> list[Row]:
    rows = [testpmd("macswap"), everything_on(),
            hot("sluiced, no policer, no shaper",
                sluiced(lambda: Setup(police=None, shape=None))),
            queued_row()]
    if not quick:
        rows += [routes_row(FULL_TABLE, 4096, 50), routes_row(FULL_TABLE, 65536, 50)]
    return rows


def everything_on() -> Row:
    return hot("sluiced, everything on", sluiced(Setup), 30)


def passing_rows() -> list[Row]:
    """OVS counts IP packets: 46 bytes of a frame of 64."""
    return [everything_on(),
            ovs("ingress policing that passes", ovs_policing(400_000_000)),
            ovs("egress-policer that passes", ovs_egress(50_000_000_000))]


def dropping_rows() -> list[Row]:
    return [hot("sluiced, policer drops 9 of 10",
                sluiced(lambda: Setup(police="3500M", shape="400G"))),
            ovs("ingress policing that drops 9 of 10", ovs_policing(1_600_000)),
            ovs("egress-policer that drops 9 of 10", ovs_egress(100_000_000))]


def whole_groups(quick: bool) -> list[Group]:
    return [Group("", own_rows(quick)),
            Group("policers that pass", passing_rows(), lead_min=1.7),
            Group("policers that drop", dropping_rows(), lead_min=1.2),
            Group("kernel, which makes its packets on the same core",
                  [everything_on(), kernel("sending and forwarding with tbf", True)],
                  lead_min=20),
            Group("", [kernel("sending alone", False)])]
