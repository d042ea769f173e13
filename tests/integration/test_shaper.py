"""What a shaped port lets out, at a sink that stamps every arrival."""

import pytest

from harness.config import Sla
from harness.figure import Figure
from harness.pair import ROUTER, build_pair
from harness.profile import excess_bytes
from harness.site import Site
from harness.udp import UdpCounter, paced_udp, send_udp
from harness.wait import until

pytestmark = pytest.mark.product

PORT = 9000
PAYLOAD = 1000
FRAME = PAYLOAD + 46  # with FCS, as layer L2 counts
MTU_FRAME = 1500 + 18


def test_burst_is_spread_to_the_profile(site: Site, figure: Figure) -> None:
    """100 frames at once into 8 Mbit/s: none is lost, and they leave at the rate."""
    rate, count, burst = 8e6, 100, 4 * FRAME
    pair = build_pair(site, (Sla("gold", "8M", str(burst), delay="500ms"),), shape="gold",
                      quiet=True)
    sink = UdpCounter(pair.right, PORT)
    send_udp(pair.left, pair.right.address, PORT, count=count, size_bytes=PAYLOAD)
    until(lambda: sink.received() == count, f"all {count} packets arrived")
    took_s = (sink.last() - sink.arrivals_ns[0]) / 1e9
    expected_s = (count * FRAME - burst) * 8 / rate
    figure(f"{count} frames took {took_s * 1e3:.2f} ms, the profile needs {expected_s * 1e3:.2f} ms")
    # Never faster by more than the frame that may exceed; slower only by a gap of the machine.
    assert took_s >= expected_s - FRAME * 8 / rate


def test_output_fits_the_profile(site: Site, figure: Figure) -> None:
    """Every window of departures: at most burst + rate * t + one MTU, by the router's own meter."""
    pair = build_pair(site, (Sla("gold", "20M", "8k", delay="100ms"),), shape="gold", quiet=True)
    sink = UdpCounter(pair.right, PORT)
    sent = paced_udp(pair.left, pair.right.address, PORT, 40e6, 2.0, PAYLOAD)
    drops = ("shaper-full", "shaper-late")
    until(lambda: sink.received() + sum(site.counters(ROUTER).drops(d) for d in drops) == sent,
          "every packet arrived or was dropped by the shaper")
    assert site.daemon
    (row,) = site.daemon.show("conformance", ROUTER)
    seen = excess_bytes(sink.arrivals_ns, FRAME, rate_bps=20e6, burst_bytes=8000)
    figure(f"measured burst {row['measured_burst_bytes']} of {row['burst_bytes']} bytes at the port; "
          f"at the sink, with the gaps of its kernel, {seen:.0f} bytes above")
    assert row["tx_pkts"] >= sink.received()
    assert row["measured_burst_bytes"] <= row["burst_bytes"] + MTU_FRAME


def test_kernel_traffic_is_charged_to_the_profile(site: Site) -> None:
    """What the router's own kernel sends counts as the tenant's: the sum conforms."""
    pair = build_pair(site, (Sla("gold", "8M", "8k", delay="100ms"),), shape="gold", quiet=True)
    sink = UdpCounter(pair.right, PORT)
    from_kernel = paced_udp(pair.router, pair.right.address, PORT, 4e6, 1.0, PAYLOAD)
    through = paced_udp(pair.left, pair.right.address, PORT, 16e6, 1.0, PAYLOAD)
    until(lambda: sink.received() + site.counters(ROUTER).drops("shaper-full")
          + site.counters(ROUTER).drops("shaper-late") == from_kernel + through, "all accounted for")
    assert site.daemon
    (row,) = site.daemon.show("conformance", ROUTER)
    assert row["measured_burst_bytes"] <= row["burst_bytes"] + MTU_FRAME


def test_order_is_kept(site: Site) -> None:
    """A small packet never overtakes a large one of the same queue."""
    pair = build_pair(site, (Sla("gold", "8M", "4k", delay="500ms"),), shape="gold", quiet=True)
    sink = UdpCounter(pair.right, PORT)
    for number in range(60):
        send_udp(pair.left, pair.right.address, PORT, 1, 1400 if number % 2 else 20,
                 source_port=20000 + number)
    until(lambda: sink.received() == 60, "all arrived")
    ports = list(sink.by_source_port())
    assert ports == sorted(ports)
