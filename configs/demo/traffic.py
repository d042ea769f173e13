#!/usr/bin/python3
"""Sends the demo's traffic, shows what happens, and judges whether everybody got what was sold.

Tenant A offers ten times its rate. Tenant B stays inside its profile, and downloads over TCP.
"""

import argparse
import sys
import time

from counters import Tenant, Traffic, longest_pause_ns
from flows import FRAME_BYTES, Ping, Tcp, Udp, serve

OVERLOAD = 10.0      # tenant A offers this many times its rate
INSIDE = 0.8         # tenant B offers this share of its rate
SETTLE_S = 2         # start of the flows, not measured
WAIT_S = 15
STREAM_PACKETS = 200  # more than a greeting
TCP_SHARE = 0.90     # of the rate that TCP must reach, as payload in full frames
TCP_FRAME_SHARE = 1448 / FRAME_BYTES
RATE_TOLERANCE = 0.005  # reading the counters takes a few ms at both ends of the measured time


def mbit(bps: float) -> str:
    return f"{bps / 1e6:8.2f}"


class Meter:
    """Rates of one tenant, from one reading to the next and over the whole run."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.readings: list[tuple[Traffic, Traffic, Traffic]] = []
        self.read()

    def read(self) -> None:
        tenant = self.tenant
        self.readings.append((tenant.offered(), tenant.delivered(), tenant.downloaded()))

    def last(self) -> list[float]:
        """Offered, delivered and downloaded bit/s since the reading before."""
        return self._between(-2, -1)

    def whole(self) -> list[float]:
        return self._between(0, -1)

    def _between(self, first: int, last: int) -> list[float]:
        return [now.rate_bps(before)
                for before, now in zip(self.readings[first], self.readings[last])]


def watch(a: Meter, b: Meter, seconds: int) -> None:
    """The live table: one line per second, Mbit/s of layer L2."""
    print("\n  time |        tenant-a         |             tenant-b              | policed packets")
    print("     s |  offered    delivered   |  offered   delivered    download  |      a        b")
    begin = time.monotonic()
    dropped = [meter.tenant.drops()["policed"] for meter in (a, b)]
    for second in range(1, seconds + 1):
        time.sleep(max(0.0, begin + second - time.monotonic()))
        for meter in (a, b):
            meter.read()
        now = [meter.tenant.drops()["policed"] for meter in (a, b)]
        print(f"  {second:4d} | {mbit(a.last()[0])}    {mbit(a.last()[1])}    |"
              f" {mbit(b.last()[0])}    {mbit(b.last()[1])}    {mbit(b.last()[2])}  |"
              f" {now[0] - dropped[0]:8d} {now[1] - dropped[1]:8d}", flush=True)
        dropped = now


def losses(before: dict[str, int], after: dict[str, int]) -> str:
    lost = {cause: after[cause] - before.get(cause, 0) for cause in after}
    words = [f"{count} {cause}" for cause, count in lost.items() if count]
    return ", ".join(words) or "none"


def microseconds(ns: int) -> str:
    return f"{ns / 1000:.1f}"


def final_table(meters: list[Meter], lost: dict[str, str]) -> None:
    print("\n            sold     offered   delivered   latency us, p50 / p99 / max   loss by cause")
    print("          Mbit/s      Mbit/s      Mbit/s")
    for meter in meters:
        tenant, latency = meter.tenant, meter.tenant.latency()
        times = " / ".join(microseconds(latency[key]) for key in ("p50_ns", "p99_ns", "max_ns"))
        offered, delivered, _ = meter.whole()
        print(f"{tenant.router:9s}{mbit(tenant.rate_bps)}    {mbit(offered)}    {mbit(delivered)}"
              f"   {times:27s}   {lost[tenant.letter]}")
    for meter in meters:
        print(f"{meter.tenant.router} learned by OSPF: {', '.join(meter.tenant.learned())}")


class Verdict:
    """Collects what was promised and whether it held."""

    def __init__(self) -> None:
        self.broken = 0

    def check(self, held: bool, promise: str) -> None:
        print(f"  {'yes' if held else 'NO '}  {promise}")
        self.broken += not held


def judge_a(verdict: Verdict, meter: Meter) -> None:
    offered, delivered, _ = meter.whole()
    rate = meter.tenant.rate_bps
    verdict.check(offered > 2 * rate,
                  f"A offered more than it may: {offered / rate:.1f} times its rate")
    verdict.check(abs(delivered / rate - 1) <= RATE_TOLERANCE,
                  f"A was delivered what it bought, and no more: {mbit(delivered).strip()} of "
                  f"{mbit(rate).strip()} Mbit/s ({(delivered / rate - 1) * 100:+.2f} %)")


def judge_b(verdict: Verdict, meter: Meter, sent: int, lost: int, tcp_bps: float) -> None:
    wanted = TCP_SHARE * TCP_FRAME_SHARE * meter.tenant.rate_bps
    verdict.check(lost == 0 and sent > 0, f"B, inside its profile, lost {lost} of {sent} packets")
    verdict.check(tcp_bps >= wanted,
                  f"B's TCP download got {mbit(tcp_bps).strip()} Mbit/s of payload, at least "
                  f"{mbit(wanted).strip()} were due")


def judge_both(verdict: Verdict, tenant: Tenant) -> None:
    latency, bound_ns = tenant.latency(), tenant.sla["delay_ns"]
    share = latency["beyond_bound_pkts"] / max(1, latency["count_pkts"])
    verdict.check(latency["p99_ns"] <= bound_ns,
                  f"{tenant.router}: 99 % of its packets left within {bound_ns / 1e6:g} ms "
                  f"({share * 100:.3f} % were later)")
    verdict.check(tenant.balanced(), f"{tenant.router}: every packet is accounted for")
    verdict.check(bool(tenant.learned()), f"{tenant.router}: routes came by OSPF")


def wait_for_packets(tenants: list[Tenant]) -> None:
    """Until every tenant's server receives a stream."""
    deadline = time.monotonic() + WAIT_S
    wanted = [tenant.delivered().packets + STREAM_PACKETS for tenant in tenants]
    while any(tenant.delivered().packets < packets for tenant, packets in zip(tenants, wanted)):
        if time.monotonic() > deadline:
            raise RuntimeError(f"no stream within {WAIT_S} s")
        time.sleep(0.05)


def measure(seconds: int) -> int:
    a, b = Tenant("a", 1), Tenant("b", 2)
    for tenant in (a, b):
        tenant.read_sla()
    servers = serve(a) + serve(b)
    time.sleep(0.5)  # iperf3 says nothing when it listens
    total = seconds + 3 * SETTLE_S
    before = {tenant.letter: tenant.drops() for tenant in (a, b)}
    print(f"\nA sends UDP at {OVERLOAD:g} times its rate; B sends UDP at {INSIDE:.0%} of its rate, "
          f"downloads over TCP and pings.")
    b_udp, a_udp = Udp(b, INSIDE * b.rate_bps, total), Udp(a, OVERLOAD * a.rate_bps, total)
    # iperf3 greets with one datagram each way and gives up without an answer: the download, which
    # fills its queue, begins after that.
    wait_for_packets([a, b])
    b_tcp, ping = Tcp(b, total), Ping(b, total)
    time.sleep(SETTLE_S)
    meters = [Meter(a), Meter(b)]
    watch(*meters, seconds)
    sent, lost = b_udp.result()
    tcp_bps = b_tcp.payload_bps()
    a_sent, a_lost = a_udp.result()
    after = {tenant.letter: losses(before[tenant.letter], tenant.drops()) for tenant in (a, b)}
    final_table(meters, after)
    print(f"longest pause of the routers' core, while something else ran on it: "
          f"{longest_pause_ns() / 1e6:.1f} ms")
    print(f"iperf3: A lost {a_lost} of {a_sent} datagrams, B lost {lost} of {sent}; "
          f"B's ping: {ping.summary()}\n")
    verdict = Verdict()
    judge_a(verdict, meters[0])
    judge_b(verdict, meters[1], sent, lost, tcp_bps)
    for tenant in (a, b):
        judge_both(verdict, tenant)
    for server in servers:
        server.terminate()
    print("\nEvery tenant got what it was sold." if not verdict.broken else
          f"\n{verdict.broken} promises were not kept.")
    return 1 if verdict.broken else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15)
    try:
        sys.exit(measure(parser.parse_args().seconds))
    except RuntimeError as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
