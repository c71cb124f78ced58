"""Rows of the files that the panel shows and takes (chat_media); a row exists only when its file does."""

from dataclasses import dataclass
from uuid import UUID

from nexus.store.database import Pool, tenant_transaction


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file: `media_type` is image, audio, video, document or sticker, `mime_type` what its bytes are."""

    id: UUID
    storage_url: str
    media_type: str
    mime_type: str | None
    file_name: str | None
    byte_size: int | None
    sha256: str | None
    seconds: float | None
    uploaded_by: str | None


_COLUMNS = ", ".join(StoredFile.__slots__)


async def load_file(tenant_id: int, pool: Pool, media_id: UUID) -> StoredFile | None:
    """The tenant's file of this id, or None."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(f"select {_COLUMNS} from chat_media where id = $1", media_id)  # noqa: S608
    return StoredFile(**dict(row)) if row else None


async def add_file(tenant_id: int, pool: Pool, file: StoredFile) -> None:
    """Write the row of a file that is on the disk already."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            f"""insert into chat_media (tenant_id, {_COLUMNS})
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",  # noqa: S608 - the row's own columns
            tenant_id,
            *(getattr(file, column) for column in StoredFile.__slots__),
        )
