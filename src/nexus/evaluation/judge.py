"""Criteria that need reading: asked of the same model, shown beside the score, never part of it."""

from collections.abc import Sequence

import openai

from nexus.evaluation.place import Place
from nexus.gateways.llm import model_settings

_QUESTION = """\
Leé esta charla de WhatsApp entre un cliente (líneas con >) y el bot de una tienda, y decí si se cumple el criterio.
Respondé sólo SI o NO.

Criterio: {criterion}

Charla:
{chat}"""


async def judged(
    place: Place, tenant_id: int, said: Sequence[str], criteria: Sequence[str]
) -> list[tuple[str, bool | None]]:
    """Each criterion with the model's word on it; None where it gave none."""
    model = place.answering.room.connections.chat_model(model_settings(place.settings, {}), tenant_id)
    verdicts: list[tuple[str, bool | None]] = []
    for criterion in criteria:
        try:
            answer = await model.ainvoke(_QUESTION.format(criterion=criterion, chat="\n".join(said)))
        except openai.OpenAIError:
            verdicts.append((criterion, None))
            continue
        word = answer.text.strip().upper()[:2].replace("Í", "I")
        verdicts.append((criterion, {"SI": True, "NO": False}.get(word)))
    return verdicts
