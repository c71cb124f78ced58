"""Secrets at rest: pgcrypto with a key derived per tenant and field, so the master key never reaches the database
and a blob moved to another tenant or field does not open (S-099).

Stored form: `v1.<key id>.<hex>`. The random key is strong, so s2k-mode 1 (salted, not iterated) is enough; the
iterated default costs milliseconds a call and protects only passwords.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import asyncpg
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nexus.runtime.settings import Settings
from nexus.store.database import Connection


class SealBrokenError(RuntimeError):
    """The stored secret does not open with this ENCRYPTION_KEY."""


@dataclass(frozen=True, repr=False)
class Vault:
    """Derives the keys; made once per process. ENCRYPTION_KEY seals, ENCRYPTION_KEY_ALSO opens, too."""

    master: str
    also: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Vault:
        """With the keys of this process."""
        return cls(settings.encryption_key, settings.encryption_key_also)

    def key_for(self, tenant_id: int, field: str) -> str:
        """The key of one field of one tenant, as hex, of the master key that seals."""
        return derived_key(tenant_id, self.master, field)

    def keys_for(self, tenant_id: int, field: str) -> list[str]:
        """The same of every known master key, the one that seals first."""
        return [derived_key(tenant_id, master, field) for master in self._known]

    @property
    def key_id(self) -> str:
        """Names the master key that seals without telling it."""
        return _key_id(self.master)

    @property
    def key_ids(self) -> list[str]:
        """Of every known master key, the one that seals first."""
        return [_key_id(master) for master in self._known]

    def master_of(self, wanted: str) -> str | None:
        """The master key of that id, None when it is not known here."""
        return next((master for master in self._known if _key_id(master) == wanted), None)

    @property
    def _known(self) -> list[str]:
        return [self.master, self.also] if self.also and self.also != self.master else [self.master]


def _key_id(master: str) -> str:
    """Names a master key without telling it."""
    return hashlib.sha256(b"nexus-key-id:" + master.encode()).hexdigest()[:8]


def derived_key(tenant_id: int, master: str, field: str) -> str:
    """The key of one field of one tenant, as hex."""
    info = f"nexus:{tenant_id}:{field}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=b"nexus-v1", info=info).derive(master.encode()).hex()


async def seal(tenant_id: int, conn: Connection, vault: Vault, field: str, value: str) -> str:
    """The stored form of a secret; differs at each call."""
    blob: bytes = await conn.fetchval(
        "select pgp_sym_encrypt($1, $2, 's2k-mode=1, cipher-algo=aes256')",
        value,
        vault.key_for(tenant_id, field),
    )
    return f"v1.{vault.key_id}.{blob.hex()}"


async def unseal(tenant_id: int, conn: Connection, vault: Vault, field: str, stored: str) -> str:
    """The secret in clear, by the key that its id names. Raises SealBrokenError with another key, tenant or field."""
    _version, sealed_by, blob = stored.split(".", 2)
    master = vault.master_of(sealed_by)
    if master is None:
        raise SealBrokenError(f"no se puede abrir {field} de la tienda {tenant_id} con esta ENCRYPTION_KEY")
    try:
        value: str = await conn.fetchval(
            "select pgp_sym_decrypt($1, $2)", bytes.fromhex(blob), derived_key(tenant_id, master, field)
        )
    except asyncpg.ExternalRoutineInvocationError as error:
        raise SealBrokenError(f"no se puede abrir {field} de la tienda {tenant_id} con esta ENCRYPTION_KEY") from error
    return value
