"""`/admin/metrics`, its CSV, and the log with its filters."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from nexus.store.database import Pool
from nexus.store.events import add_event
from tests.integration.admin.conftest import Shop

TODAY = datetime.now(ZoneInfo("America/Argentina/Buenos_Aires")).date()
TOMORROW = TODAY + timedelta(days=1)


async def test_the_last_seven_days_with_today_are_shown_beside_the_seven_before(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Callable[..., Awaitable[UUID]]
) -> None:
    chat = await customer_writes(shop, "Hola")
    await customer_writes(shop, "¿Tenés puntas?")
    await customer_writes(shop, "Quiero hablar con alguien", phone="+5491155550124")
    handed = await machine.post(
        f"/admin/conversations/{chat}/handoff", json={"reason": "Pidió una persona"}, headers=shop.headers
    )
    assert handed.status_code == 202
    answer = await machine.get("/admin/metrics", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["from"], found["to"]) == (str(TODAY - timedelta(days=6)), str(TOMORROW))
    assert found["time_zone"] == "America/Argentina/Buenos_Aires"
    assert [day["date"] for day in found["days"]] == [str(TODAY - timedelta(days=n)) for n in range(6, -1, -1)]
    assert found["figures"] == {
        "conversations": 2,
        "answered_by_bot": 0,
        "handed_over": 1,
        "first_response_p50_seconds": None,
        "first_response_p90_seconds": None,
        "tokens": 0,
    }
    assert found["previous"]["conversations"] == 0
    assert found["days"][-1] | {"date": ""} == {
        "date": "",
        "conversations": 2,
        "answered_by_bot": 0,
        "handed_over": 1,
        "messages_in": 3,
        "messages_out": 0,
        "first_response_p50_seconds": None,
        "first_response_p90_seconds": None,
        "tokens_in": 0,
        "tokens_out": 0,
    }
    reason = {"reason": "panel", "label": "Alguien la derivó desde el panel", "count": 1}
    assert found["handoff_reasons"] == [reason]
    assert [hour["hour"] for hour in found["hours"]] == list(range(24))
    assert sum(hour["messages_in"] for hour in found["hours"]) == 3


@pytest.mark.parametrize("table", ["days", "handoff_reasons", "hours"])
async def test_the_file_holds_what_the_page_shows(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Callable[..., Awaitable[UUID]], table: str
) -> None:
    chat = await customer_writes(shop, "Hola")
    await machine.post(f"/admin/conversations/{chat}/handoff", json={"reason": "x"}, headers=shop.headers)
    shown = (await machine.get("/admin/metrics", headers=shop.headers)).json()[table]
    file = await machine.get(f"/admin/metrics.csv?table={table}&tenant_id={shop.id}")  # as a link asks for it
    assert file.status_code == 200, file.text
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"].startswith(f'attachment; filename="nexus-{table}-')
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in file.content
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))
    assert rows == [{name: "" if value is None else str(value) for name, value in row.items()} for row in shown]


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-01-02&to=2026-01-02",
        "from=2026-01-03&to=2026-01-02",
        "from=2024-01-01&to=2026-01-01",
        "from=0001-01-01&to=0001-01-02",
        "to=9999-12-31",
        "from=ayer",
    ],
)
async def test_days_that_are_no_period_are_refused(machine: httpx.AsyncClient, shop: Shop, query: str) -> None:
    answer = await machine.get(f"/admin/metrics?{query}", headers=shop.headers)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


async def test_a_neighbour_sees_nothing_and_read_only_sees_the_figures(
    make_shop: Callable[..., Awaitable[Shop]], sign_in: Callable[..., Awaitable[httpx.AsyncClient]]
) -> None:
    own, foreign = await make_shop(), await make_shop("Otra")
    browser = await sign_in(own, role="read-only")
    for path in ("/admin/metrics", "/admin/metrics.csv?table=days", "/admin/logs", "/admin/logs/types"):
        assert (await browser.get(path, headers=own.headers)).status_code == 200, path
        assert (await browser.get(path, headers=foreign.headers)).status_code == 404, path


async def test_the_log_is_filtered_by_day_level_type_and_words(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    await add_event(shop.id, pool, "info", "handoff", "Una conversación pasó a una persona", {"source": "bot"})
    await add_event(shop.id, pool, "warn", "smtp_failed", "No se pudo enviar", {"error": "550 sin 100% de lugar"})
    await add_event(shop.id, pool, "error", "nunca_visto", "Otra cosa")

    async def types(query: str) -> list[str]:
        answer = await machine.get(f"/admin/logs?{query}", headers=shop.headers)
        assert answer.status_code == 200, answer.text
        return [item["event_type"] for item in answer.json()["items"]]

    assert await types("") == ["nunca_visto", "smtp_failed", "handoff"]
    assert await types("level=info&level=warn") == ["smtp_failed", "handoff"]
    assert await types("event_type=handoff&event_type=nunca_visto") == ["nunca_visto", "handoff"]
    assert await types("q=PERSONA") == ["handoff"]
    assert await types("q=100%25 de") == ["smtp_failed"]
    assert await types("q=1%25d") == []
    today = datetime.now(UTC).astimezone(ZoneInfo("America/Argentina/Buenos_Aires")).date()
    assert len(await types(f"from={today}&to={today + timedelta(days=1)}")) == 3
    assert await types(f"to={today}") == []
    assert await types(f"from={today + timedelta(days=1)}") == []
    labels = {
        item["event_type"]: item["label"]
        for item in (await machine.get("/admin/logs", headers=shop.headers)).json()["items"]
    }
    assert labels["smtp_failed"] == "Falló un correo"
    assert labels["nunca_visto"] == "Nunca visto"
    counted = (await machine.get("/admin/logs/types", headers=shop.headers)).json()["items"]
    assert {item["event_type"]: item["count"] for item in counted} == dict.fromkeys(labels, 1)
