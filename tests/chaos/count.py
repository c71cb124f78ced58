"""What was acknowledged, answered and left unknown: counted from the sandbox's ledger, webhook log and mailbox."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.system import Shop, System


@dataclass(frozen=True)
class Said:
    """One message of a customer, and the texts that answer it."""

    customer: str
    marker: str
    event_id: str
    wamid: str
    handoff: bool
    texts: list[str]


@dataclass
class Count:
    """Figures of one shop; all but `acknowledged` should add up to it or be 0."""

    written: int = 0
    acknowledged: int = 0
    answered: int = 0
    unknown: int = 0
    parked: int = 0
    twice: int = 0
    effects_twice: int = 0
    effects_missing: int = 0
    lost: int = 0
    unknown_but_reported: int = 0
    unexpected: int = 0

    def problems(self, *, may_be_unknown: bool) -> list[str]:
        """Every broken invariant of issue 2, in words; empty when all hold."""
        broken = {
            "not acknowledged": self.written - self.acknowledged,
            "lost": self.lost,
            "parked": self.parked,
            "answered twice": self.twice,
            "tool effect twice": self.effects_twice,
            "tool effect missing": self.effects_missing,
            "unknown though a status came": self.unknown_but_reported,
            "unknown where it may not be": 0 if may_be_unknown else self.unknown,
            "unexpected texts": self.unexpected,
            "acknowledged - answered - unknown": self.acknowledged - self.answered - self.unknown,
        }
        return [f"{what}: {how_many}" for what, how_many in broken.items() if how_many]


async def count(system: System, shop: Shop, said: list[Said]) -> Count:
    """Count the shop's messages `said`, at rest. A burst of several messages has one answer, for its last one."""
    sandbox = system.sandbox
    sends = (await sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"]
    log = (await sandbox.get("/sandbox/webhook-log", params={"number": shop.number})).json()["attempts"]
    mails = (await sandbox.get("/sandbox/mail")).json()["mails"]
    numbers = (await sandbox.get("/sandbox/numbers")).json()["numbers"]
    reports = next(n["statuses"] for n in numbers if n["phone"] == shop.number)
    taken = {a["event_id"] for a in log if 200 <= a["status"] < 300}
    rows = await _rows(system, shop)
    counted = Count(written=len(said), acknowledged=sum(s.event_id in taken for s in said), parked=rows.parked)
    in_ledger = {send["external_id"] for send in sends}
    counted.unknown_but_reported = len(rows.unknown & in_ledger) if reports else 0
    sent: dict[str, Counter[str]] = defaultdict(Counter)
    for send in sends:
        sent[send["to"]][send["text"]] += 1
    for burst_id, messages in _bursts(said, taken, rows.burst_of).items():
        _count_burst(counted, messages, sent[messages[0].customer], burst_id in rows.unknown_bursts)
    counted.unexpected = sum(sum(texts.values()) for texts in sent.values())
    for s in (s for s in said if s.handoff and s.event_id in taken):  # one row, one mail
        acted = (rows.effects[rows.burst_of.get(s.wamid)], sum(f"H:{s.marker}" in mail["text"] for mail in mails))
        counted.effects_twice += max(acted) > 1
        counted.effects_missing += min(acted) < 1
    return counted


def _bursts(said: list[Said], taken: set[str], burst_of: dict[str, Any]) -> dict[Any, list[Said]]:
    bursts: dict[Any, list[Said]] = defaultdict(list)
    for s in said:
        if s.event_id in taken:
            bursts[burst_of.get(s.wamid, s.wamid)].append(s)
    return bursts


def _count_burst(counted: Count, messages: list[Said], sent: Counter[str], is_unknown: bool) -> None:
    """Add the burst's messages to the figure they belong to, and take its texts out of `sent`."""
    answers = 0
    complete = False
    for message in messages:
        times = [sent.pop(text, 0) for text in message.texts]
        answers += max(times)
        complete = complete or all(times)
    counted.twice += max(0, answers - 1)
    if is_unknown:
        counted.unknown += len(messages)
    elif complete:
        counted.answered += len(messages)
    else:
        counted.lost += len(messages)


@dataclass
class _Rows:
    burst_of: dict[str, Any]
    unknown: set[str]
    unknown_bursts: set[Any]
    effects: Counter[Any]
    parked: int


async def _rows(system: System, shop: Shop) -> _Rows:
    """What only our database knows: which message stands in which burst, what is unknown, parked, done by tools."""
    conn = await asyncpg.connect(system.postgres.superuser_dsn, database="nexus")
    try:
        inbound = await conn.fetch(
            "select provider_message_id as wamid, burst_id from chat_messages where tenant_id = $1 and role = 'user'",
            shop.tenant_id,
        )
        unknown = await conn.fetch(
            "select external_id, burst_id from chat_messages where tenant_id = $1 and provider_status = 'unknown'",
            shop.tenant_id,
        )
        effects = await conn.fetch("select burst_id from tool_effects where tenant_id = $1", shop.tenant_id)
        parked = await conn.fetchval(
            "select count(*) from bursts where tenant_id = $1 and state = 'parked'", shop.tenant_id
        )
    finally:
        await conn.close()
    return _Rows(
        burst_of={row["wamid"]: row["burst_id"] for row in inbound},
        unknown={row["external_id"] for row in unknown},
        unknown_bursts={row["burst_id"] for row in unknown},
        effects=Counter(row["burst_id"] for row in effects),
        parked=parked,
    )
