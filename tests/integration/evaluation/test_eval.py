"""Scenario files against the real agent and stores: a few of each kind; all of them with `./nexus eval`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.evaluation.command import FOLDER, as_data, failed, play_all
from nexus.evaluation.content import content_of
from nexus.evaluation.place import Place, made_place
from nexus.evaluation.scenario import BadScenarioError, Expect, Scenario, Turn, load_scenarios
from nexus.runtime.cache import Cache
from nexus.store.database import Pool
from nexus.store.prompt_versions import Content, publish
from nexus.store.tenants import create_tenant
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


async def test_with_a_tenant_the_scenarios_are_played_by_what_it_published(
    place: Place, sandbox: Sandbox, postgres: EmbeddedPostgres, pool: Pool, tmp_path: Path
) -> None:
    tenant_id = await create_tenant(pool, "La del barrio", "+5491190001234")
    await publish(tenant_id, pool, Content(sections={"payments": "Hasta 7 cuotas de $ 1.234"}), who="Ana")
    environ = {"POSTGRES_DSN": postgres.app_dsn}
    content = await content_of(tenant_id, environ, tmp_path)
    await sandbox.script({"reply": {"bubbles": [{"text": "Hasta 7 cuotas de $ 1.234"}]}})

    asked = Turn(("qué cuotas tienen?",), expect=Expect(says_all=("7 cuotas",)))
    scenario = Scenario("cuotas", "las de la tienda", (asked,))
    (hers,) = await play_all(replace(place, content=content), [scenario])
    (another,) = await play_all(place, [scenario])

    assert hers.wrong == []
    assert another.wrong  # the same words of another shop are an invention
    with pytest.raises(BadScenarioError, match="no existe la tienda"):
        await content_of(999_999_999, environ, tmp_path)


async def test_a_judge_is_asked_only_of_a_real_model_and_never_decides(
    place: Place, sandbox: Sandbox, pool: Pool, cache: Cache
) -> None:
    judge = {"match": {"user_contains": "Criterio: Es cálida"}, "steps": [{"text": "No."}]}
    answer = {"match": {}, "steps": [{"reply": {"bubbles": [{"text": "Hola, qué tal"}]}}]}
    await sandbox.control("POST", "/model", mode="scripted", scenarios=[judge, answer])
    asked = Turn(("hola",), expect=Expect(says_all=("hola",), judge=("Es cálida",)))
    scenario = Scenario("saludo", "saluda", (asked,), needs_model=True)
    model = {"LLM_BASE_URL": f"{sandbox.address}/openai/v1", "LLM_API_KEY": "k", "LLM_MODEL": "gpt-de-verdad"}

    async with made_place(pool, cache, sandbox.address, model) as real:
        (score,) = await play_all(real, [scenario])
        assert real.real_model
    (unasked,) = await play_all(place, [scenario])

    assert (score.judged, score.wrong) == ([("Es cálida", False)], [])
    assert unasked.judged == []
