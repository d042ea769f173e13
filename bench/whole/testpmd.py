"""dpdk-testpmd of the same DPDK package: the cost of source and sink alone."""

import json
import shutil
import socket
import subprocess
from pathlib import Path

from program import NotRunnable, Program, free_hugepages

MBUF_BYTES = 2560


class Telemetry:
    """One connection to DPDK's telemetry, kept open."""

    def __init__(self, path: Path) -> None:
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.connection.settimeout(60)
        self.connection.connect(str(path))
        self.connection.recv(4096)  # greeting

    def request(self, text: str) -> dict:
        self.connection.sendall(text.encode())
        return json.loads(self.connection.recv(65536))

    def close(self) -> None:
        self.connection.close()


class Testpmd(Program):
    """Each file of packets has a source and a sink of its own. cores: control, forwarding."""

    def __init__(self, work: Path, pcaps: list[Path], templates: int, cores: list[int],
                 mode: str = "io") -> None:
        super().__init__(work)
        self.name = f"testpmd {mode}"
        self.pcaps, self.templates, self.cores, self.mode = pcaps, templates, cores, mode
        self.prefix = self.work.name
        self.telemetry: Telemetry | None = None

    def start(self) -> None:
        program = shutil.which("dpdk-testpmd")
        if program is None:
            raise NotRunnable("dpdk-testpmd is not installed (package dpdk)")
        mbufs = 4096 + self.templates
        if free_hugepages() < mbufs * MBUF_BYTES + (64 << 20):
            raise NotRunnable("too few free hugepages of 2 MiB")
        control, forwarding = self.cores[:2]
        devices = [device for i, pcap in enumerate(self.pcaps)
                   for device in (f"--vdev=net_pcap{i},rx_pcap={pcap},infinite_rx=1",
                                  f"--vdev=net_null{i},no-rx=1")]
        self.spawn([program, "-l", f"{control},{forwarding}", f"--main-lcore={control}",
                    "--in-memory", "--no-pci", f"--file-prefix={self.prefix}",
                    *devices, "--", f"--forward-mode={self.mode}",
                    f"--total-num-mbufs={mbufs}", "-i", "--auto-start", "--burst=32",
                    "--nb-cores=1"], stdin=subprocess.PIPE)
        path = Path(f"/run/dpdk/{self.prefix}/dpdk_telemetry.v2")
        self.wait_until(lambda: self._connect(path))
        self.attach()

    def _connect(self, path: Path) -> bool:
        """A socket of an earlier process may still lie there."""
        try:
            self.telemetry = Telemetry(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True

    def received(self) -> int:
        assert self.telemetry is not None
        try:
            return sum(self.telemetry.request(f"/ethdev/stats,{2 * i}")["/ethdev/stats"]["ipackets"]
                       for i in range(len(self.pcaps)))
        except (KeyError, TypeError):
            return 0  # its ports are not up yet

    def stop(self) -> None:
        if self.telemetry is not None:
            self.telemetry.close()
            self.telemetry = None
        super().stop()
