"""Secrets at rest: pgcrypto with a key derived per tenant and field, so the master key never reaches the database
and a blob moved to another tenant or field does not open (S-099).

Stored form: `v1.<key id>.<hex>`. The random key is strong, so s2k-mode 1 (salted, not iterated) is enough; the
iterated default costs milliseconds a call and protects only passwords.
"""

import hashlib
from dataclasses import dataclass

import asyncpg
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nexus.store.database import Connection


class SealBrokenError(RuntimeError):
    """The stored secret does not open with this ENCRYPTION_KEY."""


@dataclass(frozen=True)
class Vault:
    """Derives the keys; made once per process from ENCRYPTION_KEY."""

    master: str

    def key_for(self, tenant_id: int, field: str) -> str:
        """The key of one field of one tenant, as hex."""
        info = f"nexus:{tenant_id}:{field}".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=b"nexus-v1", info=info).derive(self.master.encode()).hex()

    @property
    def key_id(self) -> str:
        """Names the master key without telling it; rotation will need to know which one sealed a value."""
        return hashlib.sha256(b"nexus-key-id:" + self.master.encode()).hexdigest()[:8]


async def seal(tenant_id: int, conn: Connection, vault: Vault, field: str, value: str) -> str:
    """The stored form of a secret; differs at each call."""
    blob: bytes = await conn.fetchval(
        "select pgp_sym_encrypt($1, $2, 's2k-mode=1, cipher-algo=aes256')",
        value,
        vault.key_for(tenant_id, field),
    )
    return f"v1.{vault.key_id}.{blob.hex()}"


async def unseal(tenant_id: int, conn: Connection, vault: Vault, field: str, stored: str) -> str:
    """The secret in clear. Raises SealBrokenError with another key, tenant or field."""
    _version, _key_id, blob = stored.split(".", 2)
    try:
        value: str = await conn.fetchval(
            "select pgp_sym_decrypt($1, $2)", bytes.fromhex(blob), vault.key_for(tenant_id, field)
        )
    except asyncpg.ExternalRoutineInvocationError as error:
        raise SealBrokenError(f"no se puede abrir {field} de la tienda {tenant_id} con esta ENCRYPTION_KEY") from error
    return value
