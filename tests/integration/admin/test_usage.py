"""`/admin/usage`, `/admin/models` and the rows of the health page about both."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from nexus.orchestrator_service.admin.health_model import model_rows
from nexus.store.bot_settings import save_bot_settings
from nexus.store.database import Pool
from nexus.store.ledger import ModelCall, add_calls
from tests.integration.admin.conftest import Shop


async def test_a_month_is_told_by_model_with_what_is_not_priced(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    empty = (await machine.get("/admin/usage", headers=shop.headers)).json()
    assert (empty["tokens"], empty["cost_usd"], empty["by_model"]) == (0, 0.0, [])
    calls = [
        ModelCall("gpt-6-luna", 1000, 128, 50, 0, Decimal("0.0001124"), 0.5, "responses"),
        ModelCall("gpt-6-luna", 2000, 0, 100, 10, Decimal("0.00025"), 0.7, "responses"),
        ModelCall("llama3.1", 500, 0, 20, 0, None, 2.0),
        ModelCall("llama3.1", None, None, None, None, None, 12.0, "chat", "model_timeout"),
    ]
    await add_calls(shop.id, pool, calls, "burst", uuid4())
    await add_calls(shop.id, pool, calls[:1], "test", None)
    await save_bot_settings(shop.id, pool, {"monthly_token_ceiling": 4000})
    found = (await machine.get("/admin/usage", headers=shop.headers)).json()
    assert (found["tokens"], found["calls"], found["unpriced_calls"]) == (4720, 5, 1)
    assert found["cost_usd"] == pytest.approx(0.0004748)
    assert found["ceiling"] == {"tokens": 4000, "cost_usd": None, "reached": True}
    dear, free = found["by_model"]
    assert (dear["model"], dear["calls"], dear["tokens_cached"], dear["unpriced_calls"]) == ("gpt-6-luna", 3, 256, 0)
    assert (free["model"], free["cost_usd"], free["failed"]) == ("llama3.1", None, 1)
    before = (await machine.get("/admin/usage?month=2025-01", headers=shop.headers)).json()
    assert (before["month"], before["calls"], before["cost_usd"]) == ("2025-01", 0, 0.0)
    assert (await machine.get("/admin/usage?month=2025-13", headers=shop.headers)).status_code == 422


async def test_a_shops_ledger_is_its_own(machine: httpx.AsyncClient, make_shop: Any, shop: Shop, pool: Pool) -> None:
    await add_calls(shop.id, pool, [ModelCall("m", 1, 0, 1, 0, None, 0.1)], "burst", None)
    other = await make_shop("Otra")
    assert (await machine.get("/admin/usage", headers=other.headers)).json()["calls"] == 0


async def test_the_models_that_answer_are_told_with_their_last_day(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    own = {"api_key": "sk-una-clave-propia", "base_url": "https://api.openai.com/v1", "model": "gpt-4o-mini"}
    put = await machine.put(f"/admin/tenants/{shop.id}/credentials/llm", json=own, headers=shop.headers)
    assert put.status_code == 200, put.text
    await save_bot_settings(shop.id, pool, {"fallback_model": "gpt-6-luna"})
    found = (await machine.get("/admin/models", headers=shop.headers)).json()
    first, other = found["items"]
    assert (first["role"], first["model"], first["api"], first["own"]) == (
        "configured",
        "gpt-4o-mini",
        "responses",
        True,
    )
    assert (first["ends"], first["price"]) == ("2027-01-14", None)
    assert (other["role"], other["model"], other["ends"], other["ended"]) == ("fallback", "gpt-6-luna", None, False)
    assert other["price"] == {"fresh": 0.1, "cached": 0.01, "cache_write": 0.125, "out": 0.5}
    rows = (await machine.get("/admin/health", headers=shop.headers)).json()["items"]
    [row] = [row for row in rows if row["key"].startswith("model_end")]
    assert row["key"] == "model_end:gpt-4o-mini"
    assert row["level"] == ("error" if first["ended"] else "warn")


SPENT: dict[str, Any] = {"tokens": 0, "cost_usd": Decimal(0), "unpriced_calls": 0}
NONE: dict[str, Any] = {"tokens": None, "cost_usd": None}


@pytest.mark.parametrize(
    ("today", "level", "words"),
    [
        (date(2026, 11, 26), "warn", "en 49 días"),
        (date(2027, 1, 13), "warn", "mañana"),
        (date(2027, 1, 14), "error", "quedan sin respuesta"),
    ],
)
def test_a_model_with_a_last_day_warns_before_it_and_is_an_error_from_it_on(
    today: date, level: str, words: str
) -> None:
    [row] = model_rows({"models": ["gpt-4o", "gpt-6-luna"], "spent": SPENT, "ceiling": NONE}, today)
    assert row.level == level
    assert words in row.message


@pytest.mark.parametrize(
    ("spent", "ceiling", "level"),
    [
        ({"tokens": 79}, {"tokens": 100}, "ok"),
        ({"tokens": 80}, {"tokens": 100}, "warn"),
        ({"tokens": 100}, {"tokens": 100}, "error"),
        ({"tokens": 10, "cost_usd": Decimal(5)}, {"tokens": 100, "cost_usd": Decimal(5)}, "error"),
        ({"unpriced_calls": 3}, {"cost_usd": Decimal(5)}, "warn"),
    ],
)
def test_the_months_ceiling_is_a_row_before_it_is_reached(
    spent: dict[str, Any], ceiling: dict[str, Any], level: str
) -> None:
    [row] = model_rows({"models": [], "spent": SPENT | spent, "ceiling": NONE | ceiling}, date(2026, 11, 26))
    assert row.level == level
