"""A router of kernel hosts: forwarding, and everything that its kernel must answer."""

from harness.config import Port, Router
from harness.pair import LEFT_GATEWAY, RIGHT_GATEWAY, ROUTER, build_pair
from harness.site import Site
from harness.udp import UdpCounter, send_udp
from harness.wait import until


def test_ping_through(site: Site) -> None:
    pair = build_pair(site)
    result = pair.left.ping(pair.right.address, count=20)
    assert result.all_came_back, result.text


def test_ping_router(site: Site) -> None:
    pair = build_pair(site)
    for target in (LEFT_GATEWAY, RIGHT_GATEWAY):
        result = pair.left.ping(target)
        assert result.all_came_back, result.text


def test_router_pings_hosts(site: Site) -> None:
    pair = build_pair(site)
    for host in (pair.left, pair.right):
        done = pair.router.run("ping", "-n", "-c", "3", "-i", "0.05", host.address)
        assert " 0% packet loss" in done.stdout


def test_first_packet_waits_for_arp(site: Site) -> None:
    """No neighbour is known yet: the kernel resolves it and the packet is not lost."""
    pair = build_pair(site)
    assert pair.router.ip("neigh", "show", "to", pair.right.address) == ""
    result = pair.left.ping(pair.right.address, count=1)
    assert result.all_came_back, result.text


def test_traceroute_shows_the_router(site: Site) -> None:
    pair = build_pair(site)
    done = pair.left.run("traceroute", "-n", "-q", "1", "-w", "2", pair.right.address)
    hops = [line.split()[1] for line in done.stdout.splitlines()[1:]]
    assert hops == [LEFT_GATEWAY, pair.right.address], done.stdout


def test_too_big_with_df_reports_the_mtu(site: Site) -> None:
    pair = build_pair(site, right_mtu=1280)
    result = pair.left.ping(pair.right.address, count=1, size=1400, options=("-M", "do"))
    assert result.received == 0
    assert result.mtu_reported() == 1280, result.text
    assert pair.left.ping(pair.right.address, size=1252, options=("-M", "do")).all_came_back


def test_too_big_without_df_is_fragmented(site: Site) -> None:
    pair = build_pair(site, right_mtu=1280)
    result = pair.left.ping(pair.right.address, size=1400, options=("-M", "dont"))
    assert result.all_came_back, result.text


def test_static_route_to_a_network_behind_a_host(site: Site) -> None:
    pair = build_pair(site)
    pair.right.ip("addr", "add", "10.9.9.9/32", "dev", "lo")
    pair.router.ip("route", "add", "10.9.9.0/24", "via", pair.right.address)
    result = pair.left.ping("10.9.9.9", count=10)
    assert result.all_came_back, result.text


def test_withdrawn_route_is_answered_with_unreachable(site: Site) -> None:
    pair = build_pair(site)
    pair.router.ip("route", "add", "10.9.9.0/24", "via", pair.right.address)
    pair.right.ip("addr", "add", "10.9.9.9/32", "dev", "lo")
    assert pair.left.ping("10.9.9.9").all_came_back
    pair.router.ip("route", "del", "10.9.9.0/24")
    until(lambda: "Net Unreachable" in pair.left.ping("10.9.9.9", count=1).text,
          "the router answers with network unreachable", seconds=5)


def test_blackhole_and_prohibit_routes(site: Site) -> None:
    pair = build_pair(site)
    pair.router.ip("route", "add", "blackhole", "10.8.0.0/24")
    pair.router.ip("route", "add", "prohibit", "10.7.0.0/24")
    site.settle()
    silent = pair.left.ping("10.8.0.1", count=2, wait=0.3)
    assert silent.received == 0 and "From" not in silent.text, silent.text
    until(lambda: "Packet filtered" in pair.left.ping("10.7.0.1", count=1).text,
          "the router says prohibited", seconds=5)


def test_two_nexthops_share_flows(site: Site) -> None:
    """A route with two nexthops uses both over many flows, and a flow stays on one of them."""
    left = site.host("left", "10.1.0.10/24", LEFT_GATEWAY)
    paths = [site.host(f"path{i}", f"10.2.{i}.10/24", f"10.2.{i}.1") for i in (0, 1)]
    ports = [Port("wan0", f"kernel:{left.peer}")]
    ports += [Port(f"lan{i}", f"kernel:{path.peer}") for i, path in enumerate(paths)]
    site.start([Router(ROUTER, tuple(ports))],
               {ROUTER: {"wan0": f"{LEFT_GATEWAY}/24", "lan0": "10.2.0.1/24",
                         "lan1": "10.2.1.1/24"}})
    router = site.namespaces[ROUTER]
    router.sysctl("net.ipv4.fib_multipath_hash_policy", 1)
    router.ip("route", "add", "10.9.9.0/24", "nexthop", "via", "10.2.0.10",
              "nexthop", "via", "10.2.1.10")
    site.settle()
    flows = 64
    sinks = [UdpCounter(path, 9000) for path in paths]
    for path in paths:
        path.ip("addr", "add", "10.9.9.9/32", "dev", "lo")
    for port in range(20000, 20000 + flows):
        send_udp(left, "10.9.9.9", 9000, count=4, source_port=port)
    until(lambda: sum(sink.received() for sink in sinks) == 4 * flows, "every packet arrived")
    per_flow = [sink.by_source_port() for sink in sinks]
    assert all(count == 4 for flow in per_flow for count in flow.values()), "a flow was split"
    assert all(len(flow) >= flows // 8 for flow in per_flow), [len(flow) for flow in per_flow]


def test_neighbour_that_moves_is_followed(site: Site) -> None:
    """The peer's MAC address changes: traffic flows again within a second."""
    pair = build_pair(site)
    assert pair.left.ping(pair.right.address).all_came_back
    pair.right.ip("link", "set", "eth0", "down")
    pair.right.ip("link", "set", "eth0", "address", "02:00:00:00:00:99")
    pair.right.ip("link", "set", "eth0", "up")
    pair.right.ip("route", "replace", "default", "via", RIGHT_GATEWAY)
    pair.right.run("ping", "-c", "1", "-W", "2", RIGHT_GATEWAY)
    until(lambda: pair.left.ping(pair.right.address, count=1, wait=0.2).all_came_back,
          "traffic follows the new MAC address", seconds=1)


def test_address_removed_from_router(site: Site) -> None:
    """Linux withdraws the routes of an address without a message for each: so must the router."""
    pair = build_pair(site)
    assert pair.left.ping(pair.right.address).all_came_back
    pair.router.ip("addr", "del", f"{RIGHT_GATEWAY}/24", "dev", "lan0")
    until(lambda: "Unreachable" in pair.left.ping(pair.right.address, count=1, wait=0.3).text,
          "no route to the right any more", seconds=2)
    pair.router.ip("addr", "add", f"{RIGHT_GATEWAY}/24", "dev", "lan0")
    until(lambda: pair.left.ping(pair.right.address, count=1, wait=0.3).all_came_back,
          "traffic flows again", seconds=5)
