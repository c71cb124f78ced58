"""Appointments over the API: ranges, booking, moving, status, and what is offered instead (S-077 to S-082)."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.integration.admin.conftest import Shop

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeShop = Callable[..., Awaitable[Shop]]
Write = Callable[..., Awaitable[uuid.UUID]]

MONDAY = "2031-03-03"
"""Far from now, no holiday, and Buenos Aires is at -03:00."""


def at(clock: str, day: str = MONDAY) -> str:
    """A local time of the shop, as the API writes it."""
    return f"{day}T{clock}:00-03:00"


class Agenda:
    """One shop's agenda as a machine sees it."""

    def __init__(self, client: httpx.AsyncClient, shop: Shop) -> None:
        self._client, self._shop = client, shop

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self._client.request(method, f"/admin{path}", headers=self._shop.headers, **more)

    async def book(self, clock: str = "10:00", **fields: Any) -> httpx.Response:
        return await self.ask("POST", "/appointments", json={"start": at(clock), "customer_name": "Lucía"} | fields)

    async def booked(self, clock: str = "10:00", **fields: Any) -> dict[str, Any]:
        answer = await self.book(clock, **fields)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def put(self, item: dict[str, Any], **fields: Any) -> httpx.Response:
        return await self.ask("PUT", f"/appointments/{item['id']}", json=fields)

    async def status(self, item: dict[str, Any], status: str, method: str = "PUT") -> httpx.Response:
        return await self.ask(method, f"/appointments/{item['id']}/status", json={"status": status})

    async def days(self, start: str = MONDAY, end: str = "2031-03-04", **more: Any) -> dict[str, Any]:
        answer = await self.ask("GET", "/appointments", params={"start_date": start, "end_date": end, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
def agenda(machine: httpx.AsyncClient, shop: Shop) -> Agenda:
    """A fresh shop's agenda, never configured."""
    return Agenda(machine, shop)


async def test_a_shop_that_configured_nothing_can_book_at_once(agenda: Agenda, shop: Shop) -> None:
    booked = await agenda.booked(customer_phone="+54 9 11 5555-0123", notes="Trae puntas")
    assert booked == {
        "id": booked["id"],
        "tenant_id": shop.id,
        "title": "Turno",
        "start": at("10:00"),
        "end": at("11:00"),
        "status": "scheduled",
        "source": "manual",
        "customer_name": "Lucía",
        "customer_phone": "+5491155550123",
        "conversation_id": None,
        "resource_id": booked["resource_id"],
        "service_id": booked["service_id"],
        "notes": "Trae puntas",
        "version": 1,
    }
    page = await agenda.days()
    assert page["items"] == [booked]
    assert (page["blocks"], page["holidays"]) == ([], [])
    assert page["time_zone"] == "America/Argentina/Buenos_Aires"
    assert (await agenda.ask("GET", f"/appointments/{booked['id']}")).json() == booked


async def test_a_taken_slot_is_refused_with_the_three_nearest_free_ones(agenda: Agenda) -> None:
    booked = await agenda.booked("10:00")
    refused = await agenda.book("10:30")
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert error["code"] == "slot_taken"
    assert [slot["start"] for slot in error["alternatives"]] == [at("09:00"), at("11:00"), at("11:30")]
    assert {slot["resource_id"] for slot in error["alternatives"]} == {booked["resource_id"]}
    assert (await agenda.book("11:00")).status_code == 201


async def test_the_same_ref_is_the_same_appointment(agenda: Agenda) -> None:
    answers = await asyncio.gather(*(agenda.book("10:00", client_ref="form-1") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_closed_hours_holidays_and_blocks_are_refused_unless_forced(agenda: Agenda) -> None:
    block = {"start": at("15:00"), "end": at("16:00"), "reason": "Reunión"}
    assert (await agenda.ask("POST", "/agenda/blocks", json=block)).status_code == 201
    for start, code in (
        (at("20:00"), "outside_hours"),
        (at("10:00", "2031-03-02"), "outside_hours"),
        (at("10:00", "2031-05-01"), "holiday"),
        (at("14:30"), "blocked"),
    ):
        refused = await agenda.book(start=start)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, code), refused.text
        assert len(refused.json()["error"]["alternatives"]) == 3
        assert (await agenda.book(start=start, force=True)).status_code == 201
    assert (await agenda.book("14:30", force=True)).json()["error"]["code"] == "slot_taken"


async def test_moving_keeps_the_length_and_rolls_back_on_a_conflict(agenda: Agenda) -> None:
    other, mine = await agenda.booked("10:00"), await agenda.booked("12:00", end=at("12:30"))
    moved = (await agenda.put(mine, start=at("13:00"), version=1)).json()
    assert (moved["start"], moved["end"], moved["version"]) == (at("13:00"), at("13:30"), 2)
    refused = await agenda.put(moved, start=at("10:15"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "slot_taken")
    starts = [slot["start"] for slot in refused.json()["error"]["alternatives"]]
    assert starts == [at("09:00"), at("09:30"), at("11:00")]
    stale = await agenda.put(mine, notes="x", version=1)
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "version_conflict")
    assert stale.json()["error"]["appointment"] == moved
    assert (await agenda.days())["items"] == [other, moved]
    onto_itself = (await agenda.put(moved, start=at("13:15"), end=at("14:15"), notes="Más largo")).json()
    assert (onto_itself["end"], onto_itself["notes"]) == (at("14:15"), "Más largo")


async def test_a_cancelled_slot_is_free_and_coming_back_looks_again(agenda: Agenda) -> None:
    first = await agenda.booked("10:00")
    cancelled = (await agenda.status(first, "cancelled")).json()
    assert (cancelled["status"], cancelled["version"]) == ("cancelled", 2)
    assert (await agenda.days())["items"] == []
    assert (await agenda.days(include_cancelled=1))["items"] == [cancelled]
    edit = await agenda.put(first, start=at("12:00"))
    assert (edit.status_code, edit.json()["error"]["code"]) == (409, "cancelled")
    second = await agenda.booked("10:00")
    back = await agenda.status(first, "scheduled", "PATCH")
    assert (back.status_code, back.json()["error"]["code"]) == (409, "slot_taken")
    assert len(back.json()["error"]["alternatives"]) == 3
    await agenda.status(second, "cancelled")
    assert (await agenda.status(first, "confirmed")).json()["status"] == "confirmed"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"end": at("09:00")}, "end_before_start"),
        ({"end": at("10:00", "2031-04-03")}, "too_long"),
        ({"start": "9999-12-31T23:00:00-03:00"}, "time_out_of_range"),
        ({"start": "1999-12-31T23:00:00"}, "time_out_of_range"),
        ({"start": 1_900_000_000}, "invalid"),
        ({"start": "2031-03-03"}, "invalid"),
        ({"customer_name": " "}, "invalid"),
    ],
)
async def test_what_is_no_appointment_is_refused(agenda: Agenda, fields: dict[str, Any], code: str) -> None:
    answer = await agenda.book(**fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code), answer.text


async def test_local_times_are_the_shops_and_a_time_change_is_noticed(
    machine: httpx.AsyncClient, make_shop: MakeShop
) -> None:
    agenda = Agenda(machine, await make_shop(time_zone="America/New_York"))
    booked = await agenda.booked(start="2031-03-07T10:00")
    assert booked["start"] == "2031-03-07T10:00:00-05:00"
    moved = (await agenda.put(booked, start="2031-03-10T10:00")).json()
    assert moved["start"] == "2031-03-10T10:00:00-04:00"
    over = await agenda.booked(start="2031-03-09T01:30", force=True)
    assert (over["start"][19:], over["end"]) == ("-05:00", "2031-03-09T03:30:00-04:00")
    back = (await agenda.put(over, start="2031-03-08T01:30", force=True)).json()
    assert back["end"] == "2031-03-08T02:30:00-05:00"
    gap = await agenda.book(start="2031-03-09T02:30", force=True)
    assert (gap.status_code, gap.json()["error"]["code"]) == (422, "no_such_time")
    twice = await agenda.book(start="2031-11-02T01:30", force=True)
    assert (twice.status_code, twice.json()["error"]["code"]) == (422, "ambiguous_time")
    assert (await agenda.book(start="2031-11-02T01:30:00-05:00", force=True)).status_code == 201


async def test_what_another_shop_has_does_not_exist_here(
    machine: httpx.AsyncClient, make_shop: MakeShop, agenda: Agenda, customer_writes: Write
) -> None:
    neighbours = await make_shop()
    theirs = Agenda(machine, neighbours)
    item = await theirs.booked("10:00")
    chat = await customer_writes(neighbours, "Hola")
    for answer in (
        await agenda.put(item, notes="x"),
        await agenda.status(item, "confirmed"),
        await agenda.ask("GET", f"/appointments/{item['id']}"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "appointment_not_found")
    for field, code in (("resource_id", "resource_not_found"), ("service_id", "service_not_found")):
        answer = await agenda.book(**{field: item[field]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)
    answer = await agenda.book(conversation_id=str(chat))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "conversation_not_found")
    assert (await agenda.days())["items"] == []
    assert (await agenda.book("10:00")).status_code == 201


async def test_roles_read_write_and_manage(sign_in: SignIn, make_shop: MakeShop) -> None:
    may_write = {"read-only": 403, "agent": 201, "manager": 201}
    for role, expected in may_write.items():
        shop = await make_shop()
        agenda = Agenda(await sign_in(shop, role=role), shop)
        assert (await agenda.days())["items"] == []
        answer = await agenda.book("10:00")
        assert answer.status_code == expected, answer.text
        block = await agenda.ask("POST", "/agenda/blocks", json={"start": at("12:00"), "end": at("13:00")})
        assert block.status_code == expected
        manages = await agenda.ask("POST", "/agenda/services", json={"name": "Clase", "minutes": 30})
        assert manages.status_code == (201 if role == "manager" else 403)


async def test_blocks_holidays_and_bad_ranges(agenda: Agenda) -> None:
    block = (await agenda.ask("POST", "/agenda/blocks", json={"start": at("15:00"), "end": at("16:00")})).json()
    page = await agenda.days("2031-03-01", "2031-04-01")
    assert page["blocks"] == [block]
    assert {"date": "2031-03-24", "name": "Día Nacional de la Memoria por la Verdad y la Justicia"} in page["holidays"]
    for start, end in (("2031-03-03", "2031-03-03"), ("2031-03-03", "2035-03-03"), ("1500-01-01", "1500-02-01")):
        answer = await agenda.ask("GET", "/appointments", params={"start_date": start, "end_date": end})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_range")
    day = await agenda.ask("GET", "/agenda/free", params={"date": "9999-12-31"})
    assert (day.status_code, day.json()["error"]["code"]) == (422, "bad_range")
