"""What goes on meanwhile: customers who write, panels that poll, views that listen; and what of it went wrong."""

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from nexus.store.accounts import create_user
from nexus.store.database import open_pool
from tests.chaos.count import Count, count
from tests.chaos.rest import at_rest
from tests.chaos.said import HANDOFF_WORDS, Said, new_marker, scenarios, write
from tests.rolling.pairs import Pairs
from tests.service import NO_TLS, eventually
from tests.sockets import BareView, RefusedError
from tests.system import ADMIN_TOKEN, Shop

_CUSTOMERS = 60
_MOST = 3000
_HANDOFFS, _FILES = 0.04, 0.06
_POLL_SECONDS = 0.4
_BOOKINGS = 3
_PASSWORD = "una contraseña larga"


@dataclass
class Panel:
    """A person with the list of chats open: signed in once, asking again and again for what is new."""

    email: str
    base: str
    statuses: Counter[str] = field(default_factory=Counter)

    async def poll(self, over: asyncio.Event) -> None:
        """Until `over`, with the session of one sign-in."""
        async with httpx.AsyncClient(base_url=self.base, timeout=20, verify=NO_TLS, trust_env=False) as browser:
            entered = await browser.post("/api/admin/login", json={"email": self.email, "password": _PASSWORD})
            assert entered.status_code == 200, entered.text
            tag = ""
            while not over.is_set():
                try:
                    answer = await browser.get("/api/admin/chats", headers={"If-None-Match": tag} if tag else {})
                    self.statuses[str(answer.status_code)] += 1
                    tag = answer.headers.get("etag", tag)
                except httpx.HTTPError as error:
                    self.statuses[type(error).__name__] += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), _POLL_SECONDS)


@dataclass
class Agenda:
    """A view of the agenda that comes back whenever its connection ends."""

    base: str
    tenant_id: int
    heard: Counter[str] = field(default_factory=Counter)
    view: BareView | None = None

    async def listen(self, over: asyncio.Event) -> None:
        """Until `over`."""
        auth = {"token": ADMIN_TOKEN, "tenant_id": self.tenant_id}
        while not over.is_set():
            with contextlib.suppress(OSError, WebSocketException, RefusedError):
                self.view = await BareView.open(self.base, auth, self._hear)
                listening = self.view.listening
                assert listening is not None
                await asyncio.wait(
                    [listening, over_task := asyncio.create_task(over.wait())], return_when="FIRST_COMPLETED"
                )
                over_task.cancel()
                view, self.view = self.view, None
                await view.close()
            await asyncio.sleep(0.1)

    def _hear(self, event: str, arguments: list[Any]) -> None:
        if event == "NEW_APPOINTMENT":
            self.heard[arguments[0]["id"]] += 1


class Traffic:
    """Everything at once on one shop, from `run` until its context ends; then `verdict`."""

    def __init__(self, system: Pairs, shop: Shop, panels: list[Panel], agendas: list[Agenda]) -> None:
        self._system, self._shop, self.panels, self.agendas = system, shop, panels, agendas
        self.said: list[Said] = []
        self._over = asyncio.Event()
        self._booked = itertools.count()

    @classmethod
    @contextlib.asynccontextmanager
    async def run(cls, system: Pairs, per_second: float, seed: int) -> AsyncIterator["Traffic"]:
        """So many messages a second, two panels and two agendas, until the context ends."""
        shop = await system.new_shop("Tienda de turno")
        await system.set_handoff(shop, handoff_message=HANDOFF_WORDS)
        panels = [Panel(f"{name}-{shop.tenant_id}@tienda.test", system.url("panel")) for name in ("ana", "luz")]
        pool = await open_pool(system.postgres.app_dsn, "tests")
        for panel in panels:
            await create_user(pool, panel.email, _PASSWORD, tenant_id=shop.tenant_id, role="agent")
        await pool.close()
        traffic = cls(system, shop, panels, [Agenda(system.url("panel"), shop.tenant_id) for _ in range(2)])
        chance = random.Random(seed)
        planned = [(new_marker(), chance.random() < _HANDOFFS) for _ in range(_MOST)]
        await system.script(scenarios(planned, short=True))
        tasks = [asyncio.create_task(traffic._customers(planned, per_second, chance))]
        tasks += [asyncio.create_task(panel.poll(traffic._over)) for panel in panels]
        tasks += [asyncio.create_task(agenda.listen(traffic._over)) for agenda in traffic.agendas]
        try:
            yield traffic
        finally:
            traffic._over.set()
            await asyncio.gather(*tasks)

    async def _customers(self, planned: list[tuple[str, bool]], per_second: float, chance: random.Random) -> None:
        """Steadily, whatever an answer takes; a handoff silences its chat, so that one comes from a new customer."""
        known = [self._shop.customer() for _ in range(_CUSTOMERS)]
        began, writing = time.monotonic(), []
        for number, (marker, handoff) in enumerate(planned):
            await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
            if self._over.is_set():
                break
            kind = chance.choice(("voice", "photo")) if chance.random() < _FILES else "text"
            customer = "" if handoff else known[number % _CUSTOMERS]
            said = write(self._shop, marker, kind, handoff=handoff, customer=customer, short=True)
            writing.append(asyncio.create_task(said))
        self.said = list(await asyncio.gather(*writing))

    async def everyone_hears(self) -> None:
        """Book until one appointment reaches both agendas: one whose connection breaks meanwhile fetches it instead."""
        for _ in range(_BOOKINGS):
            if await self._one_is_heard():
                return
        raise AssertionError("no appointment reached both agendas")

    async def _one_is_heard(self) -> bool:
        async def connected() -> bool:
            return all(agenda.view is not None for agenda in self.agendas)

        await eventually(connected, within=20, what="both agendas connected")
        number = next(self._booked)
        body = {"start": f"2031-03-{3 + number // 9:02d}T{9 + number % 9:02d}:00:00-03:00", "customer_name": "Lucía"}
        booked = await self._system.admin(self._shop.tenant_id).post("/admin/appointments", json=body)
        assert booked.status_code == 201, booked.text
        made = booked.json()["id"]

        async def heard() -> bool:
            return all(agenda.heard[made] for agenda in self.agendas)

        with contextlib.suppress(AssertionError):
            return bool(await eventually(heard, within=12, what="both agendas told"))
        return False

    async def verdict(self) -> "Verdict":
        """Once everything has come to rest."""
        await eventually(lambda: at_rest(self._system, self._shop, self.said), within=90, every=2, what="at rest")
        query = {"number": self._shop.number}
        log = (await self._system.sandbox.get("/sandbox/webhook-log", params=query)).json()["attempts"]
        written = [attempt for attempt in log if attempt["type"].startswith("whatsapp.")]
        sends = (await self._system.sandbox.get("/sandbox/ledger", params=query)).json()["sends"]
        statuses: Counter[str] = Counter()
        for panel in self.panels:
            statuses += panel.statuses
        return Verdict(
            counted=await count(self._system, self._shop, self.said),
            webhooks=Counter(str(attempt["status"]) for attempt in written),
            polls=statuses,
            heard_twice=sum(times > 1 for agenda in self.agendas for times in agenda.heard.values()),
            out_of_order=_out_of_order(self.said, written, sends),
            complaints=[line for member in self._system.members for line in member.complaints()],
        )


@dataclass
class Verdict:
    """What came of it; `webhooks` by status of each attempt (0: no answer), `polls` by status or error."""

    counted: Count
    webhooks: Counter[str]
    polls: Counter[str]
    heard_twice: int
    out_of_order: int
    complaints: list[str]

    def problems(self) -> list[str]:
        """Every broken promise, in words."""
        bad_webhooks = self.webhooks.total() - self.webhooks["200"]
        bad_polls = self.polls.total() - self.polls["200"] - self.polls["304"]
        broken = {
            f"webhooks not taken at once {dict(self.webhooks)}": bad_webhooks,
            f"polls not answered {dict(self.polls)}": bad_polls,
            "appointments told twice": self.heard_twice,
            "answers out of order": self.out_of_order,
            f"tracebacks in the services' logs {self.complaints[:5]}": len(self.complaints),
        }
        counted = self.counted.problems(may_be_unknown=False, may_be_unheard=False)
        return [*counted, *(f"{what}: {how_many}" for what, how_many in broken.items() if how_many)]

    def __str__(self) -> str:
        n = self.counted
        return (
            f"{n.written} messages: acknowledged {n.acknowledged}, answered {n.answered}, twice {n.twice}, "
            f"lost {n.lost}, unknown {n.unknown}, parked {n.parked}, handoffs twice {n.effects_twice}, "
            f"files {n.files}; "
            f"webhooks {dict(self.webhooks)}; polls {dict(self.polls)}; out of order {self.out_of_order}"
        )


def _out_of_order(said: list[Said], written: list[dict[str, Any]], sends: list[dict[str, Any]]) -> int:
    """Answers that came before the answer to a message of the same customer that we had earlier, by the sandbox."""
    had = {attempt["event_id"]: place for place, attempt in enumerate(written) if attempt["status"] == 200}
    sent = {send["text"]: place for place, send in enumerate(sends)}
    wrong = 0
    latest: dict[str, int] = {}
    for message in sorted(said, key=lambda message: had.get(message.event_id, 0)):
        places = [sent[text] for text in message.texts if text in sent and not message.handoff]
        if places:
            wrong += places != sorted(places) or places[0] < latest.get(message.customer, -1)
            latest[message.customer] = places[-1]
    return wrong
