"""Message templates as YCloud lists them, and what it checks when one is sent (ycloud.md sections 1.3, 4.1, 4.4)."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from nexus.sandbox import naming
from nexus.sandbox.refusals import RefusedError

Template = dict[str, Any]

LANGUAGE = "es_AR"
PLACEHOLDER = re.compile(r"\{\{(\d+)\}\}")
STATUSES = {"PENDING", "REJECTED", "APPROVED", "PAUSED", "DISABLED", "ARCHIVED", "IN_APPEAL", "DELETED"}


def _body(text: str, *examples: str) -> dict[str, Any]:
    shown = {"example": {"body_text": [list(examples)]}} if examples else {}
    return {"type": "BODY", "text": text} | shown


def _quick_replies(*texts: str) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": text} for text in texts]}


_DEFAULTS: list[Template] = [
    {
        "name": "turno_recordatorio",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": [
            _body("Hola {{1}}, te recordamos tu turno: {{2}}. ¿Nos confirmás?", "Lucía", "martes 15 a las 10"),
            {"type": "FOOTER", "text": "Respondé con un toque"},
            _quick_replies("Confirmo", "Necesito cambiarlo"),
        ],
    },
    {
        "name": "pedido_en_camino",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Tu pedido va en camino"},
            _body("Hola {{1}}, despachamos tu pedido {{2}}. Te llega en 48 h hábiles.", "Lucía", "#102"),
        ],
    },
    {
        "name": "seguimiento",
        "category": "MARKETING",
        "status": "APPROVED",
        "components": [
            _body("¡Hola! Quedó pendiente tu consulta. ¿Seguís interesada? Contestanos y seguimos por acá."),
            {"type": "FOOTER", "text": "Si no querés más mensajes, decinos BASTA"},
        ],
    },
    {
        "name": "promo_temporada",
        "category": "MARKETING",
        "status": "PENDING",
        "components": [_body("Hola {{1}}, llegó la nueva temporada.", "Lucía")],
    },
    {
        "name": "liquidacion_total",
        "category": "MARKETING",
        "status": "REJECTED",
        "reason": "INVALID_FORMAT",
        "components": [_body("¡¡LIQUIDACIÓN!! Todo al 50 %.")],
    },
]


class TemplateBook:
    """The templates of every WhatsApp business account; an account starts with five."""

    def __init__(self) -> None:
        self._accounts: dict[str, list[Template]] = {}

    def of(self, waba_id: str) -> list[Template]:
        """An account's templates, changeable in place."""
        if waba_id not in self._accounts:
            self._accounts[waba_id] = [_complete(waba_id, template) for template in deepcopy(_DEFAULTS)]
        return self._accounts[waba_id]

    def find(self, waba_id: str, name: str, language: str) -> Template | None:
        """The template of that name in that language."""
        return next((t for t in self.of(waba_id) if (t["name"], t["language"]) == (name, language)), None)

    def put(self, waba_id: str, wanted: Template) -> Template:
        """Adds a template, or changes the fields given of the known one."""
        known = self.find(waba_id, wanted["name"], wanted.get("language", LANGUAGE))
        if known is None:
            known = _complete(
                waba_id, {"components": [_body("Hola")], "category": "UTILITY", "status": "PENDING"} | wanted
            )
            self.of(waba_id).append(known)
        else:
            known.update(wanted, updateTime=naming.now())
        return known

    def clear(self) -> None:
        """Every account has its five again."""
        self._accounts.clear()

    def check(self, waba_id: str, content: dict[str, Any]) -> None:
        """Raises `RefusedError` for a template that may not be sent, or not with these parameters."""
        template = self.find(waba_id, str(content["name"]), str(content["language"]["code"]))
        if template is None or template["status"] != "APPROVED":
            raise RefusedError(
                403, "WHATSAPP_TEMPLATE_UNAVAILABLE", "The template does not exist or is not approved.", "template.name"
            )
        components = [c for c in content.get("components") or [] if isinstance(c, dict)]
        for kind in ("HEADER", "BODY"):
            expected = len(set(PLACEHOLDER.findall(text_of(template, kind))))
            given = len(_parameters(components, kind))
            if given != expected and not (kind == "HEADER" and expected == 0):
                why = f"Number of parameters does not match the expected number of params: {given} of {expected}"
                raise RefusedError(400, "BAD_REQUEST", why, f"template.components.{kind.lower()}", "132000")


def text_of(template: Template, kind: str) -> str:
    """The text of one component ("BODY", "HEADER", "FOOTER"); empty without one."""
    return next((str(c.get("text", "")) for c in template["components"] if c["type"] == kind), "")


def shown(template: Template | None, content: dict[str, Any]) -> dict[str, Any]:
    """A sent template as a phone shows it: the body with its parameters put in."""
    values = _parameters([c for c in content.get("components") or [] if isinstance(c, dict)], "BODY")
    language = content.get("language")
    parts = template["components"] if template else []
    buttons = [button for part in parts if part["type"] == "BUTTONS" for button in part["buttons"]]
    return {
        "name": content.get("name"),
        "language": language.get("code") if isinstance(language, dict) else None,
        "header": text_of(template, "HEADER") if template else "",
        "body": filled(text_of(template, "BODY"), values) if template else "",
        "footer": text_of(template, "FOOTER") if template else "",
        "parameters": values,
        "buttons": [
            {name: button[name] for name in ("text", "url") if name in button} | _payload(content, index)
            for index, button in enumerate(buttons)
        ],
    }


def _payload(content: dict[str, Any], index: int) -> dict[str, str]:
    """What a quick reply's button answers with, when the send says so."""
    for component in content.get("components") or []:
        if not isinstance(component, dict) or str(component.get("index", "")) != str(index):
            continue
        given = next((p for p in component.get("parameters") or [] if isinstance(p, dict) and "payload" in p), None)
        if given is not None:
            return {"payload": str(given["payload"])}
    return {}


def filled(text: str, values: list[str]) -> str:
    """The text with `{{1}}`, `{{2}}`… replaced; what has no value stays as written."""

    def value(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        return values[place] if 0 <= place < len(values) else match[0]

    return PLACEHOLDER.sub(value, text)


def _parameters(components: list[dict[str, Any]], kind: str) -> list[str]:
    given = next((c for c in components if str(c.get("type", "")).upper() == kind), {})
    return [str(p.get("text", "")) for p in given.get("parameters") or [] if isinstance(p, dict)]


def _complete(waba_id: str, template: Template) -> Template:
    now = naming.now()
    return {
        "officialTemplateId": naming.media_id(),
        "wabaId": waba_id,
        "language": LANGUAGE,
        "qualityRating": "UNKNOWN",
        "createTime": now,
        "updateTime": now,
        **template,
    }
