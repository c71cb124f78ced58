"""A little canvas of coloured areas that writes itself as a PNG, without any imaging library."""

from __future__ import annotations

import itertools
import math
import struct
import zlib

Point = tuple[float, float]
Colour = tuple[int, int, int]

SKY_STEPS = 48
"""Palette entries taken by the background's gradient."""


class Canvas:
    """A square of palette indices. Points are in units of the side (0 to 1), the origin at the top left."""

    def __init__(self, side: int, top: Colour, bottom: Colour) -> None:
        self._side = side
        self._palette: list[Colour] = [_between(top, bottom, step / (SKY_STEPS - 1)) for step in range(SKY_STEPS)]
        self._rows = [bytearray([row * SKY_STEPS // side]) * side for row in range(side)]

    def area(self, points: list[Point], colour: Colour) -> None:
        """Fills the polygon through the points."""
        index = self._index(colour)
        scaled = [(x * self._side, y * self._side) for x, y in points]
        first = max(0, math.floor(min(y for _, y in scaled)))
        last = min(self._side - 1, math.ceil(max(y for _, y in scaled)))
        for row in range(first, last + 1):
            crossings = _crossings(scaled, row + 0.5)
            for left, right in zip(crossings[::2], crossings[1::2], strict=False):
                start, end = max(0, round(left)), min(self._side, round(right))
                if end > start:
                    self._rows[row][start:end] = bytes([index]) * (end - start)

    def blob(self, points: list[Point], colour: Colour) -> None:
        """Fills the smooth closed curve through the points."""
        self.area(_smooth(points), colour)

    def oval(self, centre: Point, width: float, height: float, colour: Colour) -> None:
        """Fills an ellipse of the given whole width and height."""
        angles = [step * math.tau / 72 for step in range(72)]
        self.area(
            [(centre[0] + math.cos(a) * width / 2, centre[1] + math.sin(a) * height / 2) for a in angles],
            colour,
        )

    def stroke(self, points: list[Point], width: float, colour: Colour) -> None:
        """Draws a line of round pens along the points."""
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            steps = max(2, round(math.hypot(x2 - x1, y2 - y1) / (width / 4)))
            for step in range(steps + 1):
                along = step / steps
                self.oval((x1 + (x2 - x1) * along, y1 + (y2 - y1) * along), width, width, colour)

    def png(self) -> bytes:
        """The picture as an indexed PNG file."""
        header = struct.pack(">IIBBBBB", self._side, self._side, 8, 3, 0, 0, 0)
        colours = b"".join(bytes(colour) for colour in self._palette)
        pixels = zlib.compress(b"".join(b"\x00" + bytes(row) for row in self._rows), 6)
        parts = [
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", colours),
            _chunk(b"IDAT", pixels),
            _chunk(b"IEND", b""),
        ]
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

    def _index(self, colour: Colour) -> int:
        if colour not in self._palette[SKY_STEPS:]:
            self._palette.append(colour)
        return self._palette.index(colour, SKY_STEPS)


def shade(colour: Colour, amount: float) -> Colour:
    """The colour towards white (amount > 0) or black (amount < 0)."""
    return _between(colour, (255, 255, 255) if amount > 0 else (0, 0, 0), abs(amount))


def mirrored(points: list[Point]) -> list[Point]:
    """The points on the other side of the vertical middle."""
    return [(1 - x, y) for x, y in points]


def _between(first: Colour, second: Colour, amount: float) -> Colour:
    red, green, blue = (round(a + (b - a) * amount) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _crossings(points: list[Point], y: float) -> list[float]:
    found = []
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        if (y1 <= y) != (y2 <= y):
            found.append(x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return sorted(found)


def _smooth(points: list[Point], steps: int = 12) -> list[Point]:
    """Points of the closed Catmull-Rom curve through the given ones."""
    curve = []
    count = len(points)
    for place in range(count):
        before, start, end, after = (points[(place + offset) % count] for offset in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append(tuple(_catmull_rom(before[axis], start[axis], end[axis], after[axis], t) for axis in (0, 1)))
    return [(x, y) for x, y in curve]


def _catmull_rom(before: float, start: float, end: float, after: float, t: float) -> float:
    return 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
