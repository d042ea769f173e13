"""What the rows gave: a table, JSON, and a bar chart as SVG."""

import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from paired import Comparison, Interval
from rows import Group

BAR_LEFT, BAR_WIDTH, BAR_HEIGHT, BAR_STEP = 330, 520, 16, 26
HEAD = (f"{'row':<44} {'io':>6} {'cycles':>7} {'added [95 % interval]':>22} "
        f"{'x io [95 % interval]':>22} {'Mpps':>6} {'rounds':>10}")
IO, ROW, FIRST = range(3)  # programs of a comparison


@dataclass
class Result:
    """One row: a comparison with testpmd io on the same packets, or why there is none."""

    name: str
    comparison: Comparison | None = None  # IO, ROW and, within a group, FIRST
    why: str = ""
    shares: dict[str, float] = field(default_factory=dict)  # of the packets received, percent
    limit_cycles: float | None = None  # what was promised
    verdict: str = ""


class Report:
    """The rows of one run, in files NAME.json and NAME.svg."""

    def __init__(self, name: str, ghz: float) -> None:
        self.name, self.ghz = name, ghz
        self.results: list[Result] = []
        self.firsts: dict[str, Result] = {}  # first row of each group

    def add(self, result: Result, group: Group) -> str:
        """Takes a row; returns its text."""
        if result.name == group.rows[0].name:
            self.firsts[group.title] = result
        result.verdict = self._verdict(result, group)
        self.results.append(result)
        return self._row_text(result)

    def _verdict(self, result: Result, group: Group) -> str:
        c = result.comparison
        if c is None:
            return ""
        if result.limit_cycles is not None and len(c.costs) <= FIRST:
            met = c.added(ROW, IO).median * self.ghz <= result.limit_cycles
            return f"{'meets' if met else 'MISSES'} {result.limit_cycles:.0f} added"
        if len(c.costs) <= FIRST:
            return ""
        ratio = c.ratio(ROW, FIRST)
        if group.lead_min is not None:
            met = "meets" if ratio.median >= group.lead_min else "MISSES"
            return f"first is {_interval(ratio, 1, 2)} times as fast: {met} {group.lead_min:g}"
        if group.factor_max is None:
            return f"throughput x {1 / ratio.median:.2f} the first row's"
        text = f"x first {_interval(ratio, 1, 2)}"
        if ratio.median <= group.factor_max:
            return text
        return f"{text}: MORE than {group.factor_max:.0f}; {self._growth(c, group)}"

    def _growth(self, c: Comparison, group: Group) -> str:
        """Where the cost of a row grew: io alone, which has its packets, too, and the rest."""
        grown = (c.cost(ROW) - c.cost(FIRST)) * self.ghz
        first = self.firsts.get(group.title)
        if first is None or first.comparison is None:
            return f"{grown:.1f} cycles more"
        source = (c.cost(IO) - first.comparison.cost(IO)) * self.ghz
        return f"{grown:.1f} cycles more, of them {source:.1f} already in io with these packets"

    def _row_text(self, result: Result) -> str:
        c = result.comparison
        if c is None:
            return f"{result.name:<44} not runnable: {result.why}"
        rounds = f"{c.rounds} ({c.discarded}){'*' if c.disturbed else ''}"
        text = (f"{result.name:<44} {c.cost(IO) * self.ghz:>6.1f} {c.cost(ROW) * self.ghz:>7.1f} "
                f"{_interval(c.added(ROW, IO), self.ghz, 1):>22} "
                f"{_interval(c.ratio(ROW, IO), 1, 3):>22} {1e3 / c.cost(ROW):>6.1f} {rounds:>10}")
        if result.verdict:
            text += f"  {result.verdict}"
        if result.shares:
            text += "\n      " + ", ".join(f"{key} {value:.2f} %"
                                           for key, value in result.shares.items())
        return text

    def head_text(self) -> str:
        return (f"TSC cycles per packet received, at {self.ghz:.3f} GHz; CPU time of the "
                f"forwarding thread; * too few rounds without a gap above 1 ms: all count\n{HEAD}")

    def write(self, folder: Path) -> None:
        rows = [self._row_json(result) for result in self.results]
        text = json.dumps({"tsc_ghz": self.ghz, "rows": rows}, indent=1)
        (folder / f"{self.name}.json").write_text(text + "\n")
        (folder / f"{self.name}.svg").write_text(self._svg())

    def _row_json(self, result: Result) -> dict:
        row = {"name": result.name, "shares_percent": result.shares, "verdict": result.verdict,
               "limit_cycles": result.limit_cycles}
        c = result.comparison
        if c is None:
            return row | {"not_runnable": result.why}
        added = c.added(ROW, IO)
        row |= {"io_ns": c.cost(IO), "ns": c.cost(ROW), "rounds": c.rounds,
                "discarded": c.discarded, "disturbed": c.disturbed,
                "ratio": vars(c.ratio(ROW, IO)), "added_ns": vars(added),
                "added_cycles": added.median * self.ghz}
        if len(c.costs) > FIRST:
            row["ratio_to_first"] = vars(c.ratio(ROW, FIRST))
        row["legs"] = [[vars(leg) for leg in legs] for legs in c.legs]
        return row

    def _svg(self) -> str:
        """Cycles added to testpmd io, one bar for each row that ran, whiskers for the interval."""
        bars = [(r.name, r.comparison.added(ROW, IO)) for r in self.results if r.comparison]
        most = max((added.high for _, added in bars), default=1.0) or 1.0
        height = BAR_STEP * (len(bars) + 2)
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{BAR_LEFT + BAR_WIDTH + 90}" '
                 f'height="{height}" font-family="sans-serif" font-size="12">',
                 f'<text x="8" y="18">TSC cycles per packet added to testpmd io '
                 f'({self.ghz:.2f} GHz)</text>']
        for i, (name, added) in enumerate(bars):
            parts += _bar(name, added, BAR_STEP * (i + 1) + 6, BAR_WIDTH / most, self.ghz)
        return "\n".join(parts) + "\n</svg>\n"


def _interval(interval: Interval, scale: float, digits: int) -> str:
    return (f"{interval.median * scale:.{digits}f} [{interval.low * scale:.{digits}f}, "
            f"{interval.high * scale:.{digits}f}]")


def _bar(name: str, added: Interval, y: float, scale: float, ghz: float) -> list[str]:
    length = max(added.median * scale, 0)
    colour = "#2a7" if name.startswith("sluice") else "#89a"
    middle = y + BAR_HEIGHT / 2
    low, high = (BAR_LEFT + max(value * scale, 0) for value in (added.low, added.high))
    return [f'<text x="{BAR_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{BAR_LEFT}" y="{y}" width="{length:.1f}" height="{BAR_HEIGHT}" '
            f'fill="{colour}"/>',
            f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#000"/>',
            f'<text x="{max(high, BAR_LEFT) + 6:.1f}" y="{y + 12}">{added.median * ghz:.1f}</text>']
