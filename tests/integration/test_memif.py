"""Shared memory to another process, and what the product holds at rates beyond kernel devices."""

import pytest

from harness.config import Sla
from harness.figure import Figure
from harness.memif_peer import MemifPeer
from harness.pair import ROUTER
from harness.perf import build_loop
from harness.site import Site
from harness.thief import thief
from harness.wait import until

pytestmark = pytest.mark.product

KILLED_PEERS = 400  # unguarded, every second run ended the daemon


def test_memif_carries_traffic_and_survives_its_peer(site: Site) -> None:
    """The far end connects, leaves and comes back; each time all packets arrive."""
    loop = build_loop(site)
    for _ in range(3):
        report = loop.run("rate=2kpps,size=64", seconds=1)
        (stream,) = report["streams"]
        assert stream["received"]["lost_packets"] == 0, stream
        assert stream["received"]["packets"] == stream["sent"]["packets"] > 0


def test_order_is_kept_under_load(site: Site) -> None:
    loop = build_loop(site)
    report = loop.run("rate=50kpps,size=imix", seconds=2)
    (stream,) = report["streams"]
    assert stream["received"]["reordered_packets"] == 0
    assert stream["received"]["duplicate_packets"] == 0


CASES = [(rate, size, "early") for rate in ("1M", "10M", "100M") for size in (64, 363, 1518)]


@pytest.mark.parametrize("rate, size, police_at", [*CASES, ("10M", 363, "late")])
def test_accepted_rate(site: Site, figure: Figure, request: pytest.FixtureRequest, rate: str,
                       size: int, police_at: str) -> None:
    """Twice the rate is offered: beyond the burst, what arrives is the rate.

    With --long within 0.1 % over 10 s; otherwise within 2 % over 3 s, which leaves 60 ms for what a
    busy machine does to the first and the last packet on their way. Or within one packet, where one
    packet is more than that: 1 Mbit/s of 1518 byte frames are 82 per second. A trickle first lets
    the twins get their carrier and the kernel its routes while the bucket stays full. The burst is
    a quarter of a second's worth: a virtual machine may take a
    CPU away for tens of ms, and what has piled up meanwhile must find the tokens of that time.
    What the sink's ring refused had passed the policer, so it counts.
    """
    seconds, tolerance = (10, 0.001) if request.config.getoption("--long") else (3, 0.02)
    rate_bps = {"1M": 1e6, "10M": 1e7, "100M": 1e8}[rate]
    burst = int(rate_bps / 8 / 4)
    loop = build_loop(site, (Sla("sold", rate, str(burst)),), police="sold", police_at=police_at)
    report = loop.run("name=trickle,rate=20pps,duration=2s,size=64",
                      f"name=main,start=3s,duration={seconds}s,rate={2 * rate_bps:.0f},size={size}",
                      seconds=3 + seconds, warmup_s=0, options=("--on-full", "wait"))
    (main,) = [row for row in report["streams"] if row["name"] == "main"]
    assert main["sent"]["l2_bps"] > 1.3 * rate_bps, "too little was offered to tell"
    received = main["received"]
    refused = site.counters(ROUTER).drops("tx-full")
    packets = received["packets"]
    active_s = (packets - 1) / received["pps"]
    accepted_bps = ((packets + refused) * size - burst) * 8 / active_s
    error = accepted_bps / rate_bps - 1
    figure(f"{accepted_bps / 1e6:.5f} Mbit/s of {rate}, {size} byte frames, {police_at}, "
           f"{active_s:.2f} s: {error * 100:+.4f} % ({packets} packets arrived)")
    one_packet = size * 8 / active_s / rate_bps
    assert abs(error) <= max(tolerance, one_packet)


def test_shaped_output_at_a_sink(site: Site, figure: Figure) -> None:
    """Twice the rate into a shaped port: every window fits, by the port's meter and at a sink.

    Two gaps make arrivals look burstier than departures, and both are measured: the sink's own
    (its meter tells what is certain in spite of them) and the worker's, when it loses its CPU
    between stamping a packet and handing it over.
    """
    rate_bps, burst, mtu_frame = 100e6, 64000, 1518
    loop = build_loop(site, (Sla("sold", "100M", str(burst), delay="10ms"),), shape="sold")
    report = loop.run("rate=200M,size=363", seconds=2,
                      options=("--profile", f"rate=100M,burst={burst},layer=L2"))
    (profile,) = report["profiles"]
    received = report["streams"][0]["received"]
    assert site.daemon
    (row,) = site.daemon.show("conformance", ROUTER)
    (core,) = site.daemon.show("cores")
    worker_gap_bytes = core["gap_max_ns"] * rate_bps / 8e9
    figure(f"{received['l2_bps'] / 1e6:.4f} Mbit/s of 100; profile {burst} bytes; at the port "
           f"{row['measured_burst_bytes']}; at the sink {profile['seen_burst_bytes']}, certain "
           f"{profile['certain_burst_bytes']}; the worker's longest gap is {worker_gap_bytes:.0f}")
    assert row["measured_burst_bytes"] <= burst + mtu_frame
    assert profile["certain_burst_bytes"] <= burst + mtu_frame + worker_gap_bytes


def test_peer_killed_under_load(site: Site) -> None:
    """A peer that ends while the worker is inside its rings takes nothing with it.

    The worker loses its CPU there again and again, so that the peer's memory goes meanwhile. What
    connects last proves that the port still works.
    """
    loop = build_loop(site)
    frame = loop.frame(payload_bytes=1000)
    with thief(loop.worker_cpu, site.work_dir / "thief.log"):
        for _ in range(KILLED_PEERS):
            with MemifPeer(loop.socket, 0, frame) as peer:
                peer.offer()
                until(lambda: peer.taken() > 0, "the router takes packets", every=0)
                peer.offer()
    report = loop.run("rate=2kpps,size=64", seconds=1)
    (stream,) = report["streams"]
    assert stream["received"]["packets"] == stream["sent"]["packets"] > 0
