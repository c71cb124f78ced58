"""`/admin/bursts/{id}/trace` for whoever reads the chats."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from nexus.store.callers import CallerCustomer, CallerMessage, open_caller_burst
from nexus.store.database import Pool, tenant_transaction
from nexus.store.replies import Burst, NewBubble, commit_reply, load_burst
from nexus.store.traces import Spent
from tests.integration.admin.conftest import CUSTOMER, Shop

CALL = {"model": "gpt-6-luna", "api": "responses", "outcome": "ok", "cached": 0, "reasoning": 0, "seconds": 0.6}
PROOF: dict[str, Any] = {
    "prompt_version": "v3-1f0a9c22",
    "gate": {
        "outcome": "repaired",
        "repaired": True,
        "blocked": False,
        "violations": [{"kind": "amount", "said": "$ 1", "bubble": 0}],
    },
    "calls": [
        CALL | {"tokens_in": 400, "tokens_out": 40, "cost_usd": "0.00006"},
        CALL | {"tokens_in": None, "tokens_out": None, "cost_usd": None, "outcome": "model_timeout"},
        CALL | {"tokens_in": 500, "tokens_out": 40, "cost_usd": "0.00007"},
    ],
    "timings": {"queue": 2100, "model": 1250, "tools": 140, "gate": 3, "total": 1400},
    "products": [{"id": 7, "name": "Puntas", "price": "49900.00"}],
}


TOLD: dict[str, Any] = {
    "gate": {
        "outcome": "repaired",
        "violations": [
            {
                "kind": "amount",
                "rule": "Un importe que no salió de ninguna consulta",
                "said": "$ 1",
                "bubble": 0,
            }
        ],
    },
    "calls": [
        PROOF["calls"][0] | {"cost_usd": 0.00006, "problem": None},
        PROOF["calls"][1] | {"problem": "No contestó a tiempo"},
        PROOF["calls"][2] | {"cost_usd": 0.00007, "problem": None},
    ],
}


async def _answered(shop: Shop, pool: Pool, proof: dict[str, Any]) -> UUID:
    who = CallerCustomer("541155550123", CUSTOMER, None, "Lucía")
    said = [CallerMessage(f"wamid.{uuid4()}", "text", "¿Tenés puntas?", None)]
    opened = await open_caller_burst(shop.id, pool, "tests", who, said, correlation_id="c", lease=timedelta(seconds=5))
    assert opened.burst_id is not None
    burst = await load_burst(shop.id, pool, opened.burst_id, opened.fence)
    assert isinstance(burst, Burst)
    use = {"name": "search_specific_products", "arguments": {"q": "puntas"}, "status": "ok"}
    spent = Spent(900, 80, 1.25, [use | {"milliseconds": 140, "found": 3}], proof)
    await commit_reply(shop.id, pool, burst, [NewBubble("text", "Sí")], None, spent)
    return burst.id


async def test_a_reply_says_why(
    machine: httpx.AsyncClient, sign_in: Callable[..., Awaitable[httpx.AsyncClient]], shop: Shop, pool: Pool
) -> None:
    burst_id = await _answered(shop, pool, PROOF)
    browser = await sign_in(shop, role="read-only")
    answer = await browser.get(f"/admin/bursts/{burst_id}/trace", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["finished_at"] > found["created_at"]
    assert found | {"created_at": "", "finished_at": ""} == {
        "burst_id": str(burst_id),
        "state": "answered",
        "reason": None,
        "created_at": "",
        "finished_at": "",
        "tokens_in": 900,
        "tokens_out": 80,
        "model_seconds": 1.25,
        "tools": [
            {
                "name": "search_specific_products",
                "label": "Buscó productos",
                "arguments": {"q": "puntas"},
                "status": "ok",
                "milliseconds": 140,
                "found": 3,
            }
        ],
        "cost_usd": 0.00013,
        "prompt_version": "v3-1f0a9c22",
        "products": PROOF["products"],
        **TOLD,
        "timings": PROOF["timings"],
        "forgotten": False,
    }
    sums = (await machine.get("/admin/metrics", headers=shop.headers)).json()
    assert sums["figures"]["tokens"] == 980
    assert sums["figures"]["answered_by_bot"] == 1
    assert sums["figures"]["first_response_p50_seconds"] >= 0


async def test_an_answer_of_before_the_proof_was_kept_has_it_empty(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    burst_id = await _answered(shop, pool, {})
    found = (await machine.get(f"/admin/bursts/{burst_id}/trace", headers=shop.headers)).json()
    assert (found["cost_usd"], found["prompt_version"], found["gate"], found["calls"]) == (None, None, None, [])
    assert set(found["timings"].values()) == {None}


async def test_another_shops_answer_and_no_answer_are_404(
    machine: httpx.AsyncClient, make_shop: Callable[..., Awaitable[Shop]], shop: Shop, pool: Pool
) -> None:
    burst_id, other = await _answered(shop, pool, {}), await make_shop("Otra")
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute("update bursts set trace = null, model_seconds = 1 where id = $1", burst_id)
    assert (await machine.get(f"/admin/bursts/{burst_id}/trace", headers=shop.headers)).json()["forgotten"]
    for headers, ident in ((other.headers, burst_id), (shop.headers, uuid4())):
        answer = await machine.get(f"/admin/bursts/{ident}/trace", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "burst_not_found")
    assert (await machine.get("/admin/bursts/nada/trace", headers=shop.headers)).status_code == 422
