"""sluiced as it would run for a tenant, on the same source and sink."""

import json
import os
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from program import NotRunnable, Program
from templates import NEXT_HOP_MAC, hot_routes

READY_SECONDS = 60.0
LOAD_SECONDS = 120.0
REPLY_SECONDS = 60.0
SLA_BURST = "1M"


@dataclass(frozen=True)
class Setup:
    """What distinguishes the rows: settings in the words of the configuration."""

    routes: list[str] = field(default_factory=hot_routes)
    police: str | None = "400G"  # rate
    shape: str | None = "400G"
    shape_burst: str = SLA_BURST
    classes: str | None = None  # the text of the router's classes
    flows: str | None = None  # the text of the output port's flows
    flow_rate: str = "1M"
    flow_burst: str = "1600"
    class_police: str | None = None  # rate of the SLA "class"
    routers: int = 1
    own_cores: bool = False  # each router has a core of its own
    layer: str = "L1"
    pool_pkts: int = 0  # packets that the source keeps


class Api:
    """A connection to sluiced's API."""

    def __init__(self, path: Path) -> None:
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.connection.settimeout(REPLY_SECONDS)
        self.connection.connect(str(path))
        self.lines = self.connection.makefile("rb")

    def show(self, what: str) -> list[dict]:
        request = {"method": "show", "object": what}
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        reply = json.loads(self.lines.readline())
        if "result" not in reply:
            raise NotRunnable(f"sluiced answers: {reply}")
        return reply["result"][what]

    def close(self) -> None:
        self.lines.close()
        self.connection.close()


def pcap_devices(pcaps: list[Path]) -> list[tuple[str, str]]:
    """An endless source for each file, and a sink."""
    return [(f"dpdk:net_pcap{i},rx_pcap={pcap},infinite_rx=1", f"dpdk:net_null{i},no-rx=1")
            for i, pcap in enumerate(pcaps)]


class Sluiced(Program):
    """devices: of router i, in and out. cores: control, then forwarding."""

    def __init__(self, work: Path, binary: Path, devices: list[tuple[str, str]], cores: list[int],
                 setup: Setup) -> None:
        super().__init__(work)
        self.name = "sluiced"
        self.threads = setup.routers if setup.own_cores else 1
        self.binary, self.devices, self.cores, self.setup = binary, devices, cores, setup
        self.api: Api | None = None
        self.socket_path = self.work / "sluice.sock"
        self.namespaces = [f"{self.work.name}-{i}" for i in range(setup.routers)]

    def start(self) -> None:
        self.launch()
        self.wait_until(self._has_routes, LOAD_SECONDS)
        self.attach()

    def launch(self) -> None:
        """Starts everything; packets need not flow."""
        config = self.work / "sluiced.cfg"
        config.write_text(self._config())
        for name in self.namespaces:
            _run(["ip", "netns", "add", name])
            _run(["ip", "-n", name, "link", "set", "lo", "up"])
        notify_path = self.work / "notify"
        notify_path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(notify_path))
            notify.setblocking(False)
            self.spawn([self.binary, "-c", config],
                       env=dict(os.environ, NOTIFY_SOCKET=str(notify_path)))
            self.wait_until(lambda: _is_ready(notify), READY_SECONDS)
        for name in self.namespaces:
            self._routes_add(name)
        self.api = Api(self.socket_path)

    def _config(self) -> str:
        setup = self.setup
        slas = []
        for name, rate, burst in (("in", setup.police, SLA_BURST),
                                  ("out", setup.shape, setup.shape_burst),
                                  ("flow", setup.flows and setup.flow_rate, setup.flow_burst),
                                  ("class", setup.class_police, SLA_BURST)):
            if rate:
                slas.append(f'{{ name = "{name}"; rate = "{rate}"; burst = "{burst}"; '
                            f'layer = "{setup.layer}"; }}')
        routers = ",\n".join(self._router(i) for i in range(setup.routers))
        # rates that no core can serve with small packets are what is measured here
        text = (f'control: {{ core = {self.cores[0]}; socket = "{self.socket_path}"; '
                'admission = "report"; }\n')
        if slas:
            text += f"slas: ( {', '.join(slas)} );\n"
        return text + f"routers: (\n{routers} );\n"

    def _router(self, index: int) -> str:
        setup = self.setup
        device_in, device_out = self.devices[index]
        police = 'police = "in"; ' if setup.police else ""
        shape = 'shape = "out"; ' if setup.shape else ""
        flows = f"flows = {setup.flows}; " if setup.flows else ""
        classes = f"\n  classes: {setup.classes};" if setup.classes else ""
        # net_pcap keeps its packets in the router's pool
        buffers = f" buffers = {setup.pool_pkts};" if setup.pool_pkts else ""
        return (f'{{ name = "r{index}"; netns = "{self.namespaces[index]}"; '
                f"core = {self.cores[1 + index * setup.own_cores]};{buffers}{classes}\n  ports: (\n"
                f'    {{ name = "in0"; {police}device = "{device_in}"; }},\n'
                f'    {{ name = "out0"; {shape}{flows}device = "{device_out}"; }} ); }}')

    def _routes_add(self, namespace: str) -> None:
        lines = ["address add 192.0.2.1/24 dev out0",
                 f"neigh replace 192.0.2.2 lladdr {NEXT_HOP_MAC} dev out0 nud permanent"]
        lines += [f"route add {route} via 192.0.2.2 dev out0" for route in self.setup.routes]
        _run(["ip", "-n", namespace, "link", "set", "in0", "up"])
        _run(["ip", "-n", namespace, "link", "set", "out0", "up"])
        _run(["ip", "-n", namespace, "-batch", "-"], "\n".join(lines) + "\n")

    def _has_routes(self) -> bool:
        return all(row["fib"]["routes"] >= len(self.setup.routes) for row in self.show("routers"))

    def _counters(self) -> dict[str, dict]:
        """Counters by port, summed over the routers."""
        sums: dict[str, dict] = {}
        for row in self.show("counters"):
            for port in row["ports"]:
                _add(sums.setdefault(port["port"], {}), port)
        return sums

    def received(self) -> int:
        return self._counters()["in0"]["rx_pkts"]

    def show(self, what: str) -> list[dict]:
        assert self.api is not None
        return self.api.show(what)

    def totals(self) -> dict[str, int]:
        """queued: packets that waited in a queue of the shaper."""
        ports = self._counters()
        queues = [queue for row in self.show("classes") for queue in row["queues"]]
        drops: dict[str, int] = {}
        for port in ports.values():
            _add(drops, port["drops"])
        return {"received": ports["in0"]["rx_pkts"], "sent": ports["out0"]["tx_pkts"],
                "queued": sum(queue["enqueued_pkts"] for queue in queues), **drops}

    def stop(self) -> None:
        if self.api is not None:
            self.api.close()
            self.api = None
        super().stop()
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)


def _add(sums: dict, row: dict) -> None:
    for key, value in row.items():
        if isinstance(value, dict):
            _add(sums.setdefault(key, {}), value)
        elif isinstance(value, int):
            sums[key] = sums.get(key, 0) + value


def _is_ready(notify: socket.socket) -> bool:
    try:
        return b"READY=1" in notify.recv(4096).split(b"\n")
    except BlockingIOError:
        return False


def _run(command: list[str], text: str | None = None) -> None:
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise NotRunnable(f"{' '.join(command)}: {done.stderr.strip()[:200]}")
