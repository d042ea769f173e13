"""Links that fail in a diamond of four routers, under traffic in both directions.

Linux's own routers, for comparison, by --engine kernel. How long an outage lasts depends on when
FRR's daemons and the routers get one of the processors, of which this machine may have two: the
short run asserts that traffic moves, without a loop, by the event that should make it move and not
by the next slower one (BFD, 150 ms, before OSPF's dead interval, 4 s). The long one repeats every
event and holds the median against what was promised.
"""

import time
from statistics import median

import pytest

from harness.diamond import Diamond, build_diamond
from harness.figure import Figure
from harness.outage import Event, Round, run_round
from harness.site import Site

BEFORE_DEAD_INTERVAL_MS = 3000
ROUNDS = 5


def two_links(diamond: Diamond) -> None:
    """Both preferred links of router a, half a second apart."""
    diamond.cut("ab")
    time.sleep(0.5)
    diamond.cut("ac")


EVENTS = {
    "carrier": Event(lambda diamond: diamond.cut("ab"), ("ab",), "acd", 15),
    "BFD 50 ms x 3": Event(lambda diamond: diamond.silence("ab"), ("ab",), "acd", 160),
    "two links": Event(two_links, ("ab", "ac"), "ad", 100),
}


def test_traffic_takes_the_other_way(site: Site, figure: Figure) -> None:
    """Carrier lost; silence that BFD (50 ms x 3) finds; two links of one router."""
    diamond = build_diamond(site)
    for what in ("carrier", "BFD 50 ms x 3", "two links"):
        done = run_round(diamond, EVENTS[what], figure, what)
        assert done.outage_ms < BEFORE_DEAD_INTERVAL_MS


@pytest.mark.long
@pytest.mark.parametrize("what", EVENTS)
def test_outage(site: Site, figure: Figure, what: str) -> None:
    """A virtual machine may stop for tens of ms: rounds in which other adjacencies went as well are
    told and left out, whatever their outage."""
    event = EVENTS[what]
    diamond = build_diamond(site)
    rounds: list[Round] = []
    while sum(not done.disturbed for done in rounds) < ROUNDS and len(rounds) < 3 * ROUNDS:
        rounds.append(run_round(diamond, event, figure, what))
    outages = [done.outage_ms for done in rounds if not done.disturbed]
    assert outages, "this machine stops too often"
    figure(f"{what} ({site.engine}): median of {len(outages)} outages {median(outages):.1f} ms, "
           f"best {min(outages):.1f}, worst {max(outages):.1f}; "
           f"{len(rounds) - len(outages)} rounds disturbed")
    assert site.engine != "sluice" or median(outages) <= event.limit_ms
