"""What a person or a machine writes is written down with what became of each field; nothing else is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from nexus.runtime.actor import act_as
from nexus.runtime.logs import bind_correlation_id, forget_context
from nexus.store.agenda import list_resources, load_settings, save_hours
from nexus.store.audit import list_changes
from nexus.store.conversations import hand_off_by_person, open_conversation
from nexus.store.credentials import set_credentials
from nexus.store.database import Connection, tenant_transaction
from nexus.store.effects import save_handoff_config
from nexus.store.lockout import Pause, pause_bot
from nexus.store.secrets import Vault
from nexus.store.tenants import create_tenant, delete_tenant, update_tenant
from tests.integration.store.room import Room, new_number

WHO = "caro@tienda.test"
VAULT = Vault("master-key-of-these-tests")


@pytest.fixture(autouse=True)
def nobody_acts() -> Iterator[None]:
    """Each test says itself who acts."""
    forget_context()
    yield
    forget_context()


async def _told(room: Room) -> list[tuple[Any, ...]]:
    """(action, subject_id, {field: (before, after)}), oldest first."""
    rows = await list_changes(room.tenant_id, room.pool, limit=200)
    return [
        (row["action"], row["subject_id"], {c["field"]: (c["before"], c["after"]) for c in row["changes"]})
        for row in reversed(rows)
    ]


async def test_a_write_is_told_with_who_when_and_the_fields_that_became_others(room: Room) -> None:
    act_as(WHO)
    bind_correlation_id("corr-1")
    await update_tenant(room.tenant_id, room.pool, {"store_name": "Danza Norte", "time_zone": "America/Cordoba"})
    await update_tenant(room.tenant_id, room.pool, {"store_name": "Danza Norte"})  # what changes nothing is not told
    [row] = await list_changes(room.tenant_id, room.pool)
    assert (row["actor"], row["action"], row["subject"], row["subject_id"], row["correlation_id"]) == (
        WHO,
        "tenant.update",
        "tenant",
        str(room.tenant_id),
        "corr-1",
    )
    assert datetime.now(UTC) - row["created_at"] < timedelta(minutes=1)
    assert row["changes"] == [
        {"field": "store_name", "before": "Danza Sur", "after": "Danza Norte"},
        {"field": "time_zone", "before": "America/Argentina/Buenos_Aires", "after": "America/Cordoba"},
    ]


async def test_what_nobody_asked_for_is_not_told(room: Room, customer: str) -> None:
    await update_tenant(room.tenant_id, room.pool, {"store_name": "Del entorno"})
    await room.accept(room.inbound(customer, "Hola"))
    assert await _told(room) == []
    act_as(WHO)
    await update_tenant(room.tenant_id, room.pool, {"store_name": "De Caro"})
    act_as("")
    await update_tenant(room.tenant_id, room.pool, {"store_name": "De nadie"})  # the same connection, no actor left
    assert len(await _told(room)) == 1


async def test_secrets_are_told_only_to_have_changed(room: Room) -> None:
    act_as(WHO)
    secrets = {"api_key": "yc-llave-secreta-1", "webhook_endpoint_id": "we_1"}
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", secrets)
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"api_key": "yc-llave-secreta-2"})
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"api_key": ""})
    await set_credentials(room.tenant_id, room.pool, VAULT, "tiendanube", {"access_token": "tn-llave-secreta"})
    await save_handoff_config(
        room.tenant_id, room.pool, VAULT, {"smtp_host": "mail.test", "smtp_password": "smtp-clave-secreta"}
    )
    told = await _told(room)
    changed = "•••• cambió"
    assert told[:5] == [
        ("credentials.create", "ycloud", {"api_key": (None, changed)}),
        ("credentials.create", "ycloud", {"webhook_endpoint_id": (None, "we_1")}),
        ("credentials.update", "ycloud", {"api_key": ("••••", changed)}),
        ("credentials.update", "ycloud", {"api_key": ("••••", None)}),
        ("credentials.update", "tiendanube", {"tiendanube_access_token": (None, changed)}),
    ]
    action, subject_id, fields = told[-1]
    assert (action, subject_id) == ("handoff.create", str(room.tenant_id))
    assert (fields["smtp_host"], fields["smtp_password_encrypted"]) == ((None, "mail.test"), (None, changed))
    everything = str(await room.root.fetchval("select json_agg(a)::text from audit_log a"))
    assert "secreta" not in everything
    assert "v1." not in everything


async def test_of_chats_it_is_told_who_paused_and_wrote_but_not_what(room: Room, customer: str) -> None:
    await room.accept(room.inbound(customer, "Texto de la clienta"))
    chat, _ = await open_conversation(room.tenant_id, room.pool, customer, customer.lstrip("+"), "Lucía")
    act_as(WHO)
    later = datetime.now(UTC) + timedelta(hours=1)
    await pause_bot(room.tenant_id, room.pool, chat, Pause(later, WHO, "Está Marta"))
    await hand_off_by_person(room.tenant_id, room.pool, chat, reason="Pide a Marta", who=WHO, correlation_id="corr-2")
    told = await _told(room)
    assert [(action, subject_id) for action, subject_id, _ in told] == [("conversation.update", str(chat))] * 2
    assert {"human_override_until", "override_cause"} <= set(told[0][2])
    everything = str(await room.root.fetchval("select json_agg(a)::text from audit_log a where actor = $1", WHO))
    assert "Marta" not in everything
    assert "clienta" not in everything
    assert customer not in everything


async def test_a_week_is_told_by_the_hours_that_changed(room: Room) -> None:
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        await load_settings(room.tenant_id, conn)
        [resource] = await list_resources(room.tenant_id, conn)
        week = [
            (h["weekday"], h["opens"], h["closes"])
            for h in await conn.fetch("select * from agenda_hours order by weekday, opens")
        ]
    act_as(WHO)
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        await save_hours(room.tenant_id, conn, resource.id, week[:-1])
    assert await _told(room) == [
        (
            "agenda.delete",
            str(resource.id),
            {"weekday": (5, None), "opens": ("09:00:00", None), "closes": ("13:00:00", None)},
        )
    ]


async def test_a_new_shop_and_one_that_goes_are_told(room: Room) -> None:
    act_as(WHO)
    number = new_number()
    made = await create_tenant(room.pool, "Zapatería", number)
    [row] = await list_changes(made, room.pool)
    assert (row["actor"], row["action"], row["subject_id"]) == (WHO, "tenant.create", str(made))
    await set_credentials(made, room.pool, VAULT, "llm", {"model": "m"})
    await delete_tenant(made, room.pool)
    assert await room.root.fetchval("select count(*) from audit_log where tenant_id = $1", made) == 0
    gone = await room.root.fetch(
        "select actor, changes::text from audit_log where tenant_id is null and subject_id = $1 and action = $2",
        str(made),
        "tenant.delete",
    )
    assert [row["actor"] for row in gone] == [WHO]
    assert number in gone[0]["changes"]


async def test_pages_and_filters(room: Room) -> None:
    for n, who in enumerate([WHO, "juan@tienda.test", WHO]):
        act_as(who)
        await update_tenant(room.tenant_id, room.pool, {"store_name": f"Tienda {n}"})
    act_as(WHO)
    await set_credentials(room.tenant_id, room.pool, VAULT, "llm", {"model": "m"})
    rows = await list_changes(room.tenant_id, room.pool)
    assert len(rows) == 4
    assert await list_changes(room.tenant_id, room.pool, limit=2, before=rows[0]["id"]) == rows[1:3]
    assert await list_changes(room.tenant_id, room.pool, actor=WHO, subject="tenant") == [rows[1], rows[3]]


async def test_a_shop_sees_its_own_and_nobody_rewrites_it(room: Room, other: Room) -> None:
    act_as(WHO)
    await update_tenant(room.tenant_id, room.pool, {"store_name": "Danza Norte"})
    assert await list_changes(other.tenant_id, room.pool) == []
    for statement in (
        "update audit_log set actor = 'otra'",
        "delete from audit_log",
        "insert into audit_log (tenant_id, actor, action, subject) values (nexus_tenant(), 'x', 'x', 'x')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with tenant_transaction(room.tenant_id, room.pool) as conn:
                await conn.execute(statement)


async def test_every_trigger_of_the_audit_costs_nothing_where_nobody_acts(root: Connection) -> None:
    found = await root.fetch(
        """select t.tgname, pg_get_triggerdef(t.oid) as text from pg_trigger t join pg_proc p on p.oid = t.tgfoid
           where p.proname = 'audit_change'"""
    )
    assert len(found) >= 15
    asks = "current_setting('nexus.actor'::text, true)"
    assert [row["tgname"] for row in found if asks not in row["text"].partition("WHEN")[2]] == []
