"""Rows of the health page, for the panel and for `nexus doctor`: facts judged, each trouble with its remedy."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from nexus.orchestrator_service.admin.health_words import words_of
from nexus.orchestrator_service.admin.setup_words import Light
from nexus.orchestrator_service.catalogue.shop import REFUSED

Level = Literal["ok", "warn", "error"]
Group = Literal["Nexus", "WhatsApp", "Tienda Nube", "Modelo", "Correo"]
_WORSE = {"ok": 0, "warn": 1, "error": 2}
_GB = 1024**3
_STALE_CATALOGUE = timedelta(hours=2)
_LOOK_AT_THE_SERVICE = "Mirá que estén en marcha todos los procesos (./nexus doctor dice cuál falta)."
_MODEL_FIXES = {
    "model_auth": "El proveedor rechaza la clave: cargala de nuevo.",
    "model_quota": "La cuenta del proveedor no tiene saldo: cargale crédito.",
    "model_missing": "El modelo elegido no existe ahí: elegí otro.",
    "model_timeout": "El proveedor tarda demasiado: si sigue, elegí un modelo más rápido.",
    "model_unavailable": "El proveedor no contesta: suele volver solo; mirá su página de estado.",
}


@dataclass(frozen=True, slots=True)
class HealthRow:
    """How one part is: in words, with what to do, since when, and how many people wait because of it."""

    key: str
    group: Group
    level: Level
    title: str
    message: str
    fix: str | None = None
    since: datetime | None = None
    waiting: int | None = None
    link: str | None = None


def worst(rows: list[HealthRow]) -> Level:
    """The worst level of all; ok when there are none."""
    return max((row.level for row in rows), key=_WORSE.__getitem__, default="ok")


def worst_first(rows: list[HealthRow]) -> list[HealthRow]:
    """In the order in which they ask for attention; equal ones as they were."""
    return sorted(rows, key=lambda row: -_WORSE[row.level])


def platform_rows(facts: dict[str, Any], now: datetime) -> list[HealthRow]:
    """What all shops share. `facts` are those of the store with schema, redis and disk {free, total} beside them."""
    return [
        HealthRow("database", "Nexus", "ok", "Base de datos", "PostgreSQL responde."),
        _schema(facts["schema_current"]),
        _redis(facts["redis"]),
        _gateway(facts["connected"]),
        _jobs(facts, now),
        _disk(facts["disk"]),
    ]


def database_down(why: str) -> HealthRow:
    """The row without which no other can be told."""
    fix = "Prendé Nexus (./nexus up) o, si la base es externa, revisá POSTGRES_DSN y que ese servidor esté en marcha."
    return HealthRow("database", "Nexus", "error", "Base de datos", f"PostgreSQL no responde: {why}.", fix)


def tenant_rows(
    facts: dict[str, Any], tests: dict[str, Any], light: Light, told: list[dict[str, Any]], model_given: bool
) -> list[HealthRow]:
    """What is the shop's own; `told` is what WhatsApp and YCloud said, `model_given` whether Nexus has a model."""
    now: datetime = facts["now"]
    return [
        _bursts(facts["waiting"], now),
        _bubbles(facts["waiting"], now),
        _doubtful(facts["waiting"]["doubtful"]),
        _webhook(facts["key_set"], light, facts["heard_at"], now),
        _sends(facts),
        *[_told(row) for row in told],
        _shop(facts, tests.get("tiendanube")),
        _catalogue(facts),
        _model(facts, tests.get("llm"), given=model_given),
        _mail(facts, tests.get("handoff")),
    ]


def _schema(current: bool) -> HealthRow:
    if current:
        return HealthRow("schema", "Nexus", "ok", "Versión de la base", "La base está al día con el programa.")
    message = "A la base le faltan migraciones: hay cosas que no van a andar."
    return HealthRow("schema", "Nexus", "error", "Versión de la base", message, "Corré ./nexus migrate.")


def _redis(answers: bool) -> HealthRow:
    if answers:
        return HealthRow("redis", "Nexus", "ok", "Redis", "Responde.")
    message = "No responde: no se pierde nada, pero todo va un poco más lento y con un solo Orchestrator."
    return HealthRow("redis", "Nexus", "warn", "Redis", message, "Prendé Valkey o Redis, o revisá REDIS_URL.")


def _gateway(connected: set[str]) -> HealthRow:
    title = "Servicio de WhatsApp"
    if "whatsapp_service" in connected:
        return HealthRow("whatsapp_service", "Nexus", "ok", title, "Está en marcha y conectado a la base.")
    message = "No está conectado a la base: no entran ni salen mensajes."
    return HealthRow("whatsapp_service", "Nexus", "error", title, message, "Prendelo: ./nexus run whatsapp-service.")


def _jobs(facts: dict[str, Any], now: datetime) -> HealthRow:
    title = "Tareas en segundo plano"
    late = now - facts["overdue_since"] if facts["overdue_since"] else timedelta()
    if late > timedelta(minutes=2):
        level: Level = "error" if late > timedelta(minutes=10) else "warn"
        message = f"{_counted(facts['overdue'], 'tarea espera', 'tareas esperan')} hace {_for(late)}."
        return HealthRow("jobs", "Nexus", level, title, message, _LOOK_AT_THE_SERVICE, facts["overdue_since"])
    if facts["given_up"]:
        message = f"{_counted(facts['given_up'], 'tarea falló', 'tareas fallaron')} y no se intenta más."
        return HealthRow("jobs", "Nexus", "warn", title, message, "Buscá «job» en el registro del Orchestrator.")
    return HealthRow("jobs", "Nexus", "ok", title, "Correos y recordatorios salen a tiempo.")


def _disk(disk: dict[str, int]) -> HealthRow:
    title, free = "Lugar para archivos", disk["free"]
    message = f"Quedan {free / _GB:.1f} GB libres para fotos y audios.".replace(".", ",", 1)
    if free > max(disk["total"] // 10, _GB // 2):
        return HealthRow("disk", "Nexus", "ok", title, message)
    level: Level = "warn" if free > _GB // 4 else "error"
    return HealthRow("disk", "Nexus", level, title, message, "Liberá espacio o mudá NEXUS_MEDIA_DIR a otro disco.")


def _bursts(waiting: dict[str, Any], now: datetime) -> HealthRow:
    title, link = "Consultas sin contestar", "#/chats"
    age = now - waiting["bursts_since"] if waiting["bursts_since"] else timedelta()
    if age < timedelta(minutes=1):
        return HealthRow("bursts", "Nexus", "ok", title, "Ninguna espera de más.")
    level: Level = "error" if age > timedelta(minutes=3) else "warn"
    message = f"La más vieja espera hace {_for(age)}."
    fix = _LOOK_AT_THE_SERVICE + " Mientras tanto podés contestar a mano."
    return HealthRow("bursts", "Nexus", level, title, message, fix, waiting["bursts_since"], waiting["bursts"], link)


def _bubbles(waiting: dict[str, Any], now: datetime) -> HealthRow:
    title = "Mensajes por salir"
    age = now - waiting["bubbles_since"] if waiting["bubbles_since"] else timedelta()
    if age < timedelta(minutes=1):
        return HealthRow("bubbles", "WhatsApp", "ok", title, "Ninguno espera de más.")
    level: Level = "error" if age > timedelta(minutes=5) else "warn"
    message = f"El más viejo espera hace {_for(age)} para salir."
    fix = "Mirá abajo si YCloud anda; si anda, reiniciá el servicio de WhatsApp."
    since, people = waiting["bubbles_since"], waiting["bubbles"]
    return HealthRow("bubbles", "WhatsApp", level, title, message, fix, since, people, "#/chats")


def _doubtful(count: int) -> HealthRow:
    title = "Mensajes en duda"
    if not count:
        return HealthRow("doubtful", "WhatsApp", "ok", title, "De todos se sabe si salieron.")
    message = f"De {_counted(count, 'mensaje', 'mensajes')} no se sabe si llegó a salir."
    fix = "Abrí cada chat y elegí «Reenviar» o «Descartar»."
    return HealthRow("doubtful", "WhatsApp", "warn", title, message, fix, waiting=count, link="#/chats")


def _webhook(key_set: bool, light: Light, heard_at: datetime | None, now: datetime) -> HealthRow:
    title, link = "Mensajes que entran", "#/ajustes/ycloud"
    if light == "green":
        heard = f" El último, hace {_for(now - heard_at)}." if heard_at else ""
        message = f"Los avisos de YCloud llegan bien firmados.{heard}"
        return HealthRow("webhook", "WhatsApp", "ok", title, message, link=link)
    if light == "red":
        message = "Llegan avisos que el secreto de la tienda no firmó, y no se toman."
        fix = "Copiá de nuevo el secreto de YCloud > Developers > Webhooks y cargalo en Ajustes."
        return HealthRow("webhook", "WhatsApp", "error", title, message, fix, link=link)
    message = "Todavía no llegó ningún aviso de YCloud."
    fix = "Copiá la dirección del webhook de Ajustes a YCloud y escribile al número de la tienda."
    if not key_set:
        return HealthRow("webhook", "WhatsApp", "ok", title, message, link=link)
    return HealthRow("webhook", "WhatsApp", "warn", title, message, fix, link=link)


def _sends(facts: dict[str, Any]) -> HealthRow:
    title, link, sends = "Mensajes que salen", "#/ajustes/ycloud", facts["sends"]
    if not facts["key_set"]:
        fix = "Cargá la clave de YCloud en Ajustes."
        return HealthRow("sends", "WhatsApp", "warn", title, "Falta la clave de YCloud.", fix, link=link)
    if _failed_last(sends):
        message = "Lo último que se quiso mandar no salió."
        fix = "Abrí el chat: el mensaje dice por qué. Si es la clave o la cuenta, está más abajo."
        since, people = sends["failed_at"], sends["failed"]
        return HealthRow("sends", "WhatsApp", "warn", title, message, fix, since, people, "#/chats")
    message = "Lo último que se mandó, salió." if sends["ok_at"] else "No hubo nada que mandar en el último día."
    return HealthRow("sends", "WhatsApp", "ok", title, message, link=link)


def _told(row: dict[str, Any]) -> HealthRow:
    said = words_of(row["subject"], row["key"], row["code"], row["level"])
    key = f"whatsapp:{row['subject']}:{row['key']}"
    title, message = said["title"] or row["key"], said["message"] or ""
    return HealthRow(key, "WhatsApp", row["level"], title, message, said["fix"], row["since"], link="#/ajustes/ycloud")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that "Probar" tries: what all of its rows have in common."""

    key: str
    group: Group
    title: str
    link: str

    def row(
        self,
        level: Level,
        message: str,
        fix: str | None = None,
        since: datetime | None = None,
        waiting: int | None = None,
    ) -> HealthRow:
        return HealthRow(self.key, self.group, level, self.title, message, fix, since, waiting, self.link)

    def judged(self, tried: dict[str, Any] | None, fix: str, failure: HealthRow | None, otherwise: str) -> HealthRow:
        """By the live test where that is the newest word, else by the last real use (`failure`, or it went well)."""
        if tried is None:
            return failure or self.row("ok", otherwise)
        if tried["tested_ok"]:
            return self.row("ok", tried["tested_message"])
        return self.row("error", tried["tested_message"], fix, tried["tested_at"])


_SHOP = _Part("shop", "Tienda Nube", "Tienda Nube", "#/ajustes/tiendanube")
_MODEL = _Part("model", "Modelo", "Modelo", "#/ajustes/llm")
_MAIL = _Part("mail", "Correo", "Avisos por correo", "#/ajustes/handoff")
_CHECK_AND_TRY = "Revisá los datos en Ajustes y tocá «Probar»."
_TRY = "Tocá «Probar» en Ajustes: dice qué pasa."


def _shop(facts: dict[str, Any], test: dict[str, Any] | None) -> HealthRow:
    shop = facts["shop"]
    if not facts["shop_set"]:
        message = "La tienda no está conectada: el bot no conoce productos ni pedidos."
        return _SHOP.row("warn", message, "Cargá el número de tienda y el token en Ajustes.")
    if facts["shop_refused"]:
        message = f"{REFUSED.get(facts['shop_refused'], 'Tienda Nube rechaza la credencial.')} El bot no puede leerla."
        return _SHOP.row("error", message, "Cargá un token que sirva en Ajustes.", facts["shop_refused_at"])
    if facts["shop_resting"]:
        message = "Viene fallando seguido; por unos segundos no se le pregunta nada."
        fix = "Suele volver sola: mirá el estado de Tienda Nube, o tocá «Probar» en un rato."
        return _SHOP.row("error", message, fix, shop["failed_at"])
    message = "La última vez que el bot le preguntó algo, no contestó."
    failure = _SHOP.row("error", message, _TRY, shop["failed_at"]) if _failed_last(shop) else None
    otherwise = "Contestó la última vez." if shop["ok_at"] else "Conectada; nadie le preguntó nada en el último día."
    return _SHOP.judged(_test_is_newer(test, shop), _CHECK_AND_TRY, failure, otherwise)


def _catalogue(facts: dict[str, Any]) -> HealthRow:
    """What the bot knows of the shop's products, and since when."""
    title, link, read_at = "Catálogo", "#/conocimiento/catalogo", facts["catalogue_at"]
    if not facts["shop_set"] or read_at is None:
        message = facts["catalogue_error"] or "Todavía no se leyó: el bot busca en la tienda misma."
        return HealthRow("catalogue", "Tienda Nube", "ok", title, message, link=link)
    age = facts["now"] - read_at
    if age < _STALE_CATALOGUE:
        return HealthRow("catalogue", "Tienda Nube", "ok", title, f"Se leyó hace {_for(age)}.", link=link)
    message = f"Se leyó por última vez hace {_for(age)}: el bot puede no encontrar lo nuevo."
    fix = facts["catalogue_error"] or _LOOK_AT_THE_SERVICE
    return HealthRow("catalogue", "Tienda Nube", "warn", title, message, fix, read_at, link=link)


def _model(facts: dict[str, Any], test: dict[str, Any] | None, *, given: bool) -> HealthRow:
    model, failure = facts["model"], None
    if not (given or facts["model_set"] or model["ok_at"] or (test and test["tested_ok"])):
        return _MODEL.row("error", "El bot no puede contestar: falta la clave del modelo.", "Cargala en Ajustes.")
    if _failed_last(model):
        message = "La última consulta quedó sin respuesta por culpa del modelo."
        fix = _MODEL_FIXES.get(model["reason"], _TRY)
        failure = _MODEL.row("error", message, fix, model["failed_at"], facts["model_waiting"])
    otherwise = "Contestó la última consulta." if model["ok_at"] else "Nadie preguntó nada en el último día."
    return _MODEL.judged(_test_is_newer(test, model), _CHECK_AND_TRY, failure, otherwise)


def _mail(facts: dict[str, Any], test: dict[str, Any] | None) -> HealthRow:
    mail, failure = facts["mail"], None
    if not facts["mail_wanted"]:
        return _MAIL.row("ok", "Los avisos están apagados.")
    if not facts["mail_set"]:
        message = "Nadie se entera por correo cuando un cliente pide una persona."
        return _MAIL.row("warn", message, "Cargá a quién avisar en Ajustes.")
    if _failed_last(mail):
        people = mail["failed"] or None
        fix = f"{_TRY} Mientras tanto mirá los chats que esperan a una persona."
        failure = _MAIL.row("error", "El último aviso no se pudo mandar.", fix, mail["failed_at"], people)
    otherwise = "El último aviso salió." if mail["ok_at"] else "Configurado; no hubo nada que avisar."
    fix = "Revisá el servidor y la clave del correo en Ajustes y tocá «Probar»."
    return _MAIL.judged(_test_is_newer(test, mail), fix, failure, otherwise)


def _failed_last(part: dict[str, Any]) -> bool:
    return part["failed_at"] is not None and (part["ok_at"] is None or part["failed_at"] > part["ok_at"])


def _test_is_newer(test: dict[str, Any] | None, part: dict[str, Any]) -> dict[str, Any] | None:
    """A live test that came after the last real use tells more than that."""
    used = max((at for at in (part["ok_at"], part["failed_at"]) if at), default=None)
    return test if test and (used is None or test["tested_at"] > used) else None


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _for(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} días"
