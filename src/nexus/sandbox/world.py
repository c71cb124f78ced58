"""The state of the small outside world: who has which number, what was said, what was accepted.

One `World` lives in the process and every room reads and writes it from the same event loop, so no
locks are needed: nothing here awaits while it changes something. What a restart has to survive (chats,
ledger, mailbox, customers) is told to the journal.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from nexus.sandbox import naming
from nexus.sandbox.faults import FaultBook
from nexus.sandbox.journal import Journal

TYPING_SECONDS = 25.0
"""How long WhatsApp shows "escribiendo…" when no answer follows (ycloud.md section 4.6)."""


class UnknownNumberError(LookupError):
    """No business number of that phone is registered here."""


@dataclass
class BusinessNumber:
    """A shop's WhatsApp number at YCloud and where its webhooks go. `phone` is E.164 with plus."""

    phone: str
    api_key: str
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_endpoint_id: str | None = None
    waba_id: str = "100000000000001"
    statuses: bool = True
    store_name: str = ""

    def as_json(self) -> dict[str, Any]:
        """Everything but the two secrets."""
        public = asdict(self)
        del public["api_key"], public["webhook_secret"]
        return public


@dataclass
class Customer:
    """A person with a phone. `user_id` is WhatsApp's business-scoped id, when she has one."""

    phone: str
    name: str
    user_id: str | None = None


@dataclass
class ChatMessage:
    """One line of a chat as the customer's phone shows it.

    `direction` "in" is from the customer; `status` of an inbound line is sent, delivered or read (the
    business has seen it), of an outbound one accepted, sent, delivered, read or failed.
    """

    id: str
    seq: int
    direction: str
    author: str
    type: str
    text: str
    image_url: str | None
    status: str
    at: str
    wamid: str = ""


@dataclass
class Chat:
    """The thread of one customer with one business number; `rev` grows with every visible change."""

    number: str
    customer: str
    messages: list[ChatMessage] = field(default_factory=list)
    typing_until: float = 0.0
    rev: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    last_seq: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def touch(self) -> None:
        """Marks a visible change and wakes those who wait for one."""
        self.rev += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_beyond(self, rev: int, seconds: float) -> None:
        """Returns when the revision is not `rev` (any more), at the latest after `seconds`."""
        if rev == self.rev:
            change = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait([change], timeout=seconds)
            change.cancel()

    @property
    def typing(self) -> bool:
        """Whether the business is shown as writing."""
        return time.monotonic() < self.typing_until

    def find(self, any_id: str) -> ChatMessage | None:
        """The line with this YCloud id or wamid."""
        return next((m for m in self.messages if any_id in {m.id, m.wamid}), None)


@dataclass
class SentMessage:
    """A message a business handed to YCloud, accepted (`http_status` 200) or refused."""

    id: str
    wamid: str
    external_id: str | None
    sender: str
    recipient: str
    type: str
    text: str
    image_url: str | None
    at: str
    http_status: int
    error_code: str | None = None
    content: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The ledger's row: `from` and `to` instead of Python's names, without the raw content."""
        row = asdict(self)
        del row["content"]
        row["from"] = row.pop("sender")
        row["to"] = row.pop("recipient")
        return row


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
    """What the model's room (`nexus.sandbox.model`) remembers; `mode` is "demo" or "scripted"."""

    mode: str = "demo"
    delay_seconds: float = 0.0
    scenarios: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def reset(self) -> None:
        """Back to the demo brain, nothing recorded."""
        self.mode = "demo"
        self.delay_seconds = 0.0
        self.scenarios.clear()
        self.requests.clear()


class World:
    """Everything that exists out here. Keys: phones are E.164 with plus, chats are (number, customer)."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.numbers: dict[str, BusinessNumber] = {}
        self.shops: dict[str, Any] = {}
        self.customers: dict[str, Customer] = {}
        self.chats: dict[tuple[str, str], Chat] = {}
        self.ledger: list[SentMessage] = []
        self.rejected: list[SentMessage] = []
        self.mails: list[Mail] = []
        self.webhook_log: list[WebhookAttempt] = []
        self.faults = FaultBook()
        self.model = ModelState()
        self._journal = journal
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
        if known is None or (name is not None and known.name != name):
            user_id = known.user_id if known else None
            return self.put_customer(Customer(phone, name or phone, user_id))
        return known

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
        self._note_line(chat, line)
        chat.touch()
        return line

    def set_status(self, chat: Chat, line: ChatMessage, status: str) -> None:
        """Changes the ticks of a line."""
        if line.status != status:
            line.status = status
            self._note_line(chat, line)
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
        for memory in (self.ledger, self.rejected, self.mails, self.webhook_log):
            memory.clear()
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

    def _remember_line(self, row: dict[str, Any]) -> None:
        chat = self.chat(row["number"], row["customer"])
        line = ChatMessage(**row["line"])
        known = chat.find(line.id)
        if known is None:
            chat.messages.append(line)
        else:
            known.status = line.status
        chat.last_seq = max(chat.last_seq, line.seq)


def new_line(
    direction: str, author: str, text: str, *, kind: str = "text", image_url: str | None = None
) -> ChatMessage:
    """A fresh line with new ids and the present time; `World.add_line` gives it its place."""
    status = "sent" if direction == "in" else "accepted"
    return ChatMessage(
        id=naming.message_id(),
        seq=0,
        direction=direction,
        author=author,
        type=kind,
        text=text,
        image_url=image_url,
        status=status,
        at=naming.now(),
        wamid=naming.wamid(),
    )
