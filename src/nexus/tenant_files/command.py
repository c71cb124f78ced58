"""`nexus tenant …`: its words, and the passphrase of its files."""

from __future__ import annotations

import argparse
import getpass
import signal
import sys
from typing import TYPE_CHECKING

from nexus.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from nexus.backups.keys import SealingKey

_LEAST = 16


def add_tenant_commands(tenant: argparse.ArgumentParser) -> None:
    """`tenant export` and `tenant import`."""
    actions = tenant.add_subparsers(title="acciones", metavar="ACCION", required=True)
    export = actions.add_parser("export", help="una tienda en un archivo: configuración, charlas, archivos y turnos")
    export.add_argument("tenant", type=int, metavar="ID")
    export.add_argument("file", metavar="FILE", help="dónde; nunca pisa un archivo")
    export.add_argument("--clear", action="store_true", help="un ZIP sin cifrar, que cualquiera puede leer")
    export.set_defaults(act=_export)
    take = actions.add_parser("import", help="un archivo de tenant export como tienda nueva de esta instalación")
    take.add_argument("file", metavar="FILE", help="lo que escribió tenant export")
    take.set_defaults(act=_import)
    for action in (export, take):
        action.add_argument("--data-dir", metavar="DIR", help="carpeta de datos (por defecto .nexus)")


def _export(given: argparse.Namespace) -> int:
    from nexus.tenant_files.export import export_shop

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is half written goes away
    key = None if given.clear else _passphrase(twice=True)
    print("\n".join(export_shop(given.tenant, given.file, given.data_dir, key)))
    return 0


def _import(given: argparse.Namespace) -> int:
    from nexus.tenant_files.take_in import import_shop

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("\n".join(import_shop(given.file, given.data_dir, lambda _variable: [_passphrase(twice=False)])))
    return 0


def _passphrase(*, twice: bool) -> SealingKey:
    """NEXUS_BACKUP_KEY, else asked for. The encryption key never seals a shop's file: it is of its installation."""
    from nexus.backups.keys import OWN, SealingKey
    from nexus.embedded.environment import load_environment

    secret = load_environment().get(OWN, "")
    if not secret:
        if not sys.stdin.isatty():
            raise EmbeddedError(f"falta {OWN}, la frase que cifra el archivo (no hay terminal donde preguntarla)")
        secret = getpass.getpass("Frase del archivo (16 caracteres o más): ")
        if twice and secret != getpass.getpass("Otra vez: "):
            raise EmbeddedError("las frases no coinciden")
    if len(secret) < _LEAST:
        raise EmbeddedError(f"la frase del archivo ({OWN}) necesita {_LEAST} caracteres o más")
    return SealingKey(OWN, secret)
