"""Resources, services, hours, exceptions, blocks, free slots, contacts and calendar feeds over the API."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from icalendar import Calendar

from tests.integration.admin.conftest import Shop
from tests.integration.admin.test_appointments import MONDAY, Agenda, at

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeShop = Callable[..., Awaitable[Shop]]
Write = Callable[..., Awaitable[uuid.UUID]]


@pytest.fixture
def agenda(machine: httpx.AsyncClient, shop: Shop) -> Agenda:
    """A fresh shop's agenda, never configured."""
    return Agenda(machine, shop)


async def _ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def _code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


async def _free(agenda: Agenda, day: str = MONDAY, **more: Any) -> list[str]:
    found = await _ok(await agenda.ask("GET", "/agenda/free", params={"date": day, **more}))
    return [item["start"][11:16] for item in found["items"]]


async def test_the_defaults_are_there_at_the_first_look(agenda: Agenda) -> None:
    [resource] = (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]
    assert resource == {
        "id": resource["id"],
        "name": "Agenda",
        "color": "blue",
        "active": True,
        "position": 0,
        "feed_on": False,
    }
    [service] = (await _ok(await agenda.ask("GET", "/agenda/services")))["items"]
    assert (service["name"], service["minutes"], service["buffer_before"]) == ("Turno", 60, 0)
    [week] = (await _ok(await agenda.ask("GET", "/agenda/hours")))["items"]
    assert week["resource_id"] == resource["id"]
    assert week["hours"][0] == {"weekday": 0, "opens": "09:00", "closes": "18:00"}
    assert week["hours"][-1] == {"weekday": 5, "opens": "09:00", "closes": "13:00"}
    assert len(week["hours"]) == 6
    settings = await _ok(await agenda.ask("GET", "/agenda/settings"))
    assert settings == {
        "closes_on_holidays": True,
        "reminder_hours": [24.0, 2.0],
        "reminder_template": None,
        "time_zone": "America/Argentina/Buenos_Aires",
    }


async def test_a_second_resource_takes_what_the_first_cannot(agenda: Agenda) -> None:
    body = {"name": "Sala 2", "color": "green", "position": 1}
    second = await _ok(await agenda.ask("POST", "/agenda/resources", json=body), 201)
    first = await agenda.booked("10:00")
    other = await agenda.booked("10:00")
    assert first["resource_id"] != other["resource_id"] == second["id"]
    assert await _code(await agenda.book("10:00"), 409) == "slot_taken"
    assert [item["id"] for item in (await agenda.days(resource_id=second["id"]))["items"]] == [other["id"]]
    assert await _code(await agenda.put(first, resource_id=second["id"]), 409) == "slot_taken"
    moved = await _ok(await agenda.put(first, resource_id=second["id"], start=at("12:00")))
    assert moved["resource_id"] == second["id"]


async def test_a_resource_in_use_stays_and_the_last_one_too(agenda: Agenda) -> None:
    [first] = (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]
    path = f"/agenda/resources/{first['id']}"
    assert await _code(await agenda.ask("DELETE", path), 409) == "last_one"
    assert await _code(await agenda.ask("PUT", path, json={"active": False}), 409) == "last_one"
    await _ok(await agenda.ask("POST", "/agenda/resources", json={"name": "Sala 2"}), 201)
    booked = await agenda.booked("10:00", resource_id=first["id"])
    assert await _code(await agenda.ask("DELETE", path), 409) == "in_use"
    await agenda.status(booked, "cancelled")
    await _ok(await agenda.ask("DELETE", path), 204)
    states = [(r["name"], r["active"]) for r in (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]]
    assert sorted(states) == [("Agenda", False), ("Sala 2", True)]
    assert await _code(await agenda.book("10:00", resource_id=first["id"]), 404) == "resource_not_found"
    assert (await _ok(await agenda.ask("PUT", path, json={"active": True, "name": "Ana"})))["name"] == "Ana"
    assert await _code(await agenda.ask("DELETE", "/agenda/resources/2147483647"), 404) == "resource_not_found"


async def test_a_service_gives_length_buffers_and_name(agenda: Agenda) -> None:
    body = {"name": "Arreglo", "minutes": 30, "buffer_before": 10, "buffer_after": 20}
    service = await _ok(await agenda.ask("POST", "/agenda/services", json=body), 201)
    booked = await agenda.booked("10:00", service_id=service["id"])
    assert (booked["end"], booked["title"], booked["service_id"]) == (at("10:30"), "Arreglo", service["id"])
    assert await _free(agenda, service_id=service["id"]) == [
        "09:00",
        *[f"{hour:02}:{minute}" for hour in range(11, 18) for minute in ("00", "30")],
    ]
    assert (await agenda.book("10:30")).status_code == 409
    default = (await _ok(await agenda.ask("GET", "/agenda/services")))["items"][0]
    longer = await _ok(await agenda.put(booked, service_id=default["id"]))
    assert (longer["end"], longer["service_id"]) == (at("11:00"), default["id"])
    await agenda.booked("11:00")
    refused = await agenda.ask("POST", "/agenda/services", json={"name": "Nada", "minutes": 0})
    assert await _code(refused, 422) == "invalid"


async def test_hours_are_replaced_whole_and_overlaps_are_refused(agenda: Agenda) -> None:
    [resource] = (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]
    split = [
        {"weekday": 0, "opens": "22:00", "closes": "24:00"},
        {"weekday": 0, "opens": "09:00", "closes": "11:00"},
    ]
    week = {"resource_id": resource["id"], "hours": split}
    saved = await _ok(await agenda.ask("PUT", "/agenda/hours", json=week))
    assert saved["hours"] == split[::-1]
    assert (await _ok(await agenda.ask("GET", "/agenda/hours")))["items"] == [saved]
    assert await _free(agenda) == ["09:00", "09:30", "10:00", "22:00", "22:30", "23:00"]
    for wrong in (
        [*split, {"weekday": 0, "opens": "10:00", "closes": "12:00"}],
        [*split, {"weekday": 0, "opens": "23:00", "closes": "23:30"}],
        [{"weekday": 7, "opens": "10:00", "closes": "12:00"}],
        [{"weekday": 1, "opens": "12:00", "closes": "10:00"}],
        [{"weekday": 1, "opens": 36_000, "closes": "12:00"}],
    ):
        answer = await agenda.ask("PUT", "/agenda/hours", json={"resource_id": resource["id"], "hours": wrong})
        assert await _code(answer, 422) == "invalid"
    unknown = await agenda.ask("PUT", "/agenda/hours", json={"resource_id": 2**31 - 1, "hours": []})
    assert await _code(unknown, 404) == "resource_not_found"


async def test_exceptions_close_open_and_go_away(agenda: Agenda) -> None:
    closed = {"date": MONDAY, "reason": "Inventario"}
    exception = await _ok(await agenda.ask("POST", "/agenda/exceptions", json=closed), 201)
    assert await _free(agenda) == []
    assert await _code(await agenda.book("10:00"), 409) == "outside_hours"
    shown = await agenda.ask("GET", "/agenda/exceptions", params={"start_date": MONDAY, "end_date": "2031-03-04"})
    assert (await _ok(shown))["items"] == [exception]
    path = f"/agenda/exceptions/{exception['id']}"
    await _ok(await agenda.ask("DELETE", path), 204)
    assert await _code(await agenda.ask("DELETE", path), 404) == "exception_not_found"
    labour_day = {"date": "2031-05-01", "opens": "10:00", "closes": "12:00"}
    assert await _free(agenda, "2031-05-01") == []
    await _ok(await agenda.ask("POST", "/agenda/exceptions", json=labour_day), 201)
    assert await _free(agenda, "2031-05-01") == ["10:00", "10:30", "11:00"]


async def test_a_shop_that_works_on_holidays_is_open_then(agenda: Agenda) -> None:
    asked = await agenda.ask("GET", "/agenda/free", params={"date": "2031-05-01"})
    assert (await _ok(asked))["holiday"] == "Día del Trabajo"
    changes = {
        "closes_on_holidays": False,
        "reminder_hours": [48, 1.5],
        "reminder_template": {"name": "turno_recordatorio", "language": "es_AR"},
    }
    saved = await _ok(await agenda.ask("PUT", "/agenda/settings", json=changes))
    assert {name: saved[name] for name in changes} == changes
    assert len(await _free(agenda, "2031-05-01")) == 17
    forgotten = await _ok(await agenda.ask("PUT", "/agenda/settings", json={"reminder_template": None}))
    assert (forgotten["reminder_template"], forgotten["reminder_hours"]) == (None, [48, 1.5])


async def test_blocks_of_others_are_not_there(machine: httpx.AsyncClient, make_shop: MakeShop, agenda: Agenda) -> None:
    theirs = Agenda(machine, await make_shop())
    body = {"start": at("09:00"), "end": at("18:00")}
    block = await _ok(await theirs.ask("POST", "/agenda/blocks", json=body), 201)
    assert await _code(await agenda.ask("DELETE", f"/agenda/blocks/{block['id']}"), 404) == "block_not_found"
    assert len(await _free(agenda)) == 17
    assert await _free(theirs) == []
    await _ok(await theirs.ask("DELETE", f"/agenda/blocks/{block['id']}"), 204)
    assert len(await _free(theirs)) == 17
    backwards = {"start": at("18:00"), "end": at("09:00")}
    assert await _code(await agenda.ask("POST", "/agenda/blocks", json=backwards), 422) == "end_before_start"


async def test_contacts_are_found_by_name_and_number(agenda: Agenda, shop: Shop, customer_writes: Write) -> None:
    chat = await customer_writes(shop, "Hola", phone="+5491155550188", name="Lucía Díaz")
    await customer_writes(shop, "Hola", phone="+5491155550199", name="Caro")
    for q in ("lucía", "550188"):
        found = (await _ok(await agenda.ask("GET", "/agenda/contacts", params={"q": q})))["items"]
        assert found == [{"conversation_id": str(chat), "name": "Lucía Díaz", "phone": "+5491155550188"}]
    booked = await agenda.booked("10:00", conversation_id=str(chat))
    assert booked["conversation_id"] == str(chat)


async def test_a_calendar_is_read_by_its_address_until_that_is_replaced_or_revoked(
    browser: httpx.AsyncClient, agenda: Agenda
) -> None:
    booked = await agenda.booked("10:00", customer_name="Lucía")
    soon = await agenda.booked(start=(await _soon(agenda)), customer_name="Caro")
    path = f"/agenda/resources/{booked['resource_id']}/feed"
    first = urlsplit((await _ok(await agenda.ask("POST", path)))["url"])
    assert f"{first.scheme}://{first.netloc}" == "http://panel.example"
    answer = await browser.get(first.path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    summaries = [str(event["summary"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]
    assert summaries == ["Turno: Caro"]  # what lies years ahead is not in it
    await agenda.status(soon, "cancelled")
    assert Calendar.from_ical((await browser.get(first.path)).content).walk("VEVENT") == []
    second = urlsplit((await _ok(await agenda.ask("POST", path)))["url"])
    assert await _code(await browser.get(first.path), 404) == "feed_not_found"
    assert (await browser.get(second.path)).status_code == 200
    [resource] = (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]
    assert resource["feed_on"]
    await _ok(await agenda.ask("DELETE", path), 204)
    assert await _code(await browser.get(second.path), 404) == "feed_not_found"
    for made_up in ("x", f"{second.path.split('/')[-1][:-5]}x", "1-1-1-" + "A" * 43):
        assert await _code(await browser.get(f"/agenda/feed/{made_up}.ics"), 404) == "feed_not_found"


@pytest.mark.parametrize(("prefix", "shown"), [("/api", "/api"), ("", ""), ("/a b", ""), ("//evil.example", "")])
async def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_answers(
    machine: httpx.AsyncClient, agenda: Agenda, shop: Shop, prefix: str, shown: str
) -> None:
    [resource] = (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]
    proxied = {"X-Forwarded-Host": "tienda.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": prefix}
    path = f"/admin/agenda/resources/{resource['id']}/feed"
    url = (await _ok(await machine.post(path, headers=shop.headers | proxied)))["url"]
    assert url.startswith(f"https://tienda.example{shown}/agenda/feed/{shop.id}-")


async def _soon(agenda: Agenda) -> str:
    """A free time within the next month."""
    day = datetime.now(UTC).date() + timedelta(days=30)
    refused = await agenda.book(start=at("23:00", str(day)))
    return str(refused.json()["error"]["alternatives"][0]["start"])


async def test_two_that_retire_each_others_last_resource_leave_one(agenda: Agenda) -> None:
    second = await _ok(await agenda.ask("POST", "/agenda/resources", json={"name": "Sala 2"}), 201)
    [first, _] = (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]
    answers = await asyncio.gather(
        *(agenda.ask("DELETE", f"/agenda/resources/{each['id']}") for each in (first, second))
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_only_managers_change_how_the_agenda_works(sign_in: SignIn, shop: Shop) -> None:
    agenda = Agenda(await sign_in(shop, role="agent"), shop)
    [resource] = (await _ok(await agenda.ask("GET", "/agenda/resources")))["items"]
    week = {"resource_id": resource["id"], "hours": []}
    for method, path, body in (
        ("POST", "/agenda/resources", {"name": "x"}),
        ("PUT", f"/agenda/resources/{resource['id']}", {"name": "x"}),
        ("DELETE", f"/agenda/resources/{resource['id']}", None),
        ("POST", f"/agenda/resources/{resource['id']}/feed", None),
        ("PUT", "/agenda/hours", week),
        ("PUT", "/agenda/settings", {}),
        ("POST", "/agenda/exceptions", {"date": MONDAY}),
    ):
        assert await _code(await agenda.ask(method, path, json=body), 403) == "forbidden"
