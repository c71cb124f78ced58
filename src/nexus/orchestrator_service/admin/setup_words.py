"""The steps that bring a shop to life, each as it really is: what is done, what is missing, and what is wrong."""

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["done", "todo", "problem"]
Light = Literal["green", "waiting", "red"]
_MANY_REFUSALS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One step in words; `link` is where in the panel it is done."""

    key: Literal["shop", "whatsapp", "ask", "hours", "handoff", "live"]
    state: State
    title: str
    message: str
    link: str


def light_of(light: dict[str, Any]) -> Light:
    """Green from the first rightly signed event on; red while deliveries come that the shop's secret did not sign.

    One refusal after a good one may be anybody's: it takes several to call the secret wrong.
    """
    if light["last_refused_at"] is None:
        return "green" if light["last_signed_at"] else "waiting"
    if light["last_signed_at"] is None:
        return "red"
    return "red" if light["refusals"] >= _MANY_REFUSALS else "green"


def steps_of(facts: dict[str, Any], tests: dict[str, dict[str, Any]], light: Light) -> list[Step]:
    """Every step in order; the last one is done when the bot is on and all before it are."""
    before = [
        _shop(facts, tests.get("tiendanube")),
        _whatsapp(facts, tests.get("ycloud"), light),
        _ask(facts, tests.get("test_chat")),
        _hours(facts),
        _handoff(facts, tests.get("handoff")),
    ]
    return [*before, _live(facts, [step for step in before if step.state != "done"])]


def _shop(facts: dict[str, Any], test: dict[str, Any] | None) -> Step:
    def step(state: State, message: str) -> Step:
        return Step("shop", state, "Conectar Tienda Nube", message, "#/ajustes/tiendanube")

    if not facts["shop_set"]:
        return step("todo", "Cargá el número de tu tienda y su token para que el bot conozca tus productos.")
    if test is None:
        return step("todo", "Los datos están cargados: tocá «Probar» para ver que funcionan.")
    return step("done" if test["tested_ok"] else "problem", test["tested_message"])


def _whatsapp(facts: dict[str, Any], test: dict[str, Any] | None, light: Light) -> Step:
    def step(state: State, message: str) -> Step:
        return Step("whatsapp", state, "Conectar WhatsApp", message, "#/ajustes/ycloud")

    if not facts["key_set"]:
        return step("todo", "Cargá la clave de YCloud para poder mandar mensajes.")
    if not facts["secret_set"]:
        return step("todo", "Cargá el secreto del webhook de YCloud para poder recibir mensajes.")
    if facts["key_level"] == "error" or (test and not test["tested_ok"] and facts["key_level"] != "ok"):
        return step("problem", test["tested_message"] if test else "YCloud no acepta la clave de la tienda.")
    if light == "red":
        return step("problem", "Llegan avisos con otra firma: el secreto del webhook no es el que tiene YCloud.")
    if facts["key_level"] != "ok" and test is None:
        return step("todo", "Los datos están cargados: tocá «Probar» para ver que funcionan.")
    if light == "waiting":
        return step("todo", "Falta que llegue el primer mensaje: escribile al número de la tienda.")
    return step("done", "Los mensajes entran y la clave funciona.")


def _ask(facts: dict[str, Any], test: dict[str, Any] | None) -> Step:
    title, link = "Preguntarle algo al bot", "#/conocimiento/probar"
    if facts["answered"]:
        return Step("ask", "done", title, "El bot ya contestó una consulta.", link)
    if test is None:
        return Step("ask", "todo", title, "Hacele una pregunta en el chat de prueba y mirá qué contesta.", link)
    return Step("ask", "done" if test["tested_ok"] else "problem", title, test["tested_message"], link)


def _hours(facts: dict[str, Any]) -> Step:
    title, link = "Decir cuándo atienden", "#/tienda/horarios"
    if facts["business_hours"] or facts["agenda_hours"]:
        return Step("hours", "done", title, "Los horarios están cargados.", link)
    return Step("hours", "todo", title, "Cargá los horarios en que responde una persona.", link)


def _handoff(facts: dict[str, Any], test: dict[str, Any] | None) -> Step:
    def step(state: State, message: str) -> Step:
        return Step("handoff", state, "Avisar cuando hace falta una persona", message, "#/ajustes/handoff")

    if not facts["mail_set"]:
        return step("todo", "Cargá a qué correo avisar y desde qué servidor.")
    if test is None:
        return step("todo", "El correo está cargado: mandá uno de prueba.")
    return step("done" if test["tested_ok"] else "problem", test["tested_message"])


def _live(facts: dict[str, Any], missing: list[Step]) -> Step:
    title, link = "Poner el bot a atender", "#/tienda/datos"
    if not facts["bot_enabled"]:
        return Step("live", "todo", title, "El bot está apagado: prendelo cuando quieras que conteste.", link)
    if missing:
        named = ", ".join(f"«{step.title}»" for step in missing)
        return Step("live", "todo", title, f"El bot está prendido; antes falta {named}.", link)
    return Step("live", "done", title, "El bot está atendiendo.", link)
