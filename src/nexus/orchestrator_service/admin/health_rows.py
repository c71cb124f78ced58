"""Rows of the health page, for the panel and for `nexus doctor`: facts judged, each trouble with its remedy."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from nexus.orchestrator_service.admin.health_words import words_of
from nexus.orchestrator_service.admin.setup_words import Light
from nexus.orchestrator_service.catalogue.shop import REFUSED
from nexus.store.live_tests import DOCTOR

Level = Literal["ok", "warn", "error"]
Group = Literal["Nexus", "WhatsApp", "Tienda Nube", "Modelo", "Correo"]
_WORSE = {"ok": 0, "warn": 1, "error": 2}
_STALE_CATALOGUE = timedelta(hours=2)
_LATELY = timedelta(hours=1)
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
    """How one part is: in words, with what to do, since when, and how many people wait because of it.

    `key` is what programs know it by; `tried_at` is when what it tells of was last tried on purpose.
    """

    key: str
    group: Group
    level: Level
    title: str
    message: str
    fix: str | None = None
    since: datetime | None = None
    waiting: int | None = None
    link: str | None = None
    tried_at: datetime | None = None


def worst(rows: list[HealthRow]) -> Level:
    """The worst level of all; ok when there are none."""
    return max((row.level for row in rows), key=_WORSE.__getitem__, default="ok")


def worst_first(rows: list[HealthRow]) -> list[HealthRow]:
    """In the order in which they ask for attention; equal ones as they were."""
    return sorted(rows, key=lambda row: -_WORSE[row.level])


def platform_rows(facts: dict[str, Any], now: datetime) -> list[HealthRow]:
    """What all shops share and the store's `platform_facts` tell."""
    return [
        HealthRow("database", "Nexus", "ok", "Base de datos", "PostgreSQL responde."),
        _gateway(facts["connected"]),
        _jobs(facts, now),
    ]


def database_down(why: str) -> HealthRow:
    """The row without which no other can be told."""
    message = f"PostgreSQL no responde: {why}."
    fix = "Prendé Nexus (./nexus up) o, si la base es externa, revisá POSTGRES_DSN y que ese servidor esté en marcha."
    if why.startswith("POSTGRES_DSN no sirve"):
        message, fix = f"{why}.", "Corregí POSTGRES_DSN en .env: el rol nexus_app con su clave, y la base de Nexus."
    return HealthRow("database", "Nexus", "error", "Base de datos", message, fix)


def tenant_rows(
    facts: dict[str, Any], tests: dict[str, Any], light: Light, told: list[dict[str, Any]], model_given: bool
) -> list[HealthRow]:
    """What is the shop's own; `told` is what WhatsApp and YCloud said, `model_given` whether Nexus has a model.

    `facts` hold those of the store, `heard_at`, `shop_resting` and `public_url`.
    """
    now: datetime = facts["now"]
    key = next((row for row in told if row["subject"] == "credential"), None)
    return [
        _bursts(facts["waiting"], now),
        _bubbles(facts["waiting"], now),
        _doubtful(facts["waiting"]["doubtful"]),
        _webhook(facts["key_set"], light, facts["heard_at"], now),
        _sends(facts),
        *([_ycloud(tests.get("ycloud"), key)] if facts["key_set"] else []),
        _public_url(facts, tests.get("public_url")),
        *[_told(row) for row in told if row is not key],
        _shop(facts, tests.get("tiendanube")),
        _catalogue(facts),
        _model(facts, tests.get("llm"), given=model_given),
        _mail(facts, max((tests[kind] for kind in _MAIL_TESTS if kind in tests), key=_tested_at, default=None)),
    ]


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
        message = f"{_counted(facts['overdue'], 'tarea espera', 'tareas esperan')} hace {for_how_long(late)}."
        return HealthRow("jobs", "Nexus", level, title, message, _LOOK_AT_THE_SERVICE, facts["overdue_since"])
    if "orchestrator_jobs" not in facts["connected"]:
        message = "Nadie las está corriendo: correos y recordatorios esperan."
        return HealthRow("jobs", "Nexus", "warn", title, message, "Prendelo: ./nexus run orchestrator-service.")
    if facts["given_up"]:
        message = f"{_counted(facts['given_up'], 'tarea falló', 'tareas fallaron')} y no se intenta más."
        return HealthRow("jobs", "Nexus", "warn", title, message, "Buscá «job» en el registro del Orchestrator.")
    return HealthRow("jobs", "Nexus", "ok", title, "Correos y recordatorios salen a tiempo.")


def _bursts(waiting: dict[str, Any], now: datetime) -> HealthRow:
    title, link = "Consultas sin contestar", "#/chats"
    age = now - waiting["bursts_since"] if waiting["bursts_since"] else timedelta()
    if age < timedelta(minutes=1):
        return HealthRow("bursts", "Nexus", "ok", title, "Ninguna espera de más.")
    level: Level = "error" if age > timedelta(minutes=3) else "warn"
    message = f"La más vieja espera hace {for_how_long(age)}."
    fix = _LOOK_AT_THE_SERVICE + " Mientras tanto podés contestar a mano."
    return HealthRow("bursts", "Nexus", level, title, message, fix, waiting["bursts_since"], waiting["bursts"], link)


def _bubbles(waiting: dict[str, Any], now: datetime) -> HealthRow:
    title = "Mensajes por salir"
    age = now - waiting["bubbles_since"] if waiting["bubbles_since"] else timedelta()
    if age < timedelta(minutes=1):
        return HealthRow("bubbles", "WhatsApp", "ok", title, "Ninguno espera de más.")
    level: Level = "error" if age > timedelta(minutes=5) else "warn"
    message = f"El más viejo espera hace {for_how_long(age)} para salir."
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
        heard = f" El último, hace {for_how_long(now - heard_at)}." if heard_at else ""
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
        return self.tried(tried, fix)

    def tried(self, tried: dict[str, Any], fix: str, level: Level = "error") -> HealthRow:
        """As the live test found it; `level` where it failed."""
        message, at = tried["tested_message"], tried["tested_at"]
        if tried["tested_ok"]:
            return replace(self.row("ok", message), tried_at=at)
        unanswered = any(words in message for words in _UNANSWERED)
        return replace(self.row(level, message, _AWAY if unanswered else fix, at), tried_at=at)


_SHOP = _Part("shop", "Tienda Nube", "Tienda Nube", "#/ajustes/tiendanube")
_MODEL = _Part("model", "Modelo", "Modelo", "#/ajustes/llm")
_MAIL = _Part("mail", "Correo", "Avisos por correo", "#/ajustes/handoff")
_YCLOUD = _Part("ycloud", "WhatsApp", "YCloud", "#/ajustes/ycloud")
_DOOR = _Part("public_url", "WhatsApp", "Dirección pública", "#/ajustes/ycloud")
_MAIL_TESTS = ("handoff", "mail_login")
_UNANSWERED = ("no contestó", "No pude hablar")
"""Words of a live test that reached nobody: then the credential is not what is to be looked at."""
_AWAY = "Suele volver solo: mirá su página de estado, y si esta máquina sale a internet. Después, «Probar ahora»."
_CHECK_AND_TRY = "Revisá los datos en Ajustes y tocá «Probar»."
_TRY = "Tocá «Probar» en Ajustes: dice qué pasa."


def _ycloud(test: dict[str, Any] | None, key: dict[str, Any] | None) -> HealthRow:
    """`key`: what YCloud said of it when it was last used; `test`: what trying it found."""
    if key is not None and key["level"] != "ok":
        said = words_of("credential", key["key"], key["code"], key["level"])
        return _YCLOUD.row(key["level"], f"{said['title']}. {said['message']}", said["fix"], key["since"])
    used = {"ok_at": key["updated_at"] if key else None, "failed_at": None}
    otherwise = "YCloud acepta la clave." if key else "Conectado; nadie lo probó todavía."
    return _YCLOUD.judged(_test_is_newer(test, used), "Cargá de nuevo la clave en Ajustes.", None, otherwise)


def _public_url(facts: dict[str, Any], test: dict[str, Any] | None) -> HealthRow:
    """The way by which YCloud reaches us, tried from this side."""
    url, heard = facts["public_url"], facts["heard_at"]
    if not url:
        if heard or not facts["key_set"] or facts["simulated"]:
            return _DOOR.row("ok", "No está configurada (WHATSAPP_PUBLIC_URL): Ajustes muestra la de esta máquina.")
        message = "Falta WHATSAPP_PUBLIC_URL: la dirección que muestra Ajustes es de esta máquina, y YCloud no la abre."
        return _DOOR.row(
            "warn", message, "Poné en .env la dirección https por la que se llega al servicio de WhatsApp."
        )
    if test is None:
        return _DOOR.row("ok", f"{url}; nadie la probó todavía.")
    fix = f"Revisá DNS, certificado y proxy: «curl -i {url.rstrip('/')}/webhook/ycloud» tiene que dar 405."
    # Some networks do not lead their own machines back in by the public name: what arrives tells more.
    arrives = heard is not None and facts["now"] - heard < _LATELY
    return _DOOR.tried(test, fix, "warn" if arrives else "error")


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
        return HealthRow("catalogue", "Tienda Nube", "ok", title, f"Se leyó hace {for_how_long(age)}.", link=link)
    message = f"Se leyó por última vez hace {for_how_long(age)}: el bot puede no encontrar lo nuevo."
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
        # The list of models is had without money: only an answer, or who says to have paid, ends that.
        if model["reason"] == "model_quota" and test and test["tested_by"] == DOCTOR:
            test = None
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


def _tested_at(test: dict[str, Any]) -> datetime:
    at: datetime = test["tested_at"]
    return at


def _test_is_newer(test: dict[str, Any] | None, part: dict[str, Any]) -> dict[str, Any] | None:
    """A live test that came after the last real use tells more than that."""
    used = max((at for at in (part["ok_at"], part["failed_at"]) if at), default=None)
    return test if test and (used is None or test["tested_at"] > used) else None


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def for_how_long(age: timedelta) -> str:
    """In minutes, hours or days."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} días"
