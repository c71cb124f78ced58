"""Every send body of ycloud.md section 4.1 is accepted as documented, and its broken variants are refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from .conftest import CUSTOMER, Sandbox


def reply(id_: str, title: str) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": id_, "title": title}}


def interactive(kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": "Mirá"}, "action": action, **more}}


LINK = {"name": "cta_url", "parameters": {"display_text": "Comprar", "url": "https://tienda.test/p/1"}}
PICTURE_HEADER = {"type": "image", "image": {"link": "https://tienda.test/1.jpg"}}
ROWS = [{"id": "cat:1", "title": "Remeras", "description": "32"}]
PARAMETERS = [{"type": "text", "text": "Lucía"}, {"type": "text", "text": "martes 15"}]
QUICK_REPLY = {
    "type": "button",
    "sub_type": "quick_reply",
    "index": 0,
    "parameters": [{"type": "payload", "payload": "CONFIRM_42"}],
}
CARD = {"name": {"formatted_name": "Local"}, "phones": [{"phone": "+5491155550100", "type": "WORK"}]}

GOOD: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": {"body": "Hola", "preview_url": True}},
    "quoted": {"type": "text", "text": {"body": "Hola"}, "context": {"message_id": "wamid.X"}},
    "image": {"type": "image", "image": {"link": "https://a.test/a.jpg?x=1", "caption": "a"}},
    "image without ending": {"type": "image", "image": {"link": "https://a.test/a"}},
    "document": {"type": "document", "document": {"link": "https://a.test/f.pdf", "filename": "factura.pdf"}},
    "audio": {"type": "audio", "audio": {"link": "https://a.test/a.ogg"}},
    "video": {"type": "video", "video": {"link": "https://a.test/a.mp4", "caption": "mirá"}},
    "sticker": {"type": "sticker", "sticker": {"link": "https://a.test/a.webp"}},
    "location": {"type": "location", "location": {"latitude": -34.6, "longitude": -58.4, "name": "Local"}},
    "contacts": {"type": "contacts", "contacts": [CARD]},
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": "👍"}},
    "reaction removed": {"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": ""}},
    "button": interactive("button", {"buttons": [reply("a", "Hablar")]}, footer={"text": "Pie"}),
    "list": interactive("list", {"button": "Ver", "sections": [{"title": "Ropa", "rows": ROWS}]}),
    "cta_url": interactive("cta_url", LINK, header=PICTURE_HEADER),
    "product": interactive("product", {"catalog_id": "7", "product_retailer_id": "SKU"}),
    "product_list": interactive(
        "product_list",
        {"catalog_id": "7", "sections": [{"title": "Ropa", "product_items": [{"product_retailer_id": "SKU"}]}]},
        header={"type": "text", "text": "Catálogo"},
    ),
    "template": {
        "type": "template",
        "template": {
            "name": "turno_recordatorio",
            "language": {"code": "es_AR", "policy": "deterministic"},
            "components": [{"type": "body", "parameters": PARAMETERS}, QUICK_REPLY],
        },
    },
}


@pytest.mark.parametrize("case", GOOD)
async def test_a_documented_body_is_accepted_and_stands_in_the_ledger(sandbox: Sandbox, case: str) -> None:
    body = GOOD[case]
    accepted = await sandbox.send(**body)
    assert accepted.status_code == 200, accepted.text
    message = accepted.json()
    assert (message["type"], message[body["type"]]) == (body["type"], body[body["type"]])
    [sent] = await sandbox.sends()
    assert (sent["type"], sent["content"], sent["recipient_type"]) == (body["type"], body[body["type"]], "phone")


def broken(case: str, path: str, value: Any) -> dict[str, Any]:
    """A good body with one field set to something else, or taken out (value None)."""
    body: Any = deepcopy(GOOD[case])
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    inner = body[body["type"]]
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return dict(body)


LONG_TITLE = "x" * 21
MANY_ROWS = [{"id": str(n), "title": f"Fila {n}"} for n in range(11)]
MANY_ITEMS = [{"product_retailer_id": str(n)} for n in range(31)]

BROKEN: list[tuple[str, str, Any, str]] = [
    ("text", "body", "x" * 4097, "PARAM_INVALID_LENGTH"),
    ("text", "preview_url", "yes", "PARAM_INVALID"),
    ("image", "caption", "x" * 1025, "PARAM_INVALID_LENGTH"),
    ("image", "link", "https://a.test/a.webp", "BAD_REQUEST"),
    ("image", "link", "https://a.test/a.pdf", "BAD_REQUEST"),
    ("image", "link", None, "PARAM_MISSING"),
    ("document", "link", "file:///etc/passwd", "PARAM_INVALID"),
    ("audio", "caption", "un audio", "PARAM_INVALID"),
    ("audio", "link", "https://a.test/a.wav", "BAD_REQUEST"),
    ("video", "link", "https://a.test/a.webm", "BAD_REQUEST"),
    ("video", "caption", "x" * 1025, "PARAM_INVALID_LENGTH"),
    ("sticker", "caption", "no", "PARAM_INVALID"),
    ("sticker", "link", "https://a.test/a.png", "BAD_REQUEST"),
    ("location", "latitude", "-34.6", "PARAM_INVALID"),
    ("location", "longitude", 181, "PARAM_INVALID"),
    ("contacts", "0/name/formatted_name", None, "PARAM_MISSING"),
    ("contacts", "0/phones", [{"type": "WORK"}], "PARAM_MISSING"),
    ("reaction", "emoji", None, "PARAM_MISSING"),
    ("reaction", "message_id", "", "PARAM_MISSING"),
    ("button", "type", "poll", "PARAM_INVALID"),
    ("button", "type", "order_details", "PARAM_INVALID"),
    ("button", "body/text", "x" * 1025, "PARAM_INVALID_LENGTH"),
    ("button", "footer/text", "x" * 61, "PARAM_INVALID_LENGTH"),
    ("button", "action/buttons", [reply(str(n), str(n)) for n in range(4)], "PARAM_INVALID"),
    ("button", "action/buttons", [], "PARAM_INVALID"),
    ("button", "action/buttons", [reply("a", LONG_TITLE)], "PARAM_INVALID_LENGTH"),
    ("button", "action/buttons", [reply("a", "Sí"), reply("b", "Sí")], "PARAM_INVALID"),
    ("button", "action/buttons", [reply("a", "Sí"), reply("a", "No")], "PARAM_INVALID"),
    ("button", "action/buttons", [reply(" a", "Sí")], "PARAM_INVALID"),
    ("button", "action/buttons", [reply("x" * 257, "Sí")], "PARAM_INVALID_LENGTH"),
    ("list", "action/button", LONG_TITLE, "PARAM_INVALID_LENGTH"),
    ("list", "action/sections/0/rows", MANY_ROWS, "PARAM_INVALID"),
    ("list", "action/sections", [{"title": "a", "rows": ROWS}] * 11, "PARAM_INVALID"),
    ("list", "action/sections/0/rows/0/title", "x" * 25, "PARAM_INVALID_LENGTH"),
    ("list", "action/sections/0/rows/0/description", "x" * 73, "PARAM_INVALID_LENGTH"),
    ("list", "action/sections/0/rows/0/id", "x" * 201, "PARAM_INVALID_LENGTH"),
    ("list", "action/sections/0/title", "x" * 25, "PARAM_INVALID_LENGTH"),
    ("list", "header", PICTURE_HEADER, "PARAM_INVALID"),
    ("cta_url", "action/parameters/display_text", "Ver el catálogo ñandú", "PARAM_INVALID_LENGTH"),
    ("cta_url", "action/parameters/url", "tienda.test", "PARAM_INVALID"),
    ("cta_url", "action/name", "open", "PARAM_INVALID"),
    ("cta_url", "header", {"type": "image", "image": {"id": "1"}}, "PARAM_INVALID"),
    ("cta_url", "header", {"type": "text", "text": "x" * 61}, "PARAM_INVALID_LENGTH"),
    ("product", "action/catalog_id", None, "PARAM_MISSING"),
    ("product", "header", {"type": "text", "text": "no"}, "PARAM_INVALID"),
    ("product_list", "header", None, "PARAM_MISSING"),
    ("product_list", "action/sections/0/product_items", MANY_ITEMS, "PARAM_INVALID"),
    ("template", "name", None, "PARAM_MISSING"),
    ("template", "language", None, "PARAM_MISSING"),
    ("template", "components/0/type", "footer", "PARAM_INVALID"),
    ("template", "components/0/parameters/0/text", "x" * 1025, "PARAM_INVALID_LENGTH"),
    ("template", "components/1/sub_type", None, "PARAM_MISSING"),
    ("template", "components/1/index", "diez", "PARAM_INVALID"),
]


@pytest.mark.parametrize(("case", "path", "value", "code"), BROKEN)
async def test_a_broken_variant_is_refused_and_not_accepted(
    sandbox: Sandbox, case: str, path: str, value: Any, code: str
) -> None:
    refused = await sandbox.send(**broken(case, path, value))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code), refused.text
    if code == "BAD_REQUEST":
        assert refused.json()["error"]["whatsappApiError"]["code"] == "131053"
    assert await sandbox.sends() == []


@pytest.mark.parametrize(
    "body",
    [
        {"type": "carousel", "carousel": {}},
        {"type": "text", "text": None},
        {"type": "text", "text": "Hola"},
        {"type": "contacts", "contacts": []},
        {"type": "text", "text": {"body": "Hola"}, "context": {"id": "wamid.X"}},
        {"type": "text", "text": {"body": "Hola"}, "externalId": 7},
        {"type": "text", "text": {"body": "Hola"}, "to": None, "recipient": "AR.unknown"},
    ],
)
async def test_a_body_without_its_sense_is_refused(sandbox: Sandbox, body: dict[str, Any]) -> None:
    assert (await sandbox.send(**body)).status_code == 400
    assert await sandbox.sends() == []


async def test_to_wins_over_recipient(sandbox: Sandbox) -> None:
    accepted = (await sandbox.send(recipient="AR.somebody")).json()
    assert accepted["to"] == CUSTOMER
    assert "recipient" not in accepted


@pytest.mark.parametrize(
    ("name", "language", "components", "status", "code", "whatsapp"),
    [
        ("no_existe", "es_AR", [], 403, "WHATSAPP_TEMPLATE_UNAVAILABLE", None),
        ("seguimiento", "en_US", [], 403, "WHATSAPP_TEMPLATE_UNAVAILABLE", None),
        ("promo_temporada", "es_AR", [], 403, "WHATSAPP_TEMPLATE_UNAVAILABLE", None),
        ("liquidacion_total", "es_AR", [], 403, "WHATSAPP_TEMPLATE_UNAVAILABLE", None),
        ("turno_recordatorio", "es_AR", [], 400, "BAD_REQUEST", "132000"),
        ("seguimiento", "es_AR", [{"type": "body", "parameters": PARAMETERS}], 400, "BAD_REQUEST", "132000"),
    ],
)
async def test_a_template_that_cannot_be_sent_is_refused(
    sandbox: Sandbox, name: str, language: str, components: list[Any], status: int, code: str, whatsapp: str | None
) -> None:
    template = {"name": name, "language": {"code": language}, "components": components}
    refused = await sandbox.send(type="template", template=template)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (status, code)
    assert (error.get("whatsappApiError") or {}).get("code") == whatsapp
