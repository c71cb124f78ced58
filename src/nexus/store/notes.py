"""What the team tells itself about a chat: never sent, never read by the bot."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nexus.store.database import Pool, Row, records, tenant_transaction

_SHOWN = "id, text, author, author_id, created_at, updated_at"


class NotYoursError(RuntimeError):
    """Somebody else wrote the note, and the caller manages nothing."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the panel's name for the person, the account's id (None: a machine), and whether others' notes are
    in the person's hands, too.
    """

    name: str
    id: int | None
    manages: bool


async def list_notes(tenant_id: int, pool: Pool, conversation_id: UUID) -> list[dict[str, Any]] | None:
    """The notes of a chat, newest first; None when there is no such conversation."""
    async with tenant_transaction(tenant_id, pool) as conn:
        if not await conn.fetchval("select 1 from chat_conversations where id = $1", conversation_id):
            return None
        rows = await conn.fetch(
            f"""select {_SHOWN} from conversation_notes where tenant_id = $1 and conversation_id = $2
                order by created_at desc, id""",  # noqa: S608 - a constant
            tenant_id,
            conversation_id,
        )
    return records(rows)


async def add_note(
    tenant_id: int, pool: Pool, conversation_id: UUID, text: str, writer: Writer
) -> dict[str, Any] | None:
    """Write a note; None when there is no such conversation."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            f"""insert into conversation_notes (tenant_id, conversation_id, text, author, author_id)
                select tenant_id, id, $2, $3, $4 from chat_conversations where id = $1
                returning {_SHOWN}""",  # noqa: S608 - a constant
            conversation_id,
            text,
            writer.name,
            writer.id,
        )
    return dict(row) if row else None


async def change_note(tenant_id: int, pool: Pool, note_id: UUID, text: str, writer: Writer) -> dict[str, Any] | None:
    """The note with its new words; None when there is no such note. Raises NotYoursError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        note = await conn.fetchrow("select author_id from conversation_notes where id = $1 for update", note_id)
        if note is None:
            return None
        _refuse_others(note, writer)
        row = await conn.fetchrow(
            f"""update conversation_notes set text = $2, updated_at = clock_timestamp() where id = $1
                returning {_SHOWN}""",  # noqa: S608 - a constant
            note_id,
            text,
        )
    return dict(row) if row else None


async def delete_note(tenant_id: int, pool: Pool, note_id: UUID, writer: Writer) -> bool:
    """Forget the note; False when there is no such note. Raises NotYoursError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        note = await conn.fetchrow("select author_id from conversation_notes where id = $1 for update", note_id)
        if note is None:
            return False
        _refuse_others(note, writer)
        await conn.execute("delete from conversation_notes where id = $1", note_id)
    return True


def _refuse_others(note: Row, writer: Writer) -> None:
    if not writer.manages and (writer.id is None or note["author_id"] != writer.id):
        raise NotYoursError
