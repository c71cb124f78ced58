"""The figures of a period against a count of the same rows in plain Python, one at a time."""

import random
import statistics
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from nexus.store.figures import Period, handover_reasons, messages_by_hour, period_figures
from tests.integration.store.room import Room

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
MONDAY = datetime(2026, 3, 2, tzinfo=ZONE)
WEEK = Period(MONDAY, MONDAY + timedelta(days=7), str(ZONE))
BEFORE = Period(MONDAY - timedelta(days=7), MONDAY, str(ZONE))
A_WEEK = timedelta(days=7)
ANSWERS = ("reply", "handoff", "manual", "echo")


@dataclass
class Row:
    """One message as the count sees it."""

    chat: UUID
    role: str
    author: str
    kind: str
    at: datetime

    @property
    def day(self) -> date:
        return self.at.astimezone(ZONE).date()

    @property
    def is_answer(self) -> bool:
        return self.role == "assistant" and self.kind in ANSWERS


@dataclass
class Written:
    """All that was stored, in the order of time; `said` without what counts nowhere."""

    said: list[Row] = field(default_factory=list)
    passed: list[tuple[UUID, datetime]] = field(default_factory=list)
    tokens: list[tuple[datetime, int, int]] = field(default_factory=list)


async def _fill(room: Room, dice: random.Random) -> Written:
    """Two weeks and their edges: messages of every kind, handoffs, and bursts that cost and failed."""
    written = Written()
    for n in range(14):
        chat = await room.root.fetchval(
            "insert into chat_conversations (tenant_id, external_user_id) values ($1, $2) returning id",
            room.tenant_id,
            f"54911{n:08}",
        )
        at = MONDAY - timedelta(days=20)
        while at < MONDAY + timedelta(days=9):
            at += timedelta(seconds=dice.choice((0, 2, 40, 900, 40_000, 40_000, 130_000, 650_000)))
            await _message(room, written, chat, at, dice)
            if dice.random() < 0.25:
                await _burst(room, written, chat, at, dice)
    written.said.sort(key=lambda row: row.at)  # stable: what was stored first comes first
    return written


async def _message(room: Room, written: Written, chat: UUID, at: datetime, dice: random.Random) -> None:
    role, author, kind = dice.choice(
        [("user", "customer", "message")] * 5
        + [("assistant", "bot", "reply")] * 3
        + [("assistant", "bot", "handoff"), ("assistant", "bot", "apology"), ("assistant", "bot", "api")]
        + [("assistant", "human", "manual"), ("assistant", "human", "echo"), ("user", "customer", "history")]
        + [("system", "system", "line")]
    )
    status = dice.choice(("sent", "read", "failed", "discarded", "unknown")) if role == "assistant" else None
    form = "reaction" if dice.random() < 0.1 else "text"
    stored = at + timedelta(seconds=dice.choice((0, 1, 4000)))
    sent_at = None if stored == at else at
    await room.root.execute(
        """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                      provider_status, sent_at, created_at)
           values ($1, $2, $3, $4, $5, $6, 'x', $7, $8, $9)""",
        room.tenant_id,
        chat,
        role,
        author,
        kind,
        form,
        status,
        sent_at,
        stored,
    )
    if form == "text" and role != "system" and kind != "history" and status not in ("failed", "discarded"):
        written.said.append(Row(chat, role, author, kind, at))


async def _burst(room: Room, written: Written, chat: UUID, at: datetime, dice: random.Random) -> None:
    state, cost = dice.choice(("answered", "answered", "error", "parked", "ignored")), dice.choice((None, 100, 2500))
    await room.root.execute(
        """insert into bursts (tenant_id, conversation_id, delivery, state, reason, tokens_in, tokens_out, created_at)
           values ($1, $2, 'outbox', $3, 'model_timeout', $4, $5, $6)""",
        room.tenant_id,
        chat,
        state,
        cost,
        cost and cost // 10,
        at,
    )
    written.tokens.append((at, cost or 0, (cost or 0) // 10))
    if state in ("error", "parked"):
        written.passed.append((chat, at))
    if dice.random() < 0.4:
        await room.root.execute(
            """insert into handoffs (tenant_id, conversation_id, source, reason, created_at)
               values ($1, $2, 'bot', 'r', $3)""",
            room.tenant_id,
            chat,
            at,
        )
        written.passed.append((chat, at))


def _count(written: Written, since: datetime, until: datetime) -> dict[str, Any]:
    """The definitions of docs/figures.md, row by row."""
    said = [row for row in written.said if since <= row.at < until]
    waits = [seconds for begun, seconds in _waits(written) if since <= begun < until]
    cuts = statistics.quantiles(waits, n=10, method="inclusive") if len(waits) > 1 else waits * 9
    return {
        "conversations": len({row.chat for row in said if row.role == "user"}),
        "answered_by_bot": len({row.chat for row in said if row.author == "bot" and row.kind == "reply"}),
        "handed_over": len({chat for chat, at in written.passed if since <= at < until}),
        "messages_in": sum(row.role == "user" for row in said),
        "messages_out": sum(row.role == "assistant" for row in said),
        "first_response_p50_seconds": round(cuts[4], 3) if cuts else None,
        "first_response_p90_seconds": round(cuts[8], 3) if cuts else None,
        "tokens_in": sum(cost for at, cost, _ in written.tokens if since <= at < until),
        "tokens_out": sum(cost for at, _, cost in written.tokens if since <= at < until),
    }


def _known(figures: dict[str, Any]) -> dict[str, Any]:
    """Without zeros and what is not known: a day with nothing of a kind says nothing of it."""
    return {name: round(value, 3) for name, value in figures.items() if value}


def _waits(written: Written) -> list[tuple[datetime, float]]:
    """(since when, seconds) of every wait that was answered."""
    found: list[tuple[datetime, float]] = []
    waiting: dict[UUID, datetime] = {}
    last_said: dict[UUID, datetime] = {}
    for row in written.said:
        if row.role == "user":
            if row.chat in waiting and row.at - last_said[row.chat] > A_WEEK:
                del waiting[row.chat]
            waiting.setdefault(row.chat, row.at)
            last_said[row.chat] = row.at
        elif row.is_answer and row.chat in waiting:
            begun = waiting.pop(row.chat)
            if row.at - begun <= A_WEEK:
                found.append((begun, (row.at - begun).total_seconds()))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_figures_of_a_period_are_those_of_an_independent_count(room: Room, other: Room, seed: int) -> None:
    dice = random.Random(seed)
    written = await _fill(room, dice)
    await _fill(other, dice)  # the neighbour's count nowhere
    sums, before, days = await period_figures(room.tenant_id, room.pool, WEEK, BEFORE)
    assert _known(sums) == _known(_count(written, WEEK.since, WEEK.until))
    assert _known(before) == _known(_count(written, BEFORE.since, BEFORE.until))
    for n in range(7):
        since = MONDAY + timedelta(days=n)
        assert _known(days.pop(since.date(), {})) == _known(_count(written, since, since + timedelta(days=1)))
    assert days == {}


async def test_hours_are_local_and_reasons_come_with_their_source(room: Room) -> None:
    written = await _fill(room, random.Random(4))
    inside = [row for row in written.said if row.role == "user" and WEEK.since <= row.at < WEEK.until]
    expected: dict[int, int] = {}
    for row in inside:
        expected[row.at.astimezone(ZONE).hour] = expected.get(row.at.astimezone(ZONE).hour, 0) + 1
    assert await messages_by_hour(room.tenant_id, room.pool, WEEK) == expected
    reasons = await handover_reasons(room.tenant_id, room.pool, WEEK)
    assert sum(row["count"] for row in reasons) == sum(WEEK.since <= at < WEEK.until for _, at in written.passed)
    assert {(row["source"], row["reason"]) for row in reasons} == {("bot", "r"), ("failure", "model_timeout")}


async def test_a_shop_without_a_message_has_zeros(room: Room) -> None:
    now = datetime.now(UTC)
    period = Period(now - timedelta(days=1), now, "UTC")
    sums, before, days = await period_figures(room.tenant_id, room.pool, period, period)
    assert sums["conversations"] == sums["tokens_in"] == before["messages_in"] == 0
    assert sums["first_response_p50_seconds"] is None
    assert days == {}
