"""Accounts from the command line: made, listed, and given a new password that ends what was open."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from nexus.cli import main
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.accounts import create_user, log_in, person_of_session
from nexus.store.audit import list_changes
from nexus.store.database import Pool
from nexus.store.people import invite
from nexus.store.tenants import create_tenant

Command = Callable[..., tuple[int, str, str]]
_NEW = "otra contraseña larga"


@pytest.fixture
def command(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs `nexus user …` on the tests' database; (exit code, what was printed, what was refused)."""
    monkeypatch.setenv("POSTGRES_DSN", postgres.app_dsn)
    monkeypatch.setenv("NEXUS_USER_PASSWORD", _NEW)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["user", *words, "--data-dir", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


async def test_accounts_are_made_listed_and_given_a_new_password(pool: Pool, command: Command) -> None:
    tag = uuid.uuid4().hex[:10]
    shop = await create_tenant(pool, "Danza Sur", f"+54911{int(tag, 16) % 10**8:08}")
    email, admin, guest = f"caro-{tag}@danza.example", f"admin-{tag}@danza.example", f"nina-{tag}@danza.example"
    await create_user(pool, email, "una contraseña larga")
    session = await log_in(pool, email, "una contraseña larga")
    assert session
    await invite(shop, pool, guest, "Nina", "agent")

    async def nexus(*words: str) -> tuple[int, str, str]:
        return await asyncio.to_thread(command, *words)

    code, said, _ = await nexus("create", "--email", email, "--tenant", str(shop), "--role", "owner")
    assert (code, said) == (0, f"cuenta {email} lista: owner de la tienda {shop}\n")
    assert (await nexus("create", "--email", admin, "--platform-admin"))[0] == 0
    told = await list_changes(shop, pool)
    assert ("línea de comandos", "person.create") in {(row["actor"], row["action"]) for row in told}

    code, said, _ = await nexus("password", "--email", email.upper())
    assert (code, said) == (0, f"contraseña de {email.upper()} cambiada; sus sesiones se cerraron\n")
    assert await person_of_session(pool, session) is None
    assert await log_in(pool, email, _NEW)
    code, _, refused = await nexus("password", "--email", f"nadie-{tag}@danza.example")
    assert (code, refused.count("\n")) == (1, 1)
    assert f"no hay una cuenta nadie-{tag}@danza.example" in refused

    listed = [line for line in (await nexus("list"))[1].splitlines() if tag in line]
    assert listed == [
        f"{admin}: administra la plataforma",
        f"{email}: owner de la tienda {shop}",
        f"{guest} (Nina): agent de la tienda {shop}, invitada, sin contraseña todavía",
    ]
    code, _, refused = await nexus("create", "--email", email, "--tenant", "2000000000", "--role", "agent")
    assert (code, refused) == (1, "nexus: no existe la tienda 2000000000\n")
