"""Charts as SVG: lines and points over two axes, each linear or logarithmic."""

import math
from dataclasses import dataclass, field
from html import escape
from typing import Sequence

Point = tuple[float, float]
Span = tuple[float, float]

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 36, 52  # the legend is on the right
TICKS = 6
COLOURS = ("#2a78b8", "#d9622b", "#3a9d57", "#8b5bb5", "#8a6d3b", "#666666")


@dataclass(frozen=True)
class Series:
    name: str
    points: Sequence[Point]
    spans: Sequence[Span] = ()  # least and greatest of each point, drawn as whiskers
    joined: bool = True
    dashed: bool = False  # computed, not measured


@dataclass
class Axis:
    label: str
    log: bool = False
    least: float | None = None  # where it begins at the latest; values may be below

    def place(self, value: float, span: Span) -> float:
        """0 to 1 within the span of the axis."""
        low, high = (self._scaled(end) for end in span)
        return (self._scaled(value) - low) / ((high - low) or 1.0)

    def span(self, values: Sequence[float]) -> Span:
        shown = [value for value in values if value > 0] if self.log else list(values)
        if self.least is not None:
            shown.append(self.least)
        low, high = (min(shown), max(shown)) if shown else (0.0, 1.0)
        if self.log:
            return 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high * 1.001))
        step = _step(low, high)
        return math.floor(low / step) * step, math.ceil(high / step) * step

    def ticks(self, span: Span) -> list[float]:
        if self.log:
            first, last = (round(math.log10(end)) for end in span)
            return [10.0 ** power for power in range(first, last + 1)]
        step = _step(*span)
        return [span[0] + step * i for i in range(round((span[1] - span[0]) / step) + 1)]

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.log else value


@dataclass
class Chart:
    title: str
    x: Axis
    y: Axis
    series: list[Series] = field(default_factory=list)
    note: str = ""  # what the reader has to know, one line

    def line(self, name: str, points: Sequence[Point], spans: Sequence[Span] = ()) -> None:
        self.series.append(Series(name, points, spans))

    def computed(self, name: str, points: Sequence[Point]) -> None:
        """A line that nobody measured."""
        self.series.append(Series(name, points, dashed=True))

    def dots(self, name: str, points: Sequence[Point]) -> None:
        self.series.append(Series(name, points, joined=False))

    def svg(self) -> str:
        xs = [x for series in self.series for x, _ in series.points]
        ys = [y for series in self.series for _, y in series.points]
        ys += [end for series in self.series for span in series.spans for end in span]
        self._spans = self.x.span(xs), self.y.span(ys)
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
                 'font-family="sans-serif" font-size="12">',
                 f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
                 f'<text x="{LEFT}" y="20" font-size="14">{escape(self.title)}</text>']
        parts += self._axes()
        for i, series in enumerate(self.series):
            parts += self._drawn(series, COLOURS[i % len(COLOURS)], i)
        if self.note:
            parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}" fill="#555" font-size="11">'
                         f'{escape(self.note)}</text>')
        return "\n".join(parts) + "\n</svg>\n"

    def _at(self, point: Point) -> Point:
        x_span, y_span = self._spans
        return (LEFT + self.x.place(point[0], x_span) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - self.y.place(point[1], y_span) * (HEIGHT - TOP - BOTTOM))

    def _axes(self) -> list[str]:
        x_span, y_span = self._spans
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        parts = [f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#333"/>',
                 f'<text x="{(LEFT + right) / 2}" y="{bottom + 34}" text-anchor="middle">'
                 f'{escape(self.x.label)}</text>',
                 f'<text transform="translate(18 {(TOP + bottom) / 2}) rotate(-90)" '
                 f'text-anchor="middle">{escape(self.y.label)}</text>']
        for tick in self.x.ticks(x_span):
            x = self._at((tick, y_span[0]))[0]
            parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">'
                         f'{tick:.6g}</text>')
        for tick in self.y.ticks(y_span):
            y = self._at((x_span[0], tick))[1]
            parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>'
                         f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.6g}'
                         '</text>')
        return parts

    def _drawn(self, series: Series, colour: str, index: int) -> list[str]:
        places = [self._at(point) for point in series.points]
        parts = [f'<circle cx="{WIDTH - RIGHT + 18}" cy="{TOP + 12 + 18 * index}" r="4" '
                 f'fill="{colour}"/><text x="{WIDTH - RIGHT + 28}" y="{TOP + 16 + 18 * index}">'
                 f'{escape(series.name)}</text>']
        if series.joined and places:
            dash = ' stroke-dasharray="6 4"' if series.dashed else ""
            way = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(f'<path d="M{way}" fill="none" stroke="{colour}"{dash}/>')
        if not series.dashed:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
                      for x, y in places]
        for (x, _), (low, high) in zip(series.points, series.spans):
            (at, bottom), (_, top) = self._at((x, low)), self._at((x, high))
            parts.append(f'<path d="M{at:.1f} {bottom:.1f}V{top:.1f}" stroke="{colour}"/>')
        return parts


def _step(low: float, high: float) -> float:
    """A round distance of ticks: 1, 2 or 5 times a power of ten."""
    rough = ((high - low) or abs(high) or 1.0) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
