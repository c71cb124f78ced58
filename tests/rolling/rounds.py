"""Three rounds: each of the two of each service is stopped and started anew, one at a time, under traffic."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.rolling.pairs import Pairs
from tests.rolling.traffic import Traffic, Verdict


async def roll(rounds: int, per_second: float, seed: int, tell: Callable[[str], None]) -> Verdict:
    """Play `rounds` under so many messages a second; what came of it."""
    with tempfile.TemporaryDirectory(prefix="nexus-rolling-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another account when we are root
        async with Pairs(Path(folder)) as pairs:
            async with Traffic.run(pairs, per_second, seed) as traffic:
                for number in range(1, rounds + 1):
                    began = time.monotonic()
                    stops = [await pairs.roll(member) for member in pairs.members]
                    await traffic.everyone_hears()
                    tell(
                        f"round {number}: {len(stops)} restarts in {time.monotonic() - began:.1f} s, "
                        f"the slowest stop {max(stops):.1f} s"
                    )
            verdict = await traffic.verdict()
        tell(str(verdict))
        return verdict
