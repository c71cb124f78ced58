"""The stores that a command works on: external ones from the environment, embedded ones for the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from nexus.embedded.environment import DSN_VARIABLES, in_use, only_one
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.secrets_file import SERVICE_SECRETS, load_secrets, secrets_of_services
from nexus.embedded.supervisor import Stage, Supervisor
from nexus.embedded.valkey import EmbeddedValkey


@dataclass(frozen=True)
class Stores:
    """Variables that the services need to reach the stores, and what the banner says about them."""

    variables: dict[str, str]
    described: str

    @property
    def owner_dsn(self) -> str:
        """The DSN for migrations."""
        return self.variables["POSTGRES_OWNER_DSN"]


async def start_stores(supervisor: Supervisor, environ: Mapping[str, str], data_dir: Path) -> Stores:
    """Start the embedded stores that no variable replaces; returns DSNs, REDIS_URL and the secrets.

    Raises EmbeddedError when a store does not come up, or when external PostgreSQL comes without the secrets.
    """
    variables: dict[str, str] = {}
    described = []
    if _external_postgres(environ):
        variables |= {name: environ[name] for name in (*DSN_VARIABLES, *SERVICE_SECRETS)}
        described.append("PostgreSQL externo")
    else:
        postgres = EmbeddedPostgres(data_dir, environ)
        await supervisor.start(Stage.STORE, postgres)
        made = load_secrets(data_dir)
        variables |= {"POSTGRES_DSN": postgres.app_dsn, "POSTGRES_OWNER_DSN": postgres.owner_dsn}
        variables |= secrets_of_services(environ, made)
        described.append("PostgreSQL propio")
    valkey = EmbeddedValkey(data_dir, environ)
    if url := environ.get("REDIS_URL"):
        variables["REDIS_URL"] = url
        described.append("Redis externo")
    elif valkey.available:
        await supervisor.start(Stage.STORE, valkey)
        variables["REDIS_URL"] = valkey.url
        described.append("Valkey propio")
    else:
        described.append("sin Valkey ni Redis: modo degradado, un solo Orchestrator y sin cachés")
    return Stores(variables, " · ".join(described))


def _external_postgres(environ: Mapping[str, str]) -> bool:
    given = [name for name in DSN_VARIABLES if environ.get(name)]
    if not given:
        return False
    missing = [name for name in (*DSN_VARIABLES, *SERVICE_SECRETS) if not environ.get(name)]
    if missing:
        raise EmbeddedError(f"con {given[0]} (PostgreSQL externo) falta también: {', '.join(missing)}")
    return True


async def migrate(owner_dsn: str, upto: str | None = None) -> list[str]:
    """Run the migrations, at most to `upto`; names of those that ran now.

    Raises EmbeddedError with the reason in one line.
    """
    from nexus.store.migrate import MigrationError
    from nexus.store.migrate import migrate as run_migrations
    from nexus.store.roles import MissingRoleError

    try:
        return await run_migrations(owner_dsn, upto)
    except ValueError as error:  # its text repeats parts of the DSN, where the password is
        raise EmbeddedError(
            "la migración falló: POSTGRES_OWNER_DSN tiene que ser postgresql://ROL:CLAVE@HOST:PUERTO/BASE"
        ) from error
    except (MigrationError, MissingRoleError, asyncpg.PostgresError, OSError) as error:
        raise EmbeddedError(f"la migración falló: {error or type(error).__name__}") from error


@asynccontextmanager
async def open_postgres(environ: Mapping[str, str], data_dir: Path) -> AsyncIterator[dict[str, str]]:
    """POSTGRES_DSN and POSTGRES_OWNER_DSN for one short command.

    External ones as given; else those of the `up` that runs on `data_dir`; else a server just for the command.
    """
    if any(environ.get(name) for name in DSN_VARIABLES):
        yield {name: environ[name] for name in DSN_VARIABLES if environ.get(name)}
        return
    postgres = EmbeddedPostgres(data_dir, environ)
    if in_use(data_dir):
        postgres.attach()
        yield {"POSTGRES_DSN": postgres.app_dsn, "POSTGRES_OWNER_DSN": postgres.owner_dsn}
        return
    with only_one(data_dir):
        try:
            await postgres.start()
            yield {"POSTGRES_DSN": postgres.app_dsn, "POSTGRES_OWNER_DSN": postgres.owner_dsn}
        finally:
            await postgres.stop()
