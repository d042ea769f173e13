"""Policy routing: rules choose between two uplinks, for real packets of both families."""

import pytest

from harness.site import Site
from harness.uplinks import FAR, FAR6, Uplinks, build_uplinks
from harness.wait import until

TABLES = {"up1": 101, "up2": 10002}
TO_UP2 = ("lookup", str(TABLES["up2"]))


def build(site: Site) -> Uplinks:
    """Each uplink has a table with a default route; that of the main table is the first one's."""
    world = build_uplinks(site, ("lan0", *TABLES), (1, 2, 3))
    for name, table in TABLES.items():
        for family in (4, 6):
            world.router.ip(f"-{family}", "route", "add", "default", "via",
                            world.gateway(name, family), "table", str(table))
    world.settle()
    return world


@pytest.mark.parametrize("family", (4, 6))
def test_rules_choose_the_uplink(site: Site, family: int) -> None:
    world = build(site)
    far = FAR if family == 4 else FAR6
    mine, other = ("10.1.0.11", "10.1.0.10") if family == 4 else ("fd01::11", "fd01::10")

    assert world.way(far) == "up1"
    world.rule(family, "add", "pref", "100", "from", mine, *TO_UP2)
    assert world.way(far, mine) == "up2"
    assert world.way(far, other) == "up1"
    world.rule(family, "del", "pref", "100")
    assert world.way(far, mine) == "up1"

    world.rule(family, "add", "pref", "100", "to", far, *TO_UP2)
    assert world.way(far) == "up2"
    world.rule(family, "del", "pref", "100")

    world.rule(family, "add", "pref", "100", "iif", "up1", *TO_UP2)
    assert world.way(far) == "up1"
    world.rule(family, "add", "pref", "101", "iif", "lan0", *TO_UP2)
    assert world.way(far) == "up2"
    world.rule(family, "del", "pref", "101")

    world.rule(family, "add", "pref", "102", "tos", "0x10", *TO_UP2)
    assert world.way(far, tos=0x10) == "up2"
    assert world.way(far) == "up1"

    world.rule(family, "add", "pref", "103", "ipproto", "udp", "dport", "6000-6999", *TO_UP2)
    assert world.way(far, port=6500) == "up2"
    assert world.way(far, port=7000) == "up1"


@pytest.mark.parametrize("family", (4, 6))
def test_an_empty_table_leaves_packets_to_the_next_rule(site: Site, family: int) -> None:
    world = build(site)
    far = FAR if family == 4 else FAR6
    table = ("table", str(TABLES["up2"]))

    world.rule(family, "add", "pref", "100", *TO_UP2)
    assert world.way(far) == "up2"
    world.router.ip(f"-{family}", "route", "del", "default", *table)
    until(lambda: world.way(far) == "up1", "the empty table is passed over")
    world.router.ip(f"-{family}", "route", "add", "throw", far, *table)
    assert world.way(far) == "up1"
    assert "no difference" in world.audit()


def test_rules_are_shown_with_who_handles_them(site: Site) -> None:
    world = build(site)
    world.rule(4, "add", "pref", "100", "from", "10.1.0.11", *TO_UP2)
    world.rule(4, "add", "pref", "101", "oif", "up1", "lookup", "101")
    world.rule(4, "add", "pref", "102", "to", "203.0.113.0/24", "lookup", "main",
               "suppress_prefixlength", "8")
    handled = {row["priority"]: row["handled_by"] for row in world.shown()
               if row["family"] == "IPv4"}
    assert handled[100] == "data path"
    assert handled[101] == "nobody"
    assert handled[102] == "kernel"
