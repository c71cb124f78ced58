"""POST /messages/send: one bubble once per ref, and 4xx with one Spanish sentence for anything else (contract.md 3)."""

import json
from typing import Any

import httpx
import pytest

from tests.integration.webhook.caller import Caller, new_number
from tests.system import INTERNAL_TOKEN

GOOD = {"to": "+5491155550123", "text": "Tu pedido salió", "client_ref": "ref-1"}


async def _send(caller: Caller, body: Any, **headers: str) -> httpx.Response:
    named = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(caller.tenant_id)}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    options: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    return await caller.client.post("/messages/send", headers={k: v for k, v in named.items() if v}, **options)


async def _customer(caller: Caller) -> str:
    """One who just wrote, so that free text may reach her."""
    customer = new_number()
    assert await caller.status(caller.text(**{"from": customer})) == "accepted"
    return customer


async def test_a_bubble_is_queued_once_per_ref(caller: Caller) -> None:
    body = GOOD | {"to": await _customer(caller)}
    answers = [await _send(caller, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await caller.contents() == ["Hola", "Tu pedido salió"]


async def test_free_text_to_one_who_never_wrote_or_wrote_too_long_ago_is_refused(caller: Caller) -> None:
    customer = await _customer(caller)
    await caller.rows(
        "update chat_conversations set last_inbound_at = now() - interval '25 hours' where tenant_id = $1 returning id",
        caller.tenant_id,
    )
    for to in (new_number(), customer):
        answer = await _send(caller, GOOD | {"to": to})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "window_closed")
    assert await caller.contents() == ["Hola"]


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Hola"},
        {"imageUrl": "https://tienda.test/1.jpg", "caption": "Las puntas"},
        {"template": {"name": "turno", "language": "es_AR", "parameters": ["Lucía", "las 10"]}},
    ],
    ids=lambda content: next(iter(content)),
)
async def test_text_image_and_template_are_taken(caller: Caller, content: dict[str, Any]) -> None:
    to = new_number() if "template" in content else await _customer(caller)
    answer = await _send(caller, {"to": to, "client_ref": "r", **content})
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")


@pytest.mark.parametrize("token", ["", "otro", INTERNAL_TOKEN + "x", INTERNAL_TOKEN.upper()])
async def test_without_the_internal_token_it_is_401(caller: Caller, token: str) -> None:
    answer = await _send(caller, GOOD, X_Internal_Token=token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("tenant", "status"), [("", 422), ("0", 422), ("-1", 422), ("abc", 422), ("9" * 30, 422), ("999999", 404)]
)
async def test_without_a_tenant_it_is_refused(caller: Caller, tenant: str, status: int) -> None:
    assert (await _send(caller, GOOD, X_Tenant_ID=tenant)).status_code == status


@pytest.mark.parametrize(
    "changes",
    [
        {"to": None},
        {"to": ""},
        {"to": "hola"},
        {"to": "+0123456789"},
        {"to": "+5491155550123" * 3},
        {"to": 5491155550123},
        {"text": None},
        {"text": ""},
        {"text": " \n\t"},
        {"text": "x" * 4097},
        {"text": ["x"]},
        {"client_ref": None},
        {"client_ref": ""},
        {"client_ref": "x" * 201},
        {"imageUrl": "https://tienda.test/1.jpg"},
        {"text": None, "imageUrl": "http://tienda.test/1.jpg"},
        {"text": None, "imageUrl": "http://127.0.0.1/1.jpg"},
        {"text": None, "imageUrl": "https://sinpunto/1.jpg"},
        {"text": None, "imageUrl": "https://[::1/1.jpg"},
        {"text": None, "imageUrl": "javascript:alert(1)"},
        {"text": None, "imageUrl": "https://ana:clave@tienda.test/1.jpg"},
        {"text": None, "imageUrl": "https://tienda.test/una foto.jpg"},
        {"text": None, "imageUrl": "https://tienda.test/1.jpg\nX: y"},
        {"text": None, "imageUrl": "file:///etc/passwd"},
        {"text": None, "imageUrl": "https://t.test/" + "x" * 2048},
        {"caption": "sin foto"},
        {"text": None, "imageUrl": "https://tienda.test/1.jpg", "caption": "x" * 1025},
        {"text": None, "template": {}},
        {"text": None, "template": {"name": "x", "language": "es", "parameters": ["x"] * 31}},
        {"text": None, "template": {"name": "x", "language": "es", "parameters": "x"}},
        {"text": None, "template": "turno"},
    ],
    ids=lambda changes: str(changes)[:60],
)
async def test_a_body_of_another_shape_is_422_and_queues_nothing(caller: Caller, changes: dict[str, Any]) -> None:
    body = {name: value for name, value in (GOOD | changes).items() if value is not None}
    answer = await _send(caller, body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]
    assert await caller.contents() == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"hola", b"\xff", b"[" * 100_000, b'{"to": NaN}', b'{"to": 1' + b"0" * 5000 + b"}"],
    ids=lambda raw: repr(raw[:12]),
)
async def test_bytes_that_are_no_such_body_are_a_4xx(caller: Caller, raw: bytes) -> None:
    answer = await _send(caller, raw, Content_Type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["code"]


@pytest.mark.parametrize("text", ["ho\x00la", "hola \ud83d"])
async def test_nul_and_lone_surrogates_do_not_break_the_queue(caller: Caller, text: str) -> None:
    body = json.dumps(GOOD | {"to": await _customer(caller), "text": text, "client_ref": "raro" + text}).encode()
    assert (await _send(caller, body, Content_Type="application/json")).status_code in (202, 422)


async def test_a_body_over_a_mebibyte_is_refused(caller: Caller) -> None:
    answer = await _send(caller, GOOD | {"extra": "x" * 2 * 1024 * 1024})
    assert answer.status_code == 413
    assert await caller.contents() == []
    assert (
        'endpoint="/messages/send",method="POST",service="whatsapp_service",status="413"'
        in (await caller.client.get("/metrics")).text
    )


async def test_the_description_of_the_api_has_every_error(caller: Caller) -> None:
    document = (await caller.client.get("/openapi.json")).json()
    answers = document["paths"]["/messages/send"]["post"]["responses"]
    assert set(answers) == {"202", "400", "401", "404", "409", "410", "413", "422", "503"}
    for status in set(answers) - {"202"}:
        assert answers[status]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
    assert document["paths"]["/messages/send"]["post"]["security"] == [{"internal_token": []}]
    for path in ("/health", "/ready"):
        assert "$ref" in document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("path", ["/webhook/ycloud/", "/messages/send/", "/health/"])
async def test_no_address_is_redirected_to_another(caller: Caller, path: str) -> None:
    answer = await caller.client.post(path, content=b"{}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
