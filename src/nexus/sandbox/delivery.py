"""What becomes of an accepted message: its statuses, the 24 h window, and failures that only a webhook tells."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from nexus.sandbox.chats import Chat, ChatMessage, SentMessage
from nexus.sandbox.naming import moment
from nexus.sandbox.webhooks import Courier
from nexus.sandbox.world import BusinessNumber, World
from nexus.sandbox.ycloud_events import message_updated

STATUS_STEPS = (("sent", 0.15), ("delivered", 0.25), ("read", 0.6))
"""What becomes of an accepted message, with the seconds between the steps."""

WINDOW_HOURS = 24.0
WINDOW_CLOSED = "131047"
UNDELIVERABLE = "131026"

NO_WINDOW_TYPES = {"system"}
"""What arrives from a customer without her having written."""


def window_open(chat: Chat) -> bool:
    """Whether free text passes: the newest inbound message (by its send time) is at most 24 h old here."""
    ages = [
        _age_hours(chat, line) for line in chat.messages if line.direction == "in" and line.type not in NO_WINDOW_TYPES
    ]
    return bool(ages) and min(ages) <= WINDOW_HOURS


def _age_hours(chat: Chat, line: ChatMessage) -> float:
    real = (datetime.now(UTC) - moment(line.send_time or line.at)).total_seconds() / 3600
    return real + chat.clock_hours - line.clock_hours


class Delivery:
    """Brings accepted messages to the customers' phones and reports on the way."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    def start(self, number: BusinessNumber, sent: SentMessage, chat: Chat, line: ChatMessage) -> None:
        """Lets the statuses of a send follow in the background, webhooks only where the number wants them."""
        doomed = self._failure_at_once(sent, chat)
        self._courier.run(self._follow(number, sent, chat, line, doomed))

    def _failure_at_once(self, sent: SentMessage, chat: Chat) -> str | None:
        """WhatsApp's code for a message that never leaves; judged when it is accepted."""
        if sent.recipient in self._world.gone_phones:
            return UNDELIVERABLE
        return None if sent.type == "template" or window_open(chat) else WINDOW_CLOSED

    async def _follow(
        self, number: BusinessNumber, sent: SentMessage, chat: Chat, line: ChatMessage, doomed: str | None
    ) -> None:
        for status, wait in STATUS_STEPS:
            await asyncio.sleep(wait)
            if line.status == "failed":
                return
            if doomed:
                self._fail(number, sent, chat, line, doomed)
                return
            self.report(number, sent, chat, line, status)
            if status == "sent":
                doomed = self._ordered_failure(sent)

    def report(self, number: BusinessNumber, sent: SentMessage, chat: Chat, line: ChatMessage, status: str) -> None:
        """Gives the line a status and tells the business, when the number wants statuses."""
        self._world.set_status(chat, line, status)
        if number.statuses:
            self._courier.send(number, message_updated(number, sent, status))

    def _fail(self, number: BusinessNumber, sent: SentMessage, chat: Chat, line: ChatMessage, code: str) -> None:
        sent.error_code = code
        self._world.set_status(chat, line, "failed", code)
        if number.statuses:
            self._courier.send(number, message_updated(number, sent, "failed"))

    def _ordered_failure(self, sent: SentMessage) -> str | None:
        """The code of a fault of target "ycloud.status", taken when the message has been sent."""
        attributes = {"to": sent.recipient, "from": sent.sender, "type": sent.type, "text": sent.text}
        fault = self._world.faults.take("ycloud.status", externalId=sent.external_id or "", **attributes)
        return (fault.error_code or UNDELIVERABLE) if fault else None
