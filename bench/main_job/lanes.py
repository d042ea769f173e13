"""Routers whose two ports are shared memory, and generators at their far ends."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "integration"))

from harness.config import Config, Port, Router, Sla  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.netns import Namespace  # noqa: E402
from harness.proc import Process  # noqa: E402
from harness.wait import until  # noqa: E402

FRAME_MIN = 64


@dataclass(frozen=True)
class Lane:
    """One tenant: a generator, its router, and the sink behind it."""

    name: str
    number: int
    work_dir: Path

    @property
    def network(self) -> str:
        return f"198.18.{self.number}"

    def memif(self, end: str, role: str) -> str:
        return f"memif:{role},{self.work_dir}/{self.name}-{end}.sock,0"

    def router(self, police: str | None, shape: str | None) -> Router:
        return Router(self.name, (Port("wan0", self.memif("in", "server"), police=police),
                                  Port("lan0", self.memif("out", "server"), shape=shape)))


class World:
    """sluiced with one router a lane; the sinks' neighbour entries are static."""

    def __init__(self, bin_dir: Path, work_dir: Path, slas: tuple[Sla, ...],
                 lanes: dict[Lane, tuple[str | None, str | None]]) -> None:
        self.bin_dir = bin_dir
        self.work_dir = work_dir
        self.namespaces = {lane: Namespace(lane.name, work_dir, forwarding=True)
                           for lane in lanes}
        routers = tuple(lane.router(*profiles) for lane, profiles in lanes.items())
        self.daemon = Daemon(bin_dir, work_dir, Config(slas, routers))
        for lane, namespace in self.namespaces.items():
            namespace.ip("addr", "add", f"{lane.network}.1/25", "dev", "wan0")
            namespace.ip("addr", "add", f"{lane.network}.129/25", "dev", "lan0")

    def perf(self, lane: Lane, stream: str, seconds: float, *more: str) -> "Run":
        return Run(self, lane, stream, seconds, *more)

    def counters(self, lane: Lane) -> dict[str, Any]:
        return self.daemon.show("counters", lane.name)[0]

    def gaps(self) -> dict[str, Any]:
        return self.daemon.show("cores")[0]

    def end(self) -> None:
        for lane in self.namespaces:
            until(lambda: self.counters(lane)["ledger"]["balanced"], f"{lane.name} balances")
        self.daemon.stop()
        for namespace in self.namespaces.values():
            namespace.destroy()


class Run:
    """One run of sluice-perf through a lane."""

    def __init__(self, world: World, lane: Lane, stream: str, seconds: float, *more: str) -> None:
        self.json_file = world.work_dir / f"{lane.name}.json"
        self.json_file.unlink(missing_ok=True)
        self.lane = lane
        self.process = Process(
            [world.bin_dir / "sluice-perf", "loop", "--tx", lane.memif("in", "client"),
             "--rx", lane.memif("out", "client"), "--core", "0",
             "--stream", f"name={lane.name},src={lane.network}.2,dst={lane.network}.130,"
                         f"gw={lane.network}.1,{stream}",
             "--duration", f"{seconds}s", "--json", str(self.json_file), *more],
            world.work_dir / f"{lane.name}-perf.log")

    def result(self, seconds: float = 120.0) -> dict[str, Any]:
        until(lambda: not self.process.alive, "sluice-perf ended", seconds)
        assert self.json_file.exists(), self.process.output()
        return json.loads(self.json_file.read_text())
