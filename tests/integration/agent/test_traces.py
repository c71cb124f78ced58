"""Why the bot said it: each burst keeps the tools of its run and what it cost, written with its outcome."""

from typing import Any
from uuid import UUID

from nexus.orchestrator_service.chat.answer import Answering
from nexus.store.traces import load_trace

from .conftest import CUSTOMER, Sandbox, Shop

SEARCH = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": f"puntas {CUSTOMER}"}}]}
NOTHING_FOUND = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "helicóptero"}}]}
ORDER = {"tool_calls": [{"name": "orders", "arguments": {"q": "999999"}}]}
INVENTED = {"tool_calls": [{"name": "leer_la_mente", "arguments": {"q": "x"}}]}
DONE = {"reply": {"bubbles": [{"text": "Mirá lo que encontré"}]}}
HAND_OFF = {
    "tool_calls": [
        {
            "name": "derivhumano",
            "arguments": {"reason": "Un reclamo", "summary": "Dijo todo", "contact_phone": "1"},
        }
    ]
}


async def _traced(shop: Shop, *texts: str) -> dict[str, Any]:
    """The trace of the burst, answered as /chat answers it."""
    burst = await shop.burst(*texts)
    answering = Answering(shop.settings, shop.pool, shop.cache, shop.room)
    await answering.answer(shop.id, burst.id, burst.fence)
    found = await load_trace(shop.id, shop.pool, burst.id)
    assert found is not None
    return found


async def test_the_tools_of_an_answer_are_kept_in_order_with_what_each_found(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(SEARCH, NOTHING_FOUND, ORDER, INVENTED, DONE)
    found = await _traced(shop, "Tenés puntas?")
    assert (found["state"], found["reason"]) == ("answered", None)
    tools = [(t["name"], t["arguments"], t["status"], t["found"]) for t in found["tools"]]
    assert [tool[2] for tool in tools] == ["ok", "empty", "refused", "error"]
    assert tools[0][1] == {"q": "puntas ••••"}
    assert tools[0][3] is not None
    assert tools[0][3] > 0
    assert tools[1:3] == [
        ("search_specific_products", {"q": "helicóptero"}, "empty", 0),
        ("orders", {"q": "999999"}, "refused", None),
    ]
    assert (tools[3][0], tools[3][1]) == ("leer_la_mente", {})
    assert found["tokens_in"] > 0
    assert found["tokens_out"] > 0
    assert 0 < found["model_seconds"] < 20
    assert all(tool["milliseconds"] >= 0 for tool in found["tools"])


async def test_a_handoff_keeps_its_reason_and_none_of_what_was_said(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(HAND_OFF)
    found = await _traced(shop, "Quiero reclamar")
    [tool] = found["tools"]
    assert (tool["name"], tool["arguments"], tool["status"]) == ("derivhumano", {"reason": "Un reclamo"}, "ok")


async def test_a_run_that_failed_keeps_what_it_did_and_cost(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.fault("tiendanube", "500", times=-1)
    await sandbox.script(SEARCH)  # and again for ever: the run ends at its limit
    found = await _traced(shop, "Tenés puntas?")
    assert (found["state"], found["reason"]) == ("error", "limit")
    assert {tool["status"] for tool in found["tools"]} == {"error"}
    assert found["tokens_in"] > 0


async def test_an_answer_that_took_no_model_has_no_tools(shop: Shop) -> None:
    burst = await shop.burst("Hola")
    assert await load_trace(shop.id, shop.pool, UUID(int=0)) is None
    found = await load_trace(shop.id, shop.pool, burst.id)
    assert found is not None
    assert (found["state"], found["tools"], found["tokens_in"]) == ("open", [], None)
