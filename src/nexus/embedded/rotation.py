"""`nexus rotate`: another internal token, admin token or encryption key without cutting anybody off.

While a secret changes, every process knows two values (docs/rotation.md): NAME, which it shows and seals with, and
NAME_ALSO, which it accepts and opens beside it. Where the data folder's secrets.json holds the secret, the steps are
taken here, between restarts; where the environment does, the operator takes them and this command says which is next.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nexus.embedded.environment import data_folder, in_use, load_environment
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.secrets_file import SECRETS_FILE, change_secrets, known_secrets
from nexus.embedded.stores import open_postgres

if TYPE_CHECKING:
    from nexus.store.database import Pool
    from nexus.store.secrets import Vault

NAMES = {"internal-token": "INTERNAL_API_TOKEN", "admin-token": "ADMIN_TOKEN", "encryption-key": "ENCRYPTION_KEY"}
KEY = "ENCRYPTION_KEY"
_MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


@dataclass(frozen=True)
class Sealed:
    """What became of the stored secrets."""

    anew: int
    present: int
    also: int
    unknown: int
    codes_until: str | None

    def describe(self) -> list[str]:
        """A line each for a person."""
        lines = [f"{self.anew} secretos cifrados de nuevo; con la clave actual: {self.present}"]
        if self.unknown:
            lines.append(
                f"atención: {self.unknown} no se abren con ninguna clave conocida: cargalos de nuevo en el panel"
            )
        return lines


def rotate(what: str, data_dir: str | None, *, new_calendars: bool = False) -> list[str]:
    """Take the next step for one secret, or say which it is; what to tell the person. Raises EmbeddedError."""
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    name = NAMES[what]
    if not environ.get(name) and known_secrets(folder).get(name):
        return _in_the_folder(what, environ, folder, new_calendars)
    if name == KEY:
        return _of_the_environment(environ, folder, new_calendars)
    return _told(name, what, bool(environ.get(f"{name}_ALSO")))


def _in_the_folder(what: str, environ: Mapping[str, str], folder: Path, new_calendars: bool) -> list[str]:
    name, kept = NAMES[what], known_secrets(folder)
    also = f"{name}_ALSO"
    again = f"./nexus rotate {what}"
    if not kept.get(also):
        change_secrets(folder, {name: secrets.token_urlsafe(32), also: kept[name]})
        start = "reiniciá ./nexus up" if in_use(folder) else "arrancá ./nexus up"
        return [
            f"{name} tiene un valor nuevo en {folder / SECRETS_FILE}; el de antes sigue valiendo al lado ({also})",
            f"ahora {start}; cuando nadie use el de antes, otra vez {again}",
        ]
    if in_use(folder) and (folder / "nexus.lock").stat().st_mtime_ns < (folder / SECRETS_FILE).stat().st_mtime_ns:
        raise EmbeddedError(
            f"el Nexus en marcha no conoce todavía el valor nuevo de {name}: reinicialo y repetí {again}"
        )
    lines: list[str] = []
    if name == KEY:
        sealed = _seal_anew(environ, folder, kept[name], kept[also], new_calendars)
        lines = [*sealed.describe(), *_codes(sealed)]
        if sealed.also:
            raise EmbeddedError(f"{sealed.also} secretos siguen con la clave de antes: repetí {again}")
        lines.append(
            f"guardá aparte el valor nuevo de {name}; el de antes abre todavía los backups que se hicieron con él"
        )
    change_secrets(folder, {also: None})
    return [*lines, f"listo: el valor de antes de {name} deja de valer cuando vuelva a arrancar ./nexus up"]


def _of_the_environment(environ: Mapping[str, str], folder: Path, new_calendars: bool) -> list[str]:
    key, also = environ.get(KEY), environ.get(f"{KEY}_ALSO")
    if not key:
        raise EmbeddedError(f"falta {KEY}: está en el entorno o en .env de los servicios")
    sealed = _seal_anew(environ, folder, key, also or "", new_calendars)
    lines = sealed.describe()
    if not also or also == key:
        return [*lines, *_told(KEY, "encryption-key", swapped=False)]
    if sealed.also:
        raise EmbeddedError(f"{sealed.also} secretos siguen con {KEY}_ALSO: algún proceso la tiene aún de primera")
    if not sealed.anew:
        lines.append(f"nada estaba cifrado con {KEY}_ALSO: si esa es la nueva, falta todavía intercambiarlas (paso 2)")
    return [
        *lines,
        *_codes(sealed),
        f"nada necesita ya {KEY}_ALSO: sacala de todos los procesos y reinicialos de a uno; los backups hechos "
        "con ella la siguen necesitando",
    ]


def _codes(sealed: Sealed) -> list[str]:
    if sealed.codes_until is None:
        return []
    return [
        f"hay códigos de contraseña o invitaciones en camino hasta el {sealed.codes_until}: los que salieron antes del "
        "cambio valen mientras los servicios conozcan la clave de antes"
    ]


def _told(name: str, what: str, swapped: bool) -> list[str]:
    """The steps where the environment holds the secret; nobody but the operator reaches every process."""
    then = f"corré ./nexus rotate {what}, y después sacá {name}_ALSO" if name == KEY else f"sacá {name}_ALSO"
    if swapped:
        return [
            f"{name} y {name}_ALSO valen los dos. Si el nuevo es todavía el _ALSO, intercambialos y reiniciá los "
            "servicios de a uno",
            f"cuando nadie use el de antes, {then} y reinicialos de a uno",
        ]
    return [
        f"{name} está en el entorno de los servicios, no en la carpeta de datos. Para cambiarla sin cortar nada:",
        f"  1. hacé un valor nuevo ({_MAKE_ONE}) y ponelo como {name}_ALSO en todos; reinicialos de a uno",
        f"  2. intercambialos: {name} el nuevo, {name}_ALSO el de antes; reinicialos de a uno",
        f"  3. {then}; reinicialos de a uno (docs/rotation.md)",
    ]


def _seal_anew(environ: Mapping[str, str], folder: Path, key: str, also: str, new_calendars: bool) -> Sealed:
    return asyncio.run(_sealing(environ, folder, key, also, new_calendars))


async def _sealing(environ: Mapping[str, str], folder: Path, key: str, also: str, new_calendars: bool) -> Sealed:
    from nexus.store.database import UNREACHABLE, StatementError, open_pool
    from nexus.store.secrets import Vault

    async with open_postgres(environ, folder) as dsns:
        if "POSTGRES_DSN" not in dsns:
            raise EmbeddedError("falta POSTGRES_DSN")
        pool = await open_pool(dsns["POSTGRES_DSN"], "nexus_rotate", max_size=2)
        try:
            return await _every_tenant(pool, Vault(key, also), new_calendars)
        except (StatementError, *UNREACHABLE) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise EmbeddedError(f"quedó por la mitad ({said}): repetí el comando, sigue donde quedó") from error
        finally:
            await pool.close()


async def _every_tenant(pool: Pool, vault: Vault, new_calendars: bool) -> Sealed:
    """A transaction each, so that one that was interrupted goes on where it was."""
    from nexus.store.resealing import codes_living_until, key_use, seal_anew
    from nexus.store.tenants import list_tenants

    anew = present = also = unknown = 0
    for tenant_id in [tenant["id"] for tenant in await list_tenants(pool)]:
        anew += await seal_anew(tenant_id, pool, vault, keep_feeds=not new_calendars)
        use = await key_use(tenant_id, pool, vault)
        present, also, unknown = present + use.present, also + use.also, unknown + use.unknown
    until = await codes_living_until(pool)
    return Sealed(anew, present, also, unknown, f"{until:%d/%m %H:%M} UTC" if until else None)
