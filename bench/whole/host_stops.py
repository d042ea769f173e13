"""Stops of the host: how often and how long a core does nothing although nobody else wants it."""

import gc
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

LIMITS_NS = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Stops:
    core: int
    seconds: float
    above: tuple[int, ...]  # stops longer than each of LIMITS_NS
    max_ns: int

    def text(self) -> str:
        counts = ", ".join(f"{count / self.seconds:.0f}/s above {limit / 1000:.0f} us"
                           for count, limit in zip(self.above, LIMITS_NS))
        return f"core {self.core}: {counts}, longest {self.max_ns / 1000:.0f} us"


def _watch(core: int, seconds: float) -> Stops:
    """A loop that reads the clock; one turn takes a fraction of a microsecond."""
    os.sched_setaffinity(0, {core})
    gc.disable()
    stops: list[int] = []
    clock = time.monotonic_ns
    last = clock()
    end = last + int(seconds * 1e9)
    while last < end:
        now = clock()
        if now - last > LIMITS_NS[0]:
            stops.append(now - last)
        last = now
    above = tuple(sum(stop > limit for stop in stops) for limit in LIMITS_NS)
    return Stops(core, seconds, above, max(stops, default=0))


def host_stops(cores: list[int], seconds: float) -> list[Stops]:
    """Watches all the cores at once."""
    with ProcessPoolExecutor(len(cores)) as pool:
        return list(pool.map(_watch, cores, [seconds] * len(cores)))
