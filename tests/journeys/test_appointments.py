"""From the chat to the agenda and back: booked, moved, cancelled, reminded, answered (issue 4; S-037, S-084)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.scripts import reply, scenario, texts_of
from tests.system import Shop, System, eventually

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")


def local(ahead: int, hour: int) -> datetime:
    """So many days from now at this hour of the shop's clock."""
    today = datetime.now(UTC).astimezone(ZONE)
    return (today + timedelta(days=ahead)).replace(hour=hour, minute=0, second=0, microsecond=0)


def words(moment: datetime) -> str:
    year = "" if moment.year == datetime.now(UTC).astimezone(ZONE).year else f"/{moment.year}"
    return f"{WEEKDAYS[moment.weekday()]} {moment:%d/%m}{year} a las {moment:%H:%M}"


async def open_shop(system: System) -> Shop:
    """A shop that gives appointments every day from 8 to 20."""
    shop = await system.new_shop()
    agenda = system.admin(shop.tenant_id)
    (resource,) = (await agenda.get("/admin/agenda/resources")).json()["items"]
    hours = [{"weekday": weekday, "opens": "08:00", "closes": "20:00"} for weekday in range(7)]
    week = {"resource_id": resource["id"], "hours": hours}
    (await agenda.put("/admin/agenda/hours", json=week)).raise_for_status()
    await settings(shop, closes_on_holidays=False)
    return shop


async def settings(shop: Shop, **changes: Any) -> None:
    put = await shop.system.admin(shop.tenant_id).put("/admin/agenda/settings", json=changes)
    put.raise_for_status()


async def appointments(shop: Shop, **more: Any) -> list[dict[str, Any]]:
    """The shop's appointments of the next week, by the admin API."""
    span = {"start_date": f"{local(0, 0):%Y-%m-%d}", "end_date": f"{local(8, 0):%Y-%m-%d}", **more}
    answer = await shop.system.admin(shop.tenant_id).get("/admin/appointments", params=span)
    answer.raise_for_status()
    return list(answer.json()["items"])


async def ask(shop: Shop, customer: str, text: str) -> str:
    """The customer writes; all that she gets for it."""
    before = len(await shop.received(customer))
    await shop.say(customer, text)
    return "\n".join(texts_of((await shop.answers(customer, before + 1))[before:]))


async def ledger_tells_the_truth(shop: Shop, customer: str) -> None:
    """Each bubble that says booked has its active row."""
    standing = {words(datetime.fromisoformat(a["start"])) for a in await appointments(shop)}
    for text in texts_of(await shop.received(customer)):
        assert "reservado" not in text or any(moment in text for moment in standing), text


async def test_the_seeds_sentence_books_tomorrow_at_14_local(system: System) -> None:
    shop = await open_shop(system)
    customer = shop.customer()
    said = await ask(shop, customer, "Quiero agendar mañana a las 14:00")
    assert f"Tu turno quedó reservado para el {words(local(1, 14))}." in said
    (made,) = await appointments(shop)
    assert datetime.fromisoformat(made["start"]) == local(1, 14)
    assert made["start"].endswith("-03:00")
    assert (made["source"], made["status"], made["customer_phone"]) == ("ai", "scheduled", customer)
    await ledger_tells_the_truth(shop, customer)


async def test_a_taken_hour_is_answered_with_free_ones_and_the_next_words_book_one(system: System) -> None:
    shop = await open_shop(system)
    first, second = shop.customer(), shop.customer()
    await ask(shop, first, "Quiero agendar mañana a las 14:00")
    offered = await ask(shop, second, "Quiero agendar mañana a las 14:00")
    assert "ocupado" in offered
    assert offered.count("•") == 3
    assert words(local(1, 15)) in offered
    assert words(local(1, 15)) in await ask(shop, second, "dale, a las 15")
    assert [datetime.fromisoformat(a["start"]).hour for a in await appointments(shop)] == [14, 15]
    await ledger_tells_the_truth(shop, second)


async def test_days_and_hours_that_cannot_be_are_explained_and_book_nothing(system: System) -> None:
    shop = await open_shop(system)
    customer = shop.customer()
    for text, why in (
        ("Quiero un turno el 30 de febrero a las 10", "no existe"),
        ("Quiero un turno el 31/12/9999 a las 10", "hasta dos años"),
        ("Quiero un turno el 1/1/2020 a las 10", "ya pasó"),
        ("Quiero un turno mañana a las 23:00", "fuera del horario"),
    ):
        assert why in await ask(shop, customer, text)
    assert await appointments(shop) == []


async def test_free_hours_are_told_and_ones_own_is_moved_and_cancelled(system: System) -> None:
    shop = await open_shop(system)
    customer, that = shop.customer(), local(2, 10)
    free = await ask(shop, customer, f"¿Qué turnos tenés el {WEEKDAYS[that.weekday()]}?")
    assert "10:00" in free
    await ask(shop, customer, "Quiero agendar mañana a las 14:00")
    moved = await ask(shop, customer, f"Cambiame el turno al {WEEKDAYS[that.weekday()]} a las 10")
    assert f"ahora es el {words(that)}" in moved
    (made,) = await appointments(shop)
    assert datetime.fromisoformat(made["start"]) == that
    assert words(that) in await ask(shop, customer, "¿Cuándo es mi turno?")
    assert "cancelé tu turno" in await ask(shop, customer, "Cancelá mi turno")
    assert await appointments(shop) == []
    assert [a["status"] for a in await appointments(shop, include_cancelled=1)] == ["cancelled"]


async def test_nobody_cancels_or_moves_anothers(system: System) -> None:
    shop = await open_shop(system)
    owner, stranger = shop.customer(), shop.customer()
    await ask(shop, owner, "Quiero agendar mañana a las 14:00")
    assert "No encuentro ningún turno tuyo" in await ask(shop, stranger, "Cancelá mi turno")
    assert "No encuentro ningún turno tuyo" in await ask(shop, stranger, "Cambiame el turno a mañana a las 16")
    (made,) = await appointments(shop)
    assert (made["status"], made["version"]) == ("scheduled", 1)


async def test_a_model_that_only_says_so_has_booked_nothing_and_the_customer_is_not_told_it_has(
    system: System,
) -> None:
    shop = await open_shop(system)
    await system.script(
        [scenario("prometeme", reply(f"¡Listo! Tu turno quedó reservado para el {words(local(1, 9))}"))]
    )
    said = await ask(shop, shop.customer(), "prometeme un turno mañana a las 9")
    assert said.startswith("Todavía no te reservé ningún turno.")
    assert await appointments(shop) == []


async def test_two_shops_keep_the_same_customers_appointments_apart(system: System) -> None:
    one, other = await open_shop(system), await open_shop(system)
    customer = one.customer()
    await ask(one, customer, "Quiero agendar mañana a las 14:00")
    assert "No encuentro ningún turno tuyo" in await ask(other, customer, "Cancelá mi turno")
    await ask(other, customer, "Quiero agendar mañana a las 14:00")
    assert "cancelé" in await ask(other, customer, "Cancelá mi turno")
    assert len(await appointments(one)) == 1
    assert await appointments(other) == []


async def test_a_reminder_goes_out_by_itself_and_its_1_2_and_3_are_understood(system: System) -> None:
    shop = await open_shop(system)
    asked = {"1": "quedó confirmado", "2": "cancelé tu turno", "3": "Qué día y a qué hora"}
    customers = {number: shop.customer() for number in asked}
    await _due_in(shop, 6, hour=9, count=len(asked))
    wishes = (f"Quiero agendar pasado mañana a las {hour} de la mañana" for hour in (9, 10, 11))
    booked = await asyncio.gather(
        *(ask(shop, customers[number], wish) for number, wish in zip(asked, wishes, strict=True))
    )
    assert all("quedó reservado" in said for said in booked)
    for (number, customer), hour in zip(customers.items(), (9, 10, 11), strict=True):
        reminder = (await shop.bubbles(customer, 2))[-1]["text"]
        assert words(local(2, hour)) in reminder
        assert "Respondé 1 para confirmar" in reminder
        assert asked[number] in await ask(shop, customer, number)
    found = await appointments(shop, include_cancelled=1)
    assert [a["status"] for a in found] == ["confirmed", "cancelled", "scheduled"]
    assert f"ahora es el {words(local(2, 18))}" in await ask(shop, customers["3"], "pasado mañana a las 18")


async def test_outside_the_window_the_reminder_is_the_template_and_a_tap_confirms(system: System) -> None:
    shop = await open_shop(system)
    customer = shop.customer()
    await settings(shop, reminder_template={"name": "turno_recordatorio", "language": "es_AR"})
    await _due_in(shop, 5, hour=9)
    await ask(shop, customer, "Quiero agendar pasado mañana a las 9 de la mañana")
    await _close_window(shop)
    reminder = (await shop.bubbles(customer, 2))[-1]
    assert reminder["type"] == "template"
    await shop.settled(customer)
    tapped = {"type": "button", "content": {"text": "Confirmo", "payload": "Confirmo"}, "quote": reminder["wamid"]}
    before = len(await shop.received(customer))
    await shop.say(customer, "Confirmo", **tapped)
    assert "quedó confirmado" in "\n".join(texts_of((await shop.answers(customer, before + 1))[before:]))
    assert [a["status"] for a in await appointments(shop)] == ["confirmed"]


async def test_outside_the_window_without_a_template_nothing_goes_out_and_the_log_says_so(system: System) -> None:
    shop = await open_shop(system)
    customer = shop.customer()
    await _due_in(shop, 4, hour=9)
    await ask(shop, customer, "Quiero agendar pasado mañana a las 9 de la mañana")
    await _close_window(shop)
    await eventually(lambda: shop.events("reminder_skipped"), what="the skipped reminder in the log")
    await shop.stays_at(customer, 1, seconds=0.2)


async def test_no_reminder_of_what_was_cancelled_and_one_of_what_was_moved(system: System) -> None:
    shop = await open_shop(system)
    cancelled, moved = shop.customer(), shop.customer()
    await _due_in(shop, 6, hour=9)
    await ask(shop, cancelled, "Quiero agendar pasado mañana a las 9 de la mañana")
    await ask(shop, cancelled, "Cancelá mi turno")
    await ask(shop, moved, "Quiero agendar pasado mañana a las 9 de la mañana")
    await ask(shop, moved, "Cambiame el turno a pasado mañana a las 11 de la mañana")
    await eventually(lambda: _settled_reminders(shop), within=25, what="the reminders' time")
    await asyncio.sleep(0.5)
    await shop.stays_at(cancelled, 2, seconds=0.1)
    await shop.stays_at(moved, 2, seconds=0.1)


async def _due_in(shop: Shop, seconds: float, *, hour: int, count: int = 1) -> None:
    """Reminders of the day after tomorrow's appointments, from this hour on, are due in so many seconds."""
    leads = [
        (local(2, hour + n) - datetime.now(UTC)).total_seconds() / 3600 - seconds / 3600 - n * 1.0e-9
        for n in range(count)
    ]
    await settings(shop, reminder_hours=leads)


async def _close_window(shop: Shop) -> None:
    """A day passes since the customers wrote."""
    await shop.system.one(
        """update chat_conversations set last_inbound_at = last_inbound_at - interval '25 hours'
           where tenant_id = $1 returning id""",
        shop.tenant_id,
    )


async def _settled_reminders(shop: Shop) -> bool:
    row = await shop.system.one(
        "select bool_or(state = 'skipped') as yes from appointment_reminders where tenant_id = $1 and state <> 'sent'",
        shop.tenant_id,
    )
    return bool(row["yes"])
