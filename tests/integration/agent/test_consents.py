"""Nobody is written to unasked after she took it back, whoever would write and whatever for."""

from datetime import timedelta
from typing import Any

import pytest

from nexus.contracts.identity import phone_key
from nexus.orchestrator_service.appointments.reminders import send_reminder
from nexus.orchestrator_service.catalogue.back_in_stock import (
    WITHDRAWN,
    WITHDRAWN_ALL,
    WITHDRAWN_CAMPAIGNS,
    tell_when_back,
)
from nexus.orchestrator_service.chat.answer import Answering
from nexus.store.appointments import NewAppointment, book
from nexus.store.bot_settings import save_bot_settings
from nexus.store.consents import ConsentWithdrawnError, list_consents, note_by_hand
from nexus.store.database import tenant_transaction
from nexus.store.messages import Outgoing, queue_for_address, queue_manual
from nexus.store.reminders_due import ReminderOf
from nexus.store.templates import Template, replace_templates

from .booking import day, open_always
from .conftest import CUSTOMER, Sandbox, Shop
from .test_back_in_stock import asks, stock

OFFERS = {"name": "ofertas", "language": "es_AR", "parameters": []}
CARO = "caro@danzasur.example"


@pytest.fixture
async def offering(shop: Shop, sandbox: Sandbox) -> Shop:
    await save_bot_settings(shop.id, shop.pool, {"back_in_stock": True})
    await stock(sandbox, 0)
    body = [{"type": "BODY", "text": "¡Todo en oferta!"}]
    templates = [Template("ofertas", "es_AR", "MARKETING", "APPROVED", body)]
    templates += [Template("aviso", "es_AR", "UTILITY", "APPROVED", body)]
    await replace_templates(shop.id, shop.pool, templates)
    return shop


async def _says(shop: Shop, text: str) -> list[str]:
    burst = await shop.burst(text)
    answering = Answering(shop.settings, shop.pool, shop.cache, shop.room)
    result = await answering.answer_customer(shop.id, burst.id, burst.fence)
    return [bubble.content for bubble in result.bubbles]


async def _said(shop: Shop) -> list[tuple[str, str, str]]:
    assert shop.last is not None
    found = await list_consents(shop.id, shop.pool, shop.last.conversation_id)
    return [(row["purpose"], row["state"], row["source"]) for row in found or []]


def _offer(ref: str, name: str = "ofertas") -> Outgoing:
    return Outgoing("template", "¡Todo en oferta!", ref, OFFERS | {"name": name})


async def _send(shop: Shop, ref: str, name: str = "ofertas") -> None:
    assert shop.last is not None
    await queue_manual(shop.id, shop.pool, shop.last.conversation_id, _offer(ref, name), who=CARO)


async def test_baja_ends_notices_and_campaigns_also_while_the_bot_is_silent(offering: Shop, sandbox: Sandbox) -> None:
    await asks(offering, sandbox, "sí, avisame")
    assert await _said(offering) == [("stock_notices", "given", "message")]
    assert offering.last is not None
    chat = offering.last.conversation_id
    assert await _says(offering, "Baja") == [WITHDRAWN]
    assert (await _said(offering))[0] == ("stock_notices", "withdrawn", "message")
    await asks(offering, sandbox, "sí, dale, avisame")  # she asked again: that counts
    assert (await _said(offering))[0] == ("stock_notices", "given", "message")

    await _send(offering, "oferta-1")  # pauses the bot; what she does not want counts all the same
    assert await _says(offering, "BAJA") == []
    assert {row[:2] for row in (await _said(offering))[:2]} == {
        ("stock_notices", "withdrawn"), ("marketing", "withdrawn"),
    }  # fmt: skip
    for refused in (
        _send(offering, "oferta-2"),
        queue_for_address(offering.id, offering.pool, CUSTOMER, phone_key(CUSTOMER), _offer("oferta-3")),
    ):
        with pytest.raises(ConsentWithdrawnError):
            await refused
    await _send(offering, "aviso-1", "aviso")  # what is no advertisement may go
    await offering.rows("update chat_conversations set human_override_until = null returning id")
    assert await _says(offering, "BAJA") == [WITHDRAWN_CAMPAIGNS]
    await asks(offering, sandbox, "sí, avisame")
    assert await _says(offering, "baja") == [WITHDRAWN_ALL]
    await note_by_hand(offering.id, offering.pool, chat, "marketing", "given", CARO)
    await note_by_hand(offering.id, offering.pool, chat, "marketing", "given", CARO)
    assert (await _said(offering))[:1] == [("marketing", "given", "panel")]
    await _send(offering, "oferta-4")


async def test_a_notice_and_a_reminder_that_she_does_not_want_any_more_do_not_go(
    offering: Shop, sandbox: Sandbox
) -> None:
    await asks(offering, sandbox, "sí, avisame")
    assert offering.last is not None
    chat = offering.last.conversation_id
    (notice,) = await offering.rows("select id from stock_notices where state = 'waiting'")
    # The row as an Orchestrator of before would leave it: taken back, the notice still waiting.
    await note_by_hand(offering.id, offering.pool, chat, "stock_notices", "withdrawn", CARO)
    await offering.rows("update stock_notices set state = 'waiting' returning id")
    await stock(sandbox, 4)
    await tell_when_back(offering.id, notice["id"], offering.pool, offering.room.shops)
    assert await offering.rows("select state from stock_notices") == [{"state": "withdrawn"}]

    await open_always(offering)
    (resource,) = await offering.rows("select id from agenda_resources limit 1")
    start = day(3).replace(hour=14)
    async with tenant_transaction(offering.id, offering.pool) as conn:
        wanted = NewAppointment(
            resource["id"], start, start + timedelta(minutes=30), "Lucía", "ai", conversation_id=chat
        )
        appointment, _ = await book(offering.id, conn, wanted)
    assert (await _said(offering))[0] == ("reminders", "given", "message")
    await note_by_hand(offering.id, offering.pool, chat, "reminders", "withdrawn", CARO)
    await send_reminder(offering.id, offering.pool, ReminderOf(appointment.id, 24, 1))
    assert await offering.rows("select 1 from chat_messages where kind = 'api'") == []
    states: Any = await offering.rows("select state from appointment_reminders where lead_hours = 24")
    assert states == [{"state": "skipped"}]
