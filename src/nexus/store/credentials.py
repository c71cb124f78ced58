"""Credentials per tenant: written, masked, used; never read back over the API (S-087)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nexus.runtime.logs import get_logger
from nexus.store.catalogue_sync import forget_refusal
from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.live_tests import forget_test
from nexus.store.secrets import SealBrokenError, Vault, seal, unseal

KINDS: dict[str, dict[str, bool]] = {
    "tiendanube": {"store_id": False, "access_token": True, "client_secret": True},
    "ycloud": {"api_key": True, "webhook_secret": True, "webhook_endpoint_id": False},
    "llm": {"api_key": True, "base_url": False, "model": False},
}
"""The fields of each kind, and whether a field is secret."""
_WEBHOOK_SECRET = ("ycloud", "webhook_secret")
_OF_WEBHOOK = "tenant_id = $1 and kind = 'ycloud' and name = 'webhook_secret'"


PREVIOUS_FOR = timedelta(hours=24)
"""How long a webhook's former secret counts unless somebody says otherwise: YCloud retries for 5 h 36 min."""


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """One candidate secret of a webhook and the tenant and number that own it; `until` of a former one only."""

    tenant_id: int
    bot_phone_number: str
    secret: str
    endpoint_id: str | None
    until: datetime | None = None


async def set_credentials(
    tenant_id: int,
    pool: Pool,
    vault: Vault,
    kind: str,
    values: dict[str, str],
    *,
    who: str | None = None,
    previous_for: timedelta = PREVIOUS_FOR,
) -> None:
    """Write the given fields of a kind; a field left out stays. An empty string forgets it.

    `who` wrote them, None for the environment. What a live test found of the former ones is forgotten. A webhook's
    former secret counts for `previous_for` more.

    The Tienda Nube store id and token live in `tenants` (S-093), the rest in `tenant_credentials`.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        for name, value in values.items():
            secret = KINDS[kind][name]
            sealed = await seal(tenant_id, conn, vault, f"{kind}.{name}", value) if secret and value else None
            if kind == "tiendanube" and name != "client_secret":
                column = "tiendanube_access_token" if secret else "tiendanube_store_id"
                await conn.execute(
                    f"update tenants set {column} = $2, updated_at = now() where id = $1",  # noqa: S608 - two columns
                    tenant_id,
                    sealed if secret else (value or None),
                )
                sealed = None
            overlap = previous_for if (kind, name) == _WEBHOOK_SECRET and value else None
            if overlap is not None and await _is_now(tenant_id, conn, vault, value):
                continue  # saved again: it must not become its own former one
            hint = value[-4:] if secret and len(value) >= 12 else None
            written = (kind, name, None if secret else (value or None), sealed, hint, who)
            await _write(tenant_id, conn, written, overlap)
        if values:
            await forget_test(tenant_id, conn, kind)
        if kind == "tiendanube" and values:
            await forget_refusal(tenant_id, conn)


async def _write(
    tenant_id: int, conn: Connection, written: tuple[str | None, ...], previous_for: timedelta | None
) -> None:
    await conn.execute(
        """insert into tenant_credentials as c (tenant_id, kind, name, value, secret, hint, updated_by)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (tenant_id, kind, name) do update
           set previous_secret = case when $8::interval is not null then c.secret end,
               previous_until = case when c.secret is not null then now() + $8::interval end,
               value = excluded.value, secret = excluded.secret, hint = excluded.hint,
               updated_at = now(), updated_by = excluded.updated_by""",
        tenant_id,
        *written,
        previous_for,
    )
    if written[:2] == _WEBHOOK_SECRET:
        await _forget_marks(tenant_id, conn)


async def end_previous_secret(tenant_id: int, pool: Pool) -> None:
    """From now on nothing that the webhook's former secret signed is taken, whatever its time."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            f"update tenant_credentials set previous_secret = null, previous_until = null where {_OF_WEBHOOK}",  # noqa: S608 - our own text
            tenant_id,
        )
        await _forget_marks(tenant_id, conn)


async def previous_secret(tenant_id: int, pool: Pool) -> dict[str, datetime | None] | None:
    """{until, signed_at, refused_at} of the webhook's former secret: its end and what it signed last; None without."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select coalesce(c.previous_until, c.updated_at + interval '24 hours') as until,
                      l.previous_signed_at as signed_at, l.previous_refused_at as refused_at
               from tenant_credentials c left join webhook_lights l on l.tenant_id = c.tenant_id
               where c.tenant_id = $1 and c.kind = 'ycloud' and c.name = 'webhook_secret'
                 and c.secret is not null and c.previous_secret is not null""",
            tenant_id,
        )
    return dict(row) if row else None


async def _is_now(tenant_id: int, conn: Connection, vault: Vault, value: str) -> bool:
    stored = await conn.fetchval(f"select secret from tenant_credentials where {_OF_WEBHOOK} for update", tenant_id)  # noqa: S608 - our own text
    if stored is None:
        return False
    try:
        async with conn.transaction():
            return await unseal(tenant_id, conn, vault, "ycloud.webhook_secret", stored) == value
    except SealBrokenError:
        return False


async def _forget_marks(tenant_id: int, conn: Connection) -> None:
    await conn.execute(
        "update webhook_lights set previous_signed_at = null, previous_refused_at = null where tenant_id = $1",
        tenant_id,
    )


async def load_credentials(tenant_id: int, pool: Pool, vault: Vault, kind: str) -> dict[str, str]:
    """The fields of a kind that are set, in clear. Raises SealBrokenError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch("select name, value, secret from tenant_credentials where kind = $1", kind)
        found = {row["name"]: (row["value"], row["secret"]) for row in rows}
        if kind == "tiendanube":
            row = await conn.fetchrow("select tiendanube_store_id, tiendanube_access_token from tenants")
            if row:
                found["store_id"] = (row["tiendanube_store_id"], None)
                found["access_token"] = (None, row["tiendanube_access_token"])
        clear = {name: value for name, (value, _) in found.items() if value}
        for name, (_, sealed) in found.items():
            if sealed:
                clear[name] = await unseal(tenant_id, conn, vault, f"{kind}.{name}", sealed)
    return clear


async def masked_credentials(tenant_id: int, pool: Pool) -> dict[str, dict[str, Any]]:
    """What the panel may show: open fields as written, secrets as `•••• 4f2a`, and when and by whom each was set."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            "select kind, name, value, secret, hint, updated_at, updated_by from tenant_credentials"
        )
        shop = await conn.fetchrow("select tiendanube_store_id, tiendanube_access_token from tenants")
    stored = {(row["kind"], row["name"]): row for row in rows}
    shown: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for kind, fields in KINDS.items():
        for name, secret in fields.items():
            row = stored.get((kind, name))
            value = row["value"] if row else None
            is_set = bool(row and (row["value"] or row["secret"]))
            if shop and kind == "tiendanube" and name != "client_secret":
                value = shop["tiendanube_store_id"] if name == "store_id" else None
                is_set = bool(shop[f"tiendanube_{name}"])
            mask = "•••• " + ((row and row["hint"]) or "") if is_set else None
            shown[kind][name] = {
                "set": is_set,
                "value": mask.strip() if secret and mask else value,
                "updated_at": row["updated_at"] if row else None,
                "updated_by": row["updated_by"] if row else None,
            }
    return shown


async def webhook_secrets(pool: Pool, vault: Vault, opened: dict[str, str]) -> list[WebhookSecret]:
    """Every webhook secret of every tenant, current before previous; checked by HMAC only.

    `opened` keeps what was unsealed between calls. A secret that does not open costs its own tenant only.
    """
    found: list[WebhookSecret] = []
    async with pool.acquire(timeout=5) as conn:
        for row in await conn.fetch("select * from webhook_secrets()"):
            for sealed, until in ((row["secret"], None), (row["previous_secret"], row["previous_until"])):
                if sealed is None:
                    continue
                known_as = f"{row['tenant_id']}:{sealed}"  # a blob moved to another tenant must not open from here
                if known_as not in opened:
                    try:
                        opened[known_as] = await unseal(row["tenant_id"], conn, vault, "ycloud.webhook_secret", sealed)
                    except SealBrokenError:
                        get_logger().error("webhook_secret_does_not_open", tenant_id=row["tenant_id"])
                        continue
                clear = opened[known_as]
                found.append(WebhookSecret(row["tenant_id"], row["bot_phone_number"], clear, row["endpoint_id"], until))
    return found
