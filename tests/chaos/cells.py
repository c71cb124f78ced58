"""The table: every fault point by every victim, each cell a shop of its own played from webhook to rest."""

import asyncio
import contextlib
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.chaos.count import Count, Said, count
from tests.system import Service, Shop, System, eventually

PHONE_SIDE, BRAIN = "whatsapp-service", "orchestrator-service"
POINTS = {
    "after_ack_commit": PHONE_SIDE,
    "after_claim": PHONE_SIDE,
    "after_chat": PHONE_SIDE,
    "after_llm": BRAIN,
    "after_reply_commit": BRAIN,
    "after_mark_sending": PHONE_SIDE,
    "after_provider_ok": PHONE_SIDE,
    "between_bubbles": PHONE_SIDE,
    "after_tool_effect": BRAIN,
}
"""Where each point lies."""
STATUSES_MATTER = ("after_mark_sending", "after_provider_ok")
_LEASES_END = ("after_claim", "after_mark_sending", "after_provider_ok", "between_bubbles")
RETRY_SCALE = "0.001"
"""YCloud's retries within 20 s instead of 5 h 36 min: past every outage of this table."""
SETTLES_WITHIN = 150.0
HANDOFF_WORDS = "Te paso con una persona."
_markers = itertools.count(1)


@dataclass(frozen=True)
class Cell:
    """One point with one victim; `store` empty means that the service is killed at the point itself."""

    point: str
    store: str = ""
    statuses: bool = True

    @property
    def service(self) -> str:
        """The service in which the point lies."""
        return POINTS[self.point]

    @property
    def victim(self) -> str:
        """What dies, in words."""
        return f"{self.store} + {self.service}" if self.store else self.service

    @property
    def waits_for_leases(self) -> bool:
        """Whether the work is taken up only when the dead holder's lease has ended (30 s, 45 s)."""
        return self.point in _LEASES_END

    @property
    def may_be_unknown(self) -> bool:
        """Whether an unknown bubble is the right ending here (issue 2)."""
        return self.point == "after_mark_sending" or (self.point == "after_provider_ok" and not self.statuses)


def full_table() -> list[Cell]:
    """Every point killed; every point hung while PostgreSQL and Valkey die; statuses off where they matter."""
    kinds = [("", True), ("", False), ("postgresql", True), ("postgresql", False), ("valkey", True)]
    return [
        Cell(point, store, statuses)
        for point in POINTS
        for store, statuses in kinds
        if statuses or point in STATUSES_MATTER
    ]


def reduced_table() -> list[Cell]:
    """What the suite has time for: every point killed, statuses off where it decides, each store killed once."""
    kills = [Cell(point) for point in POINTS]
    return [*kills, Cell("after_provider_ok", statuses=False), Cell("after_llm", "postgresql")]


@dataclass
class Outcome:
    """What became of a cell; `problems` is empty when every invariant held."""

    cell: Cell
    counted: Count = field(default_factory=Count)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def new_marker() -> str:
    """A word that no other message of this run holds."""
    return f"k{next(_markers):06d}k"


async def play(system: System, cell: Cell, *, shorten: bool) -> Outcome:
    """Play one cell to its end; with `shorten` the dead holder's leases are ended instead of waited for."""
    outcome, began = Outcome(cell), time.monotonic()
    try:
        shop = await open_shop(system, statuses=cell.statuses)
        outcome.counted = await _play(system, cell, shop, shorten=shorten)
        outcome.problems = outcome.counted.problems(may_be_unknown=cell.may_be_unknown)
    except AssertionError as failed:  # a wait that ran out: the cell's verdict, and the table goes on
        outcome.problems = [str(failed)]
        await _raise_again(system, cell)
    outcome.seconds = time.monotonic() - began
    return outcome


async def _play(system: System, cell: Cell, shop: Shop, *, shorten: bool) -> Count:
    victim = system.services[cell.service]
    trigger, *bystanders = [new_marker() for _ in range(3)]
    handoffs = {trigger if cell.point == "after_tool_effect" else bystanders[0]}
    await system.script([scenario(marker, handoff=marker in handoffs) for marker in (trigger, *bystanders)])
    await victim.restart(NEXUS_FAULT=f"{cell.point}:1:{'hang' if cell.store else 'kill'}")
    said = [await write(shop, trigger, handoff=trigger in handoffs)]
    if cell.store:
        await eventually(lambda: _hangs(system, cell, shop, said[0]), within=20, what=f"hanging at {cell.point}")
        await asyncio.sleep(0.4)
        said.append(await _kill_store(system, cell, shop, bystanders.pop()))
        victim.kill()
    else:
        if cell.point == "after_chat":
            await _hold_outbox(system, said[0])
        await eventually(lambda: _dead(victim), within=20, every=0.02, what=f"dead at {cell.point}")
    dead_owner = f"%:{victim.process.pid}" if victim.process else ""
    if shorten and cell.service == BRAIN:
        await system.one("update pgqueuer set heartbeat = heartbeat - interval '1 minute' where status = 'picked'")
    said += [await write(shop, marker, handoff=marker in handoffs) for marker in bystanders]
    await victim.restart()
    await eventually(
        lambda: at_rest(system, shop, said, end_leases_of=dead_owner if shorten else ""),
        within=SETTLES_WITHIN,
        every=0.4,
        what="at rest",
    )
    return await count(system, shop, said)


async def open_shop(system: System, *, statuses: bool) -> Shop:
    """A fresh shop with a mailbox for handoffs, whose number reports statuses or not."""
    shop = await system.new_shop("Tienda del caos")
    await system.set_handoff(shop, handoff_message=HANDOFF_WORDS)
    if not statuses:
        number = {
            "phone": shop.number,
            "api_key": shop.api_key,
            "webhook_url": f"http://127.0.0.1:{system.ports['gateway']}/webhook/ycloud",
            "webhook_secret": shop.secret,
            "statuses": False,
        }
        (await system.sandbox.post("/sandbox/numbers", json=number)).raise_for_status()
    return shop


def scenario(marker: str, *, handoff: bool) -> dict[str, Any]:
    """The model's part: two bubbles that name the message they answer, or a handoff that does."""
    call = {"name": "derivhumano", "arguments": {"reason": f"H:{marker}"}}
    reply = {"bubbles": [{"text": f"R:{marker} uno"}, {"text": f"R:{marker} dos"}]}
    return {"match": {"user_contains": marker}, "steps": [{"tool_calls": [call]} if handoff else {"reply": reply}]}


async def write(shop: Shop, marker: str, *, handoff: bool = False, customer: str = "") -> Said:
    """A customer (a new one by default) writes; nobody waits for the webhook's answer."""
    customer = customer or shop.customer()
    sent = await shop.say(customer, f"Hola, {marker}", wait=False)
    texts = [HANDOFF_WORDS] if handoff else [f"R:{marker} uno", f"R:{marker} dos"]
    return Said(customer, marker, sent["event_id"], sent["wamid"], handoff, texts)


async def _dead(victim: Service) -> bool:
    return victim.process is not None and victim.process.poll() is not None


async def _hold_outbox(system: System, said: Said) -> None:
    """For a moment another sender seems to hold the conversation.

    The outbox starts by itself when the reply is committed, beside the relay: without this the death could as well
    meet a bubble under way, which is the business of after_mark_sending.
    """

    async def held() -> Any:
        return await system.one(
            """update chat_conversations set outbox_owner = 'chaos',
                   outbox_lease_until = clock_timestamp() + interval '3 seconds'
               where id = (select conversation_id from chat_messages where provider_message_id = $1) returning id""",
            said.wamid,
        )

    await eventually(held, every=0.02, what="message stored")


async def _kill_store(system: System, cell: Cell, shop: Shop, marker: str) -> Said:
    """SIGKILL the store, let a customer write while it is gone, and start it again as the supervisor would."""
    store = system.postgres if cell.store == "postgresql" else system.valkey
    store.kill()
    await store.wait()
    said = await write(shop, marker)
    if cell.store == "valkey" and cell.point != "after_ack_commit":  # hung there, no webhook is taken
        await eventually(lambda: _all_out(system, said), what="answered without Valkey")
    else:
        await asyncio.sleep(0.2)
    await store.start()
    return said


async def _raise_again(system: System, cell: Cell) -> None:
    """After a cell that failed: the next one finds everything running."""
    with contextlib.suppress(AssertionError):
        await system.services[cell.service].restart()


async def _hangs(system: System, cell: Cell, shop: Shop, said: Said) -> bool:
    """Whether the work has come to the point, by its traces in the database and in the sandbox."""
    if cell.point in ("after_provider_ok", "between_bubbles"):
        return bool(await shop.received(said.customer))
    if cell.point == "after_llm":
        return bool(await system.model_runs(said.marker))
    if cell.point in ("after_ack_commit", "after_chat", "after_reply_commit"):  # the rest goes on while these hang
        return await _all_out(system, said)
    traces = await system.one(
        """select bool_or(b.in_hand) as after_claim,
                  bool_or(exists (select 1 from tool_effects e where e.burst_id = b.id)) as after_tool_effect,
                  bool_or(exists (select 1 from chat_messages o
                                  where o.burst_id = b.id and o.provider_status = 'sending')) as after_mark_sending
           from chat_messages m join bursts b on b.id = m.burst_id where m.provider_message_id = $1""",
        said.wamid,
    )
    return bool(traces[cell.point])


async def _all_out(system: System, said: Said) -> bool:
    """Whether the message is answered and no bubble of it is under way."""
    row = await system.one(
        """select exists (select 1 from chat_messages m join bursts b on b.id = m.burst_id
                          where m.provider_message_id = $1 and b.state = 'answered'
                            and not exists (select 1 from chat_messages o where o.burst_id = b.id
                                            and o.provider_status in ('pending', 'sending'))) as yes""",
        said.wamid,
    )
    return bool(row["yes"])


async def at_rest(system: System, shop: Shop, said: list[Said], *, end_leases_of: str = "") -> bool:
    """Whether nothing of the shop will move any more: every webhook taken, every burst closed, every bubble out."""
    if end_leases_of:
        await _end_leases(system, end_leases_of)
    quiet = await system.one(
        """select not exists (select 1 from chat_conversations c where c.tenant_id = $1 and c.claim_at is not null)
              and not exists (select 1 from chat_messages m where m.tenant_id = $1
                              and (m.provider_status in ('pending', 'sending')
                                   or (m.awaits_answer and m.burst_id is null)))
              and not exists (select 1 from bursts b where b.tenant_id = $1 and b.state = 'open')
              and not exists (select 1 from handoffs h where h.tenant_id = $1 and h.email_state = 'pending') as yes""",
        shop.tenant_id,
    )
    return bool(quiet["yes"]) and await _all_taken(system, shop, said)


async def _all_taken(system: System, shop: Shop, said: list[Said]) -> bool:
    """Whether YCloud has handed over everything: the messages, and three statuses of each send where it reports."""
    log = (await system.sandbox.get("/sandbox/webhook-log", params={"number": shop.number})).json()["attempts"]
    taken = {a["event_id"]: a["type"] for a in log if 200 <= a["status"] < 300}
    numbers = (await system.sandbox.get("/sandbox/numbers")).json()["numbers"]
    reports = next(n["statuses"] for n in numbers if n["phone"] == shop.number)
    sends = (await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"]
    reported = sum(kind == "whatsapp.message.updated" for kind in taken.values())
    return all(s.event_id in taken for s in said) and (not reports or reported >= 3 * len(sends))


async def _end_leases(system: System, owner: str) -> None:
    """End what a dead process still holds, and the wait for statuses; shortens waiting, changes no rule."""
    conn = await asyncpg.connect(system.postgres.superuser_dsn, database="nexus")
    try:
        await conn.execute(
            """update chat_conversations set lease_until = clock_timestamp()
               where lease_owner like $1 and lease_until > clock_timestamp()""",
            owner,
        )
        await conn.execute(
            """update chat_messages set sending_until = clock_timestamp() where provider_status = 'sending'
               and conversation_id in (select id from chat_conversations where outbox_owner like $1)""",
            owner,
        )
        await conn.execute(
            """update chat_conversations set outbox_lease_until = clock_timestamp(), outbox_due_at = clock_timestamp()
               where outbox_owner like $1""",
            owner,
        )
        await conn.execute(
            """with waited as (
                   update chat_messages set status_at = status_at - interval '15 seconds'
                   where provider_status = 'unknown' and status_at between clock_timestamp() - interval '15 seconds'
                         and clock_timestamp() - interval '3 seconds' returning conversation_id)
               update chat_conversations c set outbox_due_at = clock_timestamp() from waited
               where c.id = waited.conversation_id and c.outbox_due_at is not null"""
        )
    finally:
        await conn.close()
