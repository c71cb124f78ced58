"""Statuses by webhook move a bubble exactly as architecture.md section 4 allows, whatever order they come in."""

import itertools
from typing import Any
from uuid import UUID

import pytest

from nexus.contracts.identity import phone_key
from nexus.store.messages import Outgoing, queue_for_address
from tests.integration.store.room import Room, new_id

STATES = ("pending", "sending", "sent", "delivered", "read", "failed", "unknown", "discarded")
BY_WEBHOOK = ("sent", "delivered", "read", "failed")
ALLOWED = {
    ("sending", "sent"),
    ("sending", "delivered"),
    ("sending", "read"),
    ("sending", "failed"),
    ("unknown", "sent"),
    ("unknown", "delivered"),
    ("unknown", "read"),
    ("unknown", "failed"),
    ("sent", "delivered"),
    ("sent", "read"),
    ("sent", "failed"),
    ("failed", "delivered"),
    ("failed", "read"),
    ("delivered", "read"),
}
ALLOWED_AFTER_AN_ATTEMPT = ALLOWED | {("pending", "sent"), ("pending", "delivered"), ("pending", "read")}


async def _bubble(room: Room, customer: str, state: str, attempts: int) -> tuple[UUID, str]:
    message_id, _ = await queue_for_address(
        room.tenant_id, room.pool, customer, phone_key(customer), Outgoing("text", "Hola", new_id("ref"))
    )
    external_id = f"nx:{room.tenant_id}:{message_id}"
    await room.root.execute(
        "update chat_messages set provider_status = $2, attempts = $3, external_id = $4 where id = $1",
        message_id,
        state,
        attempts,
        external_id,
    )
    return message_id, external_id


async def _state(room: Room, message_id: UUID) -> Any:
    return (await room.messages("id = $1", message_id))[0]["provider_status"]


@pytest.mark.parametrize("attempts", [0, 1])
async def test_every_step_of_the_table_is_taken_and_no_other(room: Room, customer: str, attempts: int) -> None:
    allowed = ALLOWED_AFTER_AN_ATTEMPT if attempts else ALLOWED
    taken = set()
    for old, new in itertools.product(STATES, BY_WEBHOOK):
        message_id, external_id = await _bubble(room, customer, old, attempts)
        [accepted] = await room.accept(room.status(customer, new, externalId=external_id))
        state = await _state(room, message_id)
        assert (accepted.outcome, state) in (("accepted", new), ("ignored", old)), (old, new)
        assert accepted.outcome == "accepted" or accepted.reason == "state_not_allowed"
        if accepted.outcome == "accepted":
            taken.add((old, new))
    assert taken == allowed


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
async def test_sent_delivered_and_read_in_any_order_end_as_read(
    room: Room, customer: str, order: tuple[str, ...]
) -> None:
    message_id, external_id = await _bubble(room, customer, "sending", 1)
    await room.accept(*(room.status(customer, status, externalId=external_id) for status in order))
    assert await _state(room, message_id) == "read"


async def test_a_status_finds_its_message_by_external_id_provider_id_or_wamid(room: Room, customer: str) -> None:
    message_id, external_id = await _bubble(room, customer, "sending", 1)
    provider_id, wamid = new_id("yc"), new_id("wamid.")
    await room.accept(room.status(customer, "sent", externalId=external_id, id=provider_id, wamid=wamid))
    [row] = await room.messages("id = $1", message_id)
    assert (row["provider_id"], row["provider_message_id"]) == (provider_id, wamid)
    await room.accept(room.status(customer, "delivered", id=provider_id))
    assert await _state(room, message_id) == "delivered"
    await room.root.execute("update chat_messages set provider = 'ycloud' where id = $1", message_id)
    await room.accept(room.status(customer, "read", wamid=wamid))
    assert await _state(room, message_id) == "read"


async def test_a_status_never_reaches_another_tenant_s_message(room: Room, other: Room, customer: str) -> None:
    message_id, external_id = await _bubble(room, customer, "sending", 1)
    [accepted] = await other.accept(other.status(customer, "sent", externalId=external_id))
    assert (accepted.outcome, accepted.reason) == ("ignored", "unknown_message")
    assert await _state(room, message_id) == "sending"


async def test_a_status_never_moves_the_customer_s_own_message(room: Room, customer: str) -> None:
    wamid = new_id("wamid.")
    await room.accept(room.inbound(customer, wamid=wamid))
    [accepted] = await room.accept(room.status(customer, "read", wamid=wamid))
    assert (accepted.outcome, accepted.reason) == ("ignored", "unknown_message")


async def test_a_closed_window_fails_the_sent_bubble_with_its_code_and_asks_for_a_person(
    room: Room, customer: str
) -> None:
    message_id, external_id = await _bubble(room, customer, "sent", 1)
    failed = room.status(customer, "failed", externalId=external_id, errorCode="131047", errorMessage="Re-engagement")
    assert await room.outcomes(failed) == ["accepted"]
    [row] = await room.messages("id = $1", message_id)
    assert (row["status_code"], row["status_message"]) == ("131047", "Re-engagement")
    chat = await room.chat(customer)
    assert (chat["needs_human_since"] is not None, chat["needs_human_reason"]) == (True, "send_failed")


async def test_a_failure_that_arrives_before_its_delivery_is_forgotten(room: Room, customer: str) -> None:
    message_id, external_id = await _bubble(room, customer, "sent", 1)
    for status, code in (("failed", "131026"), ("delivered", None)):
        await room.accept(room.status(customer, status, externalId=external_id, errorCode=code))
    [row] = await room.messages("id = $1", message_id)
    assert (row["provider_status"], row["status_code"]) == ("delivered", None)
