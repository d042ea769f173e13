"""Paired comparison on a machine that others use, too: the method of bench/stats.h."""

import math
from dataclasses import dataclass, field
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
    """What ABBA rounds gave, in ns per packet."""

    base: float = 0.0
    cost: float = 0.0
    ratio: Interval = Interval(0, 0, 0)
    added: Interval = Interval(0, 0, 0)
    rounds: int = 0
    discarded: int = 0
    disturbed: bool = False  # too few quiet rounds: the disturbed ones count as well
    legs: list[list[Leg]] = field(default_factory=list)


def compare(base: Callable[[], Leg], other: Callable[[], Leg], rounds: int) -> Comparison:
    """Runs rounds base, other, other, base until enough of them were quiet."""
    quiet: list[list[Leg]] = []
    noisy: list[list[Leg]] = []
    while len(quiet) < rounds and len(quiet) + len(noisy) < rounds * ROUNDS_MAX_FACTOR:
        legs = [base(), other(), other(), base()]
        (noisy if any(leg.waited_ns > GAP_NS for leg in legs) else quiet).append(legs)
    disturbed = len(quiet) < rounds
    used = quiet + noisy if disturbed else quiet
    a = [(legs[0].ns_per_pkt + legs[3].ns_per_pkt) / 2 for legs in used]
    b = [(legs[1].ns_per_pkt + legs[2].ns_per_pkt) / 2 for legs in used]
    return Comparison(base=median(a), cost=median(b),
                      ratio=Interval.of([y / x for x, y in zip(a, b)]),
                      added=Interval.of([y - x for x, y in zip(a, b)]),
                      rounds=len(used), discarded=0 if disturbed else len(noisy),
                      disturbed=disturbed, legs=used)
