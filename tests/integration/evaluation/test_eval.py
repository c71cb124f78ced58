"""Scenario files against the real agent and stores: a few of each kind; all of them with `./nexus eval`."""

from collections.abc import AsyncIterator

import pytest

from nexus.evaluation.command import FOLDER, as_data, failed, play_all
from nexus.evaluation.place import Place, made_place
from nexus.evaluation.scenario import Expect, Scenario, Turn, load_scenarios
from nexus.runtime.cache import Cache
from nexus.store.database import Pool
from tests.integration.agent.conftest import Sandbox, open_sandbox, sandbox

__all__ = ["open_sandbox", "sandbox"]

SAMPLE = {
    "puntas-talle-37", "producto-agotado-punteras", "envio-sin-dato", "pedido-ajeno", "despues-de-derivar-calla",
    "turno-maniana-14", "esa-en-negro-sin-redis", "respuesta-citando", "audio-con-numero-en-letras",
    "inyeccion-en-la-descripcion", "tienda-caida",
}  # fmt: skip


@pytest.fixture
async def place(sandbox: Sandbox, pool: Pool, cache: Cache) -> AsyncIterator[Place]:
    async with made_place(pool, cache, sandbox.address, {}) as made:
        yield made


async def test_the_sample_of_every_file_passes_with_the_demo_brain(place: Place) -> None:
    scenarios = [one for one in load_scenarios(sorted(FOLDER.glob("*.toml"))) if one.name in SAMPLE]
    assert len(scenarios) == len(SAMPLE)
    scores = await play_all(place, scenarios)
    assert {score.scenario.name: score.wrong for score in failed(scores, real=False)} == {}
    assert not place.real_model


async def test_a_bot_that_does_something_else_fails_and_is_named(place: Place, sandbox: Sandbox) -> None:
    await sandbox.script({"tool_calls": [{"name": "derivhumano", "arguments": {"reason": "x"}}]})
    asked = Turn(("tenés puntas?",), expect=Expect(says_all=("giselle",), effects=(), handoff=False))
    (score,) = await play_all(place, [Scenario("miente", "deriva sin que se lo pidan", (asked,))])
    assert score.wrong == [
        "turno 1: no dice: giselle",
        "turno 1: hizo ['derivhumano'], y debía nada",
        "turno 1: derivó a una persona",
    ]
    assert as_data([score], real=False)["failed"] == ["miente"]
