"""What every experiment writes: its rows as CSV, its report as JSON, a chart as SVG."""

import csv
import json
import math
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]

WIDTH, HEIGHT, LEFT, TOP, LEGEND = 640, 320, 70, 30, 230
COLOURS = ("#c33", "#27a", "#2a7", "#a6a", "#e80", "#888", "#055", "#a50")


def read_rows(text: str) -> list[Row]:
    """CSV as an experiment's program prints it; what looks like a number is one."""
    return [{key: _number(value) for key, value in row.items()}
            for row in csv.DictReader(text.splitlines())]


def _number(text: str) -> Any:
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text


def write_rows(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def median_by(rows: Iterable[Row], key: Callable[[Row], Any],
              value: Callable[[Row], float]) -> dict[Any, float]:
    groups: dict[Any, list[float]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(value(row))
    return {name: statistics.median(values) for name, values in groups.items()}


class Judge:
    """Figures against what they must be; printed as they come."""

    def __init__(self) -> None:
        self.checks: list[Row] = []

    def check(self, what: str, good: bool, measured: str) -> None:
        self.checks.append({"what": what, "good": good, "measured": measured})
        print(f"{'ok  ' if good else 'FAIL'} {what}: {measured}", flush=True)

    @property
    def good(self) -> bool:
        return all(check["good"] for check in self.checks)


def write_report(path: Path, **report: Any) -> None:
    path.write_text(json.dumps(report, indent=1) + "\n")


def write_chart(path: Path, title: str, axes: tuple[str, str],
                lines: dict[str, list[tuple[float, float]]], log_x: bool = False,
                log_y: bool = False) -> None:
    """Lines over numbers; logarithmic axes leave out what is not above 0."""
    lines = {name: [(x, y) for x, y in points if (x > 0 or not log_x) and (y > 0 or not log_y)]
             for name, points in lines.items()}
    points = [point for line in lines.values() for point in line]
    to_x = _axis([x for x, _ in points], log_x, LEFT, LEFT + WIDTH)
    to_y = _axis([y for _, y in points], log_y, TOP + HEIGHT, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + LEGEND}" '
             f'height="{TOP + HEIGHT + 50}" font-family="sans-serif" font-size="12">',
             f'<text x="{LEFT}" y="18">{title}</text>',
             f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" '
             'stroke="#999"/>',
             f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 40}" text-anchor="middle">'
             f'{axes[0]}</text>',
             f'<text transform="translate(14 {TOP + HEIGHT / 2}) rotate(-90)" '
             f'text-anchor="middle">{axes[1]}</text>']
    for x in sorted({x for x, _ in points}):
        parts.append(f'<text x="{to_x(x):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">'
                     f'{x:g}</text>')
    for y in _ticks([y for _, y in points], log_y):
        parts.append(f'<text x="{LEFT - 6}" y="{to_y(y) + 4:.1f}" text-anchor="end">{y:g}</text>'
                     f'<path d="M{LEFT} {to_y(y):.1f}h{WIDTH}" stroke="#ddd"/>')
    for i, (name, line) in enumerate(lines.items()):
        colour = COLOURS[i % len(COLOURS)]
        way = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in sorted(line))
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{LEFT + WIDTH + 10}" y="{TOP + 16 * (i + 1)}" fill="{colour}">'
                     f'{name}</text>')
    path.write_text("\n".join(parts) + "\n</svg>\n")


def _axis(values: list[float], log: bool, begin: float, end: float) -> Callable[[float], float]:
    scale: Callable[[float], float] = math.log10 if log else float
    low = scale(min(values)) if log else min(0, min(values))
    high = max(scale(max(values)), low + 1e-9)
    return lambda value: begin + (scale(value) - low) / (high - low) * (end - begin)


def _ticks(values: list[float], log: bool) -> list[float]:
    if log:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return [10 ** power for power in range(low, high + 1)
                if min(values) <= 10 ** power <= max(values)]
    return [max(values) * i / 4 for i in range(5)]
