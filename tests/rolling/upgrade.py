"""From one version to the next under traffic: the older code on the newer schema, then one service after the other.

`python -m tests.rolling.upgrade FOLDER [MESSAGES_A_SECOND]`, where FOLDER is a checkout of the older version; what
tests/upgrade.sh does.
"""

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from nexus.store.migrate import migrate, migrations
from tests.nursery import ROOT
from tests.rolling.pairs import Pairs
from tests.rolling.traffic import Traffic, Verdict

_BEFORE_SECONDS, _BETWEEN_SECONDS = 5.0, 10.0


async def upgrade(older: Path, per_second: float) -> Verdict:
    """Begin with the older code on its own schema, migrate, and roll every service to ours; what came of it."""
    had = sorted(path.stem for path in (older / "src/nexus/store/migrations").glob("*.sql"))
    print(f"from {had[-1]} to {migrations()[-1][0]}", flush=True)
    with tempfile.TemporaryDirectory(prefix="nexus-upgrade-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another account when we are root
        async with Pairs(Path(folder), source=older, upto=had[-1]) as pairs:
            async with Traffic.run(pairs, per_second, random.randrange(1_000_000)) as traffic:
                await asyncio.sleep(_BEFORE_SECONDS)
                began = time.monotonic()
                ran = await migrate(pairs.postgres.owner_dsn)
                print(f"{len(ran)} migrations in {time.monotonic() - began:.2f} s", flush=True)
                await asyncio.sleep(_BETWEEN_SECONDS)
                await traffic.everyone_hears()
                print("the older code works on the newer schema", flush=True)
                for member in pairs.members:
                    seconds = await pairs.roll(member, ROOT)
                    print(f"{member.name} stopped in {seconds:.1f} s, and is ready with the newer code", flush=True)
                await traffic.everyone_hears()
            return await traffic.verdict()


def main(words: list[str]) -> int:
    """0 when every message was answered once and nobody saw an error."""
    verdict = asyncio.run(upgrade(Path(words[0]).resolve(), float(words[1]) if words[1:] else 10.0))
    print(verdict)
    print("\n".join(verdict.problems()) or "upgrade: every promise kept")
    return 1 if verdict.problems() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
