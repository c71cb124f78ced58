"""Rows of the health page about what everything stands on: database, roles, clocks, disks, Redis, backups."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nexus.orchestrator_service.admin.health_rows import HealthRow, Level, for_how_long

_GB = 1024**3
_GUIDE = "docs/deploy.md"
_RESTORE = "Corré ./nexus migrate; si sigue, volvé de un backup: alguien cambió la base a mano."
_REDIS_FULL = 0.9
_CLOCK_WARNS, _CLOCK_FAILS = timedelta(seconds=5), timedelta(seconds=60)
# Whose clocks are worth comparing with: any picture's host or a speech server of one's own may be wrong itself.
_VENDORS = {
    "ycloud": "YCloud",
    "ycloud_account": "YCloud",
    "ycloud_media": "YCloud",
    "tiendanube": "Tienda Nube",
    "tiendanube_catalogue": "Tienda Nube",
}
_OLD_BACKUP, _ANCIENT_BACKUP = timedelta(days=2), timedelta(days=8)


@dataclass(frozen=True, slots=True)
class _Reserve:
    """Bytes that should be free: a share of the disk within bounds, for a tenth of a big one lasts for years."""

    share: float
    at_least: int
    at_most: int

    def of(self, total: int) -> float:
        return max(self.at_least, min(self.at_most, total * self.share))


_WARNS_BELOW, _FAILS_BELOW = _Reserve(0.10, 2 * _GB, 5 * _GB), _Reserve(0.05, _GB // 2, _GB)


@dataclass(frozen=True, slots=True)
class Disk:
    """Where something of ours lies, as people call it, and bytes of the disk below it."""

    holds: str
    free: int
    total: int


def installation_rows(facts: dict[str, Any], now: datetime) -> list[HealthRow]:
    """Of `installation_facts`: schema, roles, row security, logging, and the last backup where one is known."""
    return [
        _schema(facts["missing"], facts["unknown"]),
        _roles(facts["role"]),
        _row_security(facts["loose"], facts["shown"]),
        _logging(facts["logging"]),
        *([_backup(now - facts["backup_at"], facts["backup_at"])] if facts["backup_at"] else []),
    ]


def unmigrated() -> HealthRow:
    """A database in which there is nothing of Nexus, or not enough to ask it more."""
    message = "A la base le faltan migraciones: no se puede ver más."
    return HealthRow("schema", "Nexus", "error", "Versión de la base", message, "Corré ./nexus migrate.")


def _schema(missing: list[str], unknown: list[str]) -> HealthRow:
    title = "Versión de la base"
    if missing:
        message = f"A la base le faltan migraciones (desde la {missing[0]}): hay cosas que no van a andar."
        return HealthRow("schema", "Nexus", "error", title, message, "Corré ./nexus migrate.")
    if unknown:
        message = f"La base es de una versión más nueva que este programa: tiene la migración {unknown[-1]}."
        return HealthRow("schema", "Nexus", "warn", title, message, "Actualizá Nexus en esta máquina y reinicialo.")
    return HealthRow("schema", "Nexus", "ok", title, "La base está al día con el programa.")


def unsafe_role(why: str) -> HealthRow:
    """No service starts with such a role, and the doctor does not look further with it."""
    fix = f"Poné en POSTGRES_DSN el rol nexus_app; {_GUIDE} dice cómo se crean los roles."
    return HealthRow("roles", "Nexus", "error", "Roles de la base", f"{why[:1].upper()}{why[1:]}.", fix)


def _roles(role: dict[str, Any]) -> HealthRow:
    title, found = "Roles de la base", []
    if role["superuser"] or role["bypasses"] or role["owns"] or role["dispatches"]:
        return unsafe_role(f"los servicios entran como «{role['name']}», que puede ver las tiendas de todos")
    if role["loose_dispatch"]:
        found.append("nexus_dispatch puede entrar o saltear el aislamiento")
    if role["super_owner"]:
        found.append("nexus_owner es superusuario")
    if found:
        fix = "Como administrador: «alter role nexus_dispatch nologin nosuperuser nobypassrls; alter role nexus_owner "
        fix += "nosuperuser»."
        return HealthRow("roles", "Nexus", "warn", title, f"De más: {' y '.join(found)}.", fix)
    message = f"Los servicios entran como {role['name']}, sin permisos de más."
    return HealthRow("roles", "Nexus", "ok", title, message)


def _row_security(loose: list[str], shown: list[str]) -> HealthRow:
    title = "Aislamiento entre tiendas"
    if shown:
        message = f"Sin estar en ninguna tienda se ven filas de {_named(shown)}."
        return HealthRow("row_security", "Nexus", "error", title, message, f"Apagá Nexus ya. {_RESTORE}")
    if loose:
        message = f"Falta la seguridad por filas, o una de sus reglas, en {_named(loose)}."
        return HealthRow("row_security", "Nexus", "error", title, message, _RESTORE)
    return HealthRow("row_security", "Nexus", "ok", title, "Probado: sin tienda no se ve ninguna fila.")


def _logging(logging: dict[str, Any]) -> HealthRow:
    title = "Registro de PostgreSQL"
    reasons = {
        "statements": "log_statement" if logging["parameters"] else "",
        "slow_ones": "log_min_duration_statement o un muestreo" if logging["parameters"] else "",
        "parameters_on_error": "log_parameter_max_length_on_error",
        "explained": "auto_explain",
        "audited": "pgaudit.log_parameter",
    }
    why = [words for name, words in reasons.items() if logging[name] and words]
    if not why:
        return HealthRow("parameter_logging", "Nexus", "ok", title, "No escribe mensajes ni secretos.")
    message = f"Escribe en su registro los textos de los clientes y las claves, por {_named(why)}."
    fix = "Como administrador: «alter system set log_parameter_max_length = 0; alter system set "
    fix += "log_parameter_max_length_on_error = 0; select pg_reload_conf();», y borrá los registros viejos."
    extra = [name for name in ("explained", "audited") if logging[name]]
    fix += " Apagá también auto_explain.log_parameter_max_length y pgaudit.log_parameter." if extra else ""
    return HealthRow("parameter_logging", "Nexus", "error", title, message, fix)


def _backup(age: timedelta, taken_at: datetime) -> HealthRow:
    title, message = "Backup", f"El último se hizo hace {for_how_long(age)}."
    if age < _OLD_BACKUP:
        return HealthRow("backup", "Nexus", "ok", title, message)
    level: Level = "error" if age > _ANCIENT_BACKUP else "warn"
    fix = "Corré ./nexus backup ARCHIVO; docs/backup.md dice cómo dejarlo programado."
    return HealthRow("backup", "Nexus", level, title, message, fix, taken_at)


def clock_row(ahead: timedelta, elsewhere: dict[str, timedelta]) -> HealthRow:
    """`ahead`: PostgreSQL's clock before this machine's; `elsewhere`: those of upstreams that were asked anyway."""
    title, fix = "Reloj", "Prendé la hora automática: «timedatectl set-ntp true»; en un contenedor, en la máquina."
    gaps = {"PostgreSQL": ahead} | {_VENDORS[name]: gap for name, gap in elsewhere.items() if name in _VENDORS}
    whose, gap = max(gaps.items(), key=lambda pair: abs(pair[1]))
    if abs(gap) < _CLOCK_WARNS:
        return HealthRow("clock", "Nexus", "ok", title, f"Coincide con el de {_named(gaps)}.")
    level: Level = "error" if abs(gap) > _CLOCK_FAILS else "warn"
    way = "atrasado" if gap > timedelta() else "adelantado"
    message = f"El de esta máquina está {way} {_length(abs(gap))} respecto de {whose}."
    return HealthRow("clock", "Nexus", level, title, message, fix)


def zone_row(zone: str, here: timedelta | None, in_database: timedelta | None) -> HealthRow:
    """Of one shop: how far its clocks are from UTC by this machine's data and by PostgreSQL's; None: not known."""
    title, link = "Zona horaria", "#/tienda/datos"
    if here is None or in_database is None:
        who = "Esta máquina" if here is None else "PostgreSQL"
        message = f"{who} no conoce la zona «{zone}»: turnos y horarios no se pueden calcular."
        fix = "Elegí otra en Tienda > Datos, o instalá los datos de zonas (apt install tzdata) y reiniciá."
        return HealthRow("zone", "Nexus", "error", title, message, fix, link=link)
    if here != in_database:
        message = f"Esta máquina y PostgreSQL no coinciden en qué hora es en {zone}."
        fix = "Actualizá los datos de zonas en las dos (apt install --only-upgrade tzdata) y reiniciá."
        return HealthRow("zone", "Nexus", "error", title, message, fix, link=link)
    return HealthRow("zone", "Nexus", "ok", title, f"{zone}, igual acá y en PostgreSQL.", link=link)


def disk_row(disks: Iterable[Disk]) -> HealthRow:
    """The one with the least room counts; two that are one disk are told once."""
    title = "Lugar en el disco"
    apart: dict[tuple[int, int], list[Disk]] = {}
    for disk in disks:
        apart.setdefault((disk.free, disk.total), []).append(disk)
    judged = {names[0]: _disk_level(names[0]) for names in apart.values()}
    level = max(judged.values(), key=("ok", "warn", "error").index)
    shown = [names for names in apart.values() if level == "ok" or judged[names[0]] != "ok"]
    message = "; ".join(_room(names, alone=len(apart) == 1) for names in shown)
    if level == "ok":
        return HealthRow("disk", "Nexus", "ok", title, f"{message}.")
    fix = "Agrandá el disco o mudá los archivos (NEXUS_MEDIA_DIR); docs/runbook.md, «The disk fills», dice qué ocupa."
    return HealthRow("disk", "Nexus", level, title, f"{message}.", fix)


def _disk_level(disk: Disk) -> Level:
    if disk.free < _FAILS_BELOW.of(disk.total):
        return "error"
    return "warn" if disk.free < _WARNS_BELOW.of(disk.total) else "ok"


def _room(names: list[Disk], *, alone: bool) -> str:
    disk, what = names[0], " y ".join(disk.holds for disk in names)
    gigabytes = f"{disk.free / _GB:.1f}".replace(".", ",")
    room = f"Quedan {gigabytes} GB ({disk.free * 100 // max(disk.total, 1)} %)"
    return f"{room} libres" if alone else f"{room} para {what}"


def redis_row(answers: bool, memory: dict[str, Any] | None) -> HealthRow:
    """`memory`: {used, most, evicts} in bytes; None where the server does not say."""
    if not answers:
        message = "No responde: no se pierde nada, pero todo va un poco más lento y con un solo Orchestrator."
        return HealthRow("redis", "Nexus", "warn", "Redis", message, "Prendé Valkey o Redis, o revisá REDIS_URL.")
    if memory and memory["most"] and not memory["evicts"] and memory["used"] > memory["most"] * _REDIS_FULL:
        share = memory["used"] * 100 // memory["most"]
        message = f"Usa el {share} % de su memoria, y cuando se llene no va a guardar más nada."
        fix = "Subí maxmemory, o dejalo borrar lo viejo: «valkey-cli config set maxmemory-policy allkeys-lru»."
        return HealthRow("redis", "Nexus", "warn", "Redis", message, fix)
    return HealthRow("redis", "Nexus", "ok", "Redis", "Responde." if memory is None else "Responde, con memoria libre.")


def _named(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:5]) + (f" y {len(found) - 5} más" if len(found) > 5 else "")


def _length(span: timedelta) -> str:
    return f"{int(span.total_seconds())} s" if span < timedelta(minutes=2) else for_how_long(span)
