"""What a call costs, when a model ends, when an unpaid key is left alone, and which months there are."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nexus.gateways.llm import model_settings
from nexus.orchestrator_service.agent.circuit import OPEN_SECONDS, Circuits
from nexus.orchestrator_service.agent.prices import cost_usd, end_of
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.ledger import Month


@pytest.mark.parametrize(
    ("model", "tokens", "cost"),
    [
        # the turn that llm.md reckons: two calls of 1,600 in and 75 out
        ("gpt-6-luna", {"tokens_in": 3200, "tokens_out": 150}, "0.000395"),
        ("gpt-6-luna", {"tokens_in": 3200, "cached": 3072, "tokens_out": 150}, "0.00011852"),
        ("gpt-5.6-luna", {"tokens_in": 2000, "cache_write": 1024, "tokens_out": 0}, "0.0004512"),
        ("gpt-6-luna-2026-10-01", {"tokens_in": 1_000_000, "tokens_out": 0}, "0.1"),
        ("gpt-6-sol", {"tokens_in": 0, "tokens_out": 1_000_000}, "10"),
    ],
)
def test_a_call_is_priced_by_what_was_read_anew_cached_and_written(
    model: str, tokens: dict[str, int], cost: str
) -> None:
    assert cost_usd(model, **tokens) == Decimal(cost)  # type: ignore[arg-type]


def test_an_unknown_price_or_unknown_tokens_are_no_cost_and_not_nought() -> None:
    assert cost_usd("llama3.1:8b", tokens_in=1000, tokens_out=10) is None
    assert cost_usd("gpt-6-luna", tokens_in=None, tokens_out=None) is None


def test_models_that_end_are_known_by_their_day() -> None:
    assert end_of("gpt-5-mini") == date(2026, 12, 11)
    assert end_of("gpt-4o-mini") == date(2027, 1, 14)
    assert end_of("gpt-6-luna") is None


async def test_an_unpaid_key_is_left_alone_for_a_while_without_redis_and_told_once() -> None:
    now = 1000.0
    circuits = Circuits(Cache(""), lambda: now)
    assert not await circuits.is_open(1, "k")
    assert await circuits.open(1, "k")
    assert await circuits.is_open(1, "k")
    assert not await circuits.is_open(2, "k")  # another tenant, and another key of the same
    assert not await circuits.is_open(1, "other")
    now += OPEN_SECONDS + 1
    assert not await circuits.is_open(1, "k")
    assert not await circuits.open(1, "k")  # again, and nobody is told twice
    await circuits.close(1, "k")
    assert not await circuits.is_open(1, "k")
    assert await circuits.open(1, "k")


def test_nobody_falls_back_on_what_another_pays() -> None:
    environ = {"LLM_API_KEY": "plataforma", "LLM_FALLBACK_MODEL": "de-reserva", "LLM_BASE_URL": "http://127.0.0.1/v1"}
    settings = Settings(_env_file=None, **environ)  # type: ignore[call-arg]
    platform = model_settings(settings, {})
    assert (platform.api_key, platform.fallback) == ("plataforma", "de-reserva")
    own = model_settings(settings, {"api_key": "propia"})
    assert (own.api_key, own.fallback) == ("propia", "")
    chosen = model_settings(settings, {"api_key": "propia"}, "otro")
    assert (chosen.api_key, chosen.fallback) == ("propia", "otro")
    same = model_settings(settings, {}, settings.llm_model)
    assert same.fallback == ""
    assert len({settings_.known_as for settings_ in (platform, own)}) == 2
    assert "propia" not in own.known_as


def test_a_month_is_of_the_shops_own_days() -> None:
    month = Month.around(datetime(2026, 12, 1, 1, tzinfo=UTC), "America/Argentina/Buenos_Aires")
    assert month.since == datetime(2026, 11, 1, 3, tzinfo=UTC)
    assert month.until == datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert Month.of(2026, 12, "UTC").until == datetime(2027, 1, 1, tzinfo=UTC)
