"""`nexus replay`: the same run again with the words that its tools said then; nothing is stored, sent or asked."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from nexus.embedded.replay import UNKNOWN, Compared, as_text, compare, replay
from nexus.orchestrator_service.chat.answer import Answering
from nexus.store.memory import load_memory

from .booking import open_always
from .conftest import Sandbox, Shop

COUNTED = ("llm_calls", "chat_messages", "tool_effects", "system_events", "handoffs", "appointments", "bursts")


async def _answered(shop: Shop, *texts: str) -> UUID:
    burst = await shop.burst(*texts)
    await Answering(shop.settings, shop.pool, shop.cache, shop.room).answer(shop.id, burst.id, burst.fence)
    return burst.id


async def _again(shop: Shop, burst_id: UUID) -> Compared:
    found = await compare(shop.pool, shop.room, burst_id)
    assert found is not None
    return found


async def _counts(shop: Shop) -> list[int]:
    return [(await shop.rows(f"select count(*) as n from {table}"))[0]["n"] for table in COUNTED]  # noqa: S608


async def test_answers_of_every_kind_are_equal_on_the_same_version(shop: Shop, sandbox: Sandbox) -> None:
    """A product with its picture, what was shown before, a turn that was booked, a handoff."""
    asked = ["Tenés puntas talle 37?", "y el segundo?", "Quiero un turno mañana a las 10", "Quiero hablar con alguien"]
    await open_always(shop)
    bursts = [await _answered(shop, text) for text in asked]
    await sandbox.fault("tiendanube", "500", times=-1)  # whoever asked the shop now would get nothing
    before, said = await _counts(shop), []
    for burst_id in bursts:
        found = await _again(shop, burst_id)
        assert found.equal, as_text(found)
        said.append("\n".join(found.before))
        assert (found.missed, found.unasked) == ([], [])
        assert found.version_before == found.version_now
    assert await _counts(shop) == before
    assert "[imagen " in said[0]
    assert "reserv" in said[2]
    assert said[3].startswith("[derivó] ")


async def test_the_moment_and_the_memory_are_those_of_then(shop: Shop, sandbox: Sandbox) -> None:
    first = await _answered(shop, "Tenés puntas?")
    second = await _answered(shop, "y mallas?")
    await sandbox.control("DELETE", "/model/requests")
    assert (await _again(shop, first)).equal
    told = str((await sandbox.requests())[0]["body"]["messages"])
    assert "mallas" not in told
    await sandbox.control("DELETE", "/model/requests")
    assert (await _again(shop, second)).equal
    told = str((await sandbox.requests())[0]["body"]["messages"])
    assert "Tenés puntas?" in told
    assert shop.last is not None
    assert await load_memory(shop.id, shop.pool, shop.last.conversation_id, uuid4(), 20)
    kept = (await shop.rows("select run->>'now' as now from burst_recordings order by created_at"))[0]["now"]
    assert (datetime.now(UTC) - datetime.fromisoformat(kept)).total_seconds() < 300


async def test_another_answer_is_told_with_its_difference(shop: Shop, sandbox: Sandbox) -> None:
    search: dict[str, Any] = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "puntas"}}]}
    await sandbox.script(search, {"reply": {"bubbles": [{"text": "Mirá lo que hay"}]}})
    burst_id = await _answered(shop, "Tenés puntas?")
    other = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "mallas"}}]}
    await sandbox.script(other, {"reply": {"bubbles": [{"text": "No encontré"}]}})
    found = await _again(shop, burst_id)
    assert not found.equal
    assert found.missed == ['search_specific_products {"q": "mallas"}']
    assert found.unasked == ["search_specific_products"]
    text = as_text(found)
    assert "-Mirá lo que hay" in text
    assert "+Ahora mismo no puedo consultar" in text  # a shop that was asked in vain is no ground for an answer
    assert "Distinto:" in text


async def test_what_was_never_recorded_is_unknown(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert await compare(shop.pool, shop.room, uuid4()) is None
    burst = await shop.burst("Hola")
    assert await compare(shop.pool, shop.room, burst.id) is None
    assert replay("cualquier-cosa", None) == UNKNOWN
    assert "no es el identificador" in capsys.readouterr().err
