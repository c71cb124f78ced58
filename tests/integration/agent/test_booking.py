"""Booked from a chat: recorded once, said in code's words, refused with a reason (S-037, S-084)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from nexus.orchestrator_service.agent.outcome import Answered, Failed
from nexus.store.agenda import add_service, save_service
from nexus.store.database import tenant_transaction
from nexus.store.replies import StaleFenceError

from .booking import appointments, at, call, calls, day, in_words, open_always, says, told
from .conftest import CUSTOMER, MakeShop, Sandbox
from .conftest import Shop as AnyShop

NEIGHBOUR = "+5491155550999"


@pytest.fixture
async def shop(make_shop: MakeShop) -> AnyShop:
    made: AnyShop = await make_shop()
    await open_always(made)
    return made


def texts(outcome: Any) -> list[str]:
    assert isinstance(outcome, Answered), outcome
    return [bubble.content for bubble in outcome.bubbles]


async def test_tomorrow_at_14_is_booked_once_with_its_reminders_and_its_announcement(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="Probarme puntas"), says("¡Genial!"))
    said = texts(await shop.ask("Quiero agendar mañana a las 14:00"))
    assert said == [f"¡Listo! Tu turno quedó reservado para el {in_words(1, '14:00')}.", "¡Genial!"]
    (row,) = await appointments(shop)
    assert row["starts_at"] == day(1).replace(hour=14)
    assert (row["source"], row["status"], row["notes"]) == ("ai", "scheduled", "Probarme puntas")
    assert (row["customer_name"], row["customer_phone"]) == ("Lucía", CUSTOMER)
    assert shop.last is not None
    assert row["conversation_id"] == shop.last.conversation_id
    assert [r["event"] for r in await shop.rows("select event from announcements")] == ["NEW_APPOINTMENT"]
    leads = {r["lead_hours"] for r in await shop.rows("select lead_hours from appointment_reminders")}
    assert 2.0 in leads
    answer = await told(sandbox)
    assert answer["awaiting_confirmation"] is True
    assert answer["say"] in said


async def test_words_of_the_model_with_the_exact_date_and_time_need_no_second_sentence(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    own = f"¡Listo, Lucía! Te reservé el turno para el {in_words(1, '10:30')}. ¿Algo más?"
    await sandbox.script(call("book_appointment", date_time=at(1, "10:30"), reason="x"), says(own))
    assert texts(await shop.ask("agendame")) == [own]


async def test_a_claim_of_the_model_without_date_and_time_becomes_codes_sentence(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    own = says("¡Listo! Tu turno quedó reservado. Traé las medias.", "¡Nos vemos!")
    await sandbox.script(call("book_appointment", date_time=at(1, "10:30"), reason="x"), own)
    expected = f"¡Listo! Tu turno quedó reservado para el {in_words(1, '10:30')}. Traé las medias."
    assert texts(await shop.ask("agendame")) == [expected, "¡Nos vemos!"]


async def test_words_of_the_model_with_another_date_are_replaced(shop: AnyShop, sandbox: Sandbox) -> None:
    wrong = says(f"Te reservé el turno para el {in_words(2, '16:00')}.", "¡Te esperamos!")
    await sandbox.script(call("book_appointment", date_time=at(1, "10:30"), reason="x"), wrong)
    expected = f"¡Listo! Tu turno quedó reservado para el {in_words(1, '10:30')}."
    assert texts(await shop.ask("agendame")) == [expected, "¡Te esperamos!"]


async def test_a_taken_slot_is_refused_with_three_free_ones_and_the_claim_is_replaced_by_them(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    book = call("book_appointment", date_time=at(1, "14:00"), reason="x")
    await sandbox.script(book, says("Listo"))
    await shop.ask("agendame", phone=NEIGHBOUR)
    await sandbox.script(book, says("¡Listo! Tu turno quedó reservado."))
    (said,) = texts(await shop.ask("agendame"))
    assert "reservado" not in said
    assert in_words(1, "13:00") in said
    answer = await told(sandbox)
    assert (answer["status"], answer["reason"], len(answer["alternatives"])) == ("refused", "slot_taken", 3)
    assert len(await appointments(shop)) == 1
    assert shop.last is not None
    assert not await shop.rows("select 1 from tool_effects where burst_id = $1", shop.last.id)


@pytest.mark.parametrize(
    ("date_time", "reason"),
    [
        ("2027-02-30 10:00", "impossible_date"),
        ("2027-13-01 10:00", "impossible_date"),
        ("2027-05-10 25:00", "impossible_date"),
        ("9999-01-01 10:00", "too_far"),
        ("2099-01-01 10:00", "too_far"),
        ("2020-01-01 10:00", "past"),
        ("mañana a las 14", "unreadable"),
        ("", "unreadable"),
        ("2027-05-10", "unreadable"),
        ("2027-05-10T10:00:00Z", "unreadable"),
        ("2027-05-10T10:00:00-03:00", "unreadable"),
        (at(1, "03:00"), "outside_hours"),
        (at(1, "19:30"), "outside_hours"),
    ],
)
async def test_a_time_that_cannot_be_is_refused_with_a_reason_and_books_nothing(
    shop: AnyShop, sandbox: Sandbox, date_time: str, reason: str
) -> None:
    await sandbox.script(call("book_appointment", date_time=date_time, reason="x"), says("¿Qué día te queda bien?"))
    assert texts(await shop.ask("agendame")) == ["¿Qué día te queda bien?"]
    answer = await told(sandbox)
    assert (answer["status"], answer["reason"]) == ("refused", reason)
    assert len(answer["message"]) > 20
    assert await appointments(shop) == []


@pytest.mark.parametrize(
    ("zone", "date_time", "reason"),
    [
        ("America/New_York", "2027-03-14 02:30", "skipped_hour"),
        ("America/New_York", "2027-11-07 01:30", "ambiguous_hour"),
    ],
)
async def test_an_hour_that_the_clocks_skip_or_repeat_is_refused_with_others(
    shop: AnyShop, sandbox: Sandbox, zone: str, date_time: str, reason: str
) -> None:
    await shop.rows("update tenants set time_zone = $1 where id = $2 returning id", zone, shop.id)
    await sandbox.script(call("book_appointment", date_time=date_time, reason="x"), says("Ok"))
    await shop.ask("agendame")
    answer = await told(sandbox)
    assert answer["reason"] == reason
    assert len(answer["alternatives"]) == 3
    assert await appointments(shop) == []


@pytest.mark.parametrize(
    "claim",
    [
        "¡Listo! Tu turno quedó reservado para mañana a las 14:00.",
        "Listo, te agendé mañana a las 14.",
        "¡Reservado! Te esperamos.",
        "Turno confirmado: mañana 14:00 hs",
        "Ya cancelé tu turno.",
        "Te cambié el turno para el jueves a las 10.",
        "Dale, nos vemos mañana a las 14:00.",
        "Tu turno está agendado.",
        "He reservado tu turno.",
    ],
)
async def test_a_claim_without_the_deed_does_not_reach_the_customer(
    shop: AnyShop, sandbox: Sandbox, claim: str
) -> None:
    await sandbox.script(says("Hola", claim))
    hello, honest = texts(await shop.ask("Quiero un turno mañana a las 14:00"))
    assert hello == "Hola"
    assert honest.startswith("Todavía no ")


@pytest.mark.parametrize(
    "text",
    [
        "¿Querés que te reserve el turno de mañana?",
        "Tengo varios horarios libres. ¿Cuál te reservo?",
        "Todavía no está reservado: ¿me confirmás la hora?",
        "No pude reservar ese horario.",
        "Decime un día y te lo agendo.",
        "Trabajamos con turnos. ¿Te agendo uno?",
        "Si querés cancelar un turno, avisame.",
    ],
)
async def test_what_claims_nothing_stays(shop: AnyShop, sandbox: Sandbox, text: str) -> None:
    await sandbox.script(says(text))
    assert texts(await shop.ask("Quiero un turno mañana")) == [text]


async def test_an_appointment_that_stands_may_be_spoken_of(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("Listo"))
    await shop.ask("agendame")
    right, wrong = (f"Tenés tu turno reservado para el {in_words(1, clock)}." for clock in ("14:00", "15:00"))
    await sandbox.script(says(right))
    assert texts(await shop.ask("¿cuándo es mi turno?")) == [right]
    await sandbox.script(says(wrong))
    assert texts(await shop.ask("¿cuándo es mi turno?")) != [wrong]
    prompt = (await sandbox.requests())[-1]["body"]["messages"][-1]["content"]
    assert f"Turnos del cliente: {in_words(1, '14:00')} (Turno, a confirmar)." in prompt
    assert "Servicios con turno: Turno (60 min)." in prompt


async def test_a_run_again_gets_what_was_recorded_and_says_it(shop: AnyShop, sandbox: Sandbox) -> None:
    burst = await shop.burst("agendame mañana a las 14")
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("Listo"))
    first = texts(await shop.answer(burst))
    await sandbox.script(call("book_appointment", date_time=at(2, "11:00"), reason="y"), says("Listo"))
    assert texts(await shop.answer(burst)) == first
    await sandbox.script(says("Hola"))
    assert texts(await shop.answer(burst)) == [first[0], "Hola"]
    assert len(await appointments(shop)) == 1


async def test_a_second_try_within_the_run_books_no_second_time(shop: AnyShop, sandbox: Sandbox) -> None:
    book = call("book_appointment", date_time=at(1, "14:00"), reason="x")
    await sandbox.script(book, {"empty": True})
    (said,) = texts(await shop.ask("agendame"))
    assert in_words(1, "14:00") in said
    assert len(await appointments(shop)) == 1


@pytest.mark.parametrize("ending", [{"status": 500}, {"garbage": True}, {"hang": 30}])
async def test_a_booking_whose_model_fails_afterwards_is_told_all_the_same(
    make_shop: MakeShop, sandbox: Sandbox, ending: dict[str, Any]
) -> None:
    shop = await make_shop(ANSWER_DEADLINE_SECONDS=4)
    await open_always(shop)
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), ending)
    assert texts(await shop.ask("agendame")) == [f"¡Listo! Tu turno quedó reservado para el {in_words(1, '14:00')}."]


async def test_a_refused_booking_whose_model_fails_is_a_failure(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time="2020-01-01 10:00", reason="x"), {"status": 500})
    assert isinstance(await shop.ask("agendame"), Failed)


async def test_a_run_that_lost_its_claim_books_nothing(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("Listo"))
    burst = await shop.burst("agendame")
    await shop.rows("update chat_conversations set fence = fence + 1 where id = $1 returning id", burst.conversation_id)
    with pytest.raises(StaleFenceError):
        await shop.answer(burst)
    assert await appointments(shop) == []


async def test_the_same_call_three_times_at_once_is_one_appointment(shop: AnyShop, sandbox: Sandbox) -> None:
    book = call("book_appointment", date_time=at(1, "14:00"), reason="x")
    await sandbox.script(calls(book, book, book), says("Listo"))
    await shop.ask("agendame")
    assert len(await appointments(shop)) == 1


async def test_one_slot_for_many_customers_at_once_is_one_appointment_and_alternatives_for_the_rest(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("¡Reservado!"))
    bursts = [await shop.burst("agendame", phone=f"+54911{n:08}") for n in range(8)]
    said = [" ".join(texts(outcome)) for outcome in await asyncio.gather(*(shop.answer(burst) for burst in bursts))]
    assert sum("quedó reservado" in one for one in said) == 1
    assert sum("Cerca tengo libre" in one for one in said) == 7
    assert len(await appointments(shop)) == 1


async def test_a_move_and_a_cancellation_are_of_ones_own_only(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("Listo"))
    await shop.ask("agendame", phone=NEIGHBOUR)
    for step in (
        call("cancel_appointment", date_time=at(1, "14:00")),
        call("cancel_appointment"),
        call("reschedule_appointment", new_date_time=at(1, "16:00"), current_date_time=at(1, "14:00")),
    ):
        await sandbox.script(step, says("Listo, cancelé el turno."))
        (said,) = texts(await shop.ask("cancelá el turno de mañana a las 14"))
        assert said.startswith("Todavía no ")
        assert (await told(sandbox))["reason"] == "none_of_yours"
    (row,) = await appointments(shop)
    assert (row["status"], row["version"]) == ("scheduled", 1)


async def test_ones_own_is_moved_with_new_reminders_and_then_cancelled(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time=at(3, "14:00"), reason="x"), says("Listo"))
    await shop.ask("agendame")
    await sandbox.script(call("reschedule_appointment", new_date_time=at(4, "10:00")), says("Dale"))
    moved = texts(await shop.ask("pasalo"))
    assert moved[0] == f"¡Listo! Cambié tu turno del {in_words(3, '14:00')}: ahora es el {in_words(4, '10:00')}."
    reminders = await shop.rows("select distinct appointment_version from appointment_reminders order by 1")
    assert [r["appointment_version"] for r in reminders] == [1, 2]
    await sandbox.script(call("cancel_appointment"), says("Dale"))
    assert texts(await shop.ask("cancelalo"))[0].startswith(f"Listo, cancelé tu turno del {in_words(4, '10:00')}.")
    (row,) = await appointments(shop)
    assert (row["status"], row["starts_at"]) == ("cancelled", day(4).replace(hour=10))
    events = await shop.rows("select event from announcements order by id")
    assert [r["event"] for r in events] == ["NEW_APPOINTMENT", "APPOINTMENT_UPDATED", "APPOINTMENT_DELETED"]


async def test_of_several_the_one_meant_has_to_be_named(shop: AnyShop, sandbox: Sandbox) -> None:
    both = calls(*(call("book_appointment", date_time=at(1, clock), reason="x") for clock in ("10:00", "12:00")))
    await sandbox.script(both, says("Listo"))
    assert len(texts(await shop.ask("agendame dos"))) == 3
    await sandbox.script(call("cancel_appointment"), says("¿Cuál?"))
    await shop.ask("cancelá")
    assert (await told(sandbox))["reason"] == "which_one"
    await sandbox.script(call("cancel_appointment", date_time=at(1, "12:00")), says("Listo"))
    await shop.ask("el de las 12")
    assert [row["status"] for row in await appointments(shop)] == ["scheduled", "cancelled"]


async def test_of_several_services_one_is_named_and_an_unknown_one_is_refused(shop: AnyShop, sandbox: Sandbox) -> None:
    async with tenant_transaction(shop.id, shop.pool) as conn:
        await add_service(shop.id, conn, {"name": "Corte", "minutes": 30})
        await add_service(shop.id, conn, {"name": "Uñas esculpidas", "minutes": 90})
    when = at(1, "14:00")
    for arguments, status, reason in (
        ({"reason": "ir"}, "refused", "which_service"),
        ({"reason": "x", "service": "masajes"}, "refused", "unknown_service"),
        ({"reason": "Quiero un corte"}, "booked", None),
    ):
        await sandbox.script(call("book_appointment", date_time=when, **arguments), says("Ok"))
        said = texts(await shop.ask("agendame"))
        answer = await told(sandbox)
        assert (answer["status"], answer.get("reason")) == (status, reason)
    assert said[0] == f"¡Listo! Te reservé Corte para el {in_words(1, '14:00')}."
    (row,) = await appointments(shop)
    assert (row["ends_at"] - row["starts_at"]).seconds == 1800


async def test_a_shop_without_services_refuses(shop: AnyShop, sandbox: Sandbox) -> None:
    await shop.rows("update agenda_services set active = false returning id")
    for step in (call("book_appointment", date_time=at(1, "14:00"), reason="x"), call("check_availability", date="x")):
        await sandbox.script(step, says("Ok"))
        await shop.ask("agendame")
        assert (await told(sandbox))["reason"] == "no_service"


async def test_free_times_of_a_day_leave_out_what_is_taken_and_a_full_day_offers_others(
    shop: AnyShop, sandbox: Sandbox
) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("Listo"))
    await shop.ask("agendame")
    await sandbox.script(call("check_availability", date=at(1, "")), says("Ok"))
    await shop.ask("¿qué hay mañana?")
    free = (await told(sandbox))["free_times"]
    assert {"08:00", "13:00", "15:00", "19:00"} <= set(free)
    assert not {"13:30", "14:00", "14:30"} & set(free)
    await shop.rows("delete from agenda_hours where weekday = $1 returning 1", day(1).weekday())
    await shop.ask("¿qué hay mañana?")
    full = await told(sandbox)
    assert (full["status"], len(full["alternatives"])) == ("full", 3)


async def test_two_shops_book_the_same_hour_for_the_same_customer_apart(make_shop: MakeShop, sandbox: Sandbox) -> None:
    one, other = await make_shop(), await make_shop()
    await open_always(one)
    await open_always(other)
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("Listo"))
    await one.ask("agendame")
    await other.ask("agendame")
    await sandbox.script(call("cancel_appointment"), says("Listo"))
    await other.ask("cancelá")
    assert [row["status"] for row in await appointments(one)] == ["scheduled"]
    assert [row["status"] for row in await appointments(other)] == ["cancelled"]


async def test_a_service_that_stops_meanwhile_keeps_what_was_booked(shop: AnyShop, sandbox: Sandbox) -> None:
    await sandbox.script(call("book_appointment", date_time=at(1, "14:00"), reason="x"), says("Listo"))
    await shop.ask("agendame")
    async with tenant_transaction(shop.id, shop.pool) as conn:
        other = await add_service(shop.id, conn, {"name": "Otro", "minutes": 15})
        (first,) = [r["service_id"] for r in await appointments(shop)]
        assert other.id != first
        await save_service(shop.id, conn, first, {"active": False})
    await sandbox.script(call("reschedule_appointment", new_date_time=at(1, "16:00")), says("Dale"))
    await shop.ask("pasalo")
    (row,) = await appointments(shop)
    assert row["starts_at"] == day(1).replace(hour=16)
    assert datetime.now(UTC) < row["starts_at"]
