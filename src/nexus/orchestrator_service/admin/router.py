"""Every admin route under `/admin`, with what they work with."""

from fastapi import APIRouter, Depends, Request, Response

from nexus.orchestrator_service.admin import (
    actions,
    agenda,
    agenda_closures,
    agenda_feeds,
    appointments,
    audit,
    bot_settings,
    catalogue,
    chats,
    consents,
    credentials,
    drafts,
    figures,
    files,
    handoff,
    health,
    inbox_context,
    inbox_labels,
    inbox_notes,
    inbox_replies,
    keeping,
    knowledge,
    login,
    metrics,
    passwords,
    people,
    privacy,
    prompts,
    sending,
    setup,
    templates,
    tenants,
    test_chat,
    traces,
    usage,
    whatsapp,
)
from nexus.orchestrator_service.admin.deps import AdminDeps

__all__ = ["RAW_PATHS", "AdminDeps", "admin_router"]

RAW_PATHS = (files.PATH,)
"""Where bodies are files: bounded by their route, and no JSON."""


def admin_router(deps: AdminDeps) -> APIRouter:
    """The admin API of contract.md section 4. No answer is kept by a cache unless it says so itself."""

    async def provide(request: Request, response: Response) -> None:
        request.state.admin = deps
        response.headers["Cache-Control"] = "no-store"

    router = APIRouter(dependencies=[Depends(provide)])
    # Each part names its whole path: FastAPI's included routes report their own to metrics, not the joined one (S-065).
    parts = (login, tenants, credentials, handoff, chats, files, sending, actions, templates, whatsapp, figures)
    for part in parts:
        router.include_router(part.router)
    for part in (inbox_context, inbox_labels, inbox_notes, inbox_replies, drafts, consents, keeping):
        router.include_router(part.router)
    for part in (people, passwords, audit, privacy, appointments, agenda, agenda_closures, agenda_feeds):
        router.include_router(part.router)
    for part in (metrics, setup, health, catalogue, traces, usage, test_chat, bot_settings, knowledge, prompts):
        router.include_router(part.router)
    return router
