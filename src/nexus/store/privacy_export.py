"""Everything that the tables hold of one customer, in words that she can read (docs/privacy.md)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from nexus.store.database import Connection, Row, one
from nexus.store.person import Person

_WHO = {"customer": "cliente", "bot": "bot", "human": "persona de la tienda", "system": "aviso del panel"}


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of hers: where it is on our disk, and under what name it goes into the archive."""

    media_id: UUID
    name: str


async def collect(tenant_id: int, conn: Connection, person: Person) -> tuple[dict[str, Any], list[ExportedFile]]:
    """What the archive's JSON says, times in the shop's zone with their offset, and the files beside it."""
    shop = await one(conn, "select store_name, time_zone from tenants where id = $1", tenant_id)
    zone = ZoneInfo(shop["time_zone"])
    chats = list(person.chats)
    files = await _files(tenant_id, conn, chats)
    names = {file.media_id: file.name for file in files}
    told: dict[str, Any] = {
        "tienda": shop["store_name"],
        "hecho_el": _moment(datetime.now(zone), zone),
        "persona": await _person(tenant_id, conn, person),
        "conversaciones": [
            await _chat(tenant_id, conn, chat, zone, names) for chat in await _chats(tenant_id, conn, chats)
        ],
        "turnos": await _rows(conn, _APPOINTMENTS, zone, tenant_id, list(person.appointments)),
    }
    for title, query in _ABOUT_CHATS.items():
        told[title] = await _rows(conn, query, zone, tenant_id, chats)
    return told, files


async def outline(tenant_id: int, conn: Connection, person: Person) -> dict[str, Any]:
    """What there is of her, in short: {names, chats, messages, appointments}."""
    messages = await conn.fetchval(
        "select count(*) from chat_messages where tenant_id = $1 and conversation_id = any($2)",
        tenant_id,
        list(person.chats),
    )
    counts = {"chats": len(person.chats), "messages": messages, "appointments": len(person.appointments)}
    return {"names": await _names(tenant_id, conn, person), **counts}


async def _person(tenant_id: int, conn: Connection, person: Person) -> dict[str, Any]:
    return {"nombres": await _names(tenant_id, conn, person), "identificadores": sorted(person.keys)}


async def _names(tenant_id: int, conn: Connection, person: Person) -> list[str]:
    names = await conn.fetch(
        """select display_name as name from chat_conversations where tenant_id = $1 and id = any($2)
           union select customer_name from appointments where tenant_id = $1 and id = any($3)""",
        tenant_id,
        list(person.chats),
        list(person.appointments),
    )
    return sorted(row["name"] for row in names if row["name"])


async def _chats(tenant_id: int, conn: Connection, chats: list[UUID]) -> list[Row]:
    return await conn.fetch(
        """select id, channel, display_name, wa_address, created_at, status, human_override_until, override_reason,
                  needs_human_reason
           from chat_conversations where tenant_id = $1 and id = any($2) order by created_at""",
        tenant_id,
        chats,
    )


async def _chat(tenant_id: int, conn: Connection, chat: Row, zone: ZoneInfo, names: dict[UUID, str]) -> dict[str, Any]:
    messages = await conn.fetch(
        """select coalesce(sent_at, created_at) as at, author, message_type, content, payload, media_id, provider_status
           from chat_messages where tenant_id = $1 and conversation_id = $2
           order by coalesce(sent_at, created_at), seq""",
        tenant_id,
        chat["id"],
    )
    return {
        "canal": chat["channel"],
        "nombre": chat["display_name"],
        "telefono": chat["wa_address"],
        "desde": _moment(chat["created_at"], zone),
        "bot_en_pausa_hasta": _moment(chat["human_override_until"], zone),
        "motivo_de_la_pausa": chat["override_reason"],
        "espera_a_una_persona_por": chat["needs_human_reason"],
        "mensajes": [
            {
                "fecha": _moment(message["at"], zone),
                "de": _WHO[message["author"]],
                "tipo": message["message_type"],
                "texto": message["content"],
                "estado": message["provider_status"],
                "archivo": names.get(message["media_id"]),
                "detalles": json.loads(message["payload"] or "null"),
            }
            for message in messages
        ],
    }


async def _files(tenant_id: int, conn: Connection, chats: list[UUID]) -> list[ExportedFile]:
    rows = await conn.fetch(
        """select f.id, f.file_name, f.mime_type, min(coalesce(m.sent_at, m.created_at)) as at
           from chat_media f join chat_messages m on m.media_id = f.id
           where f.tenant_id = $1 and m.conversation_id = any($2) group by f.id order by at, f.id""",
        tenant_id,
        chats,
    )
    return [ExportedFile(row["id"], _name(number, row)) for number, row in enumerate(rows, 1)]


def _name(number: int, row: Row) -> str:
    """`archivos/003-foto.jpg`: in order, and never a path that somebody else chose."""
    own = (row["file_name"] or "").replace("\\", "/").rsplit("/", 1)[-1].strip(". ")
    ending = (row["mime_type"] or "").partition("/")[2].partition(";")[0].replace("jpeg", "jpg") or "bin"
    return f"archivos/{number:03}-{own or f'archivo.{ending}'}"


async def _rows(conn: Connection, query: str, zone: ZoneInfo, *arguments: Any) -> list[dict[str, Any]]:
    return [{name: _plain(value, zone) for name, value in row.items()} for row in await conn.fetch(query, *arguments)]


def _plain(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return _moment(value, zone)
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _moment(value: datetime | None, zone: ZoneInfo) -> str | None:
    """RFC 3339 in the shop's zone; "siempre" for a pause without an end."""
    if value is None:
        return None
    return value.astimezone(zone).isoformat(timespec="seconds") if value.year < 9999 else "siempre"


_APPOINTMENTS = """
    select a.starts_at as desde, a.ends_at as hasta, a.title as titulo, a.customer_name as nombre,
           a.customer_phone as telefono, a.status as estado, a.notes as notas, r.name as con
    from appointments a join agenda_resources r on r.tenant_id = a.tenant_id and r.id = a.resource_id
    where a.tenant_id = $1 and a.id = any($2) order by a.starts_at"""
_ABOUT_CHATS = {
    "notas_internas": """select created_at as fecha, author as de, text as texto from conversation_notes
        where tenant_id = $1 and conversation_id = any($2) order by created_at""",
    "etiquetas": """select l.name as nombre from conversation_labels x
        join labels l on l.tenant_id = x.tenant_id and l.id = x.label_id
        where x.tenant_id = $1 and x.conversation_id = any($2) order by lower(l.name)""",
    "derivaciones": """select created_at as fecha, source as pedida_por, reason as motivo, details::text as detalles,
        email_state as correo from handoffs where tenant_id = $1 and conversation_id = any($2) order by created_at""",
    "consentimientos": """select at as fecha, purpose as para, state as estado, source as origen, author as anotado_por
        from consents where tenant_id = $1 and conversation_id = any($2) order by id""",
    "avisos_de_reposicion": """select asked_at as fecha, product_name as producto, state as estado, reason as motivo
        from stock_notices where tenant_id = $1 and conversation_id = any($2) order by asked_at""",
    "carritos": """select intended_at as fecha, lines::text as productos, state as estado, checkout_url as link
        from draft_carts where tenant_id = $1 and conversation_id = any($2) order by intended_at""",
    "borradores_de_respuesta": """select d.created_at as fecha, d.bubbles::text as textos, d.state as estado
        from reply_drafts d join bursts b on b.id = d.burst_id
        where d.tenant_id = $1 and b.conversation_id = any($2) order by d.created_at""",
    "lo_que_hizo_el_bot": """select created_at as fecha, tool as herramienta, arguments::text as pedido,
        result::text as resultado from tool_effects
        where tenant_id = $1 and conversation_id = any($2) order by created_at""",
    "como_respondio_el_bot": """select created_at as fecha, state as estado, reason as motivo, trace::text as pasos
        from bursts where tenant_id = $1 and conversation_id = any($2) order by created_at""",
}
