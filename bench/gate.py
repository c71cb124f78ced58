"""`nexus bench gate --seed N --n M`: lies made of honest replies by rule, and how many the reply gate lets through.

Prints leaks by rule (none may be left, for any seed), false blocks over the honest sets, and milliseconds a reply. The
held-out replies and commitments were written before the gate was tuned and are told apart.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence

from bench.gate_cases import Case, make_case, templates
from bench.gate_mutations import HELD_OUT_COMMITMENTS, RULES, STILL_TRUE, Lie, commitment
from bench.gate_shops import Shop, shops
from nexus.orchestrator_service.agent.gate.judge import judge

_MOST_FALSE = 0.02
_SHOWN = 5


def main(argv: Sequence[str]) -> int:
    """0 when no lie came through and at most 2 % of the honest replies were blocked, else 1."""
    parser = argparse.ArgumentParser(
        prog="nexus bench gate", description="Mentiras que el control de respuestas deja pasar."
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="semilla de las mutaciones (1)")
    parser.add_argument("--n", type=int, default=2000, metavar="M", help="mutaciones (2000)")
    parser.add_argument("--set", default="honest.txt", metavar="FILE", help="honest.txt o held_out.txt")
    parser.add_argument("-v", action="store_true", help="mostrar todo lo que pasó")
    given = parser.parse_args(list(argv))
    both = shops()
    leaks, _ = lies(given.seed, given.n, both, given.set, show=1000 if given.v else _SHOWN)
    false = max(honest(name, both, show=1000 if given.v else _SHOWN) for name in ("honest.txt", "held_out.txt"))
    caught_held_out(given.seed, both)
    ok = leaks == 0 and false <= _MOST_FALSE
    print(
        "\n" + ("objetivos cumplidos" if ok else f"objetivos NO cumplidos: {leaks} fugas, {false:.1%} bloqueos falsos")
    )
    return 0 if ok else 1


def lies(seed: int, count: int, both: list[Shop], name: str, show: int) -> tuple[int, list[str]]:
    """Make `count` lies and judge them; prints a line for each rule. The rules take turns."""
    rng = random.Random(seed)
    written = templates(name)
    made: Counter[str] = Counter()
    true: Counter[str] = Counter()
    leaked: dict[str, list[str]] = {}
    names = list(RULES)
    for turn in range(count):
        rule = names[turn % len(names)]
        case, lie = _lie(rule, written, both, rng, true)
        made[rule] += 1
        if not judge(case.bubbles(lie.parts), case.grounds):
            texts = " || ".join(bubble.content for bubble in case.bubbles(lie.parts))
            leaked.setdefault(rule, []).append(f"{lie.what}: {texts}")
    print(f"semilla {seed}, {sum(made.values())} mentiras de {name}\n")
    print("| regla | mentiras | fugas | siguen siendo verdad |\n| --- | ---: | ---: | ---: |")
    for rule in names:
        print(f"| {rule} | {made[rule]} | {len(leaked.get(rule, []))} | {true[rule]} |")
    every = [f"{rule}: {text}" for rule, texts in leaked.items() for text in texts]
    for text in every[:show]:
        print(f"  FUGA {text!r}")
    return len(every), every


def _lie(
    rule: str, written: list[tuple[str, str, str]], both: list[Shop], rng: random.Random, true: Counter[str]
) -> tuple[Case, Lie]:
    """One lie by that rule; what is still true after the change is counted in `true` and made anew."""
    while True:
        case = make_case(rng.choice(written), rng.choice(both), rng)
        lie = RULES[rule](case, rng) if case else None
        if case is not None and isinstance(lie, Lie):
            return case, lie
        true[rule] += lie == STILL_TRUE


def honest(name: str, both: list[Shop], show: int, rounds: int = 3) -> float:
    """The share of the distinct honest replies that are blocked."""
    rng = random.Random(7)
    cases: dict[tuple[str, ...], Case] = {}
    for _ in range(rounds):
        for template in templates(name):
            for shop in both:
                case = make_case(template, shop, rng)
                if case is not None:
                    cases.setdefault(tuple(bubble.content for bubble in case.bubbles()), case)
    blocked, seconds = [], []
    for texts, case in cases.items():
        began = time.perf_counter()
        found = judge(case.bubbles(), case.grounds)
        seconds.append(time.perf_counter() - began)
        if found:
            blocked.append((texts, [(one.kind, one.said) for one in found]))
    share = len(blocked) / len(cases)
    median, late = statistics.median(seconds) * 1000, sorted(seconds)[int(len(seconds) * 0.95)] * 1000
    print(
        f"\n{name}: {len(templates(name))} respuestas escritas, {len(cases)} distintas, {len(blocked)} bloqueos falsos"
    )
    print(f"({share:.2%}); {median:.1f} ms por respuesta (p95 {late:.1f})")
    for texts, why in blocked[:show]:
        print(f"  FALSO {why} {texts!r}")
    return share


def caught_held_out(seed: int, both: list[Shop], count: int = 300) -> None:
    """Promises whose wording was held out, which no rule was written by."""
    rng = random.Random(seed)
    written, made, missed = templates("honest.txt"), 0, Counter[str]()
    while made < count:
        case = make_case(rng.choice(written), rng.choice(both), rng)
        lie = commitment(case, rng, HELD_OUT_COMMITMENTS) if case else None
        if case is None or not isinstance(lie, Lie):
            continue
        made += 1
        if not judge(case.bubbles(lie.parts), case.grounds):
            missed[lie.what.lower().strip("*. 😊")] += 1
    seen, phrases = made - missed.total(), len(HELD_OUT_COMMITMENTS)
    print(f"\ncompromisos apartados: {made} dichos de {phrases} frases, {seen} vistos ({seen / made:.1%})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
