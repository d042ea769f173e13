"""Arrivals against a profile."""

from collections.abc import Sequence


def excess_bytes(arrivals_ns: Sequence[int], frame_bytes: int, rate_bps: float,
                 burst_bytes: int) -> float:
    """Worst excess over burst + rate * t, over every window of equal frames; never negative.

    The smallest burst that everything fits is the highest fill of a bucket that leaks at the rate.
    """
    fill = worst = 0.0
    last = arrivals_ns[0]
    for now in arrivals_ns:
        fill = max(0.0, fill - (now - last) * rate_bps / 8e9) + frame_bytes
        worst = max(worst, fill)
        last = now
    return max(0.0, worst - burst_bytes)
