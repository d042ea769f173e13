"""Classes, colours, flows and ECN with real traffic."""

import json
import threading

import pytest

from harness.config import Class, Sla
from harness.figure import Figure
from harness.host import Host
from harness.pair import ROUTER, Pair, build_pair
from harness.site import Site
from harness.udp import UdpCounter, paced_udp, send_udp
from harness.wait import until

pytestmark = pytest.mark.product

PORT = 9000
PAYLOAD = 1000
FRAME = PAYLOAD + 46  # with FCS, as layer L2 counts
AF11, AF12, EF = 10, 12, 46
SHAPER_DROPS = ("shaper-full", "shaper-late", "shaper-ecn")


def classes_of(site: Site) -> dict[str, dict]:
    assert site.daemon
    return {row["class"]: row for row in site.daemon.show("classes", ROUTER)}


def shaper_drops(site: Site) -> int:
    counters = site.counters(ROUTER)
    return sum(counters.drops(reason) for reason in SHAPER_DROPS)


def percentile(values: list[int], percent: float) -> int:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def test_colours_are_counted_remarked_and_dropped(site: Site) -> None:
    """At 1 kbit/s what passes at once is what the bursts hold: 10 green, 10 yellow, the rest red."""
    sla = Sla("assured", "1k", str(10 * FRAME), kind="srtcm", excess_burst=str(10 * FRAME),
              yellow="remark:af12")
    pair = build_pair(site, (sla,), quiet=True, classes=(
        Class("assured", 'dscp = "af11"; protocol = "udp"; dst_port = "9000-9001";',
              police="assured"),))
    sink = UdpCounter(pair.right, PORT)
    send_udp(pair.left, pair.right.address, PORT, 30, PAYLOAD, tos=AF11 << 2 | 2)
    send_udp(pair.left, pair.right.address, PORT, 7, PAYLOAD)
    until(lambda: sink.received() == 27, "10 green, 10 yellow and 7 of no class arrived")
    assert sink.by_tos() == {AF11 << 2 | 2: 10, AF12 << 2 | 2: 10, 0: 7}
    row = classes_of(site)["assured"]
    assert [row[f"{colour}_pkts"] for colour in ("green", "yellow", "red")] == [10, 10, 10]
    assert row["green_bytes"] == 10 * FRAME
    assert (row["drop_pkts"], row["remark_pkts"]) == (10, 10)
    assert classes_of(site)["default"]["green_pkts"] == 7
    assert site.counters(ROUTER).all_drops() == {"class-policed": 10}
    text = site.daemon.client("show", "classes") if site.daemon else ""
    assert "assured" in text and "srtcm" in text


@pytest.mark.parametrize("police_at", ["early", "late"])
def test_class_and_port_pay_together_or_not_at_all(site: Site, police_at: str) -> None:
    """Of 15 packets that the port allows, voice takes its 10; what it loses costs the port nothing."""
    slas = (Sla("port", "1k", str(15 * FRAME)), Sla("voice", "1k", str(10 * FRAME)))
    pair = build_pair(site, slas, police="port", police_at=police_at, quiet=True,
                      classes=(Class("voice", 'dscp = "ef";', police="voice"),))
    sink = UdpCounter(pair.right, PORT)
    for _ in range(20):  # one by one: early policing decides by bursts
        before = sink.received() + sum(site.counters(ROUTER).all_drops().values())
        send_udp(pair.left, pair.right.address, PORT, 1, PAYLOAD, tos=EF << 2)
        until(lambda: sink.received() + sum(site.counters(ROUTER).all_drops().values()) > before,
              "the packet arrived or was dropped")
    assert site.counters(ROUTER).all_drops() == {"class-policed": 10}
    send_udp(pair.left, pair.right.address, PORT, 10, PAYLOAD)
    until(lambda: sink.received() == 15, "15 in all")
    until(lambda: site.counters(ROUTER).drops("policed") == 5, "the port dropped the others")


def in_background(pair: Pair, rate_bps: float, seconds: float, tos: int) -> threading.Thread:
    thread = threading.Thread(target=paced_udp, args=(pair.left, pair.right.address, PORT, rate_bps,
                                                      seconds, PAYLOAD, tos))
    thread.start()
    return thread


def test_strict_priority_in_front_of_a_saturated_class(site: Site, figure: Figure) -> None:
    """Voice of a tenth of the rate loses nothing while the rest is offered twice the rate."""
    pair = build_pair(site, (Sla("port", "20M", "8k"),), shape="port", quiet=True, classes=(
        Class("voice", 'dscp = "ef";', level=1), Class("default", level=2, limit_time="40ms")))
    sink = UdpCounter(pair.right, PORT)
    rest = in_background(pair, 40e6, 3.0, 0)
    voice = paced_udp(pair.left, pair.right.address, PORT, 2e6, 2.5, PAYLOAD, EF << 2)
    rest.join()
    # What the device lost before the router saw it, while the host had taken the core away.
    until(lambda: sink.by_tos().get(EF << 2, 0) + site.counters(ROUTER).entry["missed_pkts"]
          >= voice, f"all {voice} of voice arrived, or the device missed them")
    mtu_us = FRAME * 8 / 20
    delays = sink.delays_ns
    figure(f"voice p50 {percentile(delays[EF << 2], 50) / 1e3:.0f} us, p99 "
           f"{percentile(delays[EF << 2], 99) / 1e3:.0f} us, rest p50 "
           f"{percentile(delays[0], 50) / 1e3:.0f} us (one packet is {mtu_us:.0f} us)")
    voice_queue, rest_queue = (classes_of(site)[name]["queues"][0] for name in ("voice", "default"))
    assert sum(voice_queue["drops"].values()) == 0
    assert sum(rest_queue["drops"].values()) > 0
    # The queue of the rest holds 40 ms; voice does not stand behind it.
    assert percentile(delays[EF << 2], 50) < percentile(delays[0], 50) / 2


def test_weights_share_what_is_left(site: Site, figure: Figure) -> None:
    pair = build_pair(site, (Sla("port", "20M", "8k"),), shape="port", quiet=True, classes=(
        Class("three", 'dscp = "af11";', weight=3), Class("default", weight=1)))
    sink = UdpCounter(pair.right, PORT)
    streams = [in_background(pair, 20e6, 3.0, tos) for tos in (AF11 << 2, 0)]
    for stream in streams:
        stream.join()
    until(lambda: sum(row["queues"][0]["queued_pkts"] for row in classes_of(site).values()) == 0,
          "the queues are empty")
    three, one = sink.by_tos()[AF11 << 2], sink.by_tos()[0]
    figure(f"weights 3 and 1: {three} and {one} packets, {three / one:.2f} to 1")
    assert 2.4 < three / one < 3.3  # what each stream offers before both queues are full is its own


def test_every_destination_has_its_own_rate(site: Site, figure: Figure) -> None:
    """Four customers of 2 Mbit/s, one of them greedy: each gets its rate, the greedy no more."""
    slas = (Sla("port", "100M", "64k"), Sla("customer", "2M", "32k"))  # 120 ms of a busy machine
    pair = build_pair(site, slas, shape="port", quiet=True,
                      flows='by = "dst"; base = "10.2.0.128/25"; length = 32; sla = "customer"; '
                            "quota = 16;")
    customers = [f"10.2.0.{128 + i}" for i in range(4)]
    for address in customers:
        pair.right.ip("addr", "add", f"{address}/24", "dev", "eth0")
        pair.router.ip("neigh", "replace", address, "lladdr", pair.right.mac("eth0"), "dev", "lan0",
                       "nud", "permanent")
    site.settle_neighbours(ROUTER)
    sinks = [UdpCounter(pair.right, PORT, address) for address in customers]
    sent = [0] * len(customers)

    def send(index: int, rate_bps: float) -> None:
        sent[index] = paced_udp(pair.left, customers[index], PORT, rate_bps, 3.0, PAYLOAD)

    threads = [threading.Thread(target=send, args=(i, rate))
               for i, rate in enumerate((10e6, 1.8e6, 1.8e6, 1.8e6))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: sum(sink.received() for sink in sinks) + shaper_drops(site) == sum(sent),
          "every packet arrived or was dropped")
    took_s = (sinks[0].last() - sinks[0].arrivals_ns[0]) / 1e9
    allowed = (2e6 / 8 * took_s + 32000) / FRAME
    figure(f"greedy customer: {sinks[0].received()} of {sent[0]} packets, profile {allowed:.1f}; "
           f"others lost {sum(sent[1:]) - sum(sink.received() for sink in sinks[1:])}")
    assert sinks[0].received() <= allowed + 1
    assert sinks[0].received() >= allowed * 0.98
    assert [sink.received() for sink in sinks[1:]] == sent[1:]
    queue = classes_of(site)["default"]["queues"]
    assert [row["flows"] for row in queue] == [False, True]


class Transfer:
    """One TCP transfer by iperf3, left to right."""

    def __init__(self, pair: Pair, seconds: int, ecn: bool) -> None:
        for host in (pair.left, pair.right):
            host.sysctl("net.ipv4.tcp_ecn", int(ecn))
            host.sysctl("net.ipv4.tcp_no_metrics_save", 1)
        server = pair.right.start("iperf3", "-s", "-1", "-4", "--forceflush")
        until(lambda: "listening" in server.output(), "iperf3 listens")
        done = pair.left.run("iperf3", "-c", pair.right.address, "-4", "-J", "-t", str(seconds),
                             timeout=seconds + 20)
        server.wait(10)
        report = json.loads(done.stdout)["end"]
        received = report["sum_received"]
        self.payload_bps = received["bytes"] * 8 / received["seconds"]
        self.rtt_us = report["streams"][0]["sender"]["mean_rtt"]
        self.retransmits = report["sum_sent"]["retransmits"]


def tcp_share(payload_bps: float, rate_bps: float) -> float:
    """Share of the rate, in frames: 1448 bytes of payload are 1518 of layer L2."""
    return payload_bps * 1518 / 1448 / rate_bps


@pytest.mark.parametrize("ecn", [False, True], ids=["drop", "ecn"])
@pytest.mark.parametrize("rate", [10, pytest.param(100, marks=pytest.mark.long),
                                  pytest.param(1000, marks=pytest.mark.long)])
def test_tcp_fills_a_shaped_port(site: Site, figure: Figure, request: pytest.FixtureRequest,
                                 rate: int, ecn: bool) -> None:
    """The wait in the queue stays below its limit; on a quiet machine (--long) 95 % of the rate."""
    limit_ms = {10: 100, 100: 20, 1000: 10}[rate]
    pair = build_pair(site, (Sla("port", f"{rate}M", "20ms"),), shape="port", quiet=True, classes=(
        Class("default", limit_time=f"{limit_ms}ms", ecn=f"{limit_ms // 2}ms" if ecn else None),))
    transfer = Transfer(pair, 8 if request.config.getoption("--long") else 4, ecn)
    share = tcp_share(transfer.payload_bps, rate * 1e6)
    (queue,) = classes_of(site)["default"]["queues"]
    wait_ms = queue["max_queued_bytes"] * 8 / rate / 1e3
    dropped = ", ".join(f"{cause} {n}" for cause, n in queue["drops"].items() if n) or "nothing"
    figure(f"{rate} Mbit/s: {share * 100:.1f} % of the rate, mean RTT {transfer.rtt_us / 1e3:.1f} "
           f"ms, longest queue {wait_ms:.1f} of {limit_ms} ms, {queue['marked_pkts']} marked, "
           f"dropped {dropped}, {transfer.retransmits} retransmitted")
    assert wait_ms <= limit_ms
    if ecn:
        assert queue["marked_pkts"] > 0
    else:
        assert queue["marked_pkts"] == 0
    if request.config.getoption("--long"):
        assert share >= 0.95
