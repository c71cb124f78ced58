"""YCloud's REST API as a business sees it: send, look up, read marks and typing (ycloud.md section 4)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox import naming
from nexus.sandbox.faults import Fault
from nexus.sandbox.webhooks import Courier
from nexus.sandbox.wire import CutConnection, hang
from nexus.sandbox.world import BusinessNumber, Chat, ChatMessage, SentMessage, World
from nexus.sandbox.ycloud_checks import RefusedError, check_send
from nexus.sandbox.ycloud_events import ERROR_MESSAGES, message_updated, whatsapp_message

STATUS_STEPS = (("sent", 0.15), ("delivered", 0.25), ("read", 0.6))
"""What becomes of an accepted message, with the seconds between the steps."""

HANG_SECONDS = 60.0

_FAULT_CODES = {
    "400": "BAD_REQUEST",
    "401": "UNAUTHORIZED",
    "403": "BALANCE_INSUFFICIENT",
    "429": "TOO_MANY_REQUESTS",
    "500": "INTERNAL_SERVER_ERROR",
    "503": "SERVICE_UNAVAILABLE",
}


def ycloud_routes(world: World, courier: Courier) -> list[BaseRoute]:
    """The routes under `/ycloud/v2`."""
    desk = YCloud(world, courier)
    base = "/ycloud/v2/whatsapp"
    return [
        Route(f"{base}/messages/sendDirectly", desk.send_directly, methods=["POST"]),
        Route(f"{base}/messages", desk.enqueue, methods=["POST"]),
        Route(f"{base}/messages/{{id}}", desk.retrieve),
        Route("/ycloud/v2/webhookEndpoints", desk.webhook_endpoints),
        Route(f"{base}/inboundMessages/{{id}}/markAsRead", desk.mark_as_read, methods=["POST"]),
        Route(f"{base}/inboundMessages/{{id}}/typingIndicator", desk.typing, methods=["POST"]),
    ]


class YCloud:
    """The provider's desk: checks, accepts into the ledger, and lets the customer's phone show it."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    async def send_directly(self, request: Request) -> Response:
        """`POST /whatsapp/messages/sendDirectly`: 200 with the accepted `WhatsappMessage`."""
        return await self._send(request, with_wamid=True)

    async def enqueue(self, request: Request) -> Response:
        """`POST /whatsapp/messages`: the same, but the answer does not know the wamid yet."""
        return await self._send(request, with_wamid=False)

    async def retrieve(self, request: Request) -> Response:
        """`GET /whatsapp/messages/{id}` by YCloud's id; only messages of the key's own numbers."""
        try:
            phones = {number.phone for number in self._numbers_of(request)}
        except RefusedError as refusal:
            return refused(refusal)
        for sent in self._world.ledger:
            if sent.id == request.path_params["id"] and sent.sender in phones:
                line = self._world.chat(sent.sender, sent.recipient).find(sent.id)
                status = line.status if line else "accepted"
                number = self._world.number(sent.sender)
                return _answer(whatsapp_message(number, sent, status))
        return refused(RefusedError(404, "NOT_FOUND", "The message does not exist."))

    async def webhook_endpoints(self, request: Request) -> Response:
        """`GET /webhookEndpoints`: where the account's webhooks go, without their secrets."""
        try:
            numbers = self._numbers_of(request)
        except RefusedError as refusal:
            return refused(refusal)
        items = [{"id": n.webhook_endpoint_id or n.phone, "url": n.webhook_url, "status": "active"} for n in numbers]
        return _answer({"items": items})

    async def mark_as_read(self, request: Request) -> Response:
        """Blue ticks on the customer's line and on the earlier ones; 200 with an empty body."""
        try:
            self._read(request)
        except RefusedError as refusal:
            return refused(refusal)
        return _answer(None)

    async def typing(self, request: Request) -> Response:
        """Marks as read and shows "escribiendo…" until an answer, at most 25 s; 200, empty body."""
        try:
            chat = self._read(request)
        except RefusedError as refusal:
            return refused(refusal)
        self._world.show_typing(chat)
        return _answer(None)

    async def _send(self, request: Request, *, with_wamid: bool) -> Response:
        body: dict[str, Any] = {}
        try:
            body = _json_object(await request.body())
            fault = self._fault_for(body)
            misbehaviour = await self._before_acceptance(request, fault)
            if misbehaviour is not None:
                self._world.rejected.append(_as_sent(body, 0))
                return misbehaviour
            number = self._sender(request, body)
            check_send(body)
            sent = self._accept(number, body)
        except RefusedError as refusal:
            row = _as_sent(body, refusal.status)
            row.error_code = refusal.whatsapp_code or refusal.code
            self._world.rejected.append(row)
            return refused(refusal)
        if fault and fault.kind == "hang_after_accept":
            return await hang(request, fault.seconds or HANG_SECONDS)
        answer = whatsapp_message(number, sent, "accepted")
        if not with_wamid:
            del answer["wamid"]
        return _answer(answer)

    def _fault_for(self, body: dict[str, Any]) -> Fault | None:
        attributes = {key: str(body.get(key, "")) for key in ("to", "from", "type", "externalId")}
        return self._world.faults.take("ycloud.send", text=_as_sent(body, 0).text, **attributes)

    @staticmethod
    async def _before_acceptance(request: Request, fault: Fault | None) -> Response | None:
        """Shows the faults in which nothing is accepted; raises `RefusedError` for the HTTP ones."""
        if fault is None or fault.kind == "hang_after_accept":
            return None
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds or 1.0)
            return None
        if fault.kind == "reset":
            return CutConnection()
        if fault.kind == "hang":
            return await hang(request, fault.seconds or HANG_SECONDS)
        code = fault.error_code
        message = ERROR_MESSAGES.get(code, "WhatsApp error") if code else "Simulated fault."
        raise RefusedError(int(fault.kind), _FAULT_CODES[fault.kind], message, None, code, fault.retry_after)

    def _numbers_of(self, request: Request) -> list[BusinessNumber]:
        key = request.headers.get("X-API-Key", "")
        numbers = [n for n in self._world.numbers.values() if key and n.api_key == key]
        if not numbers:
            raise RefusedError(401, "UNAUTHORIZED", "The API key is missing or not valid.")
        return numbers

    def _sender(self, request: Request, body: dict[str, Any]) -> BusinessNumber:
        numbers = {number.phone: number for number in self._numbers_of(request)}
        phone = body.get("from")
        if isinstance(phone, str) and phone.startswith("+") and phone not in numbers:
            raise RefusedError(
                403,
                "WHATSAPP_PHONE_NUMBER_UNAVAILABLE",
                "The phone number is not available to this account.",
                "from",
            )
        return numbers[phone] if phone in numbers else next(iter(numbers.values()))

    def _accept(self, number: BusinessNumber, body: dict[str, Any]) -> SentMessage:
        sent = _as_sent(body, 200)
        if body.get("to") is None:
            sent.recipient = self._phone_of(body["recipient"])
        self._world.customer(sent.recipient)
        self._world.accept(sent)
        chat = self._world.chat(number.phone, sent.recipient)
        line = self._world.add_line(chat, _line_of(sent))
        self._courier.run(self._lifecycle(number, sent, chat, line))
        return sent

    def _phone_of(self, user_id: str) -> str:
        for customer in self._world.customers.values():
            if customer.user_id == user_id:
                return customer.phone
        raise RefusedError(400, "PARAM_INVALID", "Unknown recipient.", "recipient", "131062")

    async def _lifecycle(self, number: BusinessNumber, sent: SentMessage, chat: Chat, line: ChatMessage) -> None:
        for status, wait in STATUS_STEPS:
            await asyncio.sleep(wait)
            if line.status == "failed":
                return
            self._world.set_status(chat, line, status)
            if number.statuses:
                self._courier.send(number, message_updated(number, sent, status))

    def _read(self, request: Request) -> Chat:
        phones = {number.phone for number in self._numbers_of(request)}
        for chat in self._world.chats.values():
            line = chat.find(request.path_params["id"]) if chat.number in phones else None
            if line is None or line.direction != "in":
                continue
            for earlier in chat.messages:
                if earlier.direction == "in" and earlier.seq <= line.seq:
                    self._world.set_status(chat, earlier, "read")
            return chat
        raise RefusedError(404, "NOT_FOUND", "The inbound message does not exist.")


def refused(refusal: RefusedError) -> JSONResponse:
    """The documented error envelope; its request id is also the header `YCloud-Request-ID`."""
    request_id = naming.request_id()
    error: dict[str, Any] = {
        "status": refusal.status,
        "code": refusal.code,
        "message": refusal.message,
        "requestId": request_id,
    }
    if refusal.target:
        error["target"] = refusal.target
    if refusal.whatsapp_code:
        error["target"] = "whatsappApiError"
        error["whatsappApiError"] = {
            "message": f"(#{refusal.whatsapp_code}) {refusal.message}",
            "type": "OAuthException",
            "code": refusal.whatsapp_code,
            "fbtrace_id": naming.message_id(),
            "error_data": {"messaging_product": "whatsapp", "details": refusal.message},
        }
    headers = {"YCloud-Request-ID": request_id}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return JSONResponse({"error": error}, refusal.status, headers)


def _answer(content: dict[str, Any] | None) -> Response:
    headers = {"YCloud-Request-ID": naming.request_id()}
    return Response(headers=headers) if content is None else JSONResponse(content, headers=headers)


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        raise RefusedError(400, "BAD_REQUEST", "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "BAD_REQUEST", "The request body must be a JSON object.")
    return body


def _as_sent(body: dict[str, Any], http_status: int) -> SentMessage:
    """The ledger's row of a body, which may be a refused and malformed one."""
    kind = str(body.get("type", ""))
    content = body.get(kind)
    text, image_url = _readable(kind, content if isinstance(content, dict) else {})
    external_id = body.get("externalId")
    return SentMessage(
        id=naming.message_id(),
        wamid=naming.wamid(),
        external_id=external_id if isinstance(external_id, str) else None,
        sender=str(body.get("from", "")),
        recipient=str(body.get("to") or body.get("recipient") or ""),
        type=kind,
        text=text,
        image_url=image_url,
        at=naming.now(),
        http_status=http_status,
        content=content if isinstance(content, dict) else {},
    )


def _readable(kind: str, content: dict[str, Any]) -> tuple[str, str | None]:
    """The words and the picture that a phone shows for a message of this type."""
    if kind == "text":
        return str(content.get("body", "")), None
    if kind == "image":
        return str(content.get("caption") or ""), content.get("link")
    if kind == "interactive":
        body, header = content.get("body"), content.get("header")
        words = str(body.get("text", "")) if isinstance(body, dict) else ""
        image = header.get("image") if isinstance(header, dict) else None
        return words, image.get("link") if isinstance(image, dict) else None
    if kind == "template":
        return f"[plantilla {content.get('name', '')}]", None
    return str(content.get("caption") or f"[{kind}]"), None


def _line_of(sent: SentMessage) -> ChatMessage:
    return ChatMessage(
        id=sent.id,
        seq=0,
        direction="out",
        author="business",
        type=sent.type,
        text=sent.text,
        image_url=sent.image_url,
        status="accepted",
        at=sent.at,
        wamid=sent.wamid,
    )
