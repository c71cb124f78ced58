"""States of the way to WhatsApp: by webhook and by hand, each shop its own."""

from nexus.store.whatsapp_health import list_health, note_health
from tests.integration.store.room import Room, new_id


def _quality(room: Room, rating: str) -> dict[str, object]:
    return {
        "kind": "health", "tenant_id": room.tenant_id, "tenants": [room.tenant_id], "provider": "ycloud",
        "endpoint_id": "", "event_id": new_id("evt_"), "event_type": "whatsapp.phone_number.quality_updated",
        "correlation_id": "c-1", "body": {}, "subject": "number", "key": "quality",
        "level": {"RED": "error", "GREEN": "ok"}[rating], "code": f"quality_{rating.lower()}", "details": {},
    }  # fmt: skip


async def test_what_a_webhook_told_and_what_we_found_are_one_list_the_worst_first(room: Room, other: Room) -> None:
    assert await note_health(room.tenant_id, room.pool, "endpoint", "webhook", "warn", "endpoint_reactivated")
    await room.accept(_quality(room, "RED"))
    found = await list_health(room.tenant_id, room.pool)
    assert [(row["subject"], row["code"]) for row in found] == [
        ("number", "quality_red"),
        ("endpoint", "endpoint_reactivated"),
    ]
    assert await list_health(other.tenant_id, other.pool) == []
    assert await room.events("whatsapp_health") == 2


async def test_the_same_again_moves_neither_since_nor_the_log_and_another_code_does(room: Room) -> None:
    async def note(level: str, code: str) -> bool:
        return await note_health(room.tenant_id, room.pool, "credential", "ycloud", level, code, {"n": 1})

    assert [await note("error", "unauthorized"), await note("error", "unauthorized")] == [True, False]
    (first,) = await list_health(room.tenant_id, room.pool)
    assert await note("error", "balance_insufficient")
    (second,) = await list_health(room.tenant_id, room.pool)
    assert second["since"] > first["since"]
    assert second["details"] == {"n": 1}
    assert await note("ok", "key_works")
    assert await room.events("whatsapp_health") == 2


async def test_a_state_that_only_another_may_end_stays(room: Room) -> None:
    over = ("unauthorized", "key_works")
    for code, becomes in (("account_suspended", False), ("unauthorized", True)):
        await note_health(room.tenant_id, room.pool, "credential", "ycloud", "error", code)
        changed = await note_health(room.tenant_id, room.pool, "credential", "ycloud", "ok", "key_works", over=over)
        assert changed == becomes
