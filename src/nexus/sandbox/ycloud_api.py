"""YCloud's REST API as a business sees it: send, look up, read marks and typing (ycloud.md section 4)."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox import naming
from nexus.sandbox.chat_words import MEDIA_TYPES, readable
from nexus.sandbox.chats import Chat, SentMessage, line_of
from nexus.sandbox.delivery import Delivery
from nexus.sandbox.faults import Fault
from nexus.sandbox.refusals import RefusedError
from nexus.sandbox.webhooks import Courier
from nexus.sandbox.wire import CutConnection, hang
from nexus.sandbox.world import BusinessNumber, World
from nexus.sandbox.ycloud_answers import answer, json_object, numbers_of, refused, refusing
from nexus.sandbox.ycloud_checks import check_send
from nexus.sandbox.ycloud_events import ERROR_MESSAGES, whatsapp_message

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
        Route(f"{base}/messages/{{id}}", refusing(desk.retrieve)),
        Route(f"{base}/inboundMessages/{{id}}/markAsRead", refusing(desk.mark_as_read), methods=["POST"]),
        Route(f"{base}/inboundMessages/{{id}}/typingIndicator", refusing(desk.typing), methods=["POST"]),
    ]


class YCloud:
    """The provider's desk: checks, accepts into the ledger, and lets the customer's phone show it."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._delivery = Delivery(world, courier)

    async def send_directly(self, request: Request) -> Response:
        """`POST /whatsapp/messages/sendDirectly`: 200 with the accepted `WhatsappMessage`."""
        return await self._send(request, with_wamid=True)

    async def enqueue(self, request: Request) -> Response:
        """`POST /whatsapp/messages`: the same, but the answer does not know the wamid yet."""
        return await self._send(request, with_wamid=False)

    async def retrieve(self, request: Request) -> Response:
        """`GET /whatsapp/messages/{id}` by YCloud's id; only messages of the key's own numbers."""
        phones = {number.phone for number in numbers_of(self._world, request)}
        for sent in (*self._world.ledger, *self._world.inbox_sends):
            if sent.id == request.path_params["id"] and sent.sender in phones:
                line = self._world.chat(sent.sender, sent.recipient).find(sent.id)
                status = line.status if line else "accepted"
                number = self._world.number(sent.sender)
                return answer(whatsapp_message(number, sent, status))
        raise RefusedError(404, "NOT_FOUND", "The message does not exist.")

    async def mark_as_read(self, request: Request) -> Response:
        """Blue ticks on the customer's line and on the earlier ones; 200 with an empty body."""
        self._read(request)
        return answer(None)

    async def typing(self, request: Request) -> Response:
        """Marks as read and shows "escribiendo…" until an answer, at most 25 s; 200, empty body."""
        self._world.show_typing(self._read(request))
        return answer(None)

    async def _send(self, request: Request, *, with_wamid: bool) -> Response:
        body: dict[str, Any] = {}
        try:
            body = json_object(await request.body())
            fault = self._fault_for(body)
            misbehaviour = await self._before_acceptance(request, fault)
            if misbehaviour is not None:
                self._world.rejected.append(_as_sent(body, 0))
                return misbehaviour
            number = self._sender(request, body)
            check_send(body)
            self._check_here(number, body)
            sent = self._accept(number, body)
        except RefusedError as refusal:
            row = _as_sent(body, refusal.status)
            row.error_code = refusal.whatsapp_code or refusal.code
            self._world.rejected.append(row)
            return refused(refusal)
        if fault and fault.kind == "hang_after_accept":
            return await hang(request, fault.seconds or HANG_SECONDS)
        accepted = whatsapp_message(number, sent, "accepted")
        if not with_wamid:
            del accepted["wamid"]
        return answer(accepted)

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

    def _sender(self, request: Request, body: dict[str, Any]) -> BusinessNumber:
        numbers = {number.phone: number for number in numbers_of(self._world, request)}
        phone = body.get("from")
        if isinstance(phone, str) and phone.startswith("+") and phone not in numbers:
            raise RefusedError(
                403,
                "WHATSAPP_PHONE_NUMBER_UNAVAILABLE",
                "The phone number is not available to this account.",
                "from",
            )
        return numbers[phone] if phone in numbers else next(iter(numbers.values()))

    def _check_here(self, number: BusinessNumber, body: dict[str, Any]) -> None:
        """What depends on the account: the template has to be approved, an uploaded file its own and of that type."""
        kind, content = body["type"], body[body["type"]]
        if kind == "template":
            self._world.templates.check(number.waba_id, content)
        if kind in MEDIA_TYPES and content.get("id"):
            media = self._world.media.get(str(content["id"]))
            if media is None or media.owner != number.phone or kind not in {media.kind, "document"}:
                raise RefusedError(400, "BAD_REQUEST", "Media upload error", f"{kind}.id", "131053")

    def _accept(self, number: BusinessNumber, body: dict[str, Any]) -> SentMessage:
        sent = _as_sent(body, 200)
        if body.get("to") is None:
            self._address_by_user_id(sent, str(body["recipient"]))
        if sent.recipient not in self._world.gone_phones:
            self._world.customer(sent.recipient)
        self._world.accept(sent)
        chat = self._world.chat(number.phone, sent.recipient)
        line = self._world.add_line(chat, line_of(sent))
        if sent.type == "reaction":
            self._world.react(chat, sent.content["message_id"], "business", str(sent.content.get("emoji") or ""))
        self._delivery.start(number, sent, chat, line)
        return sent

    def _address_by_user_id(self, sent: SentMessage, user_id: str) -> None:
        customer = self._world.customer_of(user_id)
        if customer is None:
            raise RefusedError(400, "PARAM_INVALID", "Unknown recipient.", "recipient", "131062")
        sent.recipient, sent.recipient_type, sent.user_id = customer.phone, "user_id", user_id

    def _read(self, request: Request) -> Chat:
        phones = {number.phone for number in numbers_of(self._world, request)}
        for chat in self._world.chats.values():
            line = chat.find(request.path_params["id"]) if chat.number in phones else None
            if line is None or line.direction != "in":
                continue
            for earlier in chat.messages:
                if earlier.direction == "in" and earlier.seq <= line.seq:
                    self._world.set_status(chat, earlier, "read")
            return chat
        raise RefusedError(404, "NOT_FOUND", "The inbound message does not exist.")


def _as_sent(body: dict[str, Any], http_status: int) -> SentMessage:
    """The ledger's row of a body, which may be a refused and malformed one."""
    kind = str(body.get("type", ""))
    content = body.get(kind)
    text, image_url = readable(kind, content)
    external_id, context = body.get("externalId"), body.get("context")
    quote = context.get("message_id") if isinstance(context, dict) else None
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
        content=content if isinstance(content, dict | list) else {},
        recipient_type="phone" if body.get("to") else "user_id",
        quote=str(quote) if quote else None,
    )
