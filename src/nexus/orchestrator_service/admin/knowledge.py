"""`/admin/knowledge`: what the shop writes down for its bot. It holds from the next published version on."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import not_nul
from nexus.orchestrator_service.agent.prompt import REPLACED_BY, SECTION_TITLES, base_content
from nexus.runtime.errors import ApiError
from nexus.store.knowledge import (
    MOST_ANSWERS,
    SECTIONS,
    TooManyAnswersError,
    add_answer,
    change_answer,
    delete_answer,
    load_knowledge,
    write_sections,
)
from nexus.store.tenants import load_tenant

_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)
Kind = Literal["shop", "hours", "shipping", "payments", "exchanges", "sizes"]
SectionText = Annotated[str, StringConstraints(max_length=8000), AfterValidator(not_nul)]
Question = Annotated[
    str, StringConstraints(min_length=3, max_length=300, strip_whitespace=True), AfterValidator(not_nul)
]
Answer = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), AfterValidator(not_nul)
]
AnswerId = Annotated[int, Path(ge=1, le=2**31 - 1)]

router = APIRouter(prefix="/admin/knowledge", tags=["conocimiento"])


class Section(BaseModel):
    """One section; `seed` is what the bot says in its place while `text` is empty, out of the shop's own fields."""

    kind: Kind
    title: str
    text: str
    seed: str


class PairToWrite(BaseModel):
    """A question as customers put it, and what the bot answers."""

    question: Question
    answer: Answer


class Pair(PairToWrite):
    """A question with its answer."""

    id: int
    updated_at: datetime


class KnowledgeItem(BaseModel):
    """Every section in order, and the pairs, oldest first."""

    sections: list[Section]
    answers: list[Pair]
    updated_at: datetime | None


class SectionsToWrite(BaseModel):
    """The given sections change; an empty text removes its section."""

    sections: Annotated[dict[Kind, SectionText], Field(min_length=1)]


@router.get("", summary="Lo que la tienda escribió para el bot", responses=errors(400, 401, 403, 404, 422, 503))
async def show(deps: Deps, scope: Manager) -> KnowledgeItem:
    """The draft, as it stands."""
    return await _load(deps, scope.tenant_id)


@router.put("", summary="Cambiar secciones", responses=_ERRORS)
async def change(body: SectionsToWrite, deps: Deps, scope: Manager) -> KnowledgeItem:
    """Write the given sections of the draft."""
    await write_sections(scope.tenant_id, deps.pool, {str(kind): text for kind, text in body.sections.items()})
    return await _load(deps, scope.tenant_id)


@router.post(
    "/answers",
    status_code=201,
    summary="Agregar una pregunta",
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)
async def create_pair(body: PairToWrite, deps: Deps, scope: Manager) -> Pair:
    """409 `too_many_answers` when the shop has as many as it may."""
    try:
        return Pair.model_validate(await add_answer(scope.tenant_id, deps.pool, body.question, body.answer))
    except TooManyAnswersError as error:
        raise ApiError(
            409, "too_many_answers", f"Ya hay {MOST_ANSWERS} preguntas; juntá o borrá alguna antes de agregar otra."
        ) from error


@router.put("/answers/{answer_id}", summary="Cambiar una pregunta", responses=_ERRORS)
async def change_pair(answer_id: AnswerId, body: PairToWrite, deps: Deps, scope: Manager) -> Pair:
    """The pair as it is then."""
    changed = await change_answer(scope.tenant_id, deps.pool, answer_id, body.question, body.answer)
    if changed is None:
        raise _unknown()
    return Pair.model_validate(changed)


@router.delete("/answers/{answer_id}", status_code=204, summary="Borrar una pregunta", responses=_ERRORS)
async def delete_pair(answer_id: AnswerId, deps: Deps, scope: Manager) -> None:
    """Forget it."""
    if not await delete_answer(scope.tenant_id, deps.pool, answer_id):
        raise _unknown()


async def _load(deps: AdminDeps, tenant_id: int) -> KnowledgeItem:
    tenant = await load_tenant(tenant_id, deps.pool)
    if tenant is None:
        raise ApiError(404, "tenant_not_found", "Esa tienda no existe.")
    knowledge = await load_knowledge(tenant_id, deps.pool)
    facts = base_content(tenant).facts
    seeds = {kind: facts.get(name, "") for name, kind in REPLACED_BY.items()}
    sections = [
        Section.model_validate(
            {
                "kind": kind,
                "title": SECTION_TITLES[kind],
                "text": knowledge.sections.get(kind, ""),
                "seed": seeds.get(kind, ""),
            }
        )
        for kind in SECTIONS
    ]
    pairs = [Pair.model_validate(pair) for pair in knowledge.answers]
    return KnowledgeItem(sections=sections, answers=pairs, updated_at=knowledge.updated_at)


def _unknown() -> ApiError:
    return ApiError(404, "answer_not_found", "Esa pregunta no existe en esta tienda.")
