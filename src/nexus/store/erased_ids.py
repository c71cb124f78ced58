"""What is left of an erased customer's messages: hashes of their ids, so that none is answered or sent anew."""

from nexus.store.database import Connection


class ErasedMessageError(RuntimeError):
    """The ids are those of messages that were erased with their customer."""


async def erased_among(tenant_id: int, conn: Connection, ids: list[str]) -> set[str]:
    """Those of these ids (a provider's, or a `client_ref` as it is stored) whose messages were erased."""
    rows = await conn.fetch(
        """select id from unnest($2::text[]) as given (id) where exists (
               select 1 from erased_ids e where e.tenant_id = $1 and e.id_hash = erased_hash('message', given.id))""",
        tenant_id,
        ids,
    )
    return {row["id"] for row in rows}
