"""`nexus chaos [--seed N] [--minutes N]`: the table of fault point by victim, then random kills if asked for."""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tests.chaos.cells import RETRY_SCALE, Cell, Outcome, full_table, play
from tests.chaos.storm import storm
from tests.rolling.rounds import roll
from tests.system import System

LANES = 5
"""Systems side by side: most of a cell is waiting for a dead process's lease to end."""
Tell = Callable[[Outcome], None]
_COLUMNS = "{:<20}{:<34}{:<7}{:<9}{:>12}{:>10}{:>9}{:>8}{:>7}{:>6}{:>7}  {}"
_HEADER = _COLUMNS.format(
    "point", "victim (-9)", "kind", "statuses", "acknowledged", "answered", "unheard", "unknown", "parked", "twice",
    "files", "verdict",
)  # fmt: skip


def main(argv: list[str]) -> int:
    """Print the table; 0 when every cell kept every promise, else 1."""
    parser = argparse.ArgumentParser(
        prog="nexus chaos", description="Mata procesos y almacenes en cada punto de falla."
    )
    parser.add_argument("--seed", type=int, help="semilla de las muertes al azar (por defecto, una nueva)")
    parser.add_argument("--minutes", type=float, default=0.0, help="minutos de muertes al azar después de la tabla")
    parser.add_argument("--only", metavar="TEXTO", default="", help="sólo las celdas cuyo punto o víctima lo contiene")
    parser.add_argument("--no-table", action="store_true", help="sólo las muertes al azar")
    parser.add_argument(
        "--shorten", action="store_true", help="vence los arriendos de los muertos en vez de esperarlos"
    )
    parser.add_argument(
        "--rolling",
        type=int,
        nargs="?",
        const=3,
        metavar="VUELTAS",
        help="en lugar de la tabla: dos de cada servicio, reiniciados de a uno bajo mensajes (por defecto, 3 vueltas)",
    )
    parser.add_argument("--per-second", type=float, default=10.0, help="con --rolling: mensajes por segundo")
    given = parser.parse_args(argv)
    seed = given.seed if given.seed is not None else random.randrange(1_000_000)
    if given.rolling:
        return asyncio.run(_roll(given.rolling, given.per_second, seed))
    cells = [c for c in full_table() if given.only in f"{c.point} {c.victim}"] if not given.no_table else []
    return asyncio.run(_run(cells, given.minutes, seed, shorten=given.shorten))


async def _roll(rounds: int, per_second: float, seed: int) -> int:
    problems = (await roll(rounds, per_second, seed, print)).problems()
    print("\n".join(problems) or "reinicio de a uno: todo se cumplió")
    return 1 if problems else 0


async def _run(cells: list[Cell], minutes: float, seed: int, *, shorten: bool) -> int:
    began = time.monotonic()
    broken = 0
    if cells:
        outcomes = await play_table(cells, lanes=min(LANES, len(cells)), shorten=shorten, tell=_progress(len(cells)))
        print("\n" + table(outcomes))
        broken = sum(bool(outcome.problems) for outcome in outcomes)
        print(f"{len(outcomes)} celdas, {broken} con fallas, en {time.monotonic() - began:.0f} s")
    if minutes > 0:
        async with _system() as system:
            problems = await storm(system, minutes, seed, print)
        broken += len(problems)
    print("caos: todo se cumplió" if not broken else f"caos: {broken} fallas")
    return 1 if broken else 0


async def play_table(cells: list[Cell], *, lanes: int, shorten: bool, tell: Tell | None = None) -> list[Outcome]:
    """Every cell once, over `lanes` systems at a time, long ones first; outcomes in the order of `cells`."""
    waiting = sorted(cells, key=lambda cell: cell.waits_for_leases)
    outcomes: dict[Cell, Outcome] = {}

    async def lane() -> None:
        async with _system() as system:
            while waiting:
                outcome = await play(system, waiting.pop(), shorten=shorten)
                outcomes[outcome.cell] = outcome
                if tell is not None:
                    tell(outcome)

    await asyncio.gather(*(lane() for _ in range(lanes)))
    return [outcomes[cell] for cell in cells]


@contextlib.asynccontextmanager
async def _system() -> AsyncIterator[System]:
    with tempfile.TemporaryDirectory(prefix="nexus-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another account when we are root
        async with System(Path(folder), SANDBOX_RETRY_SCALE=RETRY_SCALE) as system:
            yield system


def table(outcomes: list[Outcome]) -> str:
    """The table as people read it, and below it what was broken."""
    lines = [_HEADER]
    for outcome in outcomes:
        cell, n = outcome.cell, outcome.counted
        twice = n.twice + n.effects_twice
        verdict = "ok" if not outcome.problems else "FALLA: " + "; ".join(outcome.problems)
        statuses = "on" if cell.statuses else "off"
        figures = (n.acknowledged, n.answered, n.unheard, n.unknown, n.parked, twice, n.files)
        lines.append(_COLUMNS.format(cell.point, cell.victim, cell.kind, statuses, *figures, verdict))
    return "\n".join(lines)


def _progress(total: int) -> Tell:
    done = 0

    def tell(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        verdict = "; ".join(outcome.problems) or "ok"
        cell = f"{outcome.cell.point}, {outcome.cell.victim}"
        print(f"[{done}/{total}] {cell}: {verdict} ({outcome.seconds:.1f} s)", file=sys.stderr, flush=True)

    return tell
