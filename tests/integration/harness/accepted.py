"""The rate that a policer accepted, from number, departure and arrival of every packet behind it.

The policer looked at a packet between its departure and its arrival, and right behind a packet whose
successor it refused its bucket held less than one packet. Two such moments enclose a stretch in
which what was accepted is the rate's, give or take one packet, however long anybody was held up in
between, unless it was for so long that the bucket could fill: there one stretch ends and the next
begins. The moments are known as exactly as the fastest packets near a stretch's ends tell them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ENDS = 0.1  # of what arrived: where a stretch's first and last packet are chosen


class Arrival(NamedTuple):
    number: int
    sent_ns: int
    arrived_ns: int

    @property
    def took_ns(self) -> int:
        return self.arrived_ns - self.sent_ns


@dataclass(frozen=True)
class Accepted:
    """Bounds for the rate of all stretches, and for the burst before the first of them."""

    seconds: float
    rate_low_bps: float
    rate_high_bps: float
    burst_low_bytes: float
    burst_high_bytes: float


def read_arrivals(folder: Path, source_port: int) -> list[Arrival]:
    """Arrivals with a source port, in the order of their numbers; removes the file."""
    path = folder / "latency-flows.csv"
    with path.open() as file:
        assert file.readline() == "latency,prets,postts,id,srcport,dstport\n"
        rows = (line.split(",") for line in file)
        arrivals = [Arrival(int(row[3]), int(row[1]), int(row[2])) for row in rows
                    if int(row[4]) == source_port]
    path.unlink()
    return sorted(arrivals)


def stretches(arrivals: list[Arrival], fill_ns: float) -> Iterator[tuple[int, int]]:
    """First and last packet of each; fill_ns: time in which an empty bucket becomes full."""
    emptied: list[list[int]] = [[]]
    for index, (this, following) in enumerate(zip(arrivals, arrivals[1:])):
        if following.number == this.number + 1:
            continue
        if emptied[-1] and this.arrived_ns - arrivals[emptied[-1][-1]].sent_ns >= fill_ns:
            emptied.append([])
        emptied[-1].append(index)
    for indexes in emptied:
        few = max(1, int(len(indexes) * ENDS))
        begin, end = (min(some, key=lambda index: arrivals[index].took_ns)
                      for some in (indexes[:few], indexes[-few:]))
        if begin < end:
            yield begin, end


def accepted(arrivals: list[Arrival], size_bytes: int, rate_bps: float, burst_bytes: int,
             missing: int) -> Accepted:
    """missing: packets that the policer accepted and that did not arrive all the same."""
    found = list(stretches(arrivals, burst_bytes * 8e9 / rate_bps))
    packets = sum(end - begin for begin, end in found)
    longest_ns = sum(arrivals[end].arrived_ns - arrivals[begin].sent_ns for begin, end in found)
    shortest_ns = sum(arrivals[end].sent_ns - arrivals[begin].arrived_ns for begin, end in found)
    (begin, end), *_ = found
    # tokens that came while the bucket was full are nobody's: it was full at the latest where most
    # was accepted from there on
    opening, last = arrivals[:begin + 1], arrivals[end]
    return Accepted(
        shortest_ns / 1e9,
        (packets - len(found)) * size_bytes * 8e9 / longest_ns,
        (packets + len(found) + missing) * size_bytes * 8e9 / shortest_ns,
        max((end + 1 - index) * size_bytes - rate_bps * (last.arrived_ns - some.sent_ns) / 8e9
            for index, some in enumerate(opening)),
        max((end + 2 + missing - index) * size_bytes
            - rate_bps * (last.sent_ns - some.arrived_ns) / 8e9
            for index, some in enumerate(opening)))
