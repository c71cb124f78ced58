"""A model that says what nothing bears out: one repair with the list of what is wrong, then the shop's safe text."""

import pytest
from prometheus_client import REGISTRY

from nexus.orchestrator_service.agent.fixed_texts import fixed_text
from nexus.orchestrator_service.agent.outcome import Answered
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.store.replies import UNPROVED, commit_reply
from nexus.store.tenants import load_tenant

from .booking import at, call, in_words, open_always, says
from .conftest import MakeShop, Sandbox, Shop

SEARCH = call("search_specific_products", q="puntas")


def counted(kind: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("gate_verdicts_total", {"kind": kind, "outcome": outcome}) or 0.0


async def run(shop: Shop, text: str) -> tuple[Answered, RunTrace]:
    """The answer and its trace."""
    burst, trace = await shop.burst(text), RunTrace()
    tenant = await load_tenant(shop.id, shop.pool)
    assert tenant is not None
    outcome = await shop.room.run_agent([], burst.messages, tenant, burst, None, trace)
    assert isinstance(outcome, Answered), outcome
    return outcome, trace


def said(outcome: Answered) -> list[str]:
    return [bubble.content for bubble in outcome.bubbles]


async def test_an_invented_price_is_repaired_once_and_then_the_safe_text_goes(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(SEARCH, says("La Giselle sale $ 31.415."))
    before = counted("amount", "blocked")
    outcome, trace = await run(shop, "cuánto sale la giselle?")
    assert said(outcome) == [fixed_text("unproved")]
    assert trace.gate is not None
    assert (trace.gate.outcome, trace.gate.kinds()) == ("blocked", {"amount": 1})
    assert counted("amount", "blocked") == before + 1
    told = [m for r in await sandbox.requests() for m in r["body"]["messages"] if "[Sistema:" in str(m["content"])]
    assert "«$ 31.415»" in told[0]["content"]
    assert "$ 49.900,00" in told[0]["content"]
    asked = [r for r in await sandbox.requests() if r["body"]["messages"][-1]["role"] == "user"]
    assert len(asked) == 2


async def test_a_repair_that_tells_the_truth_goes_out(shop: Shop, sandbox: Sandbox) -> None:
    scripts = [
        {"match": {"user_contains": "[Sistema:"}, "steps": [SEARCH, says("La Giselle sale $ 49.900.")]},
        {"steps": [SEARCH, says("La Giselle sale 49.900 dólares.")]},
    ]
    await sandbox.control("POST", "/model", mode="scripted", scenarios=scripts)
    outcome, trace = await run(shop, "cuánto sale la giselle?")
    assert said(outcome) == ["La Giselle sale $ 49.900."]
    assert trace.gate is not None
    assert trace.gate.outcome == "repaired"


async def test_a_blocked_reply_asks_for_a_person_and_silences_nothing(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(says("Ya te lo separé y te hice un descuento."))
    outcome, trace = await run(shop, "me lo separás?")
    assert shop.last is not None
    assert trace.gate is not None
    await commit_reply(shop.id, shop.pool, shop.last, outcome.bubbles, None, unproved=trace.gate.kinds())
    row = (await shop.rows("select * from chat_conversations where id = $1", shop.last.conversation_id))[0]
    assert row["needs_human_reason"] == UNPROVED
    assert row["human_override_until"] is None
    event = next(event for event in await shop.events() if event["event_type"] == "reply_blocked")
    assert event["metadata"]["kinds"] == {"commitment": 2}
    assert "separ" not in str(event)


async def test_what_was_done_is_told_even_when_the_rest_is_blocked(shop: Shop, sandbox: Sandbox) -> None:
    await open_always(shop)
    await sandbox.script(call("book_appointment", date_time=at(2, "14:00"), reason="x"), says("Cuesta $ 99.999."))
    outcome, _ = await run(shop, "un turno pasado mañana a las 14")
    assert said(outcome) == [
        f"¡Listo! Tu turno quedó reservado para el {in_words(2, '14:00')}.",
        fixed_text("unproved"),
    ]


@pytest.mark.parametrize("link", ["https://evil.example/x", "https://danzademo.mitiendanube.com@evil.example/x"])
async def test_a_foreign_link_is_taken_out_when_the_repair_keeps_it(shop: Shop, sandbox: Sandbox, link: str) -> None:
    await sandbox.script(says(f"¡Hola! Mirá {link}"))
    outcome, trace = await run(shop, "hola")
    assert "evil" not in "".join(said(outcome))
    assert trace.gate is not None
    assert trace.gate.kinds().keys() <= {"link", "mail"}
    assert trace.gate.outcome == "stripped"


async def test_without_time_for_a_repair_the_safe_text_goes_at_once(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop = await make_shop(ANSWER_DEADLINE_SECONDS=4)
    await sandbox.script(SEARCH, says("La Giselle sale $ 31.415."))
    outcome, trace = await run(shop, "cuánto sale la giselle?")
    assert said(outcome) == [fixed_text("unproved")]
    assert trace.gate is not None
    assert not trace.gate.repaired
