"""The shipped configuration of FRR's pbrd: its maps choose the way of real packets."""

import pytest

from harness.frr import Frr, shipped
from harness.site import Site
from harness.uplinks import COUNT, FAR, Uplinks, build_uplinks
from harness.wait import until

pytestmark = pytest.mark.product

FLOWS = 50
OTHER = "198.19.0.1"
PRIORITIES = {309, 319, 329}  # 299 and the numbers of the map's lines


def rules_of_pbrd(world: Uplinks) -> set[int]:
    """Priorities of the rules that pbrd has made and the data path follows."""
    return {int(str(row["priority"])) for row in world.shown()
            if row["family"] == "IPv4" and row["handled_by"] == "data path"} & PRIORITIES


@pytest.mark.parametrize("nexthop_objects", [
    pytest.param(False, id="gateways"),
    pytest.param(True, id="nexthop-ids", marks=pytest.mark.long)])
def test_maps_choose_the_way(site: Site, nexthop_objects: bool) -> None:
    """By source, by destination, and by several ways at once; without their nexthop as before."""
    world = build_uplinks(site, ("wan0", "lan0", "lan1"), (1, 3, 4))
    for host in world.ups.values():
        host.ip("addr", "add", f"{OTHER}/32", "dev", "lo")
    frr = site.frr(world.router, shipped("zebra", "pbrd", nexthop_objects=nexthop_objects))
    assert frr.refused_lines() == ""
    until(lambda: rules_of_pbrd(world) == PRIORITIES, "the map's rules are followed", 20)

    assert world.way(FAR, "10.1.0.11") == "lan1"
    assert world.way("198.19.0.1", "10.1.0.10") == "lan1"
    shared = world.counts(FAR, "10.1.0.10", flows=FLOWS)
    assert min(shared.values()) >= COUNT // FLOWS, shared

    world.router.ip("link", "set", "lan1", "down")
    until(lambda: world.way(FAR, "10.1.0.11") == "lan0", "the ordinary route takes over", 20)
    assert world.way(OTHER, "10.1.0.10") == "lan0"
    assert world.way(FAR, "10.1.0.10") == "lan0"
    world.router.ip("link", "set", "lan1", "up")
    world.router.ip("neigh", "replace", world.gateway("lan1", 4), "lladdr",
                    world.ups["lan1"].mac("eth0"), "dev", "lan1", "nud", "permanent")
    until(lambda: world.way(FAR, "10.1.0.11") == "lan1", "the map's way is back", 20)

    frr.vtysh("configure terminal", "interface wan0", "no pbr-policy hosts")
    until(lambda: not rules_of_pbrd(world), "the map is off", 20)
    assert world.way(FAR, "10.1.0.11") == "lan0"
    assert "no difference" in world.audit()
