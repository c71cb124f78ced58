"""What is kept of a customer leaves with her, from every place there is, and the shop goes on."""
# ruff: noqa: E501, S608 - the test's own statements

import asyncio
import base64
import io
import json
import re
import uuid
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import redis.asyncio as redis

from nexus.contracts.identity import phone_key
from tests.journeys.events import deliver, inbound
from tests.journeys.people import OGG, SAMPLE, act, chat_of, register, speak, upload
from tests.journeys.scripts import reply, scenario
from tests.service import eventually
from tests.system import INTERNAL_TOKEN, Shop, System


class Trail:
    """A person's marker and number, and every place of the system where either may stand."""

    def __init__(self, system: System, marker: str, phone: str) -> None:
        self.system, self.marker, self.national = system, marker, phone[-10:]
        nine, without = phone.removeprefix("+"), phone_key(phone)
        encoded = {self._in_base64(form, shift) for form in (nine, without) for shift in range(3)}
        self.needle = re.compile("|".join([marker, nine, without, self.national, *sorted(encoded)]), re.IGNORECASE)

    @staticmethod
    def _in_base64(form: str, shift: int) -> str:
        """How WhatsApp's own ids carry a number, at each of the three places it may begin at."""
        whole = base64.b64encode(b"\0" * shift + form.encode()).decode().rstrip("=")
        return re.escape(whole[4 if shift else 0 : -2])

    def _shows(self, text: str) -> bool:
        return bool(self.needle.search(text)) or self.national in re.sub("[^0-9]", "", text)

    async def places(self) -> list[str]:
        """Tables, files, Redis keys and log lines with the marker or the number, in any way of writing it."""
        media = self.system.folder / "media"
        found = [f"table {name}" async for name in self._tables()]
        found += [
            f"file {file.relative_to(media)}"
            for file in (path for path in media.rglob("*") if path.is_file())
            if self._shows(file.name) or self.needle.search(file.read_bytes().decode("latin-1"))
        ]
        found += [f"redis {key}" async for key in self._redis()]
        for log in self.system.folder.rglob("*.log"):
            found += [f"log {log.name}: {line[:200]}" for line in _lines(log) if self.needle.search(line)]
        return found

    async def _tables(self) -> AsyncIterator[str]:
        conn = await asyncpg.connect(self.system.postgres.superuser_dsn, database="nexus")
        try:
            columns = await conn.fetch(
                """select c.oid::regclass::text as name,
                          string_agg(case when t.typname = 'bytea' then format('encode(%I, ''escape'')', a.attname)
                                          else format('%I::text', a.attname) end, ', ') as texts
                   from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                   join pg_type t on t.oid = a.atttypid
                   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm') group by c.oid"""
            )
            for table in columns:
                rows = await conn.fetch(f"select concat_ws(E'\\n', {table['texts']}) as row from {table['name']}")
                if any(self._shows(row["row"]) for row in rows):
                    yield table["name"]
        finally:
            await conn.close()

    async def _redis(self) -> AsyncIterator[str]:
        client: Any = redis.Redis.from_url(self.system.valkey.url, decode_responses=True)
        async with client:
            async for key in client.scan_iter():
                kind = await client.type(key)
                value = await client.hgetall(key) if kind == "hash" else await client.get(key)
                if self._shows(f"{key} {value}"):
                    yield key


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()


async def test_after_an_erasure_no_table_file_copy_job_or_log_holds_the_person_and_the_shop_goes_on(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer, other = shop.customer(), shop.customer()
    marker = f"zafiro{uuid.uuid4().hex[:10]}"
    trail = Trail(system, marker, customer)
    first = await _leave_traces_everywhere(system, shop, customer, marker)
    await shop.say(other, "Tenés puntas de danza talle 37?")
    await shop.answers(other)
    chat = await chat_of(shop, customer)
    left = await trail.places()
    for place in ("chat_messages", "chat_conversations", "appointments", "knowledge_answers", "prompt_versions",
                  "provider_events", "burst_recordings", "conversation_notes", "handoffs", "message_words",
                  "privacy_requests", "bursts", "audit_log", "chat_media"):  # fmt: skip
        assert f"table {place}" in left, (place, left)
    assert any(place.startswith("file ") for place in left), left
    assert any(place.startswith("redis session:user") for place in left), left
    told = await _export(system, shop, conversation_id=chat["id"])
    assert {marker in json.dumps(told[part]) for part in ("persona", "conversaciones", "turnos", "notas_internas")} == {
        True
    }

    admin = system.admin(shop.tenant_id)
    wrong = await admin.post("/admin/privacy/erase", json={"conversation_id": chat["id"], "last_four": "0x0x"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (409, "wrong_digits")
    body = {"conversation_id": chat["id"], "last_four": customer[-4:]}
    erased = await admin.post("/admin/privacy/erase", json=body)

    assert erased.status_code == 200, erased.text
    assert erased.json()["counts"]["appointments_cancelled"] == 1
    assert await trail.places() == []
    assert await shop.chat(customer) is None
    agenda = (await admin.get("/admin/appointments", params=_around_now())).json()["items"]
    assert [one["customer_name"] for one in agenda if one["status"] != "cancelled"] == ["Datos borrados"]
    await _nothing_comes_back(system, shop, customer, first)
    # The shop goes on: another customer, and the same one, who is new.
    await shop.say(other, "y medias de danza?")
    await shop.answers(other, 2)
    before = len(await shop.received(customer))
    await shop.say(customer, "Tenés puntas de danza talle 37?")
    await shop.answers(customer, before + 1)
    fresh = await chat_of(shop, customer)
    assert fresh["id"] != chat["id"]
    assert [item["content"] for item in await shop.thread(customer) if item["role"] == "user"] == [
        "Tenés puntas de danza talle 37?"
    ]


async def _nothing_comes_back(system: System, shop: Shop, customer: str, first: dict[str, Any]) -> None:
    """What the provider or a direct caller delivers again, whatever the event's id, is not answered anew."""
    again = [first, first | {"id": f"evt_{uuid.uuid4().hex}"}]
    assert {(await deliver(shop, event)).json()["status"] for event in again} == {"duplicate"}
    direct = {"from_number": customer, "to_number": shop.number, "text": "otra vez", "provider": "ycloud"}
    direct |= {"provider_message_id": first["whatsappInboundMessage"]["wamid"], "event_type": "text"}
    told = await system.brain.post("/chat", json=direct, headers={"X-Internal-Token": INTERNAL_TOKEN})
    assert (told.status_code, told.json()["error"]["code"]) == (410, "message_erased")
    assert await shop.chat(customer) is None


async def test_an_erasure_in_the_middle_of_a_run_and_of_a_send_ends_both_and_nothing_comes_after(
    system: System,
) -> None:
    shop = await system.new_shop()
    running, sending = shop.customer(), shop.customer()
    await system.script([scenario("pensalo", reply("nunca llega", delay=2)), scenario("", reply("te leo", "seguimos"))])
    await shop.say(running, "pensalo bien")
    await eventually(lambda: system.model_runs("pensalo bien"), every=0.05, what="the model to be asked")
    await system.fault("ycloud.send", "delay", match={"to": sending}, seconds=1.5)
    await shop.say(sending, "mandame dos")
    query = "select 1 from chat_messages where tenant_id = $1 and provider_status = 'sending'"
    await eventually(lambda: system.one(query, shop.tenant_id), every=0.05, what="a bubble on its way")

    refused = await _refused(system)
    erased = await asyncio.gather(*(_erase(system, shop, customer) for customer in (running, sending)))

    assert [answer.status_code for answer in erased] == [200, 200]
    await shop.say(sending, "hola de nuevo")
    await shop.answers(sending, 3)  # the one that was on its way, and the answer to a person who is new
    assert [send["text"] for send in await shop.received(sending)] == ["te leo", "te leo", "seguimos"]
    await eventually(lambda: _more_refused(system, refused), what="the run's answer refused")
    assert await shop.received(running) == []
    assert await shop.chat(running) is None
    assert [event["event_type"] for event in await _errors(system, shop)] == []


async def test_tienda_nubes_privacy_webhooks_are_taken_signed_once_and_for_their_own_shop_alone(
    system: System,
) -> None:
    shop, neighbour = await system.new_shop(), await system.new_shop()
    customer, admin = shop.customer(), system.admin(shop.tenant_id)
    for one in (shop, neighbour):
        await one.say(customer, "Tenés puntas de danza talle 37?")
        await one.answers(customer)
    about = {"customer": {"id": 9, "phone": customer.removeprefix("+549"), "email": ""}, "orders_to_redact": [1]}

    forged = await _privacy_webhook(system, shop, "customers/redact", about, secret="otro")
    taken = [await _privacy_webhook(system, shop, "customers/redact", about) for _ in range(2)]
    asked = await _privacy_webhook(system, shop, "customers/data_request", about | {"data_request": {"id": 4}})
    await eventually(lambda: _is_gone(shop, customer), what="the customer's chat gone")

    assert forged["status"] == 401
    assert [answer["body"]["status"] for answer in (*taken, asked)] == ["accepted", "ignored", "accepted"]
    assert await neighbour.chat(customer) is not None
    requests = (await admin.get("/admin/privacy/requests")).json()["items"]
    assert {(one["kind"], one["state"], one["about"]) for one in requests} <= {
        ("erase", "done", None),
        ("export", "cancelled", None),
        ("export", "open", f"+54 9 11 {customer[-8:-4]}-{customer[-4:]}"),
    }

    await shop.say(customer, "hola")
    await shop.answers(customer, 2)
    assert (await _privacy_webhook(system, shop, "store/redact", {}))["body"]["status"] == "accepted"
    tenant = f"/admin/tenants/{shop.tenant_id}"
    assert (await admin.get(tenant)).json()["bot_enabled"] is False
    row = next(one for one in (await admin.get("/admin/health")).json()["items"] if one["key"] == "shop_erasure")
    assert row["level"] == "error"
    waiting = (await admin.get("/admin/privacy/requests")).json()["items"][0]
    called_off = await admin.post(f"/admin/privacy/requests/{waiting['id']}/cancel")
    assert (called_off.json()["state"], called_off.json()["done_by"]) == ("cancelled", "Una integración")
    assert (await admin.get(tenant)).json()["bot_enabled"] is True
    wrong = await admin.post("/admin/privacy/shop-erasure", json={"store_name": "Danza Norte"})
    assert wrong.status_code == 409
    again = await admin.post("/admin/privacy/shop-erasure", json={"store_name": "danza sur"})
    assert again.json()["kind"] == "erase_shop"
    # Two days later.
    await system.one(
        "update pgqueuer set execute_after = now() where entrypoint = 'privacy_request' and convert_from(payload, 'UTF8') like $1",
        f"%{again.json()['id']}%",
    )
    await eventually(lambda: _has_no_row(system, shop), what="the shop gone")
    assert not (system.folder / "media" / str(shop.tenant_id)).exists()
    assert await neighbour.chat(customer) is not None


async def _erase(system: System, shop: Shop, customer: str) -> httpx.Response:
    chat = await chat_of(shop, customer)
    body = {"conversation_id": chat["id"], "last_four": customer[-4:]}
    return await system.admin(shop.tenant_id).post("/admin/privacy/erase", json=body)


async def _refused(system: System) -> float:
    """Answers of runs that had lost their conversation."""
    metrics = (await system.brain.get("/metrics")).text
    return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("fence_rejections_total"))


async def _more_refused(system: System, before: float) -> bool:
    return await _refused(system) > before


async def _is_gone(shop: Shop, customer: str) -> bool:
    return await shop.chat(customer) is None


async def _errors(system: System, shop: Shop) -> list[dict[str, Any]]:
    answer = await system.admin(shop.tenant_id).get("/admin/logs", params={"level": "error"})
    return list(answer.json()["items"])


async def _has_no_row(system: System, shop: Shop) -> bool:
    """In no table that has a tenant, but for the folder that is remembered until it surely is gone."""
    conn = await asyncpg.connect(system.postgres.superuser_dsn, database="nexus")
    try:
        tables = await conn.fetch(
            """select c.oid::regclass::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
               where a.attname = 'tenant_id' and c.relkind = 'r' and c.relname <> 'erased_files'"""
        )
        left = [
            t["name"]
            for t in tables
            if await conn.fetchval(f"select 1 from {t['name']} where tenant_id = $1 limit 1", shop.tenant_id)
        ]
    finally:
        await conn.close()
    return left == []


async def _leave_traces_everywhere(system: System, shop: Shop, customer: str, marker: str) -> dict[str, Any]:
    """She writes, speaks, sends a file, books, is spoken of; the event of her first message."""
    admin, asked = system.admin(shop.tenant_id), f"Tenés puntas para {marker}?"
    await register(shop, customer, name=f"Lucía {marker}")
    first = inbound(shop, customer, asked, customerProfile={"name": f"Lucía {marker}"})
    assert (await deliver(shop, first)).json()["status"] == "accepted"
    await shop.answers(customer)
    voice = await upload(system, SAMPLE.read_bytes(), "voz.ogg", mime=OGG, transcript=f"soy {marker}, pedido 1023")
    await speak(shop, customer, voice)
    paper = await upload(system, _pdf(marker), f"{marker}.pdf", mime="application/pdf")
    await shop.say(customer, "", media_id=paper)
    await shop.settled(customer)
    chat = await chat_of(shop, customer)
    path = f"/admin/conversations/{chat['id']}"
    (await admin.post(f"{path}/notes", json={"text": f"{marker} paga en efectivo"})).raise_for_status()
    label = (await admin.post("/admin/labels", json={"name": f"mayorista {uuid.uuid4().hex[:6]}"})).json()
    (await admin.put(f"{path}/labels", json={"label_ids": [label["id"]]})).raise_for_status()
    written = f"011 15 {customer[-8:-4]}-{customer[-4:]}"  # as people write a number down here
    for when, status in ((timedelta(days=2), None), (timedelta(days=-2), "attended")):
        start = (datetime.now(UTC) + when).replace(minute=0, second=0, microsecond=0)
        body = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "force": True}
        body |= {
            "notes": marker,
            "title": f"Prueba de {marker}",
            "customer_name": f"Lucía {marker}",
            "customer_phone": written,
        }
        made = await admin.post("/admin/appointments", json=body)
        assert made.status_code == 201, made.text
        if status:
            put = await admin.put(f"/admin/appointments/{made.json()['id']}/status", json={"status": status})
            put.raise_for_status()
    pair = {"question": asked, "answer": "Sí, en todos los talles."}
    (await admin.post("/admin/knowledge/answers", json=pair)).raise_for_status()
    (await admin.post("/admin/prompt/publish", json={"after": 0})).raise_for_status()
    await act(shop, customer, "handoff", reason=f"{marker} quiere hablar")
    # What only trouble leaves behind: a job's last words, a warning, an event of a number that was nobody's yet.
    told = json.dumps({"conversation_id": chat["id"], "said": marker, "to": customer})
    for query in (
        "insert into pgqueuer_log (job_id, status, priority, entrypoint, traceback) values (0, 'failed', 0, 'x', $1::jsonb)",
        f"insert into system_events (tenant_id, level, event_type, message, metadata) values ({shop.tenant_id}, 'warn', 'x', 'x', $1::jsonb)",
        "insert into provider_events (provider, event_id, event_type, outcome, body) values ('ycloud', md5($1::jsonb::text), 'x', 'ignored', $1::jsonb)",
        f"update bursts set trace = $1::jsonb where tenant_id = {shop.tenant_id}",
    ):
        await system.one(query, told)
    asked_for = {"customer": {"id": 7, "phone": customer, "email": f"{marker}@correo.test"}, "data_request": {"id": 1}}
    await _privacy_webhook(system, shop, "customers/data_request", asked_for)
    return first


async def _export(system: System, shop: Shop, **who: Any) -> dict[str, Any]:
    answer = await system.admin(shop.tenant_id).get("/admin/privacy/export", params=who)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        told: dict[str, Any] = json.loads(archive.read("datos.json"))
        assert len([name for name in archive.namelist() if name.startswith("archivos/")]) == 2
    return told


async def _privacy_webhook(
    system: System, shop: Shop, event: str, about: dict[str, Any], secret: str = ""
) -> dict[str, Any]:
    """As Tienda Nube posts it, signed with the app's secret, which the shop gets by the way; {"status", "body"}."""
    key = f"app-{shop.api_key}"
    put = await system.admin(shop.tenant_id).put(
        f"/admin/tenants/{shop.tenant_id}/credentials/tiendanube", json={"client_secret": key}
    )
    put.raise_for_status()
    url = system.url("brain", f"/webhook/tiendanube/privacy/{event.replace('/', '-').replace('_', '-')}")
    body = {"event": event, "about": about, "url": url, "secret": secret or key}
    answer = await system.sandbox.post(f"/sandbox/shops/{shop.store_id}/privacy", json=body)
    answer.raise_for_status()
    return dict(answer.json())


def _pdf(marker: str) -> bytes:
    return b"%PDF-1.4\n% " + marker.encode() + b"\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def _around_now() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"start_date": f"{now - timedelta(days=5):%Y-%m-%d}", "end_date": f"{now + timedelta(days=5):%Y-%m-%d}"}
