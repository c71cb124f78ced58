"""A real PostgreSQL for one data folder: made, started, recovered after a crash, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from nexus.embedded import pg_binaries, processes
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.pg_binaries import Server
from nexus.embedded.pg_roles import make_roles_and_database
from nexus.embedded.ports import LOOPBACK, free_port, remembered_port
from nexus.embedded.secrets_file import load_secrets

# Durable in `up`, `demo` and tests alike. Parameters are never logged: they carry messages and secrets.
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket path over 107 bytes fails, and TCP serves every clone
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",  # statements of failed calls can hold texts, too
    "password_encryption": "scram-sha-256",
}
# Reasons for a refused start that go away: sessions of a killed server, a port somebody else was faster on.
_PASSING = ("Address already in use", "shared memory", "lock file")
_READY_SECONDS = 120.0  # recovery after a crash under load replays its log first
_TAKEOVER_SECONDS = 15.0


class EmbeddedPostgres:
    """One PostgreSQL server on a free loopback port, with the roles of architecture.md section 5.

    `start` may be called again after `stop`, `kill` or the death of the server, on the same data.
    The DSNs are valid once `start` returned; the port is kept from one start to the next while it is free.
    """

    name = "postgresql"

    def __init__(self, data_dir: Path, environ: Mapping[str, str] | None = None) -> None:
        self._home = Path(data_dir).absolute()
        self._environ = os.environ if environ is None else environ
        self._process: Process | None = None
        self._port = 0
        self._secrets: dict[str, str] = {}

    @property
    def owner_dsn(self) -> str:
        """DSN of `nexus_owner` (migrations, backup)."""
        return self._dsn("nexus_owner", "POSTGRES_OWNER_PASSWORD", "nexus")

    @property
    def app_dsn(self) -> str:
        """DSN of `nexus_app` (services)."""
        return self._dsn("nexus_app", "POSTGRES_APP_PASSWORD", "nexus")

    @property
    def superuser_dsn(self) -> str:
        """DSN of the superuser, in the maintenance database; for making roles and for tests only."""
        return self._dsn("postgres", "POSTGRES_SUPERUSER_PASSWORD", "postgres")

    @property
    def pid(self) -> int | None:
        """The server's process id, None while it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def log_file(self) -> Path:
        """Where the server writes its log."""
        return self._home / "logs" / "postgresql.log"

    def _dsn(self, role: str, secret: str, database: str) -> str:
        return f"postgresql://{role}:{self._secrets[secret]}@{LOOPBACK}:{self._port}/{database}"

    def attach(self) -> None:
        """Take the DSNs of the server that another process runs on this data folder, without starting any.

        Raises EmbeddedError when none was ever started there.
        """
        self._secrets = load_secrets(self._home)
        try:
            self._port = int((self._home / "postgres.port").read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise EmbeddedError(f"en {self._home} no corre ningún PostgreSQL") from error

    async def start(self) -> None:
        """Make the cluster when there is none, start it, wait until it answers, make roles and database.

        Raises EmbeddedError with one line that says why it could not.
        """
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._secrets = load_secrets(self._home)
        server = await asyncio.to_thread(pg_binaries.find_server, self._environ)
        data = await asyncio.to_thread(self._place, server)
        if not (data / "PG_VERSION").exists():
            await self._make_cluster(server, data)
        _refuse_other_version(server, data)
        await _take_over(data)
        await self._launch(server, data)
        await make_roles_and_database(self.superuser_dsn, self._secrets)

    async def wait(self) -> int:
        """Wait until the server is gone, keeping its log short meanwhile; its exit code, negative for a signal."""
        assert self._process is not None, "start() first"  # noqa: S101 - a programming error
        return await processes.wait(self._process, self.log_file)

    async def stop(self, seconds: float = 10.0) -> None:
        """Fast shutdown (open transactions are rolled back); after `seconds` an immediate one."""
        if self._process is not None:
            await processes.end(self._process, (signal.SIGINT, seconds), (signal.SIGQUIT, 2.0))

    def kill(self) -> None:
        """SIGKILL the server, as a crash would; its sessions notice by themselves."""
        processes.kill(self._process)

    async def destroy(self) -> None:
        """Stop and delete the cluster's files, wherever they are. For tests."""
        await self.stop(2.0)
        pointer = self._home / "postgres"
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(shutil.rmtree, pointer.resolve())
        if pointer.is_symlink():
            pointer.unlink()

    def _place(self, server: Server) -> Path:
        """The cluster's folder, one that the server's account can reach.

        `<data dir>/postgres` is a folder, or a link to one outside when the account cannot get there.
        """
        place = self._home / "postgres"
        if server.account is None:
            place.mkdir(mode=0o700, exist_ok=True)
            return place.resolve() / "data"  # one spelling, so that _take_over knows its own
        if not place.exists() and not place.is_symlink():
            if pg_binaries.can_reach(self._home, server.account):
                place.mkdir(mode=0o700)
            else:
                outside = pg_binaries.new_outside_folder("postgres")
                place.symlink_to(outside)
                self._note(f"{server.account} no puede entrar en {self._home}: los datos están en {outside}")
        target = place.resolve()
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.chown(target, server.account)
        target.chmod(0o700)
        return target / "data"

    def _note(self, line: str) -> None:
        with self.log_file.open("a", encoding="utf-8") as log:
            log.write(f"nexus: {line}\n")

    async def _make_cluster(self, server: Server, data: Path) -> None:
        """initdb beside and rename: a start that is killed halfway leaves nothing that looks finished."""
        fresh = data.with_name("data.new")
        password = data.with_name("password")
        password.write_text(self._secrets["POSTGRES_SUPERUSER_PASSWORD"], encoding="ascii")
        password.chmod(0o600)
        if server.account:
            shutil.chown(password, server.account)
        try:
            for locale in _locales(server):
                await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
                process = await processes.spawn(
                    [
                        str(server.bin / "initdb"), "--pgdata", str(fresh), "--username", "postgres",
                        "--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8", *locale,
                    ],
                    out=self.log_file, env=_clean_environment(), cwd=data.parent, user=server.account,
                )  # fmt: skip
                if await process.wait() == 0:
                    fresh.rename(data)
                    return
        finally:
            password.unlink()
        raise EmbeddedError(f"initdb falló; su salida está en {self.log_file}")

    async def _launch(self, server: Server, data: Path) -> None:
        """Start the server and wait until it answers.

        Tried again while the sessions of a killed server still hold its shared memory, and on another
        port when somebody took ours between the look and the bind.
        """
        until = time.monotonic() + _TAKEOVER_SECONDS
        memory = self._home / "postgres.port"
        self._port = remembered_port(memory)
        while True:
            mark = self.log_file.stat().st_size if self.log_file.exists() else 0
            self._process = await processes.spawn(
                [str(server.bin / "postgres"), "-D", str(data), *_options(self._port)],
                out=self.log_file, env=_clean_environment(), cwd=data.parent, user=server.account,
                death_signal=signal.SIGINT,
            )  # fmt: skip
            if await self._answers():
                return
            said = processes.tail(self.log_file, mark, lines=4)
            passing = any(reason in said for reason in _PASSING)
            if not passing or time.monotonic() > until:
                raise EmbeddedError(f"PostgreSQL no arranca (registro: {self.log_file}):\n{said}")
            if "Address already in use" in said:
                self._port = free_port()
                memory.write_text(f"{self._port}\n", encoding="ascii")
            await asyncio.sleep(0.2)

    async def _answers(self) -> bool:
        """Wait until the server takes connections; False when it exited instead.

        Raises EmbeddedError when it refuses our password or does neither in time.
        """
        assert self._process is not None  # noqa: S101 - set by _launch
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            if self._process.returncode is not None:
                return False
            try:
                connection = await asyncpg.connect(self.superuser_dsn, timeout=5)
            except asyncpg.InvalidPasswordError as error:
                await self.stop()
                raise EmbeddedError(
                    f"{self._home / 'secrets.json'} no es el de estos datos: PostgreSQL rechaza su contraseña"
                ) from error
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.05)  # not listening yet, or "the database system is starting up"
            else:
                await connection.close()
                return True
        await self.stop(1.0)
        raise EmbeddedError(f"PostgreSQL no contesta en {_READY_SECONDS:.0f} s; mirá {self.log_file}")


def _options(port: int) -> list[str]:
    pairs = {**_SETTINGS, "port": str(port)}
    return [part for name, value in pairs.items() for part in ("-c", f"{name}={value}")]


def _clean_environment() -> dict[str, str]:
    """No PG* variable of the caller, no translation: our reading of the log expects English."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _locales(server: Server) -> list[list[str]]:
    """Ways to fold the case of accented letters, best first; plain C works on every machine."""
    if server.major >= 17:
        builtin = ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
        return [builtin, ["--locale", "C"]]
    return [["--locale", "C.UTF-8"], ["--locale", "C"]]


def _refuse_other_version(server: Server, data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != str(server.major):
        raise EmbeddedError(
            f"los datos de {data} son de PostgreSQL {made_by} y el que encuentro es {server.major}: "
            f"poné el bin de PostgreSQL {made_by} en NEXUS_PG_BIN, o hacé un backup con aquél y restauralo"
        )


async def _take_over(data: Path) -> None:
    """Make sure that no server of a killed `up` holds `data`, and that no stale pid file says one does.

    PostgreSQL itself refuses to start when the number in postmaster.pid was given to any other process
    of the same account since, which containers do all the time.
    """
    pid_file = data / "postmaster.pid"
    until = time.monotonic() + _TAKEOVER_SECONDS
    number = signal.SIGINT
    while (pid := _postmaster(pid_file, data)) is not None:
        if time.monotonic() > until:
            raise EmbeddedError(f"un PostgreSQL anterior (proceso {pid}) no suelta {data}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        await asyncio.sleep(0.2)
        if time.monotonic() > until - _TAKEOVER_SECONDS / 2:
            number = signal.SIGQUIT
    if processes.command_line(_written_pid(pid_file)):
        pid_file.unlink(missing_ok=True)


def _postmaster(pid_file: Path, data: Path) -> int | None:
    """The process id in postmaster.pid if that process really is a server on `data`."""
    pid = _written_pid(pid_file)
    return pid if pid > 1 and f"-D {data} " in processes.command_line(pid) else None


def _written_pid(pid_file: Path) -> int:
    """The process id in postmaster.pid, 0 when there is none."""
    try:
        return int(pid_file.read_text(encoding="ascii").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return 0
