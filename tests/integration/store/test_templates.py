"""The list of templates: replaced whole, each shop its own, moved by webhooks in between."""

import asyncio

from nexus.store.templates import Template, list_templates, load_template, replace_templates
from tests.integration.store.room import Room, new_id

BODY = [{"type": "BODY", "text": "Hola {{1}}"}]


def _named(*names: str) -> list[Template]:
    return [Template(name, "es_AR", "UTILITY", "APPROVED", BODY) for name in names]


async def test_a_new_list_takes_the_place_of_the_old_one_of_its_shop_alone(room: Room, other: Room) -> None:
    await replace_templates(other.tenant_id, other.pool, _named("ajena"))
    await replace_templates(room.tenant_id, room.pool, _named("a", "b"))
    await replace_templates(room.tenant_id, room.pool, _named("b", "c", "c"))
    found, synced_at = await list_templates(room.tenant_id, room.pool)
    assert [template.name for template in found] == ["b", "c"]
    assert synced_at is not None
    assert (await load_template(room.tenant_id, room.pool, "b", "es_AR")) == _named("b")[0]
    assert await load_template(room.tenant_id, room.pool, "ajena", "es_AR") is None
    await replace_templates(room.tenant_id, room.pool, [])
    assert await list_templates(room.tenant_id, room.pool) == ([], None)
    assert len((await list_templates(other.tenant_id, other.pool))[0]) == 1


async def test_two_lists_at_once_never_mix(room: Room) -> None:
    lists = [_named(*(f"{which}{n}" for n in range(5))) for which in "abcdef"]
    await asyncio.gather(*(replace_templates(room.tenant_id, room.pool, each) for each in lists))
    found, _ = await list_templates(room.tenant_id, room.pool)
    assert len({template.name[0] for template in found}) == 1
    assert len(found) == 5


async def test_a_webhook_moves_the_state_and_one_never_listed_has_no_parts(room: Room) -> None:
    await replace_templates(room.tenant_id, room.pool, _named("turno"))
    for name in ("turno", "nueva"):
        details = {"name": name, "language": "es_AR", "status": "PAUSED"}
        event = {
            "kind": "health", "tenant_id": room.tenant_id, "tenants": [room.tenant_id], "provider": "ycloud",
            "endpoint_id": "", "event_id": new_id("evt_"), "event_type": "whatsapp.template.reviewed",
            "correlation_id": "c-1", "body": {}, "subject": "template", "key": f"{name}/es_AR", "level": "warn",
            "code": "template_paused", "details": details,
        }  # fmt: skip
        await room.accept(event)
    found, _ = await list_templates(room.tenant_id, room.pool)
    assert [(each.name, each.status, bool(each.components)) for each in found] == [
        ("nueva", "PAUSED", False),
        ("turno", "PAUSED", True),
    ]
