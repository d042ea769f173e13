"""Open vSwitch with DPDK, from Debian's package, on the same source and sink.

It is started with its own files only; no service of the system is touched. SLUICE_OVS_ROOT may
name a folder into which the packages were unpacked, where they are not installed.
"""

import json
import os
import socket
import subprocess
import time
from pathlib import Path

from program import NotRunnable, Program, free_hugepages

MEMORY_MIB = 256
SCHEMA = "usr/share/openvswitch/vswitch.ovsschema"


def _tool(name: str, *folders: str) -> Path:
    root = Path(os.environ.get("SLUICE_OVS_ROOT", "/"))
    for folder in folders:
        if (root / folder / name).exists():
            return root / folder / name
    raise NotRunnable(f"{name} is not installed (package openvswitch-switch-dpdk)")


class Control:
    """What ovs-appctl speaks, over one connection: JSON-RPC without framing."""

    def __init__(self, path: Path) -> None:
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.connection.settimeout(60)
        self.connection.connect(str(path))

    def call(self, method: str, *params: str) -> str:
        request = {"id": 0, "method": method, "params": params}
        self.connection.sendall(json.dumps(request).encode())
        reply = b""
        while True:
            reply += self.connection.recv(65536)
            try:
                answer = json.loads(reply)
            except json.JSONDecodeError:
                continue
            return answer["result"] or ""

    def close(self) -> None:
        self.connection.close()


class Ovs(Program):
    """ports: extra settings of ovs-vsctl for the input port "p0" and the output port "p1"."""

    def __init__(self, work: Path, pcap: Path, cores: list[int], label: str,
                 settings: list[list[str]]) -> None:
        super().__init__(work)
        self.name = label
        self.pcap, self.cores, self.settings = pcap, cores, settings
        self.database: subprocess.Popen[bytes] | None = None
        self.control: Control | None = None
        self.env = dict(os.environ, OVS_RUNDIR=str(self.work), OVS_LOGDIR=str(self.work),
                        OVS_DBDIR=str(self.work), OVS_SYSCONFDIR=str(self.work))

    def start(self) -> None:
        vswitchd = _tool("ovs-vswitchd-dpdk", "usr/lib/openvswitch-switch-dpdk")
        self.vsctl = _tool("ovs-vsctl", "usr/bin")
        self.appctl = _tool("ovs-appctl", "usr/bin")
        self.ofctl = _tool("ovs-ofctl", "usr/bin")
        if free_hugepages() < (MEMORY_MIB + 64) << 20:
            raise NotRunnable("too few free hugepages of 2 MiB")
        self._database_start()
        other = (f"dpdk-init=true dpdk-lcore-mask={1 << self.cores[0]:#x} "
                 f"pmd-cpu-mask={1 << self.cores[1]:#x} dpdk-socket-mem={MEMORY_MIB} "
                 "per-port-memory=true userspace-tso-enable=false").split()
        other.append("dpdk-extra=--in-memory --no-pci --file-prefix=slbe-ovs")
        self._vsctl("--no-wait", "set", "Open_vSwitch", ".",
                    *(f"other_config:{_quoted(item)}" for item in other))
        self.spawn([vswitchd, f"unix:{self.work}/db.sock", f"--unixctl={self.work}/ctl.sock",
                    "--log-file=/dev/null"], env=self.env)
        self.wait_until((self.work / "ctl.sock").exists)
        self._bridge()
        self.attach()

    def _database_start(self) -> None:
        server = _tool("ovsdb-server", "usr/sbin")
        schema = Path(os.environ.get("SLUICE_OVS_ROOT", "/")) / SCHEMA
        database = self.work / "conf.db"
        subprocess.run([_tool("ovsdb-tool", "usr/bin"), "create", database, schema], check=True,
                       env=self.env)
        self.database = subprocess.Popen(
            [server, database, f"--remote=punix:{self.work}/db.sock",
             f"--unixctl={self.work}/db-ctl.sock"],
            env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_until((self.work / "db.sock").exists)

    def _vsctl(self, *words: str) -> str:
        return self._run([self.vsctl, f"--db=unix:{self.work}/db.sock", "--timeout=60", *words])

    def _run(self, command: list) -> str:
        done = subprocess.run([str(word) for word in command], env=self.env, text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise NotRunnable(f"{Path(command[0]).name}: {done.stderr.strip()[-200:]}")
        return done.stdout

    def _bridge(self) -> None:
        self._vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
                    "fail_mode=secure")
        for port, devargs in (("p0", f"net_pcap0,rx_pcap={self.pcap},infinite_rx=1"),
                              ("p1", "net_null0,no-rx=1")):
            self._vsctl("add-port", "br0", port, "--", "set", "Interface", port, "type=dpdk",
                        f'options:dpdk-devargs="{devargs}"')
        self._run([self.ofctl, "del-flows", f"unix:{self.work}/br0.mgmt"])
        self._run([self.ofctl, "add-flow", f"unix:{self.work}/br0.mgmt",
                   "in_port=p0,actions=output:p1"])
        for setting in self.settings:
            self._vsctl(*setting)
        time.sleep(0.5)

    def _packets(self, port: str, direction: str) -> int:
        """The database is brought up to date every 5 s only; the switch itself knows."""
        if self.control is None:
            self.control = Control(self.work / "ctl.sock")
        text = self.control.call("dpctl/show", "-s", "netdev@ovs-netdev")
        part = text.split(f": {port} (", 1)
        return int(part[1].split(f"{direction} packets:", 1)[1].split()[0]) if len(part) == 2 else 0

    def received(self) -> int:
        return self._packets("p0", "RX")

    def totals(self) -> dict[str, int]:
        return {"received": self.received(), "sent": self._packets("p1", "TX")}

    def stop(self) -> None:
        if self.control is not None:
            self.control.close()
            self.control = None
        super().stop()
        if self.database is not None:
            self.database.terminate()
            self.database.wait()
            self.database = None


def _quoted(item: str) -> str:
    key, value = item.split("=", 1)
    return f'{key}="{value}"'
