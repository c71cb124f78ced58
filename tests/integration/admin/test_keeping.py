"""Days and consents over the API: counted before they are turned on, audited, and refused where they are too short."""

import uuid
from collections.abc import Awaitable, Callable

import httpx

from nexus.store.database import Pool, tenant_transaction
from nexus.store.templates import Template, replace_templates
from tests.integration.admin.conftest import Shop

Write = Callable[..., Awaitable[uuid.UUID]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
OFFERS = Template("ofertas", "es_AR", "MARKETING", "APPROVED", [{"type": "BODY", "text": "¡Todo en oferta!"}])


async def test_days_are_counted_first_and_their_change_is_audited(
    shop: Shop, customer_writes: Write, sign_in: SignIn, pool: Pool
) -> None:
    await customer_writes(shop, "Hola")
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(
            """update chat_messages set sent_at = created_at - interval '40 days',
                   created_at = created_at - interval '40 days'"""
        )
        await conn.execute("update chat_conversations set due_at = null, waiting_since = null")
    browser = await sign_in(shop)
    path = f"/admin/tenants/{shop.id}"
    now = (await browser.get(path)).json()
    names = ("keep_messages_days", "keep_traces_days", "keep_events_days", "keep_audit_days", "alert_emails")
    assert [now[name] for name in names] == [None, 30, 180, 730, False]
    counted = (await browser.get(f"{path}/keeping?days=30")).json()
    assert (counted["messages"], counted["chats_gone"], counted["payload_days"]) == (1, 1, 30)
    assert (await browser.get(f"{path}/keeping?days=6")).status_code == 422
    for name, days in (("keep_messages_days", 6), ("keep_audit_days", 29), ("alert_emails", None)):
        assert (await browser.put(path, json={name: days})).status_code == 422
    changed = await browser.put(path, json={"keep_messages_days": 30, "keep_traces_days": None})
    assert (changed.json()["keep_messages_days"], changed.json()["keep_traces_days"]) == (30, None)
    told = (await browser.get("/admin/audit")).json()["items"][0]
    assert {change["field"] for change in told["changes"]} == {"keep_messages_days", "keep_traces_days"}


async def test_what_she_does_not_want_is_noted_by_hand_or_by_whatsapp_and_refused(
    shop: Shop, customer_writes: Write, sign_in: SignIn, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    await replace_templates(shop.id, pool, [OFFERS])
    browser = await sign_in(shop, role="agent")
    path = f"/admin/conversations/{chat}/consents"

    async def offered() -> httpx.Response:
        template = {"name": "ofertas", "language": "es_AR", "parameters": []}
        body = {"conversation_id": str(chat), "client_ref": uuid.uuid4().hex, "template": template}
        return await browser.post("/admin/messages/send", json=body)

    items = (await browser.get(path)).json()["items"]
    assert {item["purpose"]: (item["allowed"], item["said"]) for item in items} == {
        "reminders": (True, []), "stock_notices": (True, []), "marketing": (True, []),
    }  # fmt: skip
    first = await offered()
    assert first.status_code == 202
    async with tenant_transaction(shop.id, pool) as conn:  # WhatsApp says so of what did not go out
        await conn.execute(
            "update chat_messages set provider_status = 'failed', status_code = '131050' where id = $1",
            uuid.UUID(first.json()["id"]),
        )
    refused = await offered()
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "consent_withdrawn")
    again = await browser.post(f"/admin/messages/{first.json()['id']}/resend")
    assert again.json()["error"]["code"] == "consent_withdrawn"
    noted = (await browser.put(f"{path}/marketing", json={"state": "given"})).json()["items"][2]
    assert [(one["state"], one["source"]) for one in noted["said"]] == [("given", "panel"), ("withdrawn", "webhook")]
    assert noted["said"][0]["author"].startswith("persona-")
    assert (await offered()).status_code == 202
    assert (await browser.put(f"{path}/chistes", json={"state": "given"})).status_code == 422
    assert (
        await browser.put(f"/admin/conversations/{uuid.uuid4()}/consents/marketing", json={"state": "given"})
    ).status_code == 404
