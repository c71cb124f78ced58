"""docs/schema.sql, made from the migrations: `PYTHONPATH=src .venv/bin/python -m tests.schema_dump`.

A throw-away PostgreSQL is migrated and dumped without data; what changes with the server's build is left out.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from nexus.embedded.pg_binaries import find_server
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.migrate import migrate

COMMAND = "PYTHONPATH=src .venv/bin/python -m tests.schema_dump"
SCHEMA_FILE = Path(__file__).parents[1] / "docs" / "schema.sql"
DUMPED_BY = 17
"""The major version that writes the file; others write the same schema in other words."""
_HEAD = f"-- The schema as the migrations make it. Generated: {COMMAND}\n\n"


def dumped_here() -> bool:
    """Whether this machine's pg_dump writes as the one that wrote the file."""
    return find_server(os.environ).major == DUMPED_BY


def dump_schema(owner_dsn: str) -> str:
    """The schema of a migrated database, without comments, session settings and the dump's own markers."""
    program = find_server(os.environ).bin / "pg_dump"
    dumped = subprocess.run(
        [str(program), "--schema-only", "--no-comments", owner_dsn], capture_output=True, text=True, check=True
    )
    ours = [
        line
        for line in dumped.stdout.splitlines()
        if not re.match(r"--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict ", line)
    ]
    return _HEAD + re.sub(r"\n{3,}", "\n\n", "\n".join(ours)).strip() + "\n"


async def generate() -> str:
    """The schema of a fresh database with every migration."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as another user
        server = EmbeddedPostgres(Path(folder))
        try:
            await server.start()
            await migrate(server.owner_dsn)
            return await asyncio.to_thread(dump_schema, server.owner_dsn)
        finally:
            await server.destroy()


def main() -> None:
    """Write the file."""
    if not dumped_here():
        sys.exit(f"docs/schema.sql is written with PostgreSQL {DUMPED_BY}")
    SCHEMA_FILE.write_text(asyncio.run(generate()), encoding="utf-8")


if __name__ == "__main__":
    main()
