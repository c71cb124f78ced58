"""Every state of the way to WhatsApp in words: what it is called, what it means, and what a person can do."""

from typing import NamedTuple


class _Said(NamedTuple):
    title: str
    message: str
    fix: str | None = None


_META = "Entrá al administrador de WhatsApp (business.facebook.com) y seguí lo que pide."
_LESS = "Mandá menos mensajes que nadie pidió y contestá rápido; la calidad se recupera sola en unos días."
_AGAIN = "Volvé a conectar el número en YCloud, desde el teléfono de la tienda."
_TEMPLATE_EDIT = "Corregila en YCloud y mandala a revisar de nuevo."

_NUMBER = {
    "quality_green": _Said("Calidad del número: alta", "Los clientes reciben bien los mensajes de la tienda."),
    "quality_yellow": _Said("Calidad del número: media", "Hubo bloqueos o denuncias de clientes.", _LESS),
    "quality_red": _Said(
        "Calidad del número: baja",
        "Muchos clientes bloquearon o denunciaron al número; WhatsApp puede limitarlo.",
        _LESS,
    ),
    "quality_unknown": _Said("Calidad del número", "WhatsApp todavía no la calificó."),
    "number_deleted": _Said(
        "El número ya no está en YCloud", "No entran ni salen mensajes: el número se borró de la cuenta.", _AGAIN
    ),
    "account_offboarded": _Said(
        "El número se desconectó",
        "No entran ni salen mensajes: la aplicación del teléfono cortó la conexión, o estuvo mucho tiempo sin abrirse.",
        f"Abrí WhatsApp Business en el teléfono de la tienda. {_AGAIN}",
    ),
    "account_reconnected": _Said("El número está conectado", "La aplicación del teléfono volvió a conectarse."),
    "number_connected": _Said("El número está conectado", "Es de la cuenta de YCloud de la tienda, y está en línea."),
    "number_foreign": _Said(
        "El número no es de esta cuenta",
        "La clave es de una cuenta de YCloud que no tiene el número de la tienda: no entran ni salen mensajes.",
        "Cargá la clave de la cuenta donde está el número, o corregí el número en Tienda > Datos.",
    ),
    "number_flagged": _Said("WhatsApp observó al número", "Si sigue así puede limitarlo.", _LESS),
    "number_offline": _Said(
        "El número no está conectado", "WhatsApp no lo tiene en línea: no entran ni salen mensajes.", _AGAIN
    ),
    "name_updated": _Said("Nombre visible", "WhatsApp revisó el nombre que ven los clientes."),
    "business_username_updated": _Said("Nombre de usuario", "Cambió el nombre de usuario de la tienda en WhatsApp."),
}
_ACCOUNT = {
    "account_verified_account": _Said("La cuenta está verificada", "Meta verificó la empresa."),
    "account_account_reconnected": _Said("La cuenta está conectada", "La cuenta de WhatsApp volvió a conectarse."),
    "account_approved": _Said("La cuenta está aprobada", "Meta aprobó la cuenta de WhatsApp de la tienda."),
    "account_reinstated": _Said("La cuenta está habilitada", "Meta volvió a habilitar la cuenta de la tienda."),
    "account_rejected": _Said("Meta rechazó la cuenta", "La cuenta de WhatsApp de la tienda no fue aprobada.", _META),
    "account_pending": _Said("Meta está revisando la cuenta", "Hasta que termine puede haber límites."),
    "account_deleted": _Said(
        "La cuenta se borró", "No entran ni salen mensajes: la cuenta de WhatsApp ya no está en YCloud.", _AGAIN
    ),
    "account_disabled_update": _Said(
        "Meta deshabilitó la cuenta", "No entran ni salen mensajes por decisión de Meta.", _META
    ),
    "account_account_restriction": _Said(
        "Meta limitó la cuenta", "Algunos mensajes no se pueden mandar por un tiempo.", _META
    ),
    "account_account_violation": _Said(
        "Meta marcó una falta", "La cuenta no cumplió una política de WhatsApp y puede quedar limitada.", _META
    ),
    "account_account_deleted": _Said("La cuenta se borró", "La cuenta de WhatsApp de la tienda ya no existe.", _META),
    "account_partner_removed": _Said(
        "YCloud perdió el acceso", "Alguien le quitó a YCloud el permiso sobre la cuenta de WhatsApp.", _AGAIN
    ),
    "account_partner_app_uninstalled": _Said(
        "YCloud perdió el acceso", "Alguien desinstaló la aplicación de YCloud de la cuenta de WhatsApp.", _AGAIN
    ),
}
_TEMPLATE = {
    "template_approved": _Said("aprobada", "Se puede usar."),
    "template_reinstated": _Said("habilitada de nuevo", "Se puede usar otra vez."),
    "template_unarchived": _Said("recuperada", "Se puede usar otra vez."),
    "template_pending": _Said("en revisión", "WhatsApp la está revisando; suele tardar menos de un día."),
    "template_in_appeal": _Said("apelada", "WhatsApp está revisando el reclamo."),
    "template_rejected": _Said("rechazada", "WhatsApp no la aprobó: no se puede usar.", _TEMPLATE_EDIT),
    "template_disabled": _Said(
        "deshabilitada", "WhatsApp la sacó de uso por malos comentarios de los clientes.", _TEMPLATE_EDIT
    ),
    "template_paused": _Said(
        "en pausa", "WhatsApp la frenó unas horas por malos comentarios de los clientes.", _TEMPLATE_EDIT
    ),
    "template_flagged": _Said(
        "observada", "Los clientes la reciben mal; si sigue así, WhatsApp la va a frenar.", _TEMPLATE_EDIT
    ),
    "template_pending_deletion": _Said("por borrarse", "Dentro de poco no se va a poder usar."),
    "template_deleted": _Said("borrada", "Ya no se puede usar."),
    "template_archived": _Said("archivada", "No se usa hace mucho y WhatsApp la guardó."),
    "template_category_changed": _Said(
        "con otra categoría", "WhatsApp la cambió de categoría, y puede costar distinto.", "Mirá el precio en YCloud."
    ),
    "template_quality_green": _Said("con buena calidad", "Los clientes la reciben bien."),
    "template_quality_yellow": _Said("con calidad media", "Algunos clientes la reciben mal.", _TEMPLATE_EDIT),
    "template_quality_red": _Said(
        "con mala calidad", "Muchos clientes la reciben mal; WhatsApp puede frenarla.", _TEMPLATE_EDIT
    ),
    "template_quality_unknown": _Said("sin calificar", "WhatsApp todavía no la calificó."),
}
_ENDPOINT = {
    "endpoint_active": _Said("El webhook de YCloud está activo", "Lleva acá y avisa de lo que hace falta."),
    "endpoint_reactivated": _Said(
        "YCloud había dejado de avisar",
        "El aviso estaba frenado y se reactivó solo; mientras tanto pudieron perderse mensajes.",
        "Mirá en el teléfono si alguien escribió y no aparece acá.",
    ),
    "endpoint_pending": _Said(
        "YCloud dejó de avisar",
        "No llegan mensajes: el aviso de YCloud quedó frenado por fallas y no se pudo reactivar.",
        "Fijate que su dirección se pueda abrir desde internet y activalo en YCloud > Developers > Webhooks.",
    ),
    "endpoint_disabled": _Said(
        "El aviso de YCloud está apagado",
        "No llegan mensajes, y no se pudo volver a prender.",
        "Activalo en YCloud > Developers > Webhooks.",
    ),
    "endpoint_elsewhere": _Said(
        "YCloud avisa a otra dirección",
        "No llegan mensajes: el webhook de YCloud no lleva a la dirección pública de esta instalación.",
        "Copiá la dirección de Ajustes > YCloud al webhook de YCloud, o corregí WHATSAPP_PUBLIC_URL.",
    ),
    "endpoint_deaf": _Said(
        "YCloud no avisa los mensajes",
        "No llegan mensajes: al webhook le falta el evento «whatsapp.inbound_message.received».",
        "Tildalo en YCloud > Developers > Webhooks.",
    ),
    "endpoint_half_deaf": _Said(
        "YCloud no avisa todo",
        "No se sabe si un mensaje llegó, o si alguien contestó desde el teléfono: al webhook le faltan eventos.",
        "Tildá «whatsapp.message.updated» y «whatsapp.smb.message.echoes» en YCloud > Developers > Webhooks.",
    ),
    "endpoint_missing": _Said(
        "Falta el aviso de YCloud",
        "No llegan mensajes: en la cuenta de YCloud no hay un webhook que termine en /webhook/ycloud.",
        "Crealo en YCloud > Developers > Webhooks y cargá acá su secreto.",
    ),
}
_CREDENTIAL = {
    "key_works": _Said("La clave de YCloud funciona", "YCloud la acepta."),
    "unauthorized": _Said(
        "YCloud no acepta la clave",
        "No salen mensajes: la clave de la tienda está mal o fue revocada.",
        "Copiala de nuevo de YCloud > Developers > API keys y cargala en Credenciales.",
    ),
    "forbidden": _Said(
        "La clave de YCloud no alcanza",
        "YCloud la conoce, pero no le permite hacer esto.",
        "Creá en YCloud una clave con todos los permisos y cargala en Credenciales.",
    ),
    "balance_insufficient": _Said(
        "YCloud no tiene saldo", "No salen mensajes hasta que haya crédito.", "Cargá crédito en YCloud > Billing."
    ),
}
_ON_HOLD = _Said(
    "YCloud suspendió o limitó la cuenta",
    "No salen mensajes hasta que se resuelva con YCloud.",
    "Entrá a YCloud y mirá los avisos de la cuenta, o escribile a su soporte.",
)
_BY_SUBJECT = {
    "number": _NUMBER,
    "account": _ACCOUNT,
    "template": _TEMPLATE,
    "endpoint": _ENDPOINT,
    "credential": _CREDENTIAL,
}
_OTHERWISE = {
    "number": _Said("Novedad del número", "WhatsApp informó un cambio en el número de la tienda."),
    "account": _Said("Novedad de la cuenta", "Meta informó un cambio en la cuenta de WhatsApp de la tienda.", _META),
    "template": _Said("con novedades", "WhatsApp informó un cambio."),
    "endpoint": _Said("Aviso de YCloud", "El webhook de YCloud cambió de estado."),
    "credential": _Said(
        "YCloud rechaza lo que se le pide", "No salen mensajes.", "Entrá a YCloud y revisá la clave y la cuenta."
    ),
}


def words_of(subject: str, key: str, code: str, level: str) -> dict[str, str | None]:
    """{title, message, fix} of a state; nothing is to be fixed where all is well."""
    said = _BY_SUBJECT[subject].get(code)
    if said is None and subject == "credential" and code.startswith("account_"):
        said = _ON_HOLD
    said = said or _OTHERWISE[subject]
    title = f"Plantilla «{key.rsplit('/', 1)[0]}» {said.title}" if subject == "template" else said.title
    return {"title": title, "message": said.message, "fix": None if level == "ok" else said.fix}
