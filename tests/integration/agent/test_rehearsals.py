"""The test chat's run: the real agent on the real shop, and afterwards not a row more or less than before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nexus.orchestrator_service.agent.outcome import Answered, Failed, HandedOff, Outcome
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.store.memory import SaidMessage
from nexus.store.tenants import load_tenant

from .booking import at, call, in_words, open_always, says
from .conftest import MakeShop, Sandbox
from .conftest import Shop as AnyShop

TABLES = (
    "chat_conversations", "chat_messages", "bursts", "tool_effects", "handoffs", "appointments", "announcements",
    "appointment_reminders", "system_events", "agenda_hours", "live_tests",
)  # fmt: skip
Stored = dict[str, str]


@pytest.fixture
async def shop(make_shop: MakeShop) -> AnyShop:
    made: AnyShop = await make_shop()
    await open_always(made)
    return made


async def _stored(shop: AnyShop) -> Stored:
    """Every row of the shop as text, and how many jobs there are."""
    found = {}
    for table in TABLES:
        # what is learnt of the shop itself, its products and whether it lets us in, is nobody's conversation
        own = " where tested_by <> 'Nexus'" if table == "live_tests" else ""
        rows = await shop.rows(f"select t::text as row from {table} t{own} order by 1")  # noqa: S608 - constants
        found[table] = "\n".join(row["row"] for row in rows)
    async with shop.pool.acquire() as conn:
        jobs = "select count(*) from pgqueuer where entrypoint not like 'catalogue%'"
        found["jobs"] = str(await conn.fetchval(jobs))
    return found


async def _rehearse(shop: AnyShop, *texts: str) -> tuple[Outcome, RunTrace]:
    """The customer's texts, each after an answer, but for the last."""
    tenant = await load_tenant(shop.id, shop.pool)
    assert tenant is not None
    said = [SaidMessage("user", "customer", "text", text, datetime.now(UTC)) for text in texts]
    answers = [SaidMessage("assistant", "bot", "text", "Contame", datetime.now(UTC)) for _ in texts[1:]]
    history: list[SaidMessage] = [line for pair in zip(said, answers, strict=False) for line in pair]
    return await shop.room.rehearse(history, said[-1:], tenant)


def _tools(trace: RunTrace) -> list[tuple[str, str, bool]]:
    return [(use.name, use.status, use.simulated) for use in trace.tools]


async def test_a_question_is_answered_with_the_shops_products_and_leaves_nothing(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    before = await _stored(shop)
    outcome, trace = await _rehearse(shop, "Hola", "Tenés puntas?")
    assert isinstance(outcome, Answered), outcome
    assert _tools(trace)[0] == ("search_specific_products", "ok", False)
    assert trace.tools[0].found
    assert trace.tokens_in
    asked = str((await sandbox.requests())[0]["body"]["messages"])
    assert "Contame" in asked
    assert await _stored(shop) == before


async def test_a_booking_is_said_as_it_would_be_and_the_slot_stays_free(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="Puntas"), says("¡Genial!"))
    before = await _stored(shop)
    for _ in range(2):  # the second would find the slot taken
        outcome, trace = await _rehearse(shop, "Quiero mañana a las 14")
        assert isinstance(outcome, Answered), outcome
        assert outcome.bubbles[0].content == f"¡Listo! Tu turno quedó reservado para el {in_words(1, '14:00')}."
        assert _tools(trace) == [("book_appointment", "ok", True)]
    assert await _stored(shop) == before


async def test_a_slot_that_cannot_be_is_refused_in_a_rehearsal_too(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "03:00"), reason="x"), says("A esa hora no"))
    outcome, trace = await _rehearse(shop, "Mañana a las 3 de la madrugada")
    assert isinstance(outcome, Answered), outcome
    assert _tools(trace) == [("book_appointment", "refused", True)]


async def test_a_handoff_pauses_nobody_and_mails_nobody(shop: AnyShop, sandbox: Sandbox) -> None:
    before = await _stored(shop)
    await sandbox.script(call("derivhumano", reason="Un reclamo"))
    outcome, trace = await _rehearse(shop, "Quiero reclamar")
    assert isinstance(outcome, HandedOff)
    assert outcome.message
    assert _tools(trace) == [("derivhumano", "ok", True)]
    assert await _stored(shop) == before


async def test_trouble_is_told_to_who_tries_and_not_logged_as_a_customers(shop: AnyShop, sandbox: Sandbox) -> None:
    before = await _stored(shop)
    await sandbox.fault("tiendanube", "401", times=-1)
    await sandbox.script(call("search_specific_products", q="puntas"), says("Ahora no puedo ver los productos"))
    outcome, trace = await _rehearse(shop, "Tenés puntas?")
    assert isinstance(outcome, Answered)
    assert _tools(trace) == [("search_specific_products", "error", False)]
    await sandbox.script({"status": 401, "code": "invalid_api_key"})
    outcome, _ = await _rehearse(shop, "Tenés puntas?")
    assert outcome == Failed("model_auth")
    assert await _stored(shop) == before


async def test_another_customers_order_stays_hers(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("orders", q="1001"), says("No lo encuentro"))
    answers: list[Any] = [await _rehearse(shop, "Mi pedido es el 1001")]
    assert _tools(answers[0][1]) == [("orders", "refused", False)]
