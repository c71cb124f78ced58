"""The least role that each route asks for, of every route there is: what is not on this list fails."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from nexus.store.database import Pool
from tests.integration.admin.conftest import ORIGIN, PASSWORD, Shop, client_of

ROLES = ("read-only", "agent", "manager", "owner", "platform admin")
OPEN = {
    "POST /admin/login",
    "POST /admin/password/forgot",
    "POST /admin/password/reset",
    "GET /agenda/feed/{token}.ics",
}
ANY_ACCOUNT = {
    "POST /admin/logout",
    "GET /admin/me",
    "PUT /admin/me",
    "POST /admin/password/change",
    "GET /admin/tenants",
}
LEAST = {
    "read-only": {
        "GET /admin/chats",
        "GET /admin/chats/{conversation_id}",
        "GET /admin/chats/{conversation_id}/messages",
        "GET /admin/media/{media_id}",
        "GET /admin/conversations/{conversation_id}/notes",
        "GET /admin/conversations/{conversation_id}/context",
        "GET /admin/conversations/{conversation_id}/orders",
        "GET /admin/conversations/{conversation_id}/consents",
        "GET /admin/labels",
        "GET /admin/canned-replies",
        "GET /admin/templates",
        "GET /admin/people",
        "GET /admin/whatsapp/health",
        "GET /admin/health",
        "GET /admin/setup",
        "GET /admin/catalogue",
        "GET /admin/catalogue/synonyms",
        "GET /admin/tenants/{tenant_id}/webhook",
        "GET /admin/logs",
        "GET /admin/logs/types",
        "GET /admin/stats",
        "GET /admin/metrics",
        "GET /admin/metrics.csv",
        "GET /admin/bursts/{burst_id}/trace",
        "GET /admin/usage",
        "GET /admin/models",
        "GET /admin/conversations/{conversation_id}/draft",
        "GET /admin/appointments",
        "GET /admin/appointments/{appointment_id}",
        "GET /admin/agenda/resources",
        "GET /admin/agenda/services",
        "GET /admin/agenda/hours",
        "GET /admin/agenda/settings",
        "GET /admin/agenda/free",
        "GET /admin/agenda/contacts",
        "GET /admin/agenda/exceptions",
        "GET /admin/agenda/blocks",
    },
    "agent": {
        "POST /admin/media",
        "POST /admin/messages/send",
        "POST /admin/messages/{message_id}/resend",
        "POST /admin/messages/{message_id}/discard",
        "POST /admin/messages/{message_id}/transcribe",
        "POST /admin/conversations",
        "POST /admin/conversations/{conversation_id}/human-override",
        "PUT /admin/conversations/{conversation_id}/assignee",
        "PUT /admin/conversations/{conversation_id}/labels",
        "PUT /admin/conversations/{conversation_id}/consents/{purpose}",
        "POST /admin/conversations/{conversation_id}/handoff",
        "POST /admin/conversations/{conversation_id}/notes",
        "PUT /admin/notes/{note_id}",
        "DELETE /admin/notes/{note_id}",
        "POST /admin/labels",
        "POST /admin/bursts/{burst_id}/retry",
        "POST /admin/conversations/{conversation_id}/draft/{draft_id}/send",
        "DELETE /admin/conversations/{conversation_id}/draft/{draft_id}",
        "POST /admin/templates/sync",
        "POST /admin/test-chat",
        "POST /admin/appointments",
        "PUT /admin/appointments/{appointment_id}",
        "PUT /admin/appointments/{appointment_id}/status",
        "PATCH /admin/appointments/{appointment_id}/status",
        "POST /admin/agenda/blocks",
        "DELETE /admin/agenda/blocks/{block_id}",
    },
    "manager": {
        "GET /admin/tenants/{tenant_id}",
        "PUT /admin/tenants/{tenant_id}",
        "GET /admin/tenants/{tenant_id}/keeping",
        "GET /admin/tenants/{tenant_id}/credentials",
        "PUT /admin/tenants/{tenant_id}/credentials/tiendanube",
        "PUT /admin/tenants/{tenant_id}/credentials/ycloud",
        "PUT /admin/tenants/{tenant_id}/credentials/llm",
        "DELETE /admin/tenants/{tenant_id}/credentials/ycloud/previous-secret",
        "POST /admin/tenants/{tenant_id}/credentials/{kind}/test",
        "POST /admin/health/tries",
        "GET /admin/tenants/{tenant_id}/handoff",
        "PUT /admin/tenants/{tenant_id}/handoff",
        "POST /admin/tenants/{tenant_id}/handoff/test",
        "PUT /admin/labels/{label_id}",
        "DELETE /admin/labels/{label_id}",
        "POST /admin/canned-replies",
        "PUT /admin/canned-replies/{reply_id}",
        "DELETE /admin/canned-replies/{reply_id}",
        "POST /admin/people",
        "PUT /admin/people/{user_id}",
        "POST /admin/people/{user_id}/invite",
        "GET /admin/audit",
        "GET /admin/privacy/requests",
        "GET /admin/privacy/person",
        "GET /admin/privacy/export",
        "POST /admin/privacy/erase",
        "POST /admin/privacy/requests/{request_id}/done",
        "POST /admin/catalogue/refresh",
        "PUT /admin/catalogue/synonyms",
        "GET /admin/bot-settings",
        "PUT /admin/bot-settings",
        "GET /admin/knowledge",
        "PUT /admin/knowledge",
        "POST /admin/knowledge/answers",
        "PUT /admin/knowledge/answers/{answer_id}",
        "DELETE /admin/knowledge/answers/{answer_id}",
        "GET /admin/prompt",
        "GET /admin/prompt/versions",
        "GET /admin/prompt/text",
        "GET /admin/prompt/diff",
        "POST /admin/prompt/publish",
        "POST /admin/prompt/versions/{number}/restore",
        "POST /admin/prompt/versions/{number}/draft",
        "POST /admin/agenda/resources",
        "PUT /admin/agenda/resources/{resource_id}",
        "DELETE /admin/agenda/resources/{resource_id}",
        "POST /admin/agenda/services",
        "PUT /admin/agenda/services/{service_id}",
        "DELETE /admin/agenda/services/{service_id}",
        "PUT /admin/agenda/hours",
        "PUT /admin/agenda/settings",
        "POST /admin/agenda/exceptions",
        "DELETE /admin/agenda/exceptions/{exception_id}",
        "POST /admin/agenda/resources/{resource_id}/feed",
        "DELETE /admin/agenda/resources/{resource_id}/feed",
    },
    "owner": {
        "DELETE /admin/people/{user_id}",
        "GET /admin/privacy/shop-export",
        "POST /admin/privacy/shop-erasure",
        "POST /admin/privacy/requests/{request_id}/cancel",
    },
    "platform admin": {"POST /admin/tenants", "DELETE /admin/tenants/{tenant_id}"},
}
_OUTSIDE = ("/health", "/ready", "/metrics")
_NOWHERE = "00000000-0000-0000-0000-000000000000"


def _routes(app: FastAPI) -> set[str]:
    paths = app.openapi()["paths"].items()
    return {f"{method.upper()} {path}" for path, ways in paths if path not in _OUTSIDE for method in ways}


def _address(route: str, shop: Shop) -> tuple[str, str]:
    """A route's method and an address of it: of this shop, and of nothing that exists."""
    method, _, path = route.partition(" ")
    nowhere = "2147483646" if re.search("user_id|agenda|answer_id|number", path) else _NOWHERE
    known = {"tenant_id": str(shop.id), "kind": "llm"}
    return method, re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], nowhere), path)


@pytest.fixture
async def clerks(
    app: FastAPI, pool: Pool, shop: Shop, make_person: Callable[..., Awaitable[str]]
) -> AsyncIterator[tuple[httpx.AsyncClient, Callable[[str], Awaitable[None]]]]:
    """A browser, and what makes its person another role's."""
    email = await make_person(shop, role="read-only")
    user_id = await pool.fetchval("select id from account_by_email($1)", email)

    async def become(role: str) -> None:
        await pool.execute("select add_member($1, $2, $3)", shop.id, user_id, role)

    async with client_of(app, {"Origin": ORIGIN, **shop.headers}) as browser:
        assert (await browser.post("/admin/login", json={"email": email, "password": PASSWORD})).status_code == 200
        yield browser, become


async def test_every_route_has_its_least_role_on_this_list(app: FastAPI) -> None:
    listed = OPEN | ANY_ACCOUNT | set().union(*LEAST.values())
    assert _routes(app) - listed == set()


async def test_a_role_may_do_what_its_own_and_lower_ones_may_and_nothing_else(
    app: FastAPI, shop: Shop, clerks: tuple[httpx.AsyncClient, Callable[[str], Awaitable[None]]]
) -> None:
    browser, become = clerks
    served, wrong = _routes(app), []
    for role in ROLES[:-1]:
        await become(role)
        for least, routes in LEAST.items():
            for route in sorted(routes & served):
                answer = await browser.request(*_address(route, shop))
                refused = answer.status_code == 403
                if refused != (ROLES.index(role) < ROLES.index(least)):
                    wrong.append((role, route, answer.status_code))
    assert wrong == []
