"""Who one customer is in a shop's tables: every number, name and chat that is hers (docs/privacy.md)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from nexus.contracts.identity import phone_key
from nexus.store.database import Connection

_ARGENTINE_KEY = re.compile(r"^54[0-9]{10}$")
_LEAST_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Sought:
    """By what somebody is looked for; any of it finds her. `drafts` are ids of draft orders that the bot made.

    An e-mail finds the chat that proved an order with it, no chat that merely mentions it.
    """

    conversation_id: UUID | None = None
    phone: str | None = None
    email: str | None = None
    drafts: tuple[int, ...] = ()


@dataclass(slots=True)
class Person:
    """Her keys (phone keys and username-scoped ids), chats, and appointments booked for her; all may be empty."""

    keys: set[str] = field(default_factory=set)
    chats: set[UUID] = field(default_factory=set)
    appointments: set[UUID] = field(default_factory=set)

    @property
    def numbers(self) -> list[str]:
        """The phones' digits, without Argentina's country code and mobile 9: a part of every way to write them."""
        phones = [key for key in self.keys if key.isdecimal() and len(key) >= _LEAST_DIGITS]
        return sorted(key[2:] if _ARGENTINE_KEY.match(key) else key for key in phones)

    @property
    def needles(self) -> list[str]:
        """LIKE patterns of what names her in a provider's event."""
        names = {key for key in self.keys if not key.isdecimal()}
        return [f"%{_as_itself(word)}%" for word in sorted({*self.numbers, *names})]

    @property
    def main_key(self) -> str | None:
        """The key that a request remembers her by: a phone where there is one."""
        return min(self.keys, key=lambda key: (not key.isdecimal(), key), default=None)


async def find_person(tenant_id: int, conn: Connection, sought: Sought, is_same: Callable[[str, str], bool]) -> Person:
    """All that is one person's, followed from chat to number to chat until nothing new comes.

    `is_same(phone, written)` judges whether a phone as somebody wrote it down is the number `phone`.
    """
    person = Person(chats={sought.conversation_id} if sought.conversation_id else set())
    if sought.phone and (key := phone_key(sought.phone)):
        person.keys.add(key)
    person.chats |= await _by_purchase(tenant_id, conn, sought)
    while await _follow(tenant_id, conn, person):
        pass
    rows = await conn.fetch(
        """select id, customer_phone, conversation_id from appointments
           where tenant_id = $1 and (conversation_id = any($2)
                 or right(regexp_replace(customer_phone, '[^0-9]', '', 'g'), 6) = any($3))""",
        tenant_id,
        list(person.chats),
        [number[-6:] for number in person.numbers],
    )
    phones = [key for key in person.keys if key.isdecimal()]
    person.appointments = {
        row["id"]
        for row in rows
        if row["conversation_id"] in person.chats or any(is_same(phone, row["customer_phone"]) for phone in phones)
    }
    return person


async def _by_purchase(tenant_id: int, conn: Connection, sought: Sought) -> set[UUID]:
    rows = await conn.fetch(
        """select conversation_id from draft_carts where tenant_id = $1 and draft_id = any($2::bigint[])
           union
           select t.conversation_id from order_tries t where t.tenant_id = $1 and t.by_mail and t.proved and $3 <> ''
             and exists (select 1 from chat_messages m where m.tenant_id = $1 and m.role = 'user'
                         and m.conversation_id = t.conversation_id and position(lower($3) in lower(m.content)) > 0)""",
        tenant_id,
        list(sought.drafts),
        (sought.email or "").strip(),
    )
    return {row["conversation_id"] for row in rows}


async def _follow(tenant_id: int, conn: Connection, person: Person) -> bool:
    """One step further; False when it led nowhere new."""
    rows = await conn.fetch(
        """select c.id, c.external_user_id, c.user_scoped_id, c.wa_address,
                  array(select a.external_user_id from customer_aliases a
                        where a.tenant_id = $1 and a.conversation_id = c.id) as aliases
           from chat_conversations c
           where c.tenant_id = $1
             and (c.id = any($2) or c.merge_into = any($2) or c.external_user_id = any($3)
                  or c.user_scoped_id = any($3)
                  or c.id in (select merge_into from chat_conversations where tenant_id = $1 and id = any($2))
                  or c.id in (select conversation_id from customer_aliases
                              where tenant_id = $1 and external_user_id = any($3)))""",
        tenant_id,
        list(person.chats),
        list(person.keys),
    )
    before = len(person.keys), len(person.chats)
    for row in rows:
        person.keys |= {row["external_user_id"], *row["aliases"]}
        person.keys |= {row["user_scoped_id"]} if row["user_scoped_id"] else set()
        person.keys |= {phone_key(row["wa_address"])} if row["wa_address"] else set()
    # A chat that was asked for and is no more is none.
    person.chats = {row["id"] for row in rows}
    return (len(person.keys), len(person.chats)) != before


def _as_itself(text: str) -> str:
    """The text as itself inside a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)
