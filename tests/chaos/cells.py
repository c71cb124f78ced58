"""The table: every fault point by every victim, each cell a shop of its own played from webhook to rest."""

import asyncio
import contextlib
import itertools
import time
from dataclasses import dataclass, field, replace
from typing import Any

from tests.chaos.count import Count, count
from tests.chaos.rest import at_rest, end_media_leases
from tests.chaos.said import HANDOFF_WORDS, KINDS, Said, new_marker, scenarios, write
from tests.chaos.upload import die_while_uploading
from tests.service import Service, eventually
from tests.system import Shop, System

PHONE_SIDE, BRAIN = "whatsapp-service", "orchestrator-service"
POINTS = {
    "after_ack_commit": PHONE_SIDE,
    "after_media_file": PHONE_SIDE,
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
DURING_UPLOAD = "during_upload"
"""No point in our code: YCloud holds the upload of a webp picture back while the sender dies."""
STATUSES_MATTER = ("after_mark_sending", "after_provider_ok")
_LEASES_END = (
    "after_media_file", "after_claim", "after_mark_sending", "after_provider_ok", "between_bubbles", DURING_UPLOAD,
)  # fmt: skip
RETRY_SCALE = "0.001"
"""YCloud's retries within 20 s instead of 5 h 36 min: past every outage of this table."""
SETTLES_WITHIN = 150.0


@dataclass(frozen=True)
class Cell:
    """One point with one victim; `store` empty means that the service is killed at the point itself.

    `kind` is what the message holds at which it happens (said.py); the bystanders are of the other two.
    """

    point: str
    store: str = ""
    statuses: bool = True
    kind: str = "text"

    @property
    def service(self) -> str:
        """The service in which the point lies."""
        return POINTS.get(self.point, PHONE_SIDE)

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

    @property
    def may_be_unheard(self) -> bool:
        """Whether a voice note may miss its 8 s: only where who fetches and hears it, or where it is kept, dies."""
        return self.service == PHONE_SIDE or self.store == "postgresql"


def full_table() -> list[Cell]:
    """Every point killed; every point hung while PostgreSQL and Valkey die; statuses off where they matter."""
    deaths = [("", True), ("", False), ("postgresql", True), ("postgresql", False), ("valkey", True)]
    bare = [
        Cell(point, store, statuses)
        for point in POINTS
        for store, statuses in deaths
        if statuses or point in STATUSES_MATTER
    ]
    return [*_with_kinds(bare), Cell(DURING_UPLOAD)]


def reduced_table() -> list[Cell]:
    """What the suite has time for: every point killed, statuses off where it decides, a store killed where it hurts."""
    kills = [Cell(point) for point in POINTS]
    more = [Cell("after_provider_ok", statuses=False), Cell("after_llm", "postgresql")]
    return [
        *_with_kinds([*kills, *more]),
        Cell("after_media_file", "postgresql", kind="voice"),
        Cell(DURING_UPLOAD),
    ]


def _with_kinds(cells: list[Cell]) -> list[Cell]:
    """Every kind of message in turn; a text has no file to die at."""
    kinds = itertools.cycle(("voice", "photo", "text"))
    with_file = itertools.cycle(("voice", "photo"))
    return [replace(c, kind=next(with_file if c.point == "after_media_file" else kinds)) for c in cells]


@dataclass
class Outcome:
    """What became of a cell; `problems` is empty when every invariant held."""

    cell: Cell
    counted: Count = field(default_factory=Count)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def play(system: System, cell: Cell, *, shorten: bool) -> Outcome:
    """Play one cell to its end; with `shorten` the dead holder's leases are ended instead of waited for."""
    outcome, began = Outcome(cell), time.monotonic()
    try:
        shop = await open_shop(system, statuses=cell.statuses)
        outcome.counted = await _play(system, cell, shop, shorten=shorten)
        outcome.problems = outcome.counted.problems(
            may_be_unknown=cell.may_be_unknown, may_be_unheard=cell.may_be_unheard
        )
    except AssertionError as failed:  # a wait that ran out: the cell's verdict, and the table goes on
        outcome.problems = [str(failed)]
        await _raise_again(system, cell)
    outcome.seconds = time.monotonic() - began
    return outcome


async def _play(system: System, cell: Cell, shop: Shop, *, shorten: bool) -> Count:
    victim = system.services[cell.service]
    if cell.point == DURING_UPLOAD:
        return await die_while_uploading(system, victim, shop, shorten=shorten, settles_within=SETTLES_WITHIN)
    trigger, *bystanders = _planned(cell)
    await system.script(scenarios([(plan.marker, plan.handoff) for plan in (trigger, *bystanders)]))
    await victim.restart(NEXUS_FAULT=f"{cell.point}:1:{'hang' if cell.store else 'kill'}")
    said = [await _write(shop, trigger)]
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
    if shorten:
        await _end_work_of_the_dead(system, cell)
    said += [await _write(shop, plan) for plan in bystanders]
    await victim.restart()
    await eventually(
        lambda: at_rest(system, shop, said, end_leases_of=dead_owner if shorten else ""),
        within=SETTLES_WITHIN,
        every=0.4,
        what="at rest",
    )
    return await count(system, shop, said)


@dataclass(frozen=True)
class _Plan:
    """A message to be written."""

    marker: str
    kind: str
    handoff: bool


def _planned(cell: Cell) -> list[_Plan]:
    """The message at which it happens, and two bystanders: of the three one is text, one voice and one a photo."""
    kinds = [cell.kind, *(kind for kind in KINDS if kind != cell.kind)]
    handed_off = 0 if cell.point == "after_tool_effect" else 1
    return [_Plan(new_marker(), kind, handoff=place == handed_off) for place, kind in enumerate(kinds)]


async def _write(shop: Shop, plan: _Plan) -> Said:
    return await write(shop, plan.marker, plan.kind, handoff=plan.handoff)


async def _end_work_of_the_dead(system: System, cell: Cell) -> None:
    """Leases that only time would end, and that nobody alive holds now."""
    if cell.service == BRAIN:
        await system.one("update pgqueuer set heartbeat = heartbeat - interval '1 minute' where status = 'picked'")
    else:
        await end_media_leases(system)


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


async def _kill_store(system: System, cell: Cell, shop: Shop, plan: _Plan) -> Said:
    """SIGKILL the store, let a customer write while it is gone, and start it again as the supervisor would."""
    store = system.postgres if cell.store == "postgresql" else system.valkey
    store.kill()
    await store.wait()
    said = await _write(shop, plan)
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
    if cell.point == "after_media_file":
        return await _file_without_row(system, shop, said)
    traces = await system.one(
        """select bool_or(b.in_hand) as after_claim,
                  bool_or(exists (select 1 from tool_effects e where e.burst_id = b.id)) as after_tool_effect,
                  bool_or(exists (select 1 from chat_messages o
                                  where o.burst_id = b.id and o.provider_status = 'sending')) as after_mark_sending
           from chat_messages m join bursts b on b.id = m.burst_id where m.provider_message_id = $1""",
        said.wamid,
    )
    return bool(traces[cell.point])


async def _file_without_row(system: System, shop: Shop, said: Said) -> bool:
    row = await system.one("select id, media_id from chat_messages where provider_message_id = $1", said.wamid)
    path = system.folder / "media" / str(shop.tenant_id) / str(row["id"] if row else "")
    return row is not None and row["media_id"] is None and path.is_file()


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
