"""Shadow mode: the whole run happens, the customer gets nothing of it, and nothing changes but the shop's own work."""

from typing import Any

from nexus.embedded.replay import as_text, compare
from nexus.orchestrator_service.chat.answer import Answering
from nexus.store.bot_settings import save_bot_settings
from nexus.store.drafts import load_draft
from nexus.store.replies import Result

from .booking import at, call, open_always, says
from .conftest import Sandbox, Shop


async def _said(shop: Shop, *texts: str) -> Result:
    burst = await shop.burst(*texts)
    return await Answering(shop.settings, shop.pool, shop.cache, shop.room).answer(shop.id, burst.id, burst.fence)


async def _draft(shop: Shop, result: Result) -> dict[str, Any]:
    found = await load_draft(shop.id, shop.pool, result.conversation_id)
    assert found is not None
    return found


async def _to_customers(shop: Shop) -> list[dict[str, Any]]:
    return await shop.rows("select * from chat_messages where role = 'assistant'")


async def test_an_answer_is_a_draft_and_the_next_one_answers_what_it_left_open(shop: Shop, sandbox: Sandbox) -> None:
    await save_bot_settings(shop.id, shop.pool, {"shadow_mode": True})
    first = await _said(shop, "Tenés puntas talle 37?")
    assert (first.status, first.reason) == ("ignored", "draft")
    assert [bubble["message_type"] for bubble in (await _draft(shop, first))["bubbles"]].count("image") == 1
    await sandbox.control("DELETE", "/model/requests")
    second = await _said(shop, "Hola?")
    asked = (await sandbox.requests())[0]["body"]["messages"]
    assert [message["content"].split("\n")[0] for message in asked[-2:]] == ["Tenés puntas talle 37?", "Hola?"]
    assert (await _draft(shop, second))["burst_id"] == second.burst_id
    assert await _to_customers(shop) == []
    found = await compare(shop.pool, shop.room, first.burst_id)
    assert found is not None
    assert found.equal, as_text(found)


async def test_what_a_tool_would_change_is_tried_taken_back_and_told_to_the_person(
    shop: Shop, sandbox: Sandbox
) -> None:
    await save_bot_settings(shop.id, shop.pool, {"shadow_mode": True})
    await open_always(shop)
    await sandbox.script(call("book_appointment", date_time=at(2, "10:00"), reason="prueba"), says("Te espero"))
    result = await _said(shop, "Quiero un turno pasado mañana a las 10")
    draft = await _draft(shop, result)
    assert draft["promised"] == ["book_appointment"]
    assert "reservado" in draft["bubbles"][0]["content"]
    for table in ("appointments", "tool_effects"):
        assert await shop.rows(f"select * from {table}") == []  # noqa: S608
    found = await compare(shop.pool, shop.room, result.burst_id)
    assert found is not None
    assert found.equal, as_text(found)


async def test_a_handoff_is_made_and_its_words_wait(shop: Shop, sandbox: Sandbox) -> None:
    await save_bot_settings(shop.id, shop.pool, {"shadow_mode": True})
    await sandbox.script(call("derivhumano", reason="Un reclamo", summary="Le llegó roto"))
    result = await _said(shop, "Me llegó roto")
    [handoff] = await shop.rows("select reason, details->>'summary' as summary, source from handoffs")
    assert handoff == {"reason": "Un reclamo", "summary": "Le llegó roto", "source": "bot"}
    assert await shop.lockout(result.conversation_id) is not None
    draft = await _draft(shop, result)
    assert (len(draft["bubbles"]), draft["promised"]) == (1, [])
    assert await _to_customers(shop) == []


async def test_a_failed_run_apologizes_to_nobody(shop: Shop, sandbox: Sandbox) -> None:
    await save_bot_settings(shop.id, shop.pool, {"shadow_mode": True})
    await sandbox.script({"status": 401, "code": "invalid_api_key"})
    result = await _said(shop, "Hola")
    assert (result.status, result.reason) == ("error", "model_auth")
    assert await _to_customers(shop) == []
    [chat] = await shop.rows("select needs_human_reason from chat_conversations where channel <> 'rehearsal'")
    assert chat["needs_human_reason"] == "model_auth"
