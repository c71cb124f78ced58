"""Real stores for every test; the whole running system for journeys."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from xdist.remote import Producer

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.runtime.cache import Cache
from nexus.runtime.logs import configure_logging
from nexus.store.database import Pool, open_pool
from nexus.store.migrate import migrate
from tests.nursery import open_for_all
from tests.system import System
from tests.workers import FilesByKind, first_to_last

gc.disable()  # what reading libraries and tests makes stays: looking for rubbish in it was a third of the reading


def pytest_configure(config: pytest.Config) -> None:
    """One nursery for all workers."""
    if config.getoption("numprocesses", None):
        open_for_all()


def pytest_collection_finish() -> None:
    """From here on rubbish is looked for again, but not in what stays."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: first_to_last(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesByKind:
    """How the whole suite's workers share out its files."""
    return FilesByKind(config, log)


@pytest.fixture(scope="session", autouse=True)
def _json_logs() -> None:
    """As services log; structlog's pretty default takes seconds over a traceback."""
    configure_logging("tests", "WARNING")


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """A migrated PostgreSQL of our own."""
    server = EmbeddedPostgres(_folder(tmp_path_factory, "postgres"))
    await server.start()
    await migrate(server.owner_dsn)
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def pool(postgres: EmbeddedPostgres) -> AsyncIterator[Pool]:
    """As the services connect: role nexus_app."""
    opened = await open_pool(postgres.app_dsn, "tests")
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedValkey]:
    """A Valkey of our own."""
    server = EmbeddedValkey(_folder(tmp_path_factory, "valkey"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def cache(valkey: EmbeddedValkey) -> AsyncIterator[Cache]:
    """A cache on the session's Valkey."""
    opened = Cache(valkey.url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Stores, sandbox and both services as processes, once a session."""
    async with System(_folder(tmp_path_factory, "system")) as system:
        yield system


@pytest.fixture
async def system(running: System) -> AsyncIterator[System]:
    """The running system; each test leaves it calm."""
    yield running
    await running.calm()


def _folder(factory: pytest.TempPathFactory, name: str) -> Path:
    folder = factory.mktemp(name)
    for parent in (folder, *folder.parents[:3]):  # PostgreSQL runs as another user when the tests run as root
        parent.chmod(0o755) if parent.stat().st_uid == 0 and parent.name.startswith("pytest") else None
    return folder
