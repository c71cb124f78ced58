"""Every stored secret anew under the present ENCRYPTION_KEY, while services read and write them (docs/rotation.md)."""

from dataclasses import dataclass
from datetime import datetime

from nexus.store.database import Connection, Pool, Row, tenant_transaction
from nexus.store.feed_keys import FEED_FIELD
from nexus.store.secrets import SealBrokenError, Vault, derived_key, seal, unseal

SEALED_UP_TO_0017 = """
    select tenant_id, 'credential' as place, kind as key1, name as key2, kind || '.' || name as field, secret as sealed
    from tenant_credentials where secret is not null
    union all
    select tenant_id, 'previous', kind, name, kind || '.' || name, previous_secret
    from tenant_credentials where previous_secret is not null
    union all
    select id, 'token', '', '', 'tiendanube.access_token', tiendanube_access_token
    from tenants where tiendanube_access_token is not null
    union all
    select tenant_id, 'mail', '', '', 'smtp_password', smtp_password_encrypted
    from tenant_human_handoff_config where smtp_password_encrypted is not null"""
"""As below, in a database that is still to be migrated."""
SEALED = f"""{SEALED_UP_TO_0017}
    union all
    select tenant_id, 'feed', key_id, '', '{FEED_FIELD}', sealed from agenda_feed_keys"""  # noqa: S608 - our own text
"""Wherever a sealed value stands, with the field that it is sealed as; the key's id is its second part."""
# The row is another's when somebody wrote it meanwhile: then it is sealed anew already, or next time.
_REPLACE = {
    "credential": """update tenant_credentials set secret = $3
                     where tenant_id = $1 and secret = $2 and kind = $4 and name = $5""",
    "previous": """update tenant_credentials set previous_secret = $3
                   where tenant_id = $1 and previous_secret = $2 and kind = $4 and name = $5""",
    "token": """update tenants set tiendanube_access_token = $3
                where id = $1 and tiendanube_access_token = $2 and $4 = '' and $5 = ''""",
    "mail": """update tenant_human_handoff_config set smtp_password_encrypted = $3
               where tenant_id = $1 and smtp_password_encrypted = $2 and $4 = '' and $5 = ''""",
    "feed": """update agenda_feed_keys set sealed = $3
               where tenant_id = $1 and sealed = $2 and key_id = $4 and $5 = ''""",
}


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A tenant's stored secrets by the key that sealed them."""

    present: int
    also: int
    unknown: int


async def key_use(tenant_id: int, pool: Pool, vault: Vault) -> KeyUse:
    """How many secrets of the tenant the present key sealed, the other known one, and one that is not known here."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            f"""select split_part(sealed, '.', 2) as key_id, count(*) as n from ({SEALED}) s
                where tenant_id = $1 group by 1""",  # noqa: S608 - our own text
            tenant_id,
        )
    counted = {row["key_id"]: int(row["n"]) for row in rows}
    present = counted.pop(vault.key_id, 0)
    also = sum(n for known, n in counted.items() if known in vault.key_ids)
    return KeyUse(present, also, sum(counted.values()) - also)


async def seal_anew(tenant_id: int, pool: Pool, vault: Vault, *, keep_feeds: bool = True) -> int:
    """Seal the tenant's secrets with the present key, in one transaction; how many were sealed with the other one.

    What opens with no known key stays as it is. Without `keep_feeds` the calendar addresses that former keys signed
    end with those keys; else what signed them is kept, sealed.
    """
    done = 0
    async with tenant_transaction(tenant_id, pool) as conn:
        await _feeds(tenant_id, conn, vault, keep=keep_feeds)
        rows = await conn.fetch(
            f"""select * from ({SEALED}) s
                where tenant_id = $1 and split_part(sealed, '.', 2) <> $2""",  # noqa: S608 - our own text
            tenant_id,
            vault.key_id,
        )
        for row in rows:
            done += await _replace(tenant_id, conn, vault, row)
    return done


async def _replace(tenant_id: int, conn: Connection, vault: Vault, row: Row) -> int:
    if vault.master_of(row["sealed"].split(".")[1]) is None:
        return 0
    try:
        async with conn.transaction():  # a damaged value must not end the others' transaction
            clear = await unseal(tenant_id, conn, vault, row["field"], row["sealed"])
    except SealBrokenError:
        return 0
    fresh = await seal(tenant_id, conn, vault, row["field"], clear)
    status = await conn.execute(_REPLACE[row["place"]], tenant_id, row["sealed"], fresh, row["key1"], row["key2"])
    return int(status.split()[-1])


async def _feeds(tenant_id: int, conn: Connection, vault: Vault, *, keep: bool) -> None:
    if not keep:
        await conn.execute("delete from agenda_feed_keys where tenant_id = $1", tenant_id)
    elif vault.also and await conn.fetchval(
        "select exists (select 1 from agenda_resources where tenant_id = $1 and feed_on)", tenant_id
    ):
        signed_with = derived_key(tenant_id, vault.also, FEED_FIELD)
        await conn.execute(
            """insert into agenda_feed_keys (tenant_id, key_id, sealed) values ($1, $2, $3)
               on conflict (tenant_id, key_id) do nothing""",
            tenant_id,
            Vault(vault.also).key_id,
            await seal(tenant_id, conn, vault, FEED_FIELD, signed_with),
        )


async def codes_living_until(pool: Pool) -> datetime | None:
    """When the last password code or invitation that is on its way ends; None when there is none."""
    async with pool.acquire(timeout=5) as conn:
        ends: datetime | None = await conn.fetchval("select codes_living_until()")
    return ends
