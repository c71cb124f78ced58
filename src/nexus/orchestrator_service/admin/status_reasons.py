"""Why a bubble did not go out, in words: WhatsApp's codes, YCloud's codes (ycloud.md 4.4) and our own."""

_SENTENCES = {
    # WhatsApp, by webhook or inside YCloud's error
    "131047": "WhatsApp no deja escribirle: pasaron más de 24 h desde su último mensaje.",
    "131026": "WhatsApp no puede entregarlo: ese número no tiene WhatsApp o usa una versión muy vieja.",
    "131056": "WhatsApp frenó el envío: fueron demasiados mensajes seguidos a esta persona.",
    "131048": "WhatsApp limitó el número de la tienda porque hubo bloqueos o denuncias.",
    "131049": "WhatsApp no lo entregó: esta persona ya recibió muchos mensajes comerciales.",
    "131050": "WhatsApp avisa que esta persona no quiere recibir promociones.",
    "131053": "WhatsApp no pudo bajar el archivo: revisá que el enlace ande y que el formato y el tamaño sean válidos.",
    "131009": "WhatsApp rechazó el mensaje porque tiene un dato que no es válido.",
    "131013": "WhatsApp rechazó el mensaje porque tiene un dato que no es válido.",
    "131062": "WhatsApp rechazó el destinatario.",
    "131031": "WhatsApp bloqueó la cuenta de la tienda: revisala en el administrador de WhatsApp.",
    "368": "WhatsApp bloqueó la cuenta de la tienda por sus políticas: revisala en el administrador de WhatsApp.",
    "131037": "WhatsApp todavía no aprobó el nombre visible del número de la tienda.",
    "131057": "WhatsApp está haciendo mantenimiento del número de la tienda: probá de nuevo en un minuto.",
    "130429": "WhatsApp frenó el envío: el número de la tienda mandó demasiados mensajes por segundo.",
    "131030": "WhatsApp sólo deja escribir a los números de prueba, y este no está en la lista.",
    # YCloud
    "PARAM_INVALID": "YCloud rechazó el mensaje porque tiene un dato que no es válido.",
    "PARAM_MISSING": "YCloud rechazó el mensaje porque le falta un dato.",
    "PARAM_INVALID_LENGTH": "YCloud rechazó el mensaje porque es demasiado largo.",
    "PARAM_NOT_MATCH": "YCloud rechazó el mensaje porque tiene un dato que no es válido.",
    "BAD_REQUEST": "YCloud rechazó el mensaje porque no lo entendió.",
    "UNAUTHORIZED": "YCloud no acepta la clave de la tienda: revisá las credenciales.",
    "BALANCE_INSUFFICIENT": "YCloud no tiene saldo en la cuenta de la tienda: hay que cargar crédito.",
    "WHATSAPP_PHONE_NUMBER_UNAVAILABLE": "YCloud dice que el número de la tienda no está disponible.",
    "WHATSAPP_WABA_UNAVAILABLE": "YCloud dice que la cuenta de WhatsApp de la tienda no está disponible.",
    "WHATSAPP_TEMPLATE_UNAVAILABLE": "YCloud dice que la plantilla no está disponible.",
    "RECIPIENT_UNSUBSCRIBED": "YCloud no lo envió: esta persona pidió no recibir mensajes.",
    "RECIPIENT_IN_BLOCK_LIST": "YCloud no lo envió: esta persona está en la lista de bloqueados.",
    "CONTENT_TOO_LARGE": "YCloud no lo envió: el archivo es demasiado grande.",
    "ACCOUNT_RATE_LIMITED": "YCloud frenó el envío: la cuenta de la tienda mandó demasiado de golpe.",
    "SENDER_RATE_LIMITED": "YCloud frenó el envío: el número de la tienda mandó demasiado de golpe.",
    "TOO_MANY_REQUESTS": "YCloud frenó el envío: hubo demasiados pedidos de golpe.",
    "SERVICE_UNAVAILABLE": "YCloud no estaba disponible.",
    # ours
    "RESENT": "WhatsApp no confirmó si lo recibió; una persona lo mandó de nuevo.",
    "RESTORED": "Se descartó al restaurar una copia de seguridad.",
    "BY_PERSON": "Lo descartó una persona.",
    "NO_CREDENTIAL": "La tienda no tiene clave de YCloud: cargala en las credenciales.",
    "132000": "WhatsApp rechazó la plantilla: no coinciden los datos que hay que completar.",
    "132001": "WhatsApp no tiene esa plantilla en ese idioma.",
    "LOCKOUT": "El bot quedó en pausa antes de enviarlo.",
    "SENDER_DIED": "WhatsApp no llegó a confirmarlo porque el sistema se reinició en pleno envío.",
    "WINDOW_CLOSED": "WhatsApp no deja escribirle: pasaron más de 24 h desde su último mensaje.",
    "CONTACT_BUDGET": "El bot ya le había escrito demasiadas veces seguidas a esta persona.",
}

_OTHERWISE = {
    "failed": "WhatsApp no aceptó el mensaje.",
    "unknown": "WhatsApp no confirmó si recibió el mensaje; no se reenvía solo.",
    "discarded": "El mensaje dejó de hacer falta antes de enviarlo.",
}


def status_reason(status: str | None, code: str | None) -> tuple[str, str] | None:
    """(code, sentence) of a bubble that is failed, unknown or discarded; None in any other state."""
    if status not in _OTHERWISE:
        return None
    if not code:
        return status, _OTHERWISE[status]
    known = code.upper()
    if known.startswith("ACCOUNT_") and known not in _SENTENCES:
        return code, "YCloud suspendió o limitó la cuenta de la tienda: revisala en su sitio."
    return code, _SENTENCES.get(known, _OTHERWISE[status])
