"""`nexus bench NAME [--json FILE]`: repeatable measurements on real stores and the sandbox."""

import argparse
import asyncio
import json
import os
import platform
from pathlib import Path
from typing import Any

from bench.console import measure_console
from bench.gate import main as measure_gate
from bench.pipeline import measure_pipeline
from bench.realtime import measure_realtime
from bench.search import measure_search

MEASUREMENTS = {
    "console": measure_console,
    "pipeline": measure_pipeline,
    "realtime": measure_realtime,
    "search": measure_search,
}


def main(argv: list[str]) -> int:
    """Measure, print a Markdown report; 0 when the targets were met, else 1. `gate` takes arguments of its own."""
    if argv[:1] == ["gate"]:
        return measure_gate(argv[1:])
    parser = argparse.ArgumentParser(prog="nexus bench", description="Mediciones repetibles.")
    parser.add_argument("name", nargs="?", default="pipeline", choices=[*sorted(MEASUREMENTS), "gate"])
    parser.add_argument("--json", metavar="FILE", type=Path, help="guardar también las cifras como JSON")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="repeticiones; se informa la mediana (3)")
    given = parser.parse_args(argv)
    machine = machine_facts()
    print(f"{machine['cpus']} CPUs, {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}, ")
    print(f"carga al empezar {machine['load']}\n")
    figures = asyncio.run(MEASUREMENTS[given.name](given.runs))
    if given.json:
        given.json.write_text(json.dumps({"machine": machine, **figures}, indent=2) + "\n", encoding="utf-8")
    missed = figures["missed"]
    print("\n" + ("objetivos cumplidos" if not missed else "objetivos NO cumplidos: " + "; ".join(missed)))
    return 1 if missed else 0


def machine_facts() -> dict[str, Any]:
    """What the figures depend on."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "cpus": os.cpu_count(),
        "memory_gb": round(memory),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }
