"""`nexus eval [FILES]`: the table, and an exit code that says whether every scenario that can pass here passed."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nexus.embedded.environment import data_folder
from nexus.evaluation.content import content_of
from nexus.evaluation.place import Place, own_place
from nexus.evaluation.play import Score, play
from nexus.evaluation.scenario import Scenario, load_scenarios
from nexus.runtime.logs import configure_logging

FOLDER = Path(__file__).resolve().parents[3] / "evals"
_MODEL_NAMES = ("LLM_", "OPENAI_")
_DEMO = "cerebro de la demo (reglas del sandbox, no es un modelo de lenguaje)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for: files (none: all of evals/), `only` those with this text in file or name.

    `tenant` is a shop of the installation in `data_dir` or POSTGRES_DSN, by whose published version they are played.
    """

    files: Sequence[str] = ()
    only: str = ""
    verbose: bool = False
    as_json: bool = False
    demo: bool = False
    tenant: int | None = None
    data_dir: str | None = None


def evaluate(wanted: Wanted, environ: Mapping[str, str]) -> int:
    """Play the scenarios; 0 when none failed that should pass here. Raises BadScenarioError, EmbeddedError."""
    paths = [Path(file) for file in wanted.files] or sorted(FOLDER.glob("*.toml"))
    scenarios = [one for one in load_scenarios(paths) if wanted.only in f"{one.file} {one.name}"]
    ours = {name: value for name, value in environ.items() if not (wanted.demo and name.startswith(_MODEL_NAMES))}
    configure_logging("evaluation", "CRITICAL")  # or it would stand between the lines of the table

    async def work() -> tuple[list[Score], bool]:
        content = None
        if wanted.tenant is not None:
            content = await content_of(wanted.tenant, environ, data_folder(wanted.data_dir, environ))
        async with own_place(ours) as found:
            place = replace(found, content=content)
            scores = await play_all(place, scenarios, show=not wanted.as_json, verbose=wanted.verbose)
            return scores, place.real_model

    scores, real = asyncio.run(work())
    if wanted.as_json:
        _tell(json.dumps(as_data(scores, real=real), ensure_ascii=False))
    else:
        _tell(summary(scores, real=real))
    return 1 if failed(scores, real=real) or not scores else 0


async def play_all(
    place: Place, scenarios: Sequence[Scenario], *, show: bool = False, verbose: bool = False
) -> list[Score]:
    """One after the other, each line as it is known."""
    scores = []
    for scenario in scenarios:
        score = await play(place, scenario)
        scores.append(score)
        if show:
            _tell(line(score, real=place.real_model))
            if verbose:
                _tell("\n".join(f"      {text}" for text in (*score.tools, *"\n".join(score.said).splitlines())))
    return scores


def failed(scores: Sequence[Score], *, real: bool) -> list[Score]:
    """Those that should have passed: what needs a real model counts only in front of one."""
    return [score for score in scores if not score.passed and (real or not score.scenario.needs_model)]


def line(score: Score, *, real: bool) -> str:
    """One scenario: passed, failed, or failed where only a real model is held to it."""
    mark = "pasa " if score.passed else ("FALLA" if real or not score.scenario.needs_model else "modelo")
    shown = _coloured(mark) if sys.stdout.isatty() else mark
    told = f"{shown:<6} {score.scenario.name:<44} {score.seconds:5.2f} s  {score.scenario.tells}"
    wrong = [f"         - {what}" for what in score.wrong]
    opinions = [f"         ~ {'sí' if said else 'no' if said is False else '?'}: {what}" for what, said in score.judged]
    return "\n".join([told, *wrong, *opinions])


def summary(scores: Sequence[Score], *, real: bool) -> str:
    """How many passed, by who is held to it, and who answered."""
    plain = [score for score in scores if not score.scenario.needs_model]
    hard = [score for score in scores if score.scenario.needs_model]
    lines = [
        f"\nRespondió: {'el modelo configurado' if real else _DEMO}",
        f"Escenarios: {sum(s.passed for s in plain)} de {len(plain)} pasan",
        f"Necesitan un modelo de verdad: {sum(s.passed for s in hard)} de {len(hard)} pasan"
        + ("" if real else " (informan; no cuentan para el resultado)"),
    ]
    if opinions := [said for score in scores for _, said in score.judged]:
        lines.append(f"Criterios leídos por el modelo: {opinions.count(True)} de {len(opinions)} (sólo informan)")
    return "\n".join(lines)


def as_data(scores: Sequence[Score], *, real: bool) -> dict[str, object]:
    """The same for programs."""
    return {
        "real_model": real,
        "failed": [score.scenario.name for score in failed(scores, real=real)],
        "scenarios": [
            {
                "name": score.scenario.name,
                "file": score.scenario.file,
                "needs_model": score.scenario.needs_model,
                "passed": score.passed,
                "wrong": score.wrong,
                "judged": [{"criterion": what, "holds": said} for what, said in score.judged],
                "seconds": round(score.seconds, 2),
            }
            for score in scores
        ],
    }


def _coloured(mark: str) -> str:
    colour = {"pasa ": "32", "FALLA": "31"}.get(mark, "33")
    return f"\033[{colour}m{mark}\033[0m"


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
