"""The tools of the agent, in the fixed order that providers' prefix caches want (S-032 to S-037).

Tenant, conversation and phone come from `runtime.context` alone; that parameter is not in the schema that the
model sees, and whatever it sends under that name is ignored (llm.md A1).
"""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import BaseTool

from nexus.orchestrator_service.agent.agenda_tools import AGENDA_TOOLS
from nexus.orchestrator_service.agent.commerce_tools import COMMERCE_TOOLS
from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.trace import told
from nexus.orchestrator_service.catalogue.catalogue_orders import resolve
from nexus.orchestrator_service.catalogue.catalogue_orders import told as order_told
from nexus.orchestrator_service.catalogue.orders_proof import Asker, answer_about_order
from nexus.orchestrator_service.handoff.opening import when_somebody_answers
from nexus.orchestrator_service.handoff.request import request_person
from nexus.store.catalogue_orders import ordered_items

Runtime = ToolRuntime[RunContext, Any]

_LONGEST_DETAIL = 500


@tool
async def search_specific_products(q: str, runtime: Runtime) -> str:
    """Busca productos de la tienda por nombre, tipo o código. `q`: pocas palabras, sin talle ni color.

    Devuelve una lista con nombre, precio, stock por variante (talle, color), imagen y link de cada producto.
    """
    catalogue = await runtime.context.catalogue()
    return _products_told("search_specific_products", runtime, await catalogue.search(q))


@tool
async def search_by_category(category: str, keyword: str, runtime: Runtime) -> str:
    """Busca productos dentro de una categoría de la tienda. `keyword` filtra dentro de ella; vacío trae todo."""
    catalogue = await runtime.context.catalogue()
    found = await catalogue.by_category(category, keyword)
    return _products_told("search_by_category", runtime, found)


@tool
async def browse_general_storefront(runtime: Runtime) -> str:
    """Muestra productos destacados de la tienda, para cuando no se busca nada en particular o no hubo resultados."""
    catalogue = await runtime.context.catalogue()
    return _products_told("browse_general_storefront", runtime, await catalogue.storefront())


@tool
async def orders(runtime: Runtime, q: str = "", email: str = "") -> str:
    """Consulta pedidos de quien escribe. `q`: el número, por ejemplo "123"; vacío lista los suyos recientes.

    `email`: el e-mail de la compra, sólo si el cliente lo escribió y el pedido no salió por su teléfono. Si devuelve
    `message`, decí eso tal cual y nada más; si sugiere derivhumano, ofrecé pasar con una persona.
    """
    context = runtime.context
    shop = await context.door.open(context.tenant.id)
    asker = Asker(
        context.run,
        context.phone,
        context.tenant.time_zone,
        context.correlation_id,
        is_real=not context.trace.rehearsed,
    )
    answer, found = await answer_about_order(shop, context.door.pool, asker, q, email, context.now)
    told(runtime, "orders", "ok" if found else "refused", len(found) if found else None)
    context.findings.orders += found
    context.findings.links |= {p["url"] for order in found for p in order.get("tracking", []) if p["url"]}
    return json.dumps(answer, ensure_ascii=False)


@tool
async def catalogue_order(runtime: Runtime) -> str:
    """Lee el pedido que el cliente mandó desde el catálogo de WhatsApp, con precio y stock de hoy.

    Usala siempre que haya un "Pedido del catálogo". Contale qué hay, el total de hoy y cada diferencia (`differences`).
    """
    context = runtime.context
    ordered = await ordered_items(context.tenant.id, context.door.pool, context.run)
    lines = await resolve(await context.door.open(context.tenant.id), context.door.pool, ordered) if ordered else []
    context.findings.add_products([line.item for line in lines if line.item])
    told(runtime, "catalogue_order", "ok" if lines else "empty", len(lines))
    return json.dumps(order_told(lines) if lines else {"message": "No hay un pedido del catálogo."}, ensure_ascii=False)


@tool(return_direct=True)
async def derivhumano(
    runtime: Runtime,
    reason: str = "El cliente pidió una persona",
    contact_name: str | None = None,
    contact_phone: str | None = None,
    summary: str | None = None,
    action_required: str | None = None,
) -> str:
    """Pasa la conversación a una persona del equipo: si la piden, ante reclamos, cambios, pedidos mayoristas o
    algo que no podés resolver. `reason`: el motivo en una frase.
    """
    context = runtime.context
    given = {
        "contact_name": contact_name,
        "contact_phone": contact_phone,
        "summary": summary,
        "action_required": action_required,
    }
    details = {name: text[:_LONGEST_DETAIL] for name, text in given.items() if text}
    tenant = context.tenant
    when = when_somebody_answers(tenant.business_hours, tenant.time_zone, datetime.now(UTC))
    message = await request_person(
        context.door.pool, context.run, reason[:_LONGEST_DETAIL], details, context.correlation_id, when
    )
    context.findings.handoff_message = message
    told(runtime, "derivhumano", "ok")
    return message


TOOLS: list[BaseTool] = [
    search_specific_products,
    search_by_category,
    browse_general_storefront,
    orders,
    *AGENDA_TOOLS,
    derivhumano,
    catalogue_order,
    *COMMERCE_TOOLS,
]


def _products_told(name: str, runtime: Runtime, items: list[dict[str, Any]]) -> str:
    zone = runtime.context.tenant.time_zone
    dated = [
        {**item, "as_of_text": _spoken_moment(item["as_of"], zone)} if item.get("as_of") else item for item in items
    ]
    runtime.context.findings.add_products(dated)
    told(runtime, name, "ok" if items else "empty", len(items))
    return json.dumps(dated, ensure_ascii=False)


def _spoken_moment(stamp: str, time_zone: str) -> str:
    """When what could not be read now was read: "26/11 a las 14:05"."""
    return datetime.fromisoformat(stamp).astimezone(ZoneInfo(time_zone)).strftime("%d/%m a las %H:%M")
