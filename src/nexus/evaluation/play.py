"""One scenario from its first message to its score."""

import itertools
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import uuid4

from nexus.contracts.identity import phone_key
from nexus.evaluation.check import amounts_in, failures, holds
from nexus.evaluation.judge import judged
from nexus.evaluation.place import Place
from nexus.evaluation.scenario import Scenario, Turn
from nexus.evaluation.shops import EvalShop, open_shop
from nexus.store.callers import CallerCustomer, CallerMessage, open_caller_burst
from nexus.store.evaluation import Happened, dress_burst, happened, put_past
from nexus.store.prompt_versions import Content

_FILLER = ("jaja sí", "¡Genial!")
_phones = itertools.count(10_000_000)


@dataclass(slots=True)
class Score:
    """What came of a scenario: `wrong` by turn, what a judge said, and every bubble, to read why."""

    scenario: Scenario
    wrong: list[str] = field(default_factory=list)
    judged: list[tuple[str, bool | None]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every assertion of every turn holds."""
        return not self.wrong


async def play(place: Place, scenario: Scenario) -> Score:
    """Play and score. Raises what the stores and the sandbox raise: an evaluation without them says nothing."""
    began, score = time.monotonic(), Score(scenario)
    shop = await open_shop(place, scenario.shop)
    phone = scenario.phone or f"+54911{next(_phones)}"
    truth = await shop.truth(place, phone, scenario.proves)
    amounts = {*truth.amounts, *_written(scenario, place.content)}
    if place.content is not None:  # its own site may stand in what it wrote
        truth = replace(
            truth, hosts=truth.hosts | {urlsplit(place.content.facts.get("store_website", "")).hostname or ""}
        )
    for number, turn in enumerate(scenario.turns, start=1):
        seen = await _turn(place, shop, scenario, turn, phone, first=number == 1)
        wrong = failures(turn.expect, seen, replace(truth, amounts=frozenset(amounts)))
        heard = "\n".join(seen.tool_texts)
        wrong += [f"ninguna herramienta dijo: {one}" for one in turn.expect.told_the_model if not holds(heard, one)]
        score.wrong += [f"turno {number}: {what}" for what in wrong]
        score.said += [*(f"> {text}" for text in _texts(turn)), *seen.bubbles]
        score.tools += [f"{tool['name']} {tool['arguments']} {tool['status']}" for tool in seen.tools]
        if place.real_model and turn.expect.judge:
            score.judged += await judged(place, shop.tenant.id, score.said, turn.expect.judge)
    score.seconds = time.monotonic() - began
    return score


async def _turn(place: Place, shop: EvalShop, scenario: Scenario, turn: Turn, phone: str, *, first: bool) -> Happened:
    """The turn's messages as one burst of a direct caller, answered as `/chat` answers it."""
    tenant_id = shop.tenant.id
    who = CallerCustomer(phone_key(phone), phone, None, scenario.customer_name)
    messages = [CallerMessage(f"eval.{uuid4()}", kind, text, None) for kind, text in _messages(turn)]
    opened = await open_caller_burst(
        tenant_id, place.pool, "ycloud", who, messages, correlation_id=f"eval-{uuid4()}", lease=timedelta(seconds=60)
    )
    if opened.burst_id is None:
        raise RuntimeError(f"{scenario.name}: {opened.state}")
    if first:
        past = [*[("customer" if n % 2 == 0 else "bot", _FILLER[n % 2]) for n in range(scenario.filler)]]
        told = [("human" if one.who == "person" else one.who, one.text) for one in scenario.past]
        until = datetime.now(UTC) - timedelta(minutes=1)
        await put_past(tenant_id, place.pool, opened.conversation_id, [*told, *past], until)
    await dress_burst(tenant_id, place.pool, opened.burst_id, quotes_last=turn.quotes_last)
    if turn.redis_lost:
        await place.cache.delete(f"session:user:{tenant_id}:{phone_key(phone)}")
    if turn.fault:
        await place.control("POST", "/faults", {"match": {"store_id": shop.store_id}, **turn.fault})
    try:
        await place.answering.answer(tenant_id, opened.burst_id, opened.fence)
    finally:
        if turn.fault:
            await place.control("DELETE", "/faults")
    return await happened(tenant_id, place.pool, opened.burst_id)


def _messages(turn: Turn) -> list[tuple[str, str]]:
    named = [("audio", turn.voice), ("image", turn.photo), ("document", turn.document)]
    return [*((kind, text) for kind, text in named if text is not None), *(("text", text) for text in turn.customer)]


def _texts(turn: Turn) -> list[str]:
    return [text for _, text in _messages(turn)]


def _written(scenario: Scenario, content: Content | None) -> set[Decimal]:
    """Amounts that stand in the shop's own words, the scenario's or the tenant's: its knowledge may be quoted."""
    words = " ".join([*map(str, scenario.shop.fields.values()), *scenario.shop.sections.values()])
    words += content.as_json() if content is not None else ""
    return {amount for _, amount in amounts_in(words)}
