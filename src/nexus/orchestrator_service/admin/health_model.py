"""Rows of the health page about what the model will do: until when it answers, and how much of the month is left."""

from datetime import date
from decimal import Decimal
from typing import Any

from nexus.orchestrator_service.admin.health_rows import HealthRow
from nexus.orchestrator_service.agent.prices import REPLACEMENT, end_of

_TITLE_END, _TITLE_SPENT = "Vigencia del modelo", "Gasto del mes en el modelo"
_MODEL_LINK, _BOT_LINK = "#/ajustes/llm", "#/conocimiento/bot"
_NEARLY = Decimal("0.8")


def model_rows(facts: dict[str, Any], today: date) -> list[HealthRow]:
    """`facts`: `models` that answer the shop's customers (of OpenAI), `spent` {tokens, cost_usd, unpriced_calls},
    `ceiling` {tokens, cost_usd}. No row where nothing is to be told.
    """
    ends = [_ends(model, end, today) for model in facts["models"] if (end := end_of(model)) is not None]
    ceiling = facts["ceiling"]
    return [*ends, *([_spent(facts["spent"], ceiling)] if ceiling["tokens"] or ceiling["cost_usd"] else [])]


def _ends(model: str, end: date, today: date) -> HealthRow:
    fix = f"Elegí otro en Ajustes (por ejemplo {REPLACEMENT}) y tocá «Probar»."
    when = f"el {end.day}/{end.month}/{end.year}"
    key = f"model_end:{model}"
    if end <= today:
        message = f"OpenAI apagó {model} {when}: las consultas quedan sin respuesta."
        return HealthRow(key, "Modelo", "error", _TITLE_END, message, fix, link=_MODEL_LINK)
    days = (end - today).days
    left = "mañana" if days == 1 else f"en {days} días"
    message = f"OpenAI apaga {model} {when}, {left}."
    return HealthRow(key, "Modelo", "warn", _TITLE_END, message, fix, link=_MODEL_LINK)


def _spent(spent: dict[str, Any], ceiling: dict[str, Any]) -> HealthRow:
    shares = [Decimal(spent[name]) / ceiling[name] for name in ("tokens", "cost_usd") if ceiling[name]]
    share = max(shares)
    used = f"Se usó el {int(share * 100)} % del tope del mes."
    if share >= 1:
        fix = "Subí el tope en Conocimiento > Bot, o contestá a mano hasta que empiece el mes."
        message = "Se llegó al tope del mes: el bot no responde más hasta el próximo."
        return HealthRow("model_spent", "Modelo", "error", _TITLE_SPENT, message, fix, link=_BOT_LINK)
    if ceiling["cost_usd"] and spent["unpriced_calls"]:
        fix = "Poné también un tope de tokens: de este modelo no se conoce el precio."
        message = f"{used} El tope en dólares no cuenta {spent['unpriced_calls']} consultas sin precio conocido."
        return HealthRow("model_spent", "Modelo", "warn", _TITLE_SPENT, message, fix, link=_BOT_LINK)
    if share >= _NEARLY:
        fix = "Cuando llegue al tope el bot deja de responder: subilo en Conocimiento > Bot si hace falta."
        return HealthRow("model_spent", "Modelo", "warn", _TITLE_SPENT, used, fix, link=_BOT_LINK)
    return HealthRow("model_spent", "Modelo", "ok", _TITLE_SPENT, used, link=_BOT_LINK)
