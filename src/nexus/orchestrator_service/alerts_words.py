"""What an alert says to whoever runs the house or the shop: no customer's data, what to do, and where to look."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Said:
    """The words of one alert; `link` is the panel's own address about it."""

    title: str
    text: str
    fix: str
    link: str


@dataclass(frozen=True, slots=True)
class _Kind:
    title: str
    one: str
    many: str
    fix: str
    link: str


_KINDS = {
    "parked": _Kind(
        "Consultas sin contestar",
        "Una consulta quedó sin responder después de varios intentos.",
        "{n} consultas quedaron sin responder después de varios intentos.",
        "Abrí la pestaña «Humano» de los chats y contestá; el registro dice por qué el bot no pudo.",
        "#/chats",
    ),
    "answers_failing": _Kind(
        "El bot no está pudiendo contestar",
        "Falló una respuesta en los últimos diez minutos.",
        "Fallaron {n} respuestas en los últimos diez minutos.",
        "Mirá en Salud si anda el modelo: la clave, el saldo o el proveedor suelen ser la causa.",
        "#/salud",
    ),
    "bubbles_failed": _Kind(
        "Hay mensajes que no salen",
        "Un mensaje no salió en la última hora.",
        "{n} mensajes no salieron en la última hora.",
        "Cada mensaje dice por qué no salió; si son todos iguales, mirá en Salud la cuenta de YCloud.",
        "#/salud",
    ),
    "bubbles_unknown": _Kind(
        "Hay mensajes en duda",
        "De un mensaje no se sabe si llegó a salir.",
        "De {n} mensajes no se sabe si llegaron a salir.",
        "Abrí esos chats y elegí «Reenviar» o «Descartar».",
        "#/chats",
    ),
    "number": _Kind(
        "Problema con el número de WhatsApp",
        "WhatsApp o YCloud informan un problema con el número o la cuenta.",
        "WhatsApp o YCloud informan {n} problemas con el número o la cuenta.",
        "Salud dice cuál es y qué hacer.",
        "#/salud",
    ),
    "template": _Kind(
        "Problema con una plantilla",
        "WhatsApp rechazó o frenó una plantilla.",
        "WhatsApp rechazó o frenó {n} plantillas.",
        "Salud dice cuál; corregila en YCloud y volvé a traer las plantillas en Ajustes.",
        "#/salud",
    ),
    "answers_waiting": _Kind(
        "Hay clientes esperando",
        "Una consulta espera hace más de un minuto.",
        "{n} consultas esperan hace más de un minuto.",
        "Mirá que estén en marcha todos los procesos: ./nexus doctor dice cuál falta.",
        "#/salud",
    ),
    "bubbles_waiting": _Kind(
        "Hay respuestas que no terminan de salir",
        "Un mensaje espera hace más de cinco minutos para salir.",
        "{n} mensajes esperan hace más de cinco minutos para salir.",
        "Mirá en Salud si YCloud anda; si anda, reiniciá el servicio de WhatsApp.",
        "#/salud",
    ),
    "jobs_given_up": _Kind(
        "Una tarea se abandonó",
        "Una tarea en segundo plano falló y no se intenta más.",
        "{n} tareas en segundo plano fallaron y no se intentan más.",
        "Buscá «job» en el registro del Orchestrator: dice cuál y por qué.",
        "#/salud",
    ),
    "disk": _Kind(
        "Queda poco disco",
        "Casi no queda lugar en el disco de los archivos.",
        "Quedan {n} MB libres en el disco de los archivos.",
        "Liberá espacio o mudá NEXUS_MEDIA_DIR a otro disco.",
        "#/salud",
    ),
    "backup": _Kind(
        "La copia de seguridad es vieja",
        "La última copia de seguridad es de hace una hora.",
        "La última copia de seguridad es de hace {n} horas.",
        "Mirá la tarea que corre ./nexus backup: docs/backup.md dice cómo programarla.",
        "#/salud",
    ),
}


def words_of(kind: str, amount: int) -> Said:
    """How people are told of this kind; KeyError for one that nobody named."""
    known = _KINDS[kind]
    text = known.one if amount == 1 else known.many.format(n=amount)
    return Said(known.title, text, known.fix, known.link)


def letter_of(
    said: Said, store_name: str | None, panel: str, since: datetime, *, is_over: bool, is_again: bool
) -> tuple[str, str]:
    """Subject and plain text of the mail."""
    shop = " ".join((store_name or "").split())
    where = f" – {shop}" if shop else ""
    if is_over:
        lines = [f"Ya anda: {said.title.lower()}{f', en {shop}' if shop else ''}.", ""]
        lines += [f"Había empezado {_when(since)}. No hace falta que hagas nada.", ""]
        return f"Ya anda: {said.title}{where}", "\n".join(lines)
    lines = [f"{shop}: {said.text}" if shop else said.text, ""]
    lines += [f"Desde: {_when(since)}", f"Qué hacer: {said.fix}", f"Dónde: {panel}/{said.link}", ""]
    lines += ["Te avisamos de nuevo en 6 horas si sigue, y cuando vuelva a andar.", ""]
    return f"{'Sigue: ' if is_again else ''}{said.title}{where}", "\n".join(lines)


def _when(moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo("America/Argentina/Buenos_Aires"))
    today = datetime.now(UTC) - moment < timedelta(hours=20)
    return f"{local:%H:%M}" if today else f"{local:%d/%m/%Y %H:%M}"
