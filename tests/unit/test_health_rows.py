"""How the health page judges what it was told: from which figure on a row is yellow or red, and what it says then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nexus.gateways.far_clocks import far_clocks, note_clock
from nexus.orchestrator_service.admin.health_installation import Disk, clock_row, disk_row, redis_row, zone_row
from nexus.orchestrator_service.admin.health_rows import HealthRow, tenant_rows

_GB = 1024**3
_NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
_UNUSED = {"ok_at": None, "failed_at": None, "failed": 0, "reason": None}
_FACTS: dict[str, Any] = {
    "now": _NOW, "key_set": True, "heard_at": _NOW, "shop_resting": False, "public_url": "https://bot.danza.example",
    "waiting": {"bursts": 0, "bursts_since": None, "bubbles": 0, "bubbles_since": None, "doubtful": 0},
    "sends": _UNUSED, "shop": _UNUSED, "model": _UNUSED, "mail": _UNUSED, "model_waiting": None, "simulated": False,
    "shop_set": True, "shop_refused": None, "catalogue_at": None, "catalogue_error": None, "model_set": True,
    "mail_wanted": True, "mail_set": True,
}  # fmt: skip


def _rows(tests: dict[str, Any], told: list[dict[str, Any]] | None = None, **facts: Any) -> dict[str, HealthRow]:
    return {row.key: row for row in tenant_rows(_FACTS | facts, tests, "green", told or [], model_given=True)}


def _tried(ok: bool, message: str, who: str = "ana@danza.example", minutes: int = 1) -> dict[str, Any]:
    at = _NOW - timedelta(minutes=minutes)
    return {"tested_ok": ok, "tested_message": message, "tested_at": at, "tested_by": who}


@pytest.mark.parametrize(
    ("free", "total", "level"),
    [
        (30, 100, "ok"),
        (6, 100, "ok"),
        (4.9, 100, "warn"),
        (1.1, 100, "warn"),
        (0.9, 100, "error"),
        (2.9, 30, "warn"),
        (1.9, 10, "warn"),
        (2.5, 10, "ok"),
        (0.4, 4, "error"),
        (0.6, 4, "warn"),
    ],
)
def test_a_disk_is_judged_by_its_share_and_by_what_is_left(free: float, total: float, level: str) -> None:
    row = disk_row([Disk("la base", int(free * _GB), int(total * _GB)), Disk("fotos", 500 * _GB, 900 * _GB)])
    assert row.level == level
    assert ("fotos" in row.message) == (level == "ok")  # what is well is left out beside what is not


@pytest.mark.parametrize(
    ("seconds", "level", "words"), [(1, "ok", "PostgreSQL"), (-9, "warn", "adelantado 9 s"), (600, "error", "10 min")]
)
def test_a_clock_is_judged_by_the_one_that_differs_most(seconds: int, level: str, words: str) -> None:
    row = clock_row(timedelta(seconds=seconds), {"tiendanube": timedelta(), "pictures": timedelta(days=3)})
    assert (row.level, words in row.message) == (level, True)


def test_a_date_of_whole_seconds_is_no_difference() -> None:
    at = datetime(2026, 11, 26, 15, tzinfo=UTC).timestamp()
    for date, seen in (("Thu, 26 Nov 2026 14:59:00 GMT", "early"), ("ayer", "none")):
        note_clock(seen, {"date": date}, at + 0.4)
    assert "none" not in far_clocks()
    assert far_clocks()["early"] == timedelta(seconds=-59.4)


def test_a_zone_that_somebody_does_not_know_or_knows_otherwise_is_red() -> None:
    hours = [timedelta(hours=-3), timedelta(hours=-2), None]
    levels = {(a, b): zone_row("America/Argentina/Buenos_Aires", a, b).level for a in hours for b in hours}
    assert {pair for pair, level in levels.items() if level == "ok"} == {(hours[0], hours[0]), (hours[1], hours[1])}


def test_redis_is_yellow_when_away_and_when_it_will_refuse_to_keep_more() -> None:
    full = {"used": 95, "most": 100, "evicts": False}
    found = [redis_row(True, None), redis_row(True, full), redis_row(True, full | {"evicts": True})]
    assert [row.level for row in (redis_row(False, None), *found)] == ["warn", "ok", "warn", "ok"]


def test_a_vendor_that_is_away_and_one_that_refuses_ask_for_different_things() -> None:
    away = _rows({kind: _tried(False, "YCloud no contestó; probá de nuevo.") for kind in ("ycloud", "tiendanube")})
    refused = _rows({"tiendanube": _tried(False, "Tienda Nube rechaza el token.")})
    assert [away[key].level for key in ("ycloud", "shop")] == ["error", "error"]
    assert away["shop"].fix != refused["shop"].fix
    assert "Suele volver" in (away["shop"].fix or "")
    assert away["shop"].tried_at == _NOW - timedelta(minutes=1)


def test_a_key_is_as_ycloud_last_said_whoever_asked_last() -> None:
    told = {"subject": "credential", "key": "ycloud", "since": _NOW, "details": {}}
    works = told | {"level": "ok", "code": "key_works", "updated_at": _NOW}
    empty = told | {"level": "error", "code": "balance_insufficient", "updated_at": _NOW - timedelta(hours=1)}
    failed, fine = _tried(False, "YCloud no contestó; probá.", minutes=5), _tried(True, "La clave funciona.")
    assert [_rows({"ycloud": test}, [key])["ycloud"].level for test, key in ((failed, works), (fine, empty))] == [
        "ok",
        "error",
    ]
    assert "whatsapp:credential:ycloud" not in _rows({}, [empty])
    assert "ycloud" not in _rows({}, key_set=False)


def test_the_public_address_is_yellow_where_messages_arrive_and_red_where_they_do_not() -> None:
    failed = {"public_url": _tried(False, "No se pudo abrir.")}
    levels = [
        _rows(failed)["public_url"].level,
        _rows(failed, heard_at=_NOW - timedelta(days=1))["public_url"].level,
        _rows({"public_url": _tried(True, "Lleva a nuestro webhook.")})["public_url"].level,
        _rows({}, public_url="")["public_url"].level,
        _rows({}, public_url="", heard_at=None)["public_url"].level,
    ]
    assert levels == ["warn", "error", "ok", "ok", "warn"]


def test_a_list_of_models_does_not_end_an_unpaid_account_by_itself() -> None:
    unpaid = _UNUSED | {"failed_at": _NOW - timedelta(hours=1), "reason": "model_quota"}
    listed = "Leí la lista de modelos."
    assert _rows({"llm": _tried(True, listed, who="nexus doctor")}, model=unpaid)["model"].level == "error"
    assert _rows({"llm": _tried(True, listed)}, model=unpaid)["model"].level == "ok"
