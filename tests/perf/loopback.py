#!/usr/bin/env python3
"""sluice-perf against itself, over ports that lose nothing unless told to.

Counts are exact and files are read back with readers that share no code with the program.
Nothing here depends on time: a slow machine only makes it take longer.

    loopback.py SLUICE-PERF [GROUP]

GROUP is ring, sockets, errors (no privileges) or veth (root: makes and removes network
namespaces). Exit status 77: the group cannot run here, and the last line says why.
"""

import base64
import csv
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import zlib

SKIP = 77
PERF = os.path.abspath(sys.argv[1])
MAC = "02:00:00:00:00:01"


def run(*args, status=0):
    """Runs sluice-perf; returns its report and what it said."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        done = subprocess.run([PERF, args[0], "--json", report.name, *args[1:]],
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, (args, done.returncode, done.stdout, done.stderr)
        text = report.read()
    return (json.loads(text) if text else None), done.stderr


def free_ports(count):
    """UDP ports that nobody had a moment ago."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [str(sock.getsockname()[1]) for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def stream(report, name):
    """The stream of a name that the report holds exactly once."""
    found = [s for s in report["streams"] if s["name"] == name]
    assert len(found) == 1, report["streams"]
    return found[0]


def check_complete(row, packets):
    """Everything was sent once and arrived once."""
    sent, received = row["sent"], row["received"]
    assert sent["packets"] == packets, row
    assert sent["refused_packets"] == 0, row
    for key in ("packets", "unique_packets", "expected_packets"):
        assert received[key] == packets, (key, row)
    for key in ("lost_packets", "duplicate_packets", "reordered_packets", "checksum_bad_packets"):
        assert received[key] == 0, (key, row)
    assert received["frame_bytes_without_fcs"] == sent["frame_bytes_without_fcs"], row


def check_balance(row):
    """What was sent arrived or is lost."""
    sent, received = row["sent"], row["received"]
    assert sent["packets"] == received["unique_packets"] + received["lost_packets"], row


def read_varints(data):
    """ZigZag LEB128 with at most nine bytes, the ninth holding eight bits."""
    at = 0
    while at < len(data):
        value = shift = 0
        for index in range(9):
            byte = data[at]
            at += 1
            if index == 8:
                value |= byte << shift
                break
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield (value >> 1) ^ -(value & 1)


def read_hlog(path):
    """{tag: (total count, largest value of the highest bucket)} of a log, version 1.2."""
    histograms = {}
    with open(path, encoding="ascii") as log:
        lines = log.read().splitlines()
    assert lines[0] == "#[Histogram log format version 1.2]"
    for line in lines:
        if not line.startswith("Tag="):
            continue
        tag, _, _, _, text = line[4:].split(",")
        packed = base64.b64decode(text)
        cookie, length = struct.unpack(">II", packed[:8])
        assert cookie == 0x1C849314 and length == len(packed) - 8
        raw = zlib.decompress(packed[8:])
        cookie, length, offset, digits, lowest, highest, ratio = struct.unpack(">IIIIQQd", raw[:40])
        assert (cookie, offset, digits, lowest, ratio) == (0x1C849313, 0, 2, 1, 1.0)
        assert length == len(raw) - 40 and highest == 2**36 - 1
        total = index = 0
        for value in read_varints(raw[40:]):
            total += max(value, 0)
            index += -value if value < 0 else 1
        octave, sub = divmod(index - 1, 128)
        top = sub if octave == 0 else ((sub + 129) << (octave - 1)) - 1
        histograms[tag] = (total, top)
    return histograms


def read_pcap(path):
    """(captured bytes, frame length) of every packet of a nanosecond pcap of Ethernet frames."""
    with open(path, "rb") as file:
        magic, major, minor, _, _, snap, link = struct.unpack("<IHHIIII", file.read(24))
        assert (magic, major, minor, snap, link) == (0xA1B23C4D, 2, 4, 64, 1)
        while header := file.read(16):
            _, nanoseconds, kept, length = struct.unpack("<IIII", header)
            assert nanoseconds < 10**9 and kept == min(length, 64)
            yield file.read(kept), length


def check_files(directory):
    """Every file of one run says the same."""
    path = {name: os.path.join(directory, name) for name in ("csv", "h", "p")}
    report, _ = run("client", "--port", "dpdk:net_ring0", "--dmac", MAC, "--on-full", "wait",
                    "--stream", "name=a,rate=20kpps,count=3000,size=imix",
                    "--stream", "name=b,rate=10kpps,count=1000,size=128,flows=7",
                    "--csv", path["csv"], "--hlog", path["h"], "--pcap", path["p"],
                    "--capture", "10k", "--verify")
    packets = {"a": 3000, "b": 1000}
    hlog = read_hlog(path["h"])
    for name, count in packets.items():
        row = stream(report, name)
        check_complete(row, count)
        total, top = hlog[name]
        longest = row["received"]["latency_ns"]["max"]
        assert total == count and longest <= top <= longest * 1.01 + 1, (name, hlog, row)
        for what, expected in (("hist", count), ("jitterpre", count - 1), ("jitterpost", count - 1),
                               ("packetratepre", count), ("packetratepost", count)):
            with open(f"{path['csv']}/{name}-{what}.csv", encoding="ascii") as file:
                assert sum(int(r["count"]) for r in csv.DictReader(file)) == expected, (name, what)
    frames = list(read_pcap(path["p"]))
    assert len(frames) == 4000
    ids = [struct.unpack_from("<I", data, 42)[0] for data, length in frames if length == 124]
    assert sorted(ids) == list(range(1000))
    with open(f"{path['csv']}/latency-flows.csv", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4000 and len({r["srcport"] for r in rows}) == 7
    with open(f"{path['csv']}/worst.csv", encoding="ascii") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 4000


def group_ring():
    """Through a ring of DPDK, which needs no privileges and no hugepages."""
    report, _ = run("client", "--port", "dpdk:net_ring0", "--dmac", MAC, "--rate", "50kpps",
                    "--count", "20k", "--on-full", "wait", "--verify", "--warmup", "50ms")
    row = stream(report, "s0")
    check_complete(row, 20000)
    assert row["sent"]["warmup_packets"] == row["received"]["warmup_packets"], row
    report, _ = run("client", "--port", "dpdk:net_ring0", "--dmac", MAC, "--rate", "max",
                    "--count", "100k", "--size", "64-1518", "--on-full", "wait", "--verify")
    check_complete(stream(report, "s0"), 100000)
    # A profile that 100 packets at once cannot fit, and one that they can. The rate is so low
    # that a pause of the machine drains nothing.
    burst = ("client", "--port", "dpdk:net_ring0", "--dmac", MAC, "--rate", "1kpps", "--burst",
             "100", "--count", "100", "--size", "1000", "--on-full", "wait", "--profile")
    report, _ = run(*burst, "rate=1k,burst=50k", status=1)
    assert report["profiles"][0]["violated"], report["profiles"]
    assert 99000 <= report["profiles"][0]["certain_burst_bytes"] <= 100000
    report, _ = run(*burst, "rate=1k,burst=100k")
    assert not report["profiles"][0]["violated"], report["profiles"]
    report, _ = run("client", "--port", "dpdk:net_ring0", "--dmac", MAC, "--search", "throughput",
                    "--search-max", "1kpps", "--duration", "200ms")
    assert report["throughput_pps"] <= 1000
    with tempfile.TemporaryDirectory() as directory:
        check_files(directory)
        path = os.path.join(directory, "memif.sock")
        report, _ = run("loop", "--tx", f"memif:server,{path},0", "--rx", f"memif:client,{path},0",
                        "--rate", "20kpps", "--count", "5k", "--size", "imix", "--on-full", "wait")
        check_complete(stream(report, "s0"), 5000)


def group_sockets():
    """Through UDP sockets on loopback, single and in bursts, one way and both ways."""
    one, two = free_ports(2)
    for option in ("", ",single", ",stamps"):
        report, _ = run("loop", "--tx", f"udp:127.0.0.1:{one}{option}",
                        "--rx", f"udp:127.0.0.1:{two}{option}", "--dst", "127.0.0.1",
                        "--dport", two, "--rate", "10kpps", "--count", "3000", "--size", "363",
                        "--on-full", "wait", "--idle", "100us")
        check_complete(stream(report, "s0"), 3000)
    report, _ = run("bidir", "--tx", f"udp:127.0.0.1:{one}", "--rx", f"udp:127.0.0.1:{two}",
                    "--src", "127.0.0.1", "--dst", "127.0.0.1", "--sport", one, "--dport", two,
                    "--rate", "5kpps", "--count", "1000", "--on-full", "wait")
    check_complete(stream(report, "s0"), 1000)
    check_complete(stream(report, "s0-back"), 1000)
    with subprocess.Popen([PERF, "server", "--port", f"udp:127.0.0.1:{one}", "--idle", "50us"],
                          stdout=subprocess.DEVNULL) as server:
        try:
            report, _ = run("client", "--port", f"udp:127.0.0.1:{two}", "--dst", "127.0.0.1",
                            "--dport", one, "--rate", "1kpps", "--duration", "500ms")
            check_balance(stream(report, "s0"))
        finally:
            server.terminate()


def errors():
    """A wrong command line: one sentence that says what would be right, and nothing done."""
    for args, says in (
            (["send"], "give --tx"),
            (["shout"], "expected send"),
            (["send", "--tx", "pigeon:1"], "expected memif:"),
            (["send", "--tx", "packet:slpe-none"], "no interface slpe-none"),
            (["send", "--tx", "udp:127.0.0.1:0", "--rate", "0"], "rate=0"),
            (["send", "--tx", "udp:127.0.0.1:0", "--size", "20"], "64 to 9018"),
            (["send", "--tx", "udp:127.0.0.1:0", "--colour", "red"], "--colour"),
            (["send", "--tx", "udp:127.0.0.1:0", "--rate"], "expected a value"),
            (["send", "--tx", "udp:127.0.0.1:0", "--netns", "slpe-none"], "no namespace"),
            (["send", "--tx", "udp:127.0.0.1:0", "--rate", "50%"], "--line"),
            (["send", "--tx", "udp:127.0.0.1:0", "--search", "ndr"], "both ends"),
            (["client", "--port", "dpdk:net_ring0"], "dmac"),
            (["send", "--tx", "memif:king,/tmp/x,0"], "server or"),
            (["send", "--tx", "udp:127.0.0.1:0", "--core", "1000"], "--core"),
            (["client"], "give --port"),
            (["loop", "--port", "packet:lo"], "--tx packet:lo and --rx packet:lo are one port"),
            (["loop", "--tx", "packet:lo,stamps", "--rx", "raw:lo"], "use client"),
            (["bidir", "--tx", "dpdk:net_ring0", "--rx", "dpdk:net_ring0,x=1"], "are one port"),
            (["loop", "--tx", "dpdk:net_ring0", "--tx-netns", "a", "--rx", "dpdk:net_ring0",
              "--rx-netns", "b"], "are one port"),
            (["loop", "--tx", "udp:127.0.0.1:9", "--rx", "udp:127.0.0.1:9,single"], "name another"),
            (["bidir", "--tx", "memif:client,/tmp/x,0", "--rx", "memif:client,/tmp/x,00"],
             "this mode needs two"),
            (["loop", "--tx", "udp:127.0.0.1:0", "--rx", "udp:127.0.0.1:45009", "--profile",
              "rate=1M,burst=1k,stream=nobody"], "no stream nobody")):
        _, said = run(*args, status=2)
        assert says in said and said.count("\n") == 1, (args, said)


def ip(*args):
    """Runs ip(8)."""
    subprocess.run(["ip", *args], check=True)


def make_router(tag):
    """Two hosts and a kernel router between them, in namespaces slpe-<tag>a, r, b.

    The interface of both hosts has the same name, as where every namespace has an eth0.
    """
    for name in "arb":
        ip("netns", "add", f"slpe-{tag}{name}")
    for host, port, subnet in (("a", "0", 1), ("b", "1", 2)):
        ip("link", "add", "slpe0", "netns", f"slpe-{tag}{host}", "type", "veth", "peer",
           "name", f"sr{port}", "netns", f"slpe-{tag}r")
        for space, device, last in ((host, "slpe0", 2), ("r", f"sr{port}", 1)):
            space = f"slpe-{tag}{space}"
            ip("-n", space, "addr", "add", f"10.77.{subnet}.{last}/24", "dev", device)
            ip("-n", space, "link", "set", device, "up")
            subprocess.run(["ip", "netns", "exec", space, "ethtool", "-K", device, "tx", "off",
                            "rx", "off", "tso", "off", "gso", "off", "gro", "off"], check=True,
                           stdout=subprocess.DEVNULL)
        ip("-n", f"slpe-{tag}{host}", "route", "add", "default", "via", f"10.77.{subnet}.1")
    subprocess.run(["ip", "netns", "exec", f"slpe-{tag}r", "sysctl", "-qw",
                    "net.ipv4.ip_forward=1"], check=True)


def group_veth():
    """Through the kernel's router: ARP is asked and answered, TTL falls, drops are counted."""
    if os.geteuid() != 0:
        print("not runnable: network namespaces need root")
        sys.exit(SKIP)
    tag = str(os.getpid())
    try:
        make_router(tag)
        common = ["--tx-netns", f"slpe-{tag}a", "--rx-netns", f"slpe-{tag}b", "--src", "10.77.1.2",
                  "--dst", "10.77.2.2", "--count", "4000", "--rate", "20kpps", "--on-full", "wait"]
        frames = [*common, "--gw", "10.77.1.1"]
        for tx, rx in (("packet:slpe0", "packet:slpe0"), ("raw:slpe0", "packet:slpe0,stamps"),
                       ("raw:slpe0,single", "raw:slpe0"),
                       ("dpdk:net_af_packet0,iface=slpe0", "dpdk:net_af_packet1,iface=slpe0")):
            report, _ = run("loop", "--tx", tx, "--rx", rx, *frames, "--verify", "--size", "imix")
            row = stream(report, "s0")
            check_balance(row)
            assert row["received"]["unique_packets"] > 0, row
            assert row["received"]["ttl_max"] == 63, row
            assert row["received"]["checksum_bad_packets"] == 0, row
        report, _ = run("loop", "--tx", "udp:10.77.1.2:5000", "--rx", "udp:10.77.2.2:5001", *common)
        check_balance(stream(report, "s0"))
        # A route that is gone loses everything, and says so.
        ip("-n", f"slpe-{tag}r", "route", "del", "10.77.2.0/24", "dev", "sr1")
        report, _ = run("loop", "--tx", "packet:slpe0", "--rx", "packet:slpe0", *frames)
        row = stream(report, "s0")
        assert row["received"]["lost_packets"] == row["sent"]["packets"] == 4000, row
    finally:
        for name in "arb":
            subprocess.run(["ip", "netns", "del", f"slpe-{tag}{name}"], check=False)


GROUPS = {"ring": group_ring, "sockets": group_sockets, "veth": group_veth, "errors": errors}

if __name__ == "__main__":
    for group in sys.argv[2:] or GROUPS:
        GROUPS[group]()
        print(f"{group}: ok")
