"""The embedded PostgreSQL: made, crashed, taken over, recovered. Each test runs real servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from nexus.embedded.errors import EmbeddedError
from nexus.embedded.postgres import EmbeddedPostgres

_SRC = Path(__file__).parents[3] / "src"

_LIVES_AND_IS_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import asyncpg
from nexus.embedded.postgres import EmbeddedPostgres

async def main():
    postgres = EmbeddedPostgres(Path(sys.argv[1]))
    await postgres.start()
    owner = await asyncpg.connect(postgres.owner_dsn)
    await owner.execute("create table kept (n int)")
    await owner.execute("insert into kept values (7)")
    print(postgres.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "datos con espacios")
    await server.start()
    yield server
    await server.destroy()


@pytest.fixture(scope="module")
async def quiet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """For tests that leave the server as it was."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("quiet"))
    await server.start()
    yield server
    await server.destroy()


async def _ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_first_start_makes_the_three_roles_with_no_more_rights_than_they_need(
    quiet: EmbeddedPostgres,
) -> None:
    connection = await asyncpg.connect(quiet.superuser_dsn)
    rows = await connection.fetch(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcanlogin from pg_roles where rolname ~ '^nexus_'"
    )
    owner = await connection.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = 'nexus'")
    inherits = await connection.fetchval("select pg_has_role('nexus_owner', 'nexus_dispatch', 'usage')")
    await connection.close()
    assert {row[0]: tuple(row)[1:] for row in rows} == {
        "nexus_owner": (False, False, True, True),
        "nexus_app": (False, False, False, True),
        "nexus_dispatch": (False, False, False, False),
    }
    assert (owner, inherits) == ("nexus_owner", True)


async def test_the_owner_can_make_every_extension_that_the_store_uses(quiet: EmbeddedPostgres) -> None:
    for extension in ("pgcrypto", "btree_gist", "pg_trgm", "unaccent"):
        await _ask(quiet.owner_dsn, f"create extension {extension}")
    assert await _ask(quiet.owner_dsn, "select upper('ñandú')") == "ÑANDÚ"


async def test_settings_are_durable_and_speak_utc(quiet: EmbeddedPostgres) -> None:
    for name, value in (("fsync", "on"), ("synchronous_commit", "on"), ("timezone", "UTC")):
        assert await _ask(quiet.app_dsn, f"show {name}") == value
    assert int(str(await _ask(quiet.app_dsn, "select current_setting('server_version_num')"))) >= 150_000


async def test_a_failed_statement_leaves_neither_its_parameters_nor_its_text_in_the_log(
    quiet: EmbeddedPostgres,
) -> None:
    connection = await asyncpg.connect(quiet.app_dsn)
    with pytest.raises(asyncpg.PostgresError):
        await connection.fetchval("select $1::text || (1 / (length($2::text) - 9))::text", "hola-secreta", "123456789")
    with pytest.raises(asyncpg.PostgresError):
        await connection.execute("select 'texto-de-cliente' from no_existe")
    await connection.close()
    log = quiet.log_file.read_text()
    assert "no_existe" in log  # the error itself is there
    assert "hola-secreta" not in log
    assert "texto-de-cliente" not in log


async def test_a_killed_server_has_every_committed_row_at_the_next_start_on_the_same_port(
    postgres: EmbeddedPostgres,
) -> None:
    before = postgres.owner_dsn
    await _ask(postgres.owner_dsn, "create table kept as select 7 as n")
    postgres.kill()
    assert await postgres.wait() == -signal.SIGKILL
    await postgres.start()
    assert postgres.owner_dsn == before
    assert await _ask(postgres.owner_dsn, "select n from kept") == 7


async def test_a_taken_port_moves_the_server_to_another_one(postgres: EmbeddedPostgres) -> None:
    before = postgres.owner_dsn
    await postgres.stop()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", int(before.rpartition(":")[2].partition("/")[0])))
        squatter.listen()
        await postgres.start()
        assert postgres.owner_dsn != before
        assert await _ask(postgres.owner_dsn, "select 1") == 1


async def test_a_killed_supervisor_can_be_followed_at_once_by_another_on_the_same_data(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _LIVES_AND_IS_KILLED, tmp_path],
        env={**os.environ, "PYTHONPATH": str(_SRC)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    successor = EmbeddedPostgres(tmp_path)
    await successor.start()
    try:
        assert successor.pid != int(killed.stdout)
        assert await _ask(successor.owner_dsn, "select n from kept") == 7
    finally:
        await successor.destroy()


async def test_a_server_still_running_on_the_data_is_ended_before_the_new_one_starts(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    successor = EmbeddedPostgres(tmp_path / "datos con espacios")
    await successor.start()
    assert await postgres.wait() == 0
    assert await _ask(successor.owner_dsn, "select 1") == 1
    await successor.stop()


async def test_a_pid_file_that_names_some_other_living_process_does_not_keep_it_from_starting(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    postgres.kill()
    await postgres.wait()
    bystander = subprocess.Popen(["sleep", "60"], user=_account(), group=None)
    pid_file = tmp_path / "datos con espacios" / "postgres" / "data" / "postmaster.pid"
    first, _, rest = pid_file.read_text().partition("\n")
    assert first
    pid_file.write_text(f"{bystander.pid}\n{rest}")
    try:
        await postgres.start()
        assert await _ask(postgres.owner_dsn, "select 1") == 1
        assert bystander.poll() is None, "the bystander was harmed"
    finally:
        bystander.kill()
        bystander.wait()


def _account() -> str | None:
    from nexus.embedded import pg_binaries

    return pg_binaries.find_server(os.environ).account


async def test_a_first_start_that_was_killed_halfway_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path)
    await postgres.start()
    await postgres.stop()
    cluster = (tmp_path / "postgres").resolve()
    (cluster / "data").rename(cluster / "data.new")
    (cluster / "data.new" / "PG_VERSION").unlink()
    await postgres.start()
    try:
        assert await _ask(postgres.owner_dsn, "select 1") == 1
    finally:
        await postgres.destroy()


async def test_secrets_of_other_data_are_refused_in_one_line_that_names_the_file(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    await postgres.stop()
    (tmp_path / "datos con espacios" / "secrets.json").unlink()
    with pytest.raises(EmbeddedError, match=r"secrets\.json no es el de estos datos") as raised:
        await postgres.start()
    assert "\n" not in str(raised.value)
    assert postgres.pid is None


async def test_a_folder_without_postgresql_in_nexus_pg_bin_is_named_not_passed_over(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path, {"NEXUS_PG_BIN": str(tmp_path)})
    with pytest.raises(EmbeddedError, match="NEXUS_PG_BIN"):
        await postgres.start()


async def test_a_running_server_can_be_attached_to_by_another_command(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    visitor = EmbeddedPostgres(tmp_path / "datos con espacios")
    visitor.attach()
    assert await _ask(visitor.app_dsn, "select current_user") == "nexus_app"


async def test_data_made_anew_after_deleting_the_folder_is_empty(tmp_path: Path) -> None:
    """As root under a closed folder the cluster stands elsewhere; a new data folder must not find it again."""
    first = EmbeddedPostgres(tmp_path / "d")
    await first.start()
    await _ask(first.owner_dsn, "create table kept as select 7 as n")
    await first.stop()
    (tmp_path / "d").rename(tmp_path / "old")
    second = EmbeddedPostgres(tmp_path / "d")
    await second.start()
    try:
        assert await _ask(second.owner_dsn, "select to_regclass('kept')") is None
    finally:
        await second.destroy()
        await EmbeddedPostgres(tmp_path / "old").destroy()
