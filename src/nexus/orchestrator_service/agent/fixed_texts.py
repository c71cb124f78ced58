"""What a customer reads when the bot may not say what it wanted to, or could not find out: no price, stock or link.

One text for each cause, in the shop's voice; each promises only what the code beside it does (a person is asked for).
"""

from typing import Literal

from nexus.store.queue import APOLOGY

Cause = Literal["unproved", "shop_away", "model_away"]

_SHOP_AWAY = "Ahora mismo no puedo consultar la tienda. Le pido a una persona del equipo que te responda por acá."
_UNPROVED = (
    "Prefiero no darte un dato que no pude confirmar. Le pido a una persona del equipo que lo mire y te responda por "
    "acá."
)
FIXED_TEXTS: dict[Cause, str] = {"unproved": _UNPROVED, "shop_away": _SHOP_AWAY, "model_away": APOLOGY}


def fixed_text(cause: Cause) -> str:
    """The safe text for that cause; whoever sends it marks the conversation for a person."""
    return FIXED_TEXTS[cause]


SHOP_AWAY = "shop_away"
"""Why a person is asked for when the shop could not be read."""
