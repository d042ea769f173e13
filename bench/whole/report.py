"""What the rows gave: a table, JSON, and a bar chart as SVG."""

import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from paired import Comparison, Interval

BAR_LEFT, BAR_WIDTH, BAR_HEIGHT, BAR_STEP = 330, 520, 16, 26
HEAD = (f"{'row':<44} {'io':>6} {'cycles':>7} {'added [95 % interval]':>22} "
        f"{'x io [95 % interval]':>22} {'Mpps':>6} {'rounds':>10}")


@dataclass
class Result:
    """One row: a comparison with testpmd io on the same packets, or why there is none."""

    name: str
    comparison: Comparison | None = None
    why: str = ""
    notes: dict[str, float] = field(default_factory=dict)
    limit_cycles: float | None = None  # what was promised


def _interval(interval: Interval, scale: float, digits: int) -> str:
    return (f"{interval.median * scale:.{digits}f} [{interval.low * scale:.{digits}f}, "
            f"{interval.high * scale:.{digits}f}]")


def row_text(result: Result, ghz: float) -> str:
    c = result.comparison
    if c is None:
        return f"{result.name:<44} not runnable: {result.why}"
    rounds = f"{c.rounds} ({c.discarded}){'*' if c.disturbed else ''}"
    text = (f"{result.name:<44} {c.base * ghz:>6.1f} {c.cost * ghz:>7.1f} "
            f"{_interval(c.added, ghz, 1):>22} {_interval(c.ratio, 1, 3):>22} "
            f"{1e3 / c.cost:>6.1f} {rounds:>10}")
    if result.limit_cycles is not None:
        met = c.added.median * ghz <= result.limit_cycles
        text += f"  {'meets' if met else 'MISSES'} {result.limit_cycles:.0f} added"
    if result.notes:
        text += "\n" + " " * 6 + ", ".join(f"{key.replace('_', ' ')} {value:.2f}"
                                           for key, value in result.notes.items())
    return text


def head_text(ghz: float) -> str:
    return (f"TSC cycles per packet received, at {ghz:.3f} GHz; CPU time of the forwarding "
            f"thread; * too few rounds without a gap above 1 ms: all count\n{HEAD}")


def write_json(path: Path, results: list[Result], ghz: float) -> None:
    rows = []
    for result in results:
        row = {"name": result.name, "notes": result.notes, "limit_cycles": result.limit_cycles}
        c = result.comparison
        if c is None:
            row["not_runnable"] = result.why
        else:
            row |= {"io_ns": c.base, "ns": c.cost, "rounds": c.rounds,
                    "discarded": c.discarded, "disturbed": c.disturbed,
                    "ratio": vars(c.ratio), "added_ns": vars(c.added),
                    "added_cycles": c.added.median * ghz,
                    "legs": [[vars(leg) for leg in legs] for legs in c.legs]}
        rows.append(row)
    path.write_text(json.dumps({"tsc_ghz": ghz, "rows": rows}, indent=1) + "\n")


def write_svg(path: Path, results: list[Result], ghz: float) -> None:
    """Cycles added to testpmd io, one bar for each row that ran, whiskers for the interval."""
    rows = [r for r in results if r.comparison is not None]
    most = max((r.comparison.added.high for r in rows), default=1.0) or 1.0
    height = BAR_STEP * (len(rows) + 2)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{BAR_LEFT + BAR_WIDTH + 90}" '
             f'height="{height}" font-family="sans-serif" font-size="12">',
             f'<text x="8" y="18">TSC cycles per packet added to testpmd io ({ghz:.2f} GHz)</text>']
    for i, row in enumerate(rows):
        parts += _bar(row, BAR_STEP * (i + 1) + 6, BAR_WIDTH / most, ghz)
    path.write_text("\n".join(parts) + "\n</svg>\n")


def _bar(row: Result, y: float, scale: float, ghz: float) -> list[str]:
    added = row.comparison.added
    length = max(added.median * scale, 0)
    colour = "#2a7" if row.name.startswith("sluice") else "#89a"
    middle = y + BAR_HEIGHT / 2
    low, high = (BAR_LEFT + max(value * scale, 0) for value in (added.low, added.high))
    return [f'<text x="{BAR_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(row.name)}</text>',
            f'<rect x="{BAR_LEFT}" y="{y}" width="{length:.1f}" height="{BAR_HEIGHT}" '
            f'fill="{colour}"/>',
            f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#000"/>',
            f'<text x="{max(high, BAR_LEFT) + 6:.1f}" y="{y + 12}">{added.median * ghz:.1f}</text>']
