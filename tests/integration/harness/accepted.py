"""The rate that a policer accepted, from number, departure and arrival of every packet behind it.

The policer looked at a packet between its departure and its arrival, and right behind a packet whose
successor it refused its bucket held less than one packet. Two such moments enclose a stretch in
which what was accepted is the rate's, give or take one packet, however long anybody was held up in
between; and each is known as exactly as the fastest packets near the stretch's ends tell it.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

ENDS = 0.1  # of what arrived: where a stretch's first and last packet are chosen


@dataclass(frozen=True)
class Arrival:
    number: int
    sent_ns: int
    arrived_ns: int

    @property
    def took_ns(self) -> int:
        return self.arrived_ns - self.sent_ns


@dataclass(frozen=True)
class Accepted:
    """Bounds for the rate of a stretch, and for the burst before it, with the rate as sold."""

    rate_low_bps: float
    rate_high_bps: float
    burst_low_bytes: float
    burst_high_bytes: float


def read_arrivals(folder: Path, source_port: int) -> list[Arrival]:
    """Arrivals with a source port, in the order of their numbers; removes the file."""
    path = folder / "latency-flows.csv"
    with path.open() as file:
        arrivals = [Arrival(int(row["id"]), int(row["prets"]), int(row["postts"]))
                    for row in csv.DictReader(file) if int(row["srcport"]) == source_port]
    path.unlink()
    return sorted(arrivals, key=lambda arrival: arrival.number)


def accepted(arrivals: list[Arrival], size_bytes: int, rate_bps: float, missing: int) -> Accepted:
    """missing: packets that the policer accepted and that did not arrive all the same."""
    emptied = [index for index, (this, following) in enumerate(zip(arrivals, arrivals[1:]))
               if following.number > this.number + 1]
    few = max(1, int(len(emptied) * ENDS))
    begin, end = (min(some, key=lambda index: arrivals[index].took_ns)
                  for some in (emptied[:few], emptied[-few:]))
    first, last = arrivals[begin], arrivals[end]
    packets = end - begin
    # tokens that came while the bucket was full are nobody's: it was full at the latest where most
    # was accepted from there on
    opening = arrivals[:begin + 1]
    return Accepted(
        (packets - 1) * size_bytes * 8e9 / (last.arrived_ns - first.sent_ns),
        (packets + 1 + missing) * size_bytes * 8e9 / (last.sent_ns - first.arrived_ns),
        max((end + 1 - index) * size_bytes - rate_bps * (last.arrived_ns - some.sent_ns) / 8e9
            for index, some in enumerate(opening)),
        max((end + 2 + missing - index) * size_bytes
            - rate_bps * (last.sent_ns - some.arrived_ns) / 8e9
            for index, some in enumerate(opening)))
