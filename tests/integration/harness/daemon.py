"""sluiced as a child process, and its API."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from .config import Config
from .proc import Process, run
from .wait import until

# What measures and is measured goes before other work on the machine, which would else show as
# gaps of many ms.
ABOVE_OTHERS = ("nice", "-n", "-15")
# The EAL touches all packet memory at start: where the host has taken a virtual machine's memory back,
# that took half a minute once instead of half a second.
READY_SECONDS = 120.0


def all_cpus() -> str:
    """Every CPU, in taskset's notation: the tests themselves stay on the control core."""
    return f"0-{(os.cpu_count() or 1) - 1}"


class Api:
    """One request and one reply per line, over the unix socket."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def request(self, message: dict[str, Any]) -> dict[str, Any]:
        return json.loads(self.raw(json.dumps(message).encode() + b"\n"))

    def rows(self, what: str, router: str | None = None) -> list[dict[str, Any]]:
        """All rows of an object: as many requests as it takes."""
        rows: list[dict[str, Any]] = []
        request: dict[str, Any] = {"method": "show", "object": what, "offset": 0}
        if router:
            request["router"] = router
        while request["offset"] is not None:
            reply = self.request(request)
            assert "result" in reply, reply
            rows += reply["result"][what]
            request["offset"] = reply["result"].get("next")
        return rows

    def raw(self, data: bytes, seconds: float = 5.0) -> bytes:
        """Sends bytes and returns one line, or what came before the server closed."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(seconds)
            connection.connect(str(self.path))
            connection.sendall(data)
            reply = b""
            while not reply.endswith(b"\n"):
                more = connection.recv(65536)
                if not more:
                    break
                reply += more
            return reply


class Daemon:
    """A running sluiced with the configuration it was given."""

    def __init__(self, bin_dir: Path, work_dir: Path, config: Config) -> None:
        self.config = config
        self.bin_dir = bin_dir
        self.socket_path = work_dir / "sluice.sock"
        self.file = work_dir / "sluice.cfg"
        self.file.write_text(config.text(str(self.socket_path)))
        self.api = Api(self.socket_path)
        self._work_dir = work_dir
        self._starts = 0
        self.process = self.start()

    def start(self) -> Process:
        """Starts sluiced and waits until it says that every router is ready."""
        path = self._work_dir / "notify"
        path.unlink(missing_ok=True)
        log = self._work_dir / f"sluiced-{self._starts}.log"
        self._starts += 1
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(path))
            notify.setblocking(False)
            env = dict(os.environ, NOTIFY_SOCKET=str(path))
            self.process = Process([*ABOVE_OTHERS, "taskset", "-c", all_cpus(),
                                    self.bin_dir / "sluiced", "-c", self.file], log, env)
            until(lambda: self._is_ready(notify), "sluiced is ready", READY_SECONDS)
        return self.process

    def _is_ready(self, notify: socket.socket) -> bool:
        assert self.process.alive, f"sluiced ended:\n{self.process.output()}"
        try:
            return b"READY=1" in notify.recv(4096).split(b"\n")
        except BlockingIOError:
            return False

    def client(self, *args: str, check: bool = True) -> str:
        """Output of the command line client."""
        done = run(self.bin_dir / "sluice", "-s", self.socket_path, *args, check=check)
        return done.stdout + done.stderr

    def show(self, what: str, router: str | None = None) -> list[dict[str, Any]]:
        """Rows of an object, of one router or of all."""
        return self.api.rows(what, router)

    def stop(self) -> None:
        """Ends sluiced as an operator does, and asserts that it ended well."""
        code = self.process.stop(seconds=READY_SECONDS)
        assert code == 0, f"sluiced ended with {code}:\n{self.process.output()}"
