"""Product pictures: a drawing of the kind of thing, in colours of its own, as PNG (WhatsApp takes no SVG)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from nexus.sandbox.drawing import Canvas, Colour, Point, mirrored, shade

SIDE = 800

BACKGROUNDS: list[tuple[Colour, Colour]] = [
    ((250, 240, 236), (233, 206, 200)),
    ((240, 243, 250), (201, 211, 233)),
    ((243, 248, 241), (204, 222, 202)),
    ((252, 246, 230), (234, 215, 174)),
    ((246, 240, 250), (217, 202, 231)),
]
FABRICS: list[Colour] = [
    (226, 164, 160),
    (214, 150, 172),
    (122, 139, 184),
    (92, 92, 104),
    (190, 128, 104),
    (128, 30, 58),
]

Artist = Callable[[Canvas, Colour], None]


@lru_cache(maxsize=256)
def product_picture(name: str, product_id: int) -> bytes:
    """A PNG of 800 by 800 for a product: the motif follows its name, the colours its id."""
    top, bottom = BACKGROUNDS[product_id % len(BACKGROUNDS)]
    canvas = Canvas(SIDE, top, bottom)
    canvas.oval((0.5, 0.87), 0.62, 0.06, shade(bottom, -0.12))
    _motif(name)(canvas, FABRICS[product_id % len(FABRICS)])
    return canvas.png()


def _motif(name: str) -> Artist:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    for word, artist in _MOTIFS.items():
        if word in plain:
            return artist
    return _parcel


def _pointe_shoes(canvas: Canvas, fabric: Colour) -> None:
    left: list[Point] = [
        (0.33, 0.2),
        (0.43, 0.24),
        (0.46, 0.45),
        (0.44, 0.68),
        (0.4, 0.85),
        (0.33, 0.85),
        (0.28, 0.66),
        (0.26, 0.42),
    ]
    mouth: list[Point] = [(0.34, 0.24), (0.4, 0.27), (0.42, 0.42), (0.37, 0.52), (0.32, 0.42)]
    for flip in (False, True):
        turn = mirrored if flip else list
        canvas.blob(turn(left), fabric)
        canvas.blob(turn(mouth), shade(fabric, -0.35))
        canvas.oval(turn([(0.37, 0.83)])[0], 0.09, 0.05, shade(fabric, 0.35))
        ribbon = shade(fabric, 0.3)
        canvas.stroke(turn([(0.3, 0.36), (0.24, 0.24), (0.3, 0.13), (0.4, 0.1)]), 0.018, ribbon)
        canvas.stroke(turn([(0.43, 0.36), (0.47, 0.22), (0.42, 0.12)]), 0.018, ribbon)


def _soft_shoes(canvas: Canvas, fabric: Colour) -> None:
    for dy, tone in ((0.0, shade(fabric, -0.15)), (0.2, fabric)):
        canvas.blob(
            [
                (0.16, 0.56 + dy),
                (0.26, 0.47 + dy),
                (0.5, 0.5 + dy),
                (0.74, 0.5 + dy),
                (0.86, 0.6 + dy),
                (0.8, 0.66 + dy),
                (0.4, 0.66 + dy),
                (0.19, 0.64 + dy),
            ],
            tone,
        )
        canvas.blob(
            [(0.22, 0.53 + dy), (0.36, 0.5 + dy), (0.54, 0.54 + dy), (0.44, 0.58 + dy), (0.26, 0.58 + dy)],
            shade(tone, -0.35),
        )
        canvas.stroke([(0.3, 0.585 + dy), (0.44, 0.5 + dy)], 0.022, shade(tone, 0.3))


def _tights(canvas: Canvas, fabric: Colour) -> None:
    leg: list[Point] = [
        (0.32, 0.12),
        (0.5, 0.12),
        (0.5, 0.34),
        (0.475, 0.6),
        (0.46, 0.8),
        (0.38, 0.88),
        (0.3, 0.87),
        (0.38, 0.78),
        (0.36, 0.55),
        (0.31, 0.32),
    ]
    canvas.area(leg, fabric)
    canvas.area(mirrored(leg), shade(fabric, -0.08))
    canvas.area([(0.315, 0.11), (0.685, 0.11), (0.685, 0.16), (0.315, 0.16)], shade(fabric, -0.28))
    canvas.stroke([(0.42, 0.3), (0.42, 0.7)], 0.012, shade(fabric, 0.3))


def _leotard(canvas: Canvas, fabric: Colour) -> None:
    half: list[Point] = [
        (0.5, 0.3),
        (0.42, 0.26),
        (0.38, 0.14),
        (0.32, 0.14),
        (0.3, 0.36),
        (0.36, 0.5),
        (0.3, 0.66),
        (0.45, 0.83),
        (0.5, 0.85),
    ]
    canvas.area(half, fabric)
    canvas.area(mirrored(half), shade(fabric, -0.08))
    canvas.area([(0.357, 0.49), (0.643, 0.49), (0.643, 0.52), (0.357, 0.52)], shade(fabric, -0.3))
    canvas.stroke([(0.42, 0.27), (0.5, 0.31), (0.58, 0.27)], 0.014, shade(fabric, 0.3))


def _skirt(canvas: Canvas, fabric: Colour) -> None:
    canvas.blob(
        [
            (0.36, 0.3),
            (0.64, 0.3),
            (0.76, 0.52),
            (0.84, 0.74),
            (0.66, 0.82),
            (0.5, 0.77),
            (0.34, 0.82),
            (0.16, 0.74),
            (0.24, 0.52),
        ],
        fabric,
    )
    for x, foot in ((0.43, 0.34), (0.5, 0.5), (0.57, 0.66)):
        canvas.stroke([(x, 0.34), (foot, 0.74)], 0.01, shade(fabric, -0.18))
    canvas.area([(0.35, 0.26), (0.65, 0.26), (0.65, 0.33), (0.35, 0.33)], shade(fabric, -0.3))


def _tutu(canvas: Canvas, fabric: Colour) -> None:
    for width, height, tone in ((0.86, 0.26, 0.45), (0.74, 0.2, 0.25), (0.6, 0.14, 0.08)):
        canvas.oval((0.5, 0.56), width, height, shade(fabric, tone))
    canvas.area(
        [
            (0.4, 0.2),
            (0.44, 0.2),
            (0.5, 0.27),
            (0.56, 0.2),
            (0.6, 0.2),
            (0.61, 0.4),
            (0.58, 0.56),
            (0.42, 0.56),
            (0.39, 0.4),
        ],
        fabric,
    )
    canvas.blob([(0.43, 0.58), (0.57, 0.58), (0.53, 0.72), (0.5, 0.76), (0.47, 0.72)], shade(fabric, -0.2))


def _toe_pads(canvas: Canvas, fabric: Colour) -> None:
    pad: list[Point] = [(0.2, 0.78), (0.22, 0.5), (0.34, 0.34), (0.45, 0.5), (0.47, 0.78), (0.34, 0.83)]
    for turn in (list, mirrored):
        canvas.blob(turn(pad), shade(fabric, 0.25))
        canvas.oval(turn([(0.335, 0.77)])[0], 0.2, 0.08, shade(fabric, -0.25))


def _bag(canvas: Canvas, fabric: Colour) -> None:
    canvas.stroke([(0.36, 0.42), (0.38, 0.22), (0.5, 0.16), (0.62, 0.22), (0.64, 0.42)], 0.03, shade(fabric, -0.35))
    canvas.blob(
        [
            (0.24, 0.4),
            (0.5, 0.37),
            (0.76, 0.4),
            (0.82, 0.62),
            (0.78, 0.84),
            (0.5, 0.87),
            (0.22, 0.84),
            (0.18, 0.62),
        ],
        fabric,
    )
    canvas.stroke([(0.22, 0.52), (0.5, 0.55), (0.78, 0.52)], 0.014, shade(fabric, 0.35))


def _parcel(canvas: Canvas, fabric: Colour) -> None:
    canvas.area([(0.22, 0.38), (0.78, 0.38), (0.78, 0.86), (0.22, 0.86)], fabric)
    canvas.area([(0.18, 0.3), (0.82, 0.3), (0.82, 0.42), (0.18, 0.42)], shade(fabric, -0.15))
    canvas.area([(0.46, 0.3), (0.54, 0.3), (0.54, 0.86), (0.46, 0.86)], shade(fabric, 0.5))
    canvas.stroke(
        [(0.5, 0.3), (0.38, 0.18), (0.34, 0.26), (0.5, 0.3), (0.62, 0.18), (0.66, 0.26), (0.5, 0.3)],
        0.03,
        shade(fabric, 0.5),
    )


_MOTIFS: dict[str, Artist] = {
    "media punta": _soft_shoes,
    "puntera": _toe_pads,
    "bolso": _bag,
    "mochila": _bag,
    "zapatilla": _pointe_shoes,
    "punta": _pointe_shoes,
    "media": _tights,
    "malla": _leotard,
    "remera": _leotard,
    "pollera": _skirt,
    "tutu": _tutu,
}
"""First word found in a product's name decides; the longer words stand before those inside them."""
