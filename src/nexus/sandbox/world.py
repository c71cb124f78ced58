"""The state of the small outside world: who has which number, what was said, what was accepted.

One `World` lives in the process and every room reads and writes it from the same event loop, so no
locks are needed: nothing here awaits while it changes something. What a restart has to survive (chats,
ledger, mailbox, customers) is told to the journal.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from nexus.sandbox.chats import TYPING_SECONDS, Chat, ChatMessage, SentMessage
from nexus.sandbox.faults import FaultBook
from nexus.sandbox.journal import Journal
from nexus.sandbox.media import MediaStore
from nexus.sandbox.templates import TemplateBook


class UnknownNumberError(LookupError):
    """No business number of that phone is registered here."""


SUBSCRIBED = ("whatsapp.inbound_message.received", "whatsapp.message.updated", "whatsapp.smb.message.echoes")
"""What an endpoint says that it is told of; more comes all the same (ycloud.md 1.3)."""


@dataclass
class BusinessNumber:
    """A shop's WhatsApp number at YCloud and where its webhooks go. `phone` is E.164 with plus.

    An endpoint whose status is not active (pending, disabled) gets no event at all.
    """

    phone: str
    api_key: str
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_endpoint_id: str | None = None
    waba_id: str = "100000000000001"
    statuses: bool = True
    store_name: str = ""
    endpoint_status: str = "active"
    quality: str = "UNKNOWN"
    events: list[str] = field(default_factory=lambda: list(SUBSCRIBED))

    @property
    def endpoint_id(self) -> str:
        """The id of its webhook endpoint; its phone where none was given."""
        return self.webhook_endpoint_id or self.phone

    def as_json(self) -> dict[str, Any]:
        """Everything but the two secrets."""
        public = asdict(self)
        del public["api_key"], public["webhook_secret"]
        return public


@dataclass
class Customer:
    """A person with a phone. `user_id` is WhatsApp's business-scoped id, when she has one.

    With `hidden_phone` businesses see only that id and her username, never her number.
    """

    phone: str
    name: str
    user_id: str | None = None
    username: str | None = None
    hidden_phone: bool = False


@dataclass
class Mail:
    """One delivered e-mail; `recipients` are those of the envelope."""

    sender: str
    recipients: list[str]
    subject: str
    text: str
    at: str

    def as_json(self) -> dict[str, Any]:
        """The mailbox's row; several recipients are joined by a comma."""
        return {
            "from": self.sender,
            "to": ", ".join(self.recipients),
            "subject": self.subject,
            "text": self.text,
            "at": self.at,
        }


@dataclass
class WebhookAttempt:
    """One attempt to hand an event over. `status` 0: no answer (lost, refused, cut or too late)."""

    number: str
    event_id: str
    type: str
    status: int
    attempt: int
    at: str
    latency_ms: float


@dataclass
class ModelState:
    """What the model's room (`nexus.sandbox.model`) remembers; `mode` is "demo", "scripted" or "obedient".

    `heard` are the requests of the transcription room (`nexus.sandbox.hearing`).
    """

    mode: str = "demo"
    delay_seconds: float = 0.0
    scenarios: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)

    def reset(self) -> None:
        """Back to the demo brain, nothing recorded."""
        self.mode = "demo"
        self.delay_seconds = 0.0
        self.scenarios.clear()
        self.requests.clear()
        self.heard.clear()


class World:
    """Everything that exists out here. Keys: phones are E.164 with plus, chats are (number, customer)."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.numbers: dict[str, BusinessNumber] = {}
        self.shops: dict[str, Any] = {}
        self.customers: dict[str, Customer] = {}
        self.chats: dict[tuple[str, str], Chat] = {}
        self.ledger: list[SentMessage] = []
        self.rejected: list[SentMessage] = []
        self.inbox_sends: list[SentMessage] = []
        self.gone_phones: set[str] = set()
        self.mails: list[Mail] = []
        self.webhook_log: list[WebhookAttempt] = []
        self.faults = FaultBook()
        self.model = ModelState()
        self.templates = TemplateBook()
        self._journal = journal
        self.media = MediaStore(journal.folder / "media" if journal else None, self._note)
        if journal is not None:
            self._remember(journal)

    def number(self, phone: str | None = None) -> BusinessNumber:
        """The number of that phone, or the first registered one; raises `UnknownNumberError`."""
        if phone is None:
            phone = next(iter(self.numbers), "")
        if phone not in self.numbers:
            raise UnknownNumberError(phone or "no business number is registered")
        return self.numbers[phone]

    def customer(self, phone: str, name: str | None = None) -> Customer:
        """The customer of that phone, made when new; a given name replaces the known one."""
        known = self.customers.get(phone)
        if known is None:
            return self.put_customer(Customer(phone, name or phone))
        if name is not None and known.name != name:
            return self.put_customer(replace(known, name=name))
        return known

    def customer_of(self, user_id: str) -> Customer | None:
        """The customer with that username-scoped id."""
        return next((c for c in self.customers.values() if c.user_id == user_id), None)

    def move_customer(self, old: str, new: str) -> Customer:
        """A customer takes another number: her chats go along, and the old number is nobody's."""
        known = self.customer(old)
        moved = replace(known, phone=new, name=new if known.name == old else known.name)
        self._move(old, new)
        self._note("moved", {"old": old, "new": new})
        return self.put_customer(moved)

    def _move(self, old: str, new: str) -> None:
        self.customers.pop(old, None)
        self.gone_phones.add(old)
        self.gone_phones.discard(new)
        for number, customer in [key for key in self.chats if key[1] == old]:
            chat = self.chats.pop((number, customer))
            chat.customer = new
            self.chats[number, new] = chat
            chat.touch()

    def put_customer(self, customer: Customer) -> Customer:
        """Registers or replaces a customer."""
        self.customers[customer.phone] = customer
        self._note("customer", asdict(customer))
        return customer

    def chat(self, number: str, customer: str) -> Chat:
        """The thread of the two, made when new."""
        return self.chats.setdefault((number, customer), Chat(number, customer))

    def add_line(self, chat: Chat, line: ChatMessage) -> ChatMessage:
        """Appends a line to the thread (its `seq` is set here); an answer ends the typing dots."""
        chat.last_seq += 1
        line.seq = chat.last_seq
        chat.messages.append(line)
        if line.direction == "out":
            chat.typing_until = 0.0
        else:
            line.clock_hours = chat.clock_hours
        self._note_line(chat, line)
        chat.touch()
        return line

    def set_status(self, chat: Chat, line: ChatMessage, status: str, error_code: str | None = None) -> None:
        """Changes the ticks of a line; a failed one keeps WhatsApp's code."""
        if line.status != status:
            line.status = status
            line.error_code = error_code
            self.changed(chat, line)

    def changed(self, chat: Chat, line: ChatMessage) -> None:
        """Tells journal and phones about a line that was changed in place."""
        self._note_line(chat, line)
        chat.touch()

    def react(self, chat: Chat, wamid: str, author: str, emoji: str) -> None:
        """Puts somebody's reaction on a line, in the place of her earlier one; "" takes it away."""
        line = chat.find(wamid)
        if line is not None:
            others = [r for r in line.reactions if r["author"] != author]
            line.reactions = [*others, {"author": author, "emoji": emoji}] if emoji else others
            self.changed(chat, line)

    def move_clock(self, chat: Chat, hours: float) -> None:
        """Lets more time have passed in this chat, as far as the 24 h window goes."""
        chat.clock_hours += hours
        self._note("clock", {"number": chat.number, "customer": chat.customer, "hours": chat.clock_hours})
        chat.touch()

    def show_typing(self, chat: Chat) -> None:
        """Shows "escribiendo…" until an answer, at most `TYPING_SECONDS`."""
        chat.typing_until = time.monotonic() + TYPING_SECONDS
        chat.touch()
        asyncio.get_running_loop().call_later(TYPING_SECONDS + 0.05, chat.touch)

    def wake_phones(self) -> None:
        """Answers every phone that waits for a change."""
        for chat in self.chats.values():
            chat.touch()

    def accept(self, sent: SentMessage) -> None:
        """Writes an accepted send into the ledger, the counter of truth."""
        self.ledger.append(sent)
        self._note("sent", asdict(sent))

    def receive_mail(self, mail: Mail) -> None:
        """Puts a mail into the mailbox."""
        self.mails.append(mail)
        self._note("mail", asdict(mail))

    def clear_mail(self) -> None:
        """Empties the mailbox, for good."""
        self.mails.clear()
        self._note("mail_cleared", {})

    def reset(self, *, everything: bool = False) -> None:
        """Forgets what was said, sent, mailed, asked and broken; with `everything` also who exists.

        Chats are emptied, not replaced, so that a page waiting for a change of one hears of it.
        """
        for chat in self.chats.values():
            chat.messages.clear()
            chat.typing_until = 0.0
            chat.touch()
            chat.clock_hours = 0.0
        for memory in (self.ledger, self.rejected, self.inbox_sends, self.mails, self.webhook_log):
            memory.clear()
        self.gone_phones.clear()
        self.media.forget()
        self.templates.clear()
        self.faults.clear()
        self.model.reset()
        if everything:
            self.numbers.clear()
            self.shops.clear()
            self.customers.clear()
        if self._journal is not None:
            self._journal.erase()
            for customer in self.customers.values():
                self._note("customer", asdict(customer))

    def _note(self, kind: str, row: dict[str, Any]) -> None:
        if self._journal is not None:
            self._journal.append(kind, row)

    def _note_line(self, chat: Chat, line: ChatMessage) -> None:
        self._note("line", {"number": chat.number, "customer": chat.customer, "line": asdict(line)})

    def _remember(self, journal: Journal) -> None:
        for kind, row in journal.rows():
            if kind == "customer":
                self.customers[row["phone"]] = Customer(**row)
            elif kind == "sent":
                self.ledger.append(SentMessage(**row))
            elif kind == "mail":
                self.mails.append(Mail(**row))
            elif kind == "mail_cleared":
                self.mails.clear()
            elif kind == "line":
                self._remember_line(row)
            elif kind == "moved":
                self._move(row["old"], row["new"])
            elif kind == "clock":
                self.chat(row["number"], row["customer"]).clock_hours = row["hours"]
            elif kind in {"media", "media_grant"}:
                self.media.remember(kind, row)

    def _remember_line(self, row: dict[str, Any]) -> None:
        chat = self.chat(row["number"], row["customer"])
        line = ChatMessage(**row["line"])
        known = chat.find(line.id)
        if known is None:
            chat.messages.append(line)
        else:
            chat.messages[chat.messages.index(known)] = line
        chat.last_seq = max(chat.last_seq, line.seq)
