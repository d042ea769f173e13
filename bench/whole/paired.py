"""Paired comparison on a machine that others use, too: the method of bench/stats.h."""

import math
from dataclasses import dataclass
from statistics import median
from typing import Callable, Sequence

GAP_NS = 1_000_000  # a leg that waited longer than this for its processor disturbs its round
ROUNDS_MAX_FACTOR = 2  # rounds that are tried for each round that is wanted


@dataclass(frozen=True)
class Leg:
    """One measurement of one program."""

    ns_per_pkt: float  # CPU time of the forwarding thread
    waited_ns: int  # time that the thread was ready and did not run


@dataclass(frozen=True)
class Interval:
    """A median and its distribution-free 95 % confidence interval."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        """Ranks n/2 -+ 1.96 sqrt(n)/2, outwards: normal form of the sign test's interval."""
        ordered = sorted(values)
        n = len(ordered)
        half_width = math.ceil(0.98 * math.sqrt(n)) + 1
        return cls(median(ordered), ordered[max(n // 2 - half_width, 0)],
                   ordered[min(n // 2 + half_width, n - 1)])


@dataclass
class Comparison:
    """What the rounds gave: costs[i] of program i in ns per packet, one value for each round."""

    costs: list[list[float]]
    discarded: int
    disturbed: bool  # too few quiet rounds: the disturbed ones count as well
    legs: list[list[Leg]]  # each round's, in the order in which they ran

    @property
    def rounds(self) -> int:
        return len(self.costs[0])

    def cost(self, program: int) -> float:
        return median(self.costs[program])

    def ratio(self, program: int, base: int) -> Interval:
        return Interval.of([y / x for x, y in zip(self.costs[base], self.costs[program])])

    def added(self, program: int, base: int) -> Interval:
        return Interval.of([y - x for x, y in zip(self.costs[base], self.costs[program])])


def compare(programs: Sequence[Callable[[], Leg]], rounds: int) -> Comparison:
    """Runs rounds there and back (A B B A, A B C C B A) until enough of them were quiet."""
    quiet: list[list[Leg]] = []
    noisy: list[list[Leg]] = []
    while len(quiet) < rounds and len(quiet) + len(noisy) < rounds * ROUNDS_MAX_FACTOR:
        legs = [leg() for leg in (*programs, *reversed(programs))]
        (noisy if any(leg.waited_ns > GAP_NS for leg in legs) else quiet).append(legs)
    disturbed = len(quiet) < rounds
    used = quiet + noisy if disturbed else quiet
    costs = [[(legs[i].ns_per_pkt + legs[-1 - i].ns_per_pkt) / 2 for legs in used]
             for i in range(len(programs))]
    return Comparison(costs, 0 if disturbed else len(noisy), disturbed, used)
