"""Every admin route under `/admin`, with what they work with."""

from fastapi import FastAPI

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

__all__ = ["RAW_PATHS", "AdminDeps", "serve_admin"]

RAW_PATHS = (files.PATH,)
"""Where bodies are files: bounded by their route, and no JSON."""

_PARTS = (
    login, tenants, credentials, handoff, chats, files, sending, actions, templates, whatsapp, figures,
    inbox_context, inbox_labels, inbox_notes, inbox_replies, drafts, consents, keeping,
    people, passwords, audit, privacy, appointments, agenda, agenda_closures, agenda_feeds,
    metrics, setup, health, catalogue, traces, usage, test_chat, bot_settings, knowledge, prompts,
)  # fmt: skip


def serve_admin(app: FastAPI, deps: AdminDeps) -> None:
    """The admin API of contract.md section 4, at `app`.

    Each part's routes name their whole path and are taken as they are: FastAPI would put routers that it includes
    together anew for each app, at the first request that gets that far, and hold up all others meanwhile.
    """
    app.state.admin = deps
    for part in _PARTS:
        app.router.routes.extend(part.router.routes)
