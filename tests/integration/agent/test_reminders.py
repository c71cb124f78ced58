"""A reminder goes out once, for what stands; 1, 2 and 3 are answered by code, and nothing else of the chat is."""

import json
from typing import Any
from uuid import UUID

import pytest

from nexus.orchestrator_service.appointments.reminders import send_reminder
from nexus.orchestrator_service.chat.answer import Answering
from nexus.store.agenda import save_settings
from nexus.store.appointments import Move, NewAppointment, book, move, set_status
from nexus.store.database import tenant_transaction
from nexus.store.reminders import schedule_reminders
from nexus.store.reminders_due import ReminderOf
from nexus.store.replies import Burst

from .booking import appointments, at, call, day, in_words, open_always, says
from .conftest import MakeShop, Sandbox
from .conftest import Shop as AnyShop

PHONE = "+5491155550777"


@pytest.fixture
async def shop(make_shop: MakeShop) -> AnyShop:
    made: AnyShop = await make_shop()
    await open_always(made)
    return made


async def booked(shop: AnyShop, sandbox: Sandbox, ahead: int = 3, clock: str = "14:00", **who: Any) -> UUID:
    """An appointment of the customer, booked from the chat and told to her."""
    await sandbox.script(call("book_appointment", date_time=at(ahead, clock), reason="x"), says("Listo"))
    await replied(shop, "agendame", **who)
    assert shop.last is not None
    rows = await shop.rows(
        "select id from appointments where conversation_id = $1 order by created_at desc", shop.last.conversation_id
    )
    return UUID(str(rows[0]["id"]))


async def replied(shop: AnyShop, *texts: str, **who: Any) -> list[str]:
    """What the whole answer says, as stored."""
    burst: Burst = await shop.burst(*texts, **who)
    answering = Answering(shop.settings, shop.pool, shop.cache, shop.room)
    result = await answering.answer_customer(shop.id, burst.id, burst.fence)
    return [bubble.content for bubble in result.bubbles]


async def remind(shop: AnyShop, appointment_id: UUID, lead: float = 24, version: int = 1) -> list[dict[str, Any]]:
    """The job runs; the reminders queued so far."""
    await send_reminder(shop.id, shop.pool, ReminderOf(appointment_id, lead, version))
    return await shop.rows("select * from chat_messages where client_ref like 'api:reminder:%' order by seq")


async def states(shop: AnyShop) -> dict[tuple[float, int], str]:
    rows = await shop.rows("select lead_hours, appointment_version, state from appointment_reminders")
    return {(row["lead_hours"], row["appointment_version"]): row["state"] for row in rows}


async def status_of(shop: AnyShop) -> str:
    (row,) = await appointments(shop)
    return str(row["status"])


async def changed(shop: AnyShop, statement: Any) -> None:
    async with tenant_transaction(shop.id, shop.pool) as conn:
        await statement(conn)


async def test_jobs_are_queued_for_each_lead_with_the_version(shop: AnyShop, sandbox: Sandbox) -> None:
    appointment_id = await booked(shop, sandbox)
    assert await states(shop) == {(24.0, 1): "pending", (2.0, 1): "pending"}
    jobs = await shop.rows("select payload, execute_after - now() as wait from pgqueuer where payload is not null")
    mine = [json.loads(job["payload"]) for job in jobs if str(appointment_id) in str(job["payload"])]
    assert {(job["lead_hours"], job["version"]) for job in mine} == {(24.0, 1), (2.0, 1)}
    assert min(job["wait"].total_seconds() for job in jobs if str(appointment_id) in str(job["payload"])) > 24 * 3600


async def test_within_the_window_it_is_free_text_once(shop: AnyShop, sandbox: Sandbox) -> None:
    appointment_id = await booked(shop, sandbox)
    (first,) = await remind(shop, appointment_id)
    assert first["content"].startswith(f"Hola Lucía, te recordamos tu turno en Danza Sur: {in_words(3, '14:00')}.")
    assert (first["client_ref"], first["provider_status"]) == (f"api:reminder:{appointment_id}:24:1", "pending")
    assert len(await remind(shop, appointment_id)) == 1
    assert (await states(shop))[24.0, 1] == "sent"


async def test_outside_the_window_it_is_the_shops_template_or_nothing_and_an_event(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    one, other = await booked(shop, sandbox), await booked(shop, sandbox, 4, phone=PHONE)
    await shop.rows("update chat_conversations set last_inbound_at = now() - interval '25 hours' returning id")
    assert await remind(shop, one) == []
    assert [event["event_type"] for event in await shop.events()][:1] == ["reminder_skipped"]
    template = {"reminder_template_name": "turno_recordatorio", "reminder_template_language": "es_AR"}
    await changed(shop, lambda conn: save_settings(shop.id, conn, template))
    (sent,) = await remind(shop, other)
    assert sent["message_type"] == "template"
    assert json.loads(sent["payload"]) == {
        "name": "turno_recordatorio",
        "language": "es_AR",
        "parameters": ["Lucía", in_words(4, "14:00")],
    }
    assert await remind(shop, one) == [sent]


async def test_a_cancelled_one_is_not_reminded_of(shop: AnyShop, sandbox: Sandbox) -> None:
    appointment_id = await booked(shop, sandbox)
    await changed(shop, lambda conn: set_status(shop.id, conn, appointment_id, "cancelled"))
    assert await remind(shop, appointment_id) == []
    assert (await states(shop))[24.0, 1] == "skipped"


async def test_a_moved_one_is_reminded_of_as_it_is_then(shop: AnyShop, sandbox: Sandbox) -> None:
    appointment_id = await booked(shop, sandbox)
    to = Move(starts_at=day(5).replace(hour=9))
    await changed(shop, lambda conn: move(shop.id, conn, appointment_id, to))
    assert await remind(shop, appointment_id) == []
    assert {key for key in await states(shop) if key[1] == 2} == {(24.0, 2), (2.0, 2)}
    (sent,) = await remind(shop, appointment_id, version=2)
    assert in_words(5, "09:00") in sent["content"]


@pytest.mark.parametrize("hours_left", [6, -1])
async def test_one_that_began_or_is_near_after_an_outage_is_not_reminded_of(
    shop: AnyShop, sandbox: Sandbox, hours_left: int
) -> None:
    appointment_id = await booked(shop, sandbox)
    await shop.rows(
        """update appointments set starts_at = now() + make_interval(hours => $1),
               busy_from = now() + make_interval(hours => $1) where id = $2 returning id""",
        hours_left,
        appointment_id,
    )
    assert await remind(shop, appointment_id) == []
    assert (await states(shop))[24.0, 1] == "skipped"


@pytest.mark.parametrize(
    ("answer", "status", "say"),
    [
        ("1", "confirmed", "¡Gracias! Tu turno del {} quedó confirmado. ¡Te esperamos!"),
        ("1️⃣ gracias!", None, None),
        ("Sí, confirmo", "confirmed", "¡Gracias! Tu turno del {} quedó confirmado. ¡Te esperamos!"),
        ("2.", "cancelled", "Listo, cancelé tu turno del {}. Cuando quieras te doy otro."),
        ("3", "scheduled", None),
    ],
)
async def test_the_answer_is_codes_and_changes_the_appointment_without_the_model(
    shop: AnyShop, sandbox: Sandbox, answer: str, status: str | None, say: str | None
) -> None:
    await remind(shop, await booked(shop, sandbox))
    asked = len(await sandbox.requests())
    said = await replied(shop, answer)
    if status is None:  # words that are neither a choice nor a courtesy alone are the model's to read
        assert len(await sandbox.requests()) > asked
        return
    assert len(await sandbox.requests()) == asked
    assert await status_of(shop) == status
    if say:
        assert said == [say.format(in_words(3, "14:00"))]
    else:
        assert said[0].startswith("Dale, lo cambiamos. ¿Qué día y a qué hora te queda mejor?")
        assert said[0].count("•") >= 2


async def test_a_choice_with_a_courtesy_counts_and_two_choices_do_not(shop: AnyShop, sandbox: Sandbox) -> None:
    await remind(shop, await booked(shop, sandbox))
    assert await replied(shop, "1", "2") == ["Listo"]
    await replied(shop, "hola")
    assert await status_of(shop) == "scheduled"


async def test_after_confirming_a_cancellation_still_counts_and_the_next_reminder_stays_planned(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    appointment_id = await booked(shop, sandbox)
    await remind(shop, appointment_id)
    await replied(shop, "1", "gracias")
    assert (await states(shop))[2.0, 2] == "pending"
    reminders = await remind(shop, appointment_id, lead=2, version=2)
    assert reminders[-1]["content"].endswith("respondé 2 para cancelar o 3 para cambiar el horario.")
    await replied(shop, "2")
    assert await status_of(shop) == "cancelled"


async def test_a_number_answers_what_was_asked_last(shop: AnyShop, sandbox: Sandbox) -> None:
    await remind(shop, await booked(shop, sandbox))
    await sandbox.script(says("¿Cuál querés? 1) puntas 2) medias"))
    await replied(shop, "tenés puntas?")
    await sandbox.script(says("Dale, las puntas"))
    assert await replied(shop, "1") == ["Dale, las puntas"]
    assert await status_of(shop) == "scheduled"


async def test_without_a_reminder_a_number_is_the_models(shop: AnyShop, sandbox: Sandbox) -> None:
    await booked(shop, sandbox)
    await sandbox.script(says("¿Uno qué?"))
    assert await replied(shop, "1") == ["¿Uno qué?"]
    assert await status_of(shop) == "scheduled"


async def test_an_answer_after_the_shop_moved_it_is_the_models(shop: AnyShop, sandbox: Sandbox) -> None:
    appointment_id = await booked(shop, sandbox)
    await remind(shop, appointment_id)
    await changed(shop, lambda conn: move(shop.id, conn, appointment_id, Move(starts_at=day(5).replace(hour=9))))
    await sandbox.script(says("¿Uno qué?"))
    assert await replied(shop, "1") == ["¿Uno qué?"]


async def test_another_customers_number_changes_nothing(shop: AnyShop, sandbox: Sandbox) -> None:
    await remind(shop, await booked(shop, sandbox))
    await sandbox.script(says("¿Uno qué?"))
    assert await replied(shop, "1", phone=PHONE) == ["¿Uno qué?"]
    assert await status_of(shop) == "scheduled"


async def test_a_tapped_button_of_the_template_counts_even_later(shop: AnyShop, sandbox: Sandbox) -> None:
    (sent,) = await remind(shop, await booked(shop, sandbox))
    await shop.rows(
        "update chat_messages set provider_message_id = 'wamid.r', provider = 'ycloud' where id = $1 returning id",
        sent["id"],
    )
    await sandbox.script(says("Sí, tenemos"))
    await replied(shop, "tenés puntas?")
    burst = await shop.burst("Confirmo")
    await shop.rows(
        """update chat_messages set message_type = 'button', quoted_id = 'wamid.r' where burst_id = $1 returning id""",
        burst.id,
    )
    answering = Answering(shop.settings, shop.pool, shop.cache, shop.room)
    result = await answering.answer_customer(shop.id, burst.id, burst.fence)
    assert "confirmado" in result.bubbles[0].content
    assert await status_of(shop) == "confirmed"


async def test_one_booked_by_hand_reaches_the_phone_by_template_and_may_be_answered(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    template = {"reminder_template_name": "turno_recordatorio", "reminder_template_language": "es_AR"}
    (resource,) = await shop.rows("select id from agenda_resources")
    start = day(3).replace(hour=10)

    async def by_hand(conn: Any) -> None:
        await save_settings(shop.id, conn, template)
        new = NewAppointment(
            resource["id"], start, start.replace(hour=11), "Ana", "manual", customer_phone="+54 9 11 5555-0777"
        )
        made, _ = await book(shop.id, conn, new)
        await schedule_reminders(shop.id, conn, made)

    await changed(shop, by_hand)
    (row,) = await appointments(shop)
    (sent,) = await remind(shop, UUID(str(row["id"])))
    assert sent["message_type"] == "template"
    assert "confirmado" in (await replied(shop, "1", phone=PHONE))[0]
    assert await status_of(shop) == "confirmed"
