"""The colours of both pages are readable, light and dark, by WCAG's own arithmetic on the tokens."""

import math
import re
from pathlib import Path

import pytest

from tests.service import ROOT

PANEL = ROOT / "platform_ui" / "css" / "tokens.css"
PHONE = ROOT / "src" / "nexus" / "sandbox" / "phone" / "tokens.css"
Colours = dict[str, str]

# On a ground, what is written on it.
PANEL_TEXT = {
    "surface": "text text-quiet accent bot human waiting danger",
    "surface-raised": "text text-quiet accent danger waiting ok",
    "surface-sunk": "text text-quiet accent waiting human bot",
    "accent-tint": "text text-quiet accent bot human waiting",
    "accent": "accent-text",
    "accent-strong": "accent-text",
    "thread": "text-quiet",
    "disc": "text-quiet",
    "bubble": "text-quiet",
    "bot-tint": "bot danger waiting text-quiet",
    "human-tint": "human danger waiting text-quiet",
    "waiting-tint": "waiting",
    "danger-tint": "danger",
    "text": "surface",
}
PHONE_TEXT = {
    "surface": "text text-quiet accent",
    "surface-raised": "text text-quiet accent danger",
    "accent": "accent-text",
    "tape": "tape-text",
    "chat-bar": "chat-bar-text chat-bar-quiet",
    "bubble-mine": "bubble-quiet link danger",
    "bubble-theirs": "bubble-quiet link",
}
CASES = [(PANEL, PANEL_TEXT, 4.5), (PHONE, PHONE_TEXT, 4.5)]
# The words of customers and shop are read all day: AAA.
MESSAGES = [
    (PANEL, {"bubble": "text", "bot-tint": "text", "human-tint": "text"}, 7.0),
    (PHONE, {"bubble-mine": "bubble-text", "bubble-theirs": "bubble-text"}, 7.0),
]
# What is no text but has to be seen: ticks, and where a field begins.
SIGNS = [
    (PANEL, {"bot-tint": "accent", "human-tint": "accent", "surface-raised": "edge", "surface": "edge"}, 3.0),
    (PHONE, {"bubble-mine": "tick-read"}, 3.0),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("file", "grounds", "enough"), [*CASES, *MESSAGES, *SIGNS])
def test_what_is_written_stands_out_from_its_ground(
    file: Path, grounds: dict[str, str], enough: float, theme: str
) -> None:
    colours = _tokens(file, dark=theme == "dark")

    weak = {
        f"{ink} on {ground}": round(ratio, 2)
        for ground, inks in grounds.items()
        for ink in inks.split()
        if (ratio := _contrast(_rgb(colours, ink), _rgb(colours, ground))) < enough
    }

    assert weak == {}


def test_white_on_black_and_a_known_grey_give_the_ratios_of_the_standard() -> None:
    colours = {"white": "oklch(1 0 0)", "black": "oklch(0 0 0)", "grey": "oklch(0.5658 0 0)"}  # #767676

    assert _contrast(_rgb(colours, "white"), _rgb(colours, "black")) == pytest.approx(21, abs=0.01)
    assert _contrast(_rgb(colours, "grey"), _rgb(colours, "white")) == pytest.approx(4.54, abs=0.03)


def _tokens(file: Path, *, dark: bool) -> Colours:
    light, _, night = file.read_text(encoding="utf-8").partition("@media (prefers-color-scheme: dark)")
    pairs = re.findall(r"--([\w-]+):\s*([^;]+);", light + (night if dark else ""))
    return dict(pairs)


def _rgb(colours: Colours, name: str) -> tuple[float, float, float, float]:
    """Linear sRGB and opacity of a token, through its references (OKLab by Björn Ottosson's matrices)."""
    value = colours[name]
    if reference := re.fullmatch(r"var\(--([\w-]+)\)", value):
        return _rgb(colours, reference[1])
    numbers = [float(number) for number in re.findall(r"[\d.]+", value.removeprefix("oklch"))]
    lightness, chroma, hue = numbers[:3]
    opacity = numbers[3] if len(numbers) > 3 else 1.0
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return _clip(red), _clip(green), _clip(blue), opacity


def _clip(channel: float) -> float:
    return min(max(channel, 0.0), 1.0)


def _contrast(ink: tuple[float, float, float, float], ground: tuple[float, float, float, float]) -> float:
    """WCAG 2's ratio; a translucent ink is laid over the ground first."""
    seen = tuple(ink[3] * i + (1 - ink[3]) * g for i, g in zip(ink[:3], ground[:3], strict=True))
    lighter, darker = sorted((_luminance(seen), _luminance(ground[:3])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(linear: tuple[float, ...]) -> float:
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
