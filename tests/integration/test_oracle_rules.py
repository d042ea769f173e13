"""The kernel as oracle where rules have a say in what sources are allowed."""

import itertools
from collections.abc import Iterator

import pytest

from harness.bytes4 import ether, ipv4, udp
from harness.oracle import END_MAC, IN, ROUTER_MAC, Oracle, difference
from harness.wait import until

pytestmark = pytest.mark.product
MODES = {0: "off", 1: "strict", 2: "loose"}
# A way back through the port of arrival, through another, by no route and by one that refuses; what
# a table that rules lead to takes elsewhere; the router itself and broadcasts.
SOURCES = ("10.1.0.10", "10.91.0.9", "10.20.0.9", "10.30.0.9", "172.16.0.9", "10.50.0.9",
           "10.51.0.9", "10.2.0.1", "10.3.0.1", "10.2.0.255", "192.0.2.9", "10.72.0.9")
DESTINATIONS = ("10.20.0.7", "10.30.0.7", "10.91.0.7")
TABLES = {77: ("10.20.0.0/16 via 10.1.0.10", "172.16.0.0/16 via 10.1.0.10", "10.3.0.1 via 10.1.0.10"),
          78: ("local 192.0.2.9 dev lo", "blackhole 10.91.0.0/16", "throw 10.20.0.0/16")}
# Lists of rules. The answer to a packet comes in where that one leaves, from where it goes to.
RULES = {
    "by port": ("pref 100 iif out1 lookup 77", "pref 101 iif in0 lookup 78"),
    "by port of exit": ("pref 100 iif out0 lookup 78",),
    "by source": ("pref 100 from 10.30.0.0/16 lookup 77",),
    "by destination": ("pref 100 to 10.20.0.0/16 lookup 77", "pref 101 not to 10.20.0.9 lookup 78"),
    "by ports": ("pref 100 ipproto udp sport 2000 lookup 77",
                 "pref 101 ipproto udp dport 2000 lookup 78"),
    "refusals": ("pref 100 to 10.91.0.0/16 prohibit", "pref 101 from 10.30.0.0/16 blackhole"),
    "only the kernel": ("pref 100 to 10.20.0.0/16 lookup 77 suppress_prefixlength 8",),
    "own addresses last": ("pref 1 to 10.3.0.1 iif out0 lookup 77", "pref 2 lookup local", "delete 0"),
}
_ident = itertools.count(1)


def packet(src: str, dst: str) -> bytes:
    """A datagram from port 1000 to port 2000 that differs from all others."""
    return ether(ipv4(udp(bytes(50), src, dst, 1000, 2000), src, dst, ident=next(_ident)),
                 ROUTER_MAC[IN], END_MAC[IN])


@pytest.fixture(scope="module")
def tables(oracle: Oracle) -> Oracle:
    for table, routes in TABLES.items():
        for route in routes:
            oracle.both("route", "add", *route.split(), "table", str(table))
    return oracle


def rules_shown(oracle: Oracle) -> int:
    sluice = oracle.worlds[1]
    assert sluice.site.daemon
    return sum(row["family"] == "IPv4" for row in sluice.site.daemon.show("rules", sluice.name))


@pytest.fixture(params=RULES)
def ruled(request: pytest.FixtureRequest, tables: Oracle) -> Iterator[Oracle]:
    """Rules beside the kernel's three, until the test is over."""
    rules = [rule.split() for rule in RULES[request.param]]
    for rule in rules:
        if rule[0] == "delete":
            tables.both("rule", "del", "pref", rule[1])
        else:
            tables.both("rule", "add", *rule)
    wanted = 3 + sum(1 if rule[0] != "delete" else -1 for rule in rules)
    until(lambda: rules_shown(tables) == wanted, "the mirror has the rules")
    yield tables
    if ["delete", "0"] in rules:
        tables.both("rule", "add", "pref", "0", "lookup", "local")
    for rule in rules:
        if rule[0] != "delete":
            tables.both("rule", "del", *rule)
    until(lambda: rules_shown(tables) == 3, "the mirror has the kernel's own rules again")


def set_filter(oracle: Oracle, mode: int) -> None:
    """On both routers, and waits until the data path follows."""
    for world in oracle.worlds:
        world.router.sysctl("net.ipv4.conf.all.rp_filter", 0)
        world.router.sysctl(f"net.ipv4.conf.{IN}.rp_filter", mode)
    sluice = oracle.worlds[1]
    daemon = sluice.site.daemon
    assert daemon
    until(lambda: [row["rpf"] for row in daemon.show("ports", sluice.name)
                   if row["name"] == IN] == [MODES[mode]], f"the filter is {MODES[mode]}")


def test_sources_by_rules(ruled: Oracle) -> None:
    for mode in MODES:
        set_filter(ruled, mode)
        found = difference(*ruled.compare([packet(src, dst) for src in SOURCES
                                           for dst in DESTINATIONS]))
        assert not found, f"{MODES[mode]}:\n{found}"
