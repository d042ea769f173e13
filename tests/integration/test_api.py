"""The API and its client: right answers to right questions, and no harm from anything else."""

import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.config import Port, Router, Sla
from harness.daemon import Daemon
from harness.proc import run
from harness.site import Site
from harness.wait import until

pytestmark = pytest.mark.product

LINE_MAX = 65536
OBJECTS = ("routers", "ports", "routes", "neighbours", "counters", "latency", "conformance",
           "cores", "classes", "sla")


@pytest.fixture(scope="module")
def started(module_site: Site) -> Daemon:
    """One router without cables."""
    ports = (Port("p0", "dpdk:net_null0,no-rx=1", police="gold"),
             Port("p1", "dpdk:net_null1,no-rx=1", shape="gold"))
    module_site.start([Router("vr", ports)], {"vr": {"p0": "10.1.0.1/24"}},
                      (Sla("gold", "10M", "20ms"),))
    assert module_site.daemon
    return module_site.daemon


@pytest.fixture
def daemon(started: Daemon, module_site: Site) -> Iterator[Daemon]:
    """The one of all tests; alive and well after each of them."""
    yield started
    assert started.process.alive
    assert started.api.request({"method": "version"})["result"]["daemon"]
    module_site.check_ledger()


@pytest.mark.parametrize("line", [
    b"", b"garbage", b"{", b"[]", b"null", b"42", b'"text"', b"{}", b'{"method":42}',
    b'{"method":"destroy"}', b'{"method":"show"}', b'{"method":"show","object":"money"}',
    b'{"method":"show","object":"routes","router":"nobody"}',
    b'{"method":"show","object":"routes","router":7}',
    b'{"method":"show","object":"routes","offset":-1}',
    b'{"method":"show","object":"routes","limit":0}',
    b'{"method":"show","object":"ports","key":"vr 10.0.0.0/8 0"}',
    b'{"method":"show","object":"routes","key":"vr"}',
    b'{"method":"show","object":"routes","key":"vr 10.0.0.0/33 0"}',
    b'{"method":"show","object":"routes","key":"vr 10.0.0.0/8 x"}',
    b'{"method":"audit"}', b'{"method":"audit","router":7}', b'{"method":"audit","router":"nobody"}',
    b'{"method":"audit","router":"vr","begin":1}',
    b'{"version":99,"method":"version"}', b"\x00\xff\xfe", b'{"method":"show\x00"}',
    b"[" * 10000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
])
def test_bad_request_gets_an_error(daemon: Daemon, line: bytes) -> None:
    reply = json.loads(daemon.api.raw(line + b"\n"))
    assert set(reply) == {"version", "error"}
    assert len(reply["error"]) > 10


def test_line_too_long(daemon: Daemon) -> None:
    """An error and the end of the connection, not memory without bound."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(daemon.socket_path))
        try:
            for _ in range(64):
                connection.sendall(b"x" * LINE_MAX)
        except (BrokenPipeError, ConnectionResetError):
            pass
        received = b""
        try:
            while data := connection.recv(65536):
                received += data
        except ConnectionResetError:
            pass
        assert received == b"" or "error" in json.loads(received)


def test_many_clients_at_once(daemon: Daemon) -> None:
    """More than the server takes: those beyond get an error or nothing, the others answers."""
    request = b'{"method":"version"}\n'
    connections = []
    for _ in range(300):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(daemon.socket_path))  # waits while the backlog is full
        connection.settimeout(5)
        connections.append(connection)
    answers = errors = 0
    for connection in connections:
        try:
            connection.sendall(request)
            reply = json.loads(connection.recv(65536))
            answers += "result" in reply
            errors += "error" in reply
        except (BrokenPipeError, ConnectionResetError):
            errors += 1
        connection.close()
    assert answers == 256 and errors == 44


def test_requests_in_pieces_and_in_a_row(daemon: Daemon) -> None:
    """A request may come byte by byte, and several in one write; replies keep their order."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(daemon.socket_path))
        for byte in b'{"method":"version"}\n':
            connection.sendall(bytes([byte]))
        connection.sendall(b'{"method":"show","object":"ports"}\nnonsense\n{"method":"version"}\n')
        reader = connection.makefile("rb")
        kinds = [sorted(json.loads(reader.readline())) for _ in range(4)]
    assert kinds == [["result", "version"], ["result", "version"], ["error", "version"],
                     ["result", "version"]]


def resident_kb(daemon: Daemon) -> int:
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)[1])


def test_client_that_never_reads(daemon: Daemon) -> None:
    """Its replies pile up only to a bound; others are served meanwhile."""
    daemon.api.request({"method": "show", "object": "counters"})
    before_kb = resident_kb(daemon)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(str(daemon.socket_path))
    connection.setblocking(False)
    sent = 0
    try:
        while sent < 50_000_000:
            sent += connection.send(b'{"method":"show","object":"counters"}\n' * 1000)
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        pass
    for _ in range(20):
        assert daemon.api.request({"method": "version"})["result"]
    grown_kb = resident_kb(daemon) - before_kb
    connection.close()
    assert sent < 50_000_000, "the server read without end"
    # a line's 64 KiB, one reply, and what the allocator rounds up
    assert grown_kb < 2048, f"{grown_kb} kB for one client"


def test_client_that_leaves_at_once(daemon: Daemon) -> None:
    for _ in range(100):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(daemon.socket_path))
            connection.sendall(b'{"method":"show","object":"counters"}\n')


def test_files_do_not_pile_up(daemon: Daemon) -> None:
    """Descriptors after 200 connections are those of before."""
    daemon.api.request({"method": "version"})
    before = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    for _ in range(200):
        daemon.api.request({"method": "version"})
    daemon.api.request({"method": "version"})
    assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) <= before + 2


@pytest.mark.parametrize("what", OBJECTS)
def test_client_shows_tables_and_json(daemon: Daemon, what: str) -> None:
    table = daemon.client("show", what)
    assert table.strip() != ""
    assert json.loads(daemon.client("show", what, "--json"))
    assert json.loads(daemon.client("show", what, "vr", "--json"))


def test_effective_values_are_shown(daemon: Daemon) -> None:
    """A burst given as a time is shown in bytes: 20 ms of 10 Mbit/s are 25000."""
    (row,) = [row for row in daemon.show("ports", "vr") if row["name"] == "p0"]
    assert row["police"]["rate_bps"] == 10_000_000
    assert row["police"]["burst_bytes"] == 25_000


def test_routes_come_once_by_key_and_by_offset(daemon: Daemon, module_site: Site) -> None:
    """Pages of three rows, also between routes of one prefix, are the same rows as one page."""
    for i in range(8):
        module_site.namespaces["vr"].ip("route", "add", "blackhole", f"20.{i // 4}.0.0/16",
                                        "metric", str(i + 1))
    everything = {"method": "show", "object": "routes", "router": "vr"}
    until(lambda: sum(row["prefix"].startswith("20.") for row in daemon.show("routes", "vr")) == 8,
          "eight routes are mirrored")
    wanted = daemon.api.request(everything)["result"]["routes"]
    for name, reply_name in (("key", "next_key"), ("offset", "next")):
        rows, where = [], {}
        while True:
            page = daemon.api.request({**everything, "limit": 3, **where})["result"]
            rows += page["routes"]
            if reply_name not in page:
                break
            where = {name: page[reply_name]}
        assert rows == wanted


def test_audit_compares_kernel_and_data_path(daemon: Daemon) -> None:
    assert "no difference" in daemon.client("audit", "vr")
    result = json.loads(daemon.client("audit", "vr", "--json"))
    assert result["differences"] == [] and result["routes"] > 0
    (row,) = daemon.show("routers", "vr")
    assert row["ready"] and row["mirror"]["audits"] >= 2 and row["mirror"]["differences"] == 0


def test_client_errors_are_one_sentence(daemon: Daemon) -> None:
    for args in (("show", "routes", "nobody"), ("show", "money"), ("frobnicate",), ("audit",),
                 ("audit", "nobody")):
        done = run(daemon.bin_dir / "sluice", "-s", daemon.socket_path, *args, check=False)
        assert done.returncode != 0 and done.stdout == "" and done.stderr.strip(), args
    done = run(daemon.bin_dir / "sluice", "-s", "/nonexistent.sock", "show", "routers", check=False)
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1 and "/nonexistent.sock" in done.stderr


def test_socket_is_for_the_group_only(daemon: Daemon) -> None:
    assert daemon.socket_path.stat().st_mode & 0o777 == 0o660


def test_version(daemon: Daemon) -> None:
    assert "0.1.0" in daemon.client("version")
    assert "0.1.0" in run(daemon.bin_dir / "sluiced", "--version").stdout
