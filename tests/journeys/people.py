"""What people do in journeys besides writing, each through its own door; and a stranger's server that counts visits."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

import nexus.sandbox
from tests.journeys.scripts import reply, scenario
from tests.service import eventually
from tests.system import Shop, System

VOICES = {
    "voz-puntas": "Hola, ¿tenés puntas de danza talle treinta y siete?",
    "voz-envio": "¿Cuánto sale el envío a Córdoba?",
    "voz-cambio": "¿Hacen cambios si la malla me queda chica?",
    "voz-persona": "Quiero hablar con una persona.",
}
"""What the sandbox's voice notes say."""
SAMPLE = Path(nexus.sandbox.__file__).parent / "data" / "voices" / "voz-puntas.ogg"
OGG = "audio/ogg; codecs=opus"
UNHEARD = "Perdón, no pude escuchar bien tu audio. ¿Me lo escribís?"
"""What the bot says of a voice note that it could not hear."""


async def bot_answered_before(system: System, shop: Shop, customer: str) -> None:
    """She wrote once, and the bot answered."""
    await system.script([scenario("", reply("soy el bot"))])
    await shop.say(customer, "hola")
    await shop.answers(customer)


async def speak(shop: Shop, customer: str, voice: str = "voz-puntas", **extra: Any) -> dict[str, Any]:
    """She records a voice note: one of VOICES, or an upload's id."""
    shop.system.spoken.update(VOICES.values())
    return await shop.say(customer, "", media_id=voice, **extra)


async def upload(system: System, content: bytes, name: str, *, mime: str = "", transcript: str | None = None) -> str:
    """A file on somebody's phone; its id. A recording that says something is one of its own: the sandbox's ear knows
    words by the bytes they came in."""
    content += uuid.uuid4().bytes if transcript else b""
    told = {"name": name} | ({"mime": mime} if mime else {}) | ({"transcript": transcript} if transcript else {})
    answer = await system.sandbox.post("/sandbox/media", params=told, content=content)
    answer.raise_for_status()
    return str(answer.json()["id"])


async def owner_says(shop: Shop, customer: str, text: str = "", **extra: Any) -> dict[str, Any]:
    """Somebody of the shop writes on its phone."""
    return await _post(shop, "/sandbox/owner/messages", {"to": customer, "from": shop.number, "text": text, **extra})


async def inbox_says(shop: Shop, customer: str, text: str = "", **extra: Any) -> dict[str, Any]:
    """Somebody of the shop writes in YCloud's web Inbox."""
    return await _post(shop, "/sandbox/inbox/messages", {"to": customer, "from": shop.number, "text": text, **extra})


async def hours_pass(shop: Shop, customer: str, hours: float) -> None:
    """As far as the provider is concerned, in this chat."""
    await _post(shop, "/sandbox/clock", {"number": shop.number, "customer": customer, "hours": hours})


async def register(shop: Shop, phone: str, name: str = "Lucía", **extra: Any) -> None:
    """A customer with a username-scoped id, and perhaps a phone that shops do not see."""
    await _post(shop, "/sandbox/customers", {"phone": phone, "name": name, **extra})


async def _post(shop: Shop, path: str, body: dict[str, Any]) -> dict[str, Any]:
    shop.system.spoken.add(str(body.get("text", "")))
    answer = await shop.system.sandbox.post(path, json=body)
    answer.raise_for_status()
    return dict(answer.json())


async def settings(shop: Shop, **fields: Any) -> None:
    """The shop's own settings, as its owner changes them."""
    admin = shop.system.admin(shop.tenant_id)
    (await admin.put(f"/admin/tenants/{shop.tenant_id}", json=fields)).raise_for_status()


async def act(shop: Shop, customer: str, action: str, **body: Any) -> httpx.Response:
    """Somebody of the panel does something about a chat."""
    chat = await chat_of(shop, customer)
    answer = await shop.system.admin(shop.tenant_id).post(f"/admin/conversations/{chat['id']}/{action}", json=body)
    answer.raise_for_status()
    return answer


async def write(shop: Shop, customer: str, ref: str, **content: Any) -> httpx.Response:
    """Somebody of the panel sends text, media_id or template."""
    chat = await chat_of(shop, customer)
    body = {"conversation_id": chat["id"], "client_ref": ref, **content}
    return await shop.system.admin(shop.tenant_id).post("/admin/messages/send", json=body)


async def about(shop: Shop, message: dict[str, Any], action: str) -> httpx.Response:
    """Somebody of the panel does something about a message."""
    return await shop.system.admin(shop.tenant_id).post(f"/admin/messages/{message['id']}/{action}")


async def chat_of(shop: Shop, customer: str) -> dict[str, Any]:
    """The chat item; there must be one."""
    chat = await shop.chat(customer)
    assert chat is not None
    return chat


async def paused_until(shop: Shop, customer: str) -> datetime | None:
    """When the bot may speak again."""
    until = (await chat_of(shop, customer))["human_override_until"]
    return datetime.fromisoformat(until) if until else None


async def items(shop: Shop, customer: str, kind: str) -> list[dict[str, Any]]:
    """The thread's messages of one type, oldest first."""
    return [message for message in await shop.thread(customer) if message["type"] == kind]


async def item(shop: Shop, customer: str, kind: str) -> dict[str, Any]:
    """The thread's newest message of a type, once it is there."""
    return dict((await eventually(lambda: items(shop, customer, kind), what=f"a {kind}"))[-1])


async def last_burst(shop: Shop, customer: str) -> tuple[str, str | None]:
    """State and reason of the chat's newest burst."""
    row = await shop.system.one(
        "select state, reason from bursts where conversation_id = $1 order by created_at desc limit 1",
        (await chat_of(shop, customer))["id"],
    )
    return row["state"], row["reason"]


@dataclass
class Stranger:
    """Somebody's web server; `visits` are the first lines of what it was asked."""

    port: int
    visits: list[str] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        """An address of it."""
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def stranger(content: bytes = b"hola", mime: str = "text/plain") -> AsyncIterator[Stranger]:
    """A server that answers everything with the content, and remembers who came."""
    found = Stranger(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        found.visits.append(asked.split(b"\r\n")[0].decode())
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found
