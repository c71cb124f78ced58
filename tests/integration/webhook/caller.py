"""YCloud as the gateway's door sees it: bytes, a signature header, and an answer."""

import hashlib
import hmac
import itertools
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx

from nexus.store.database import Row

_numbers = itertools.count(20_000_000)
TYPE = "whatsapp.inbound_message.received"


def new_number() -> str:
    """An Argentine mobile that no other test uses."""
    return f"+54911{next(_numbers)}"


def sign(raw: bytes, secret: str, at: float | None = None) -> str:
    """The header of a delivery signed now, or at a unix time."""
    t = int(time.time() if at is None else at)
    return f"t={t},s={hmac.new(secret.encode(), f'{t}.'.encode() + raw, hashlib.sha256).hexdigest()}"


@dataclass
class Caller:
    """One tenant's account at the provider, delivering to the service under test."""

    client: httpx.AsyncClient
    root_dsn: str
    tenant_id: int
    number: str
    secret: str

    def text(self, body: Any = "Hola", **changes: Any) -> dict[str, Any]:
        """An inbound text of a new customer; `changes` are fields of the message, None removes one."""
        message = {
            "id": secrets.token_hex(12),
            "wamid": f"wamid.{secrets.token_hex(8)}",
            "from": new_number(),
            "to": self.number,
            "customerProfile": {"name": "Lucía"},
            "sendTime": datetime.now(UTC).isoformat(),
            "type": "text",
            "text": {"body": body},
        } | changes
        kept = {name: value for name, value in message.items() if value is not None}
        return {"id": f"evt_{secrets.token_hex(8)}", "type": TYPE, "apiVersion": "v2", "whatsappInboundMessage": kept}

    async def post(
        self, raw: bytes, header: str | None = None, *, path: str = "/webhook/ycloud", **headers: str
    ) -> httpx.Response:
        """These bytes, rightly signed unless a header is given; an empty one is left out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        signature = sign(raw, self.secret) if header is None else header
        if signature:
            named["YCloud-Signature"] = signature
        return await self.client.post(path, content=raw, headers={"Content-Type": "application/json"} | named)

    async def deliver(self, document: Any, **options: Any) -> httpx.Response:
        """This document as JSON, rightly signed."""
        return await self.post(json.dumps(document).encode(), **options)

    async def status(self, document: Any, **options: Any) -> str:
        """What a 200 says became of it."""
        answer = await self.deliver(document, **options)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["status"])

    async def rows(self, query: str, *arguments: Any) -> list[Row]:
        """Rows as the superuser; for what no door shows."""
        conn = await asyncpg.connect(self.root_dsn)
        try:
            return list(await conn.fetch(query, *arguments))
        finally:
            await conn.close()

    async def event(self, event_id: str) -> Row:
        """The stored event."""
        [row] = await self.rows("select * from provider_events where event_id = $1", event_id)
        return row

    async def contents(self) -> list[str]:
        """Texts of the tenant's inbound messages as stored."""
        rows = await self.rows("select content from chat_messages where tenant_id = $1 order by seq", self.tenant_id)
        return [row["content"] for row in rows]
