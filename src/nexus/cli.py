"""The commands of contract.md section 1. Heavy parts are imported by the command that needs them."""

from __future__ import annotations

import argparse
import asyncio
import gc
import getpass
import importlib
import os
import runpy
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from nexus.embedded.privacy import add_privacy_commands
from nexus.tenant_files.command import add_tenant_commands

ROOT = Path(__file__).resolve().parents[2]

SERVICES = {
    "whatsapp-service": "nexus.whatsapp_service.main:serve",
    "orchestrator-service": "nexus.orchestrator_service.main:serve",
    "platform-ui": "nexus.platform_ui_service.main:serve",
    "frontend-react": "nexus.platform_ui_service.agenda:serve",
    "bff-service": "nexus.bff_service.main:serve",
    "tiendanube-service": "nexus.tiendanube_service.main:serve",
    "sandbox": "nexus.sandbox.__main__:main",
    "speech-server": "nexus.speech_server.main:serve",
}
T = TypeVar("T")
_OWN_SETTINGS = {"sandbox", "speech-server"}
ROTATED = ("internal-token", "admin-token", "encryption-key")
ROLES = ("owner", "manager", "agent", "read-only")


class CommandError(Exception):
    """A command cannot go on; its text is the one line that the person sees."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # These hand their words to other programs, whose options argparse must not take for ours.
    if words and words[0] in PASSED_ON and not (words[0] == "test" and words[1:] in (["-h"], ["--help"])):
        return _one_line(lambda: PASSED_ON[words[0]](words[1:]))
    parser = build_parser()
    given = parser.parse_args(words)
    if not hasattr(given, "act"):
        parser.print_help()
        return 2
    return _one_line(lambda: given.act(given))


def _one_line(act: Callable[[], int]) -> int:
    from nexus.embedded.errors import EmbeddedError
    from nexus.runtime.settings import StartRefusedError

    try:
        return act()
    except (CommandError, EmbeddedError, StartRefusedError) as error:
        print(f"nexus: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Every command with its help."""
    parser = argparse.ArgumentParser(prog="nexus", description="Nexus: WhatsApp que atiende y vende, en tu máquina.")
    commands = parser.add_subparsers(title="comandos", metavar="COMANDO")

    demo = commands.add_parser("demo", help="todo en esta máquina, sin claves ni internet, con un WhatsApp simulado")
    demo.add_argument("--no-browser", action="store_true", help="no abrir la página del teléfono")
    _add_data_dir(demo, ".nexus/demo")
    demo.set_defaults(act=_demo)

    up = commands.add_parser("up", help="todos los procesos con tus credenciales (del entorno o de .env)")
    _add_data_dir(up, ".nexus")
    up.set_defaults(act=_up)

    run = commands.add_parser("run", help="un servicio en primer plano")
    run.add_argument("service", metavar="SERVICE", choices=sorted(SERVICES), help=", ".join(sorted(SERVICES)))
    run.add_argument("--no-dotenv", action="store_true", help="sólo el entorno, sin leer .env")
    run.set_defaults(act=_run)

    migrate = commands.add_parser("migrate", help="llevar la base de datos a esta versión (POSTGRES_OWNER_DSN)")
    _add_data_dir(migrate, ".nexus")
    migrate.set_defaults(act=_migrate)

    doctor = commands.add_parser("doctor", help="cómo anda todo, por tienda, y qué hacer con lo que anda mal")
    doctor.add_argument("--json", action="store_true", help="lo mismo, para programas")
    _add_data_dir(doctor, ".nexus")
    doctor.set_defaults(act=_doctor)

    _add_replay(commands.add_parser("replay", help="repetir una respuesta con lo que devolvieron las herramientas"))

    _add_eval(commands.add_parser("eval", help="escenarios contra el agente de verdad y una tienda simulada"))
    _add_user(commands.add_parser("user", help="cuentas de personas"))
    _add_backups(
        commands.add_parser("backup", help="una copia cifrada de todo, también en marcha"),
        commands.add_parser("restore", help="volver de una copia, en una instalación vacía"),
    )
    add_tenant_commands(commands.add_parser("tenant", help="una tienda entera en un archivo, y de vuelta"))
    _add_rotate(commands.add_parser("rotate", help="cambiar un secreto sin cortar nada: el paso que sigue"))
    add_privacy_commands(commands.add_parser("privacy", help="los datos de un cliente, y borrarlos; borrar una tienda"))
    _add_compose_env(commands.add_parser("compose-env", help="escribir un .env listo, con secretos al azar"))

    for name, text in (
        ("test", "la suite entera: ruff, mypy, lint-imports y pytest; con argumentos, sólo pytest con ellos"),
        ("bench", "mediciones repetibles: nexus bench pipeline"),
        ("chaos", "mata procesos y almacenes en cada punto de falla y muestra la tabla"),
    ):
        commands.add_parser(name, help=text, description=text, usage=f"nexus {name} [argumentos]")
    return parser


def _add_data_dir(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument("--data-dir", metavar="DIR", help=f"carpeta de datos (por defecto {default})")


def _add_eval(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument("files", nargs="*", metavar="ARCHIVO", help="TOML; por defecto, todos los de evals/")
    evaluate.add_argument("-k", dest="only", default="", metavar="TEXTO", help="sólo los que lo tienen en el nombre")
    evaluate.add_argument("-v", "--verbose", action="store_true", help="mostrar la charla y las herramientas")
    evaluate.add_argument("--json", action="store_true", help="el resultado para programas")
    evaluate.add_argument("--demo", action="store_true", help="el cerebro de la demo aunque haya un modelo configurado")
    evaluate.add_argument("--tenant", type=int, metavar="ID", help="con lo que publicó esa tienda de esta instalación")
    _add_data_dir(evaluate, ".nexus")
    evaluate.set_defaults(act=_eval)


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("burst", metavar="BURST", help="la ráfaga; «por qué» en el panel dice su identificador")
    _add_data_dir(replay, ".nexus")
    replay.set_defaults(act=_replay)


def _add_backups(backup: argparse.ArgumentParser, restore: argparse.ArgumentParser) -> None:
    backup.add_argument("file", metavar="FILE", help="dónde; nunca pisa un archivo")
    backup.set_defaults(act=_backup)
    restore.add_argument("file", metavar="FILE", help="lo que escribió backup")
    restore.add_argument("--check", action="store_true", help="sólo leer el archivo entero y decir si sirve")
    restore.add_argument("--lost-key", action="store_true", help="aunque ENCRYPTION_KEY no abra las credenciales")
    restore.add_argument(
        "--discard-waiting", action="store_true", help="que no salga ni se conteste solo lo que esperaba en la copia"
    )
    restore.set_defaults(act=_restore)
    for command in (backup, restore):
        _add_data_dir(command, ".nexus")


def _add_rotate(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", metavar="SECRETO", choices=ROTATED, help=", ".join(ROTATED))
    command.add_argument(
        "--new-calendar-addresses",
        action="store_true",
        help="encryption-key, si se filtró la de antes: las direcciones de calendario que firmó dejan de servir",
    )
    _add_data_dir(command, ".nexus")
    command.set_defaults(act=_rotate)


def _add_compose_env(command: argparse.ArgumentParser) -> None:
    public = command.add_mutually_exclusive_group()
    public.add_argument("--host", metavar="NOMBRE", help="un solo nombre público para todo, con TLS")
    public.add_argument("--domain", metavar="DOMINIO", help="tres nombres: ui., api. y whatsapp. de este dominio")
    command.add_argument("--file", metavar="ARCHIVO", help="dónde (por defecto .env, junto a compose.yaml)")
    command.add_argument(
        "--without-containers", action="store_true", help="PostgreSQL y Redis de esta máquina, en 127.0.0.1"
    )
    command.add_argument("--sandbox", action="store_true", help="con --without-containers: apuntar al mundo simulado")
    known = command.add_mutually_exclusive_group()
    known.add_argument("--update", action="store_true", help="de un .env que ya está: completarlo y rehacer secrets/")
    known.add_argument("--force", action="store_true", help="reemplazarlo (queda una copia al lado)")
    command.set_defaults(act=_compose_env)


def _add_user(user: argparse.ArgumentParser) -> None:
    actions = user.add_subparsers(title="acciones", metavar="ACCION", required=True)
    create = actions.add_parser("create", help="crear una cuenta (contraseña: NEXUS_USER_PASSWORD o se pregunta)")
    create.add_argument("--email", required=True)
    create.add_argument("--tenant", type=int, metavar="ID")
    create.add_argument("--role", choices=ROLES)
    create.add_argument("--platform-admin", action="store_true", help="administra todas las tiendas")
    create.set_defaults(act=_create_user)
    password = actions.add_parser("password", help="cambiar una contraseña (NEXUS_USER_PASSWORD o se pregunta)")
    password.add_argument("--email", required=True)
    password.set_defaults(act=_set_password)
    shown = actions.add_parser("list", help="las cuentas que hay, con su rol en cada tienda")
    shown.set_defaults(act=_list_users)
    for action in (create, password, shown):
        _add_data_dir(action, ".nexus")


def _demo(given: argparse.Namespace) -> int:
    from nexus.embedded.house import run_demo

    return run_demo(given.data_dir, browser=not given.no_browser)


def _up(given: argparse.Namespace) -> int:
    from nexus.embedded.house import up

    return up(given.data_dir)


def _run(given: argparse.Namespace) -> int:
    from nexus.embedded.environment import load_environment
    from nexus.runtime.secret_files import with_secret_files

    os.environ.update(with_secret_files(os.environ) if given.no_dotenv else load_environment())
    if given.service not in _OWN_SETTINGS:
        from nexus.runtime.settings import get_settings

        get_settings()  # a wrong setting is told at once, not after seconds of reading libraries
    module, _, function = SERVICES[given.service].partition(":")
    gc.disable()  # libraries being read make nothing but what stays
    serve: Callable[[], None] = getattr(importlib.import_module(module), function)
    gc.enable()
    serve()
    return 0


def _migrate(given: argparse.Namespace) -> int:
    from nexus.embedded.environment import data_folder, load_environment
    from nexus.embedded.stores import migrate, open_postgres

    async def work() -> list[str]:
        environ = load_environment()
        async with open_postgres(environ, data_folder(given.data_dir, environ)) as dsns:
            if "POSTGRES_OWNER_DSN" not in dsns:
                raise CommandError("falta POSTGRES_OWNER_DSN: migrar necesita el rol nexus_owner")
            return await migrate(dsns["POSTGRES_OWNER_DSN"])

    applied = asyncio.run(work())
    print("\n".join(f"aplicada {name}" for name in applied) or "la base de datos está al día")
    return 0


def _doctor(given: argparse.Namespace) -> int:
    from nexus.embedded.doctor import doctor

    return doctor(given.data_dir, as_json=given.json)


def _replay(given: argparse.Namespace) -> int:
    from nexus.embedded.replay import replay

    return replay(given.burst, given.data_dir)


def _eval(given: argparse.Namespace) -> int:
    from nexus.embedded.environment import load_environment
    from nexus.evaluation.command import Wanted, evaluate
    from nexus.evaluation.scenario import BadScenarioError

    wanted = Wanted(
        given.files,
        given.only,
        verbose=given.verbose,
        as_json=given.json,
        demo=given.demo,
        tenant=given.tenant,
        data_dir=given.data_dir,
    )
    try:
        return evaluate(wanted, load_environment())
    except BadScenarioError as error:
        raise CommandError(str(error)) from error


def _backup(given: argparse.Namespace) -> int:
    from nexus.backups.take import backup

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is half written goes away
    print("\n".join(backup(given.file, given.data_dir)))
    return 0


def _restore(given: argparse.Namespace) -> int:
    from nexus.backups.restore import check, restore

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if given.check:
        said = check(given.file, given.data_dir, lost_key=given.lost_key)
    else:
        said = restore(given.file, given.data_dir, lost_key=given.lost_key, discard_waiting=given.discard_waiting)
    print("\n".join(said))
    return 0


def _rotate(given: argparse.Namespace) -> int:
    from nexus.embedded.rotation import rotate

    print("\n".join(rotate(given.what, given.data_dir, new_calendars=given.new_calendar_addresses)))
    return 0


def _compose_env(given: argparse.Namespace) -> int:
    from nexus.embedded.compose_env import Wish, compose_env

    print("\n".join(compose_env(Wish(**{k: v for k, v in vars(given).items() if k != "act"}))))
    return 0


def _create_user(given: argparse.Namespace) -> int:
    from nexus.embedded.accounts import create_account

    if (given.tenant is None) != (given.role is None) or (given.tenant is None and not given.platform_admin):
        raise CommandError("faltan --tenant y --role (o --platform-admin, para quien administra todas las tiendas)")
    password = os.environ.get("NEXUS_USER_PASSWORD") or _ask_password()

    async def work(dsn: str) -> None:
        role = given.role or ""
        await create_account(dsn, given.email, password, given.tenant, role, platform_admin=given.platform_admin)

    _with_accounts(given, work)
    what = [f"{given.role} de la tienda {given.tenant}"] if given.tenant is not None else []
    what += ["administra la plataforma"] if given.platform_admin else []
    print(f"cuenta {given.email} lista: {' y '.join(what)}")
    return 0


def _set_password(given: argparse.Namespace) -> int:
    from nexus.embedded.accounts import set_password

    password = os.environ.get("NEXUS_USER_PASSWORD") or _ask_password()
    _with_accounts(given, lambda dsn: set_password(dsn, given.email, password))
    print(f"contraseña de {given.email} cambiada; sus sesiones se cerraron")
    return 0


def _list_users(given: argparse.Namespace) -> int:
    from nexus.embedded.accounts import accounts

    for user in _with_accounts(given, accounts):
        roles = [f"{member['role']} de la tienda {member['tenant_id']}" for member in user["memberships"]]
        notes = [*(["administra la plataforma"] if user["is_platform_admin"] else []), *roles]
        notes += ["invitada, sin contraseña todavía"] if user["invited"] else []
        name = f" ({user['name']})" if user["name"] else ""
        print(f"{user['email']}{name}: {', '.join(notes) or 'en ninguna tienda'}")
    return 0


def _with_accounts(given: argparse.Namespace, work: Callable[[str], Awaitable[T]]) -> T:
    """Do the work with the application's DSN, as `open_postgres` finds or starts its server."""
    from nexus.embedded.environment import data_folder, load_environment
    from nexus.embedded.stores import open_postgres

    async def act() -> T:
        environ = load_environment()
        async with open_postgres(environ, data_folder(given.data_dir, environ)) as dsns:
            if "POSTGRES_DSN" not in dsns:
                raise CommandError("falta POSTGRES_DSN")
            return await work(dsns["POSTGRES_DSN"])

    return asyncio.run(act())


def _ask_password() -> str:
    if not sys.stdin.isatty():
        raise CommandError("falta NEXUS_USER_PASSWORD (no hay terminal donde preguntar la contraseña)")
    password = getpass.getpass("Contraseña: ")
    if password != getpass.getpass("Otra vez: "):
        raise CommandError("las contraseñas no coinciden")
    return password


def _test(words: list[str]) -> int:
    from nexus.checks import run_suite

    return run_suite(ROOT, words)


def _program(path: str) -> Callable[[list[str]], int]:
    def run(words: list[str]) -> int:
        if not (ROOT / path).exists():
            raise CommandError(f"falta {path}: este comando necesita el repositorio completo")
        sys.path.insert(0, str(ROOT))
        program: Callable[[list[str]], int] = runpy.run_path(str(ROOT / path), run_name="nexus_program")["main"]
        return program(words)

    return run


PASSED_ON: dict[str, Callable[[list[str]], int]] = {
    "test": _test,
    "bench": _program("bench/run.py"),
    "chaos": _program("tests/chaos/run.py"),
}
