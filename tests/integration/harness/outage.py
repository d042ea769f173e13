"""One failure in the diamond under traffic, and what it cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from .diamond import LINKS, Diamond
from .figure import Figure
from .wait import until


@dataclass(frozen=True)
class Event:
    """Something that fails, and the way that is left."""

    fail: Callable[[Diamond], None]
    links: tuple[str, ...]  # that fail
    path: str
    limit_ms: float


@dataclass(frozen=True)
class Round:
    outage_ms: float
    disturbed: bool  # an adjacency went that had nothing to do with it: BFD's processor stood still


def run_round(diamond: Diamond, event: Event, figure: Figure, what: str) -> Round:
    traffic = diamond.traffic()
    up = traffic.steady()
    late = traffic.late
    event.fail(diamond)
    flows = traffic.result()
    steady = diamond.full_neighbours(time.monotonic() - up)
    disturbed = late or steady != 2 * (len(LINKS) - len(event.links))
    figure(f"{what} ({diamond.site.engine}), ms: " + ", ".join(
        f"{flow.name} {flow.lost_ms:.1f} to {flow.at_most_ms:.1f}" for flow in flows)
        + (", disturbed" if disturbed else ""))
    assert all(flow.duplicate_pkts == 0 for flow in flows)
    # adjacencies that went beside it come back first
    until(lambda: (diamond.path(), diamond.path(back=True)) == (event.path, event.path[::-1]),
          f"both ways lead by {event.path}", 40 if disturbed else 0)
    diamond.mend(*event.links)
    return Round(max(flow.at_most_ms for flow in flows), disturbed)
