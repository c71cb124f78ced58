"""Why a file could not be had, or a voice note not be put into words, as a sentence for the panel."""

_NO_FILE = {
    "media_expired": "WhatsApp ya no tiene el archivo: pedile que lo mande de nuevo.",
    "media_too_large": "El archivo es demasiado grande para guardarlo.",
    "media_redirected": "WhatsApp mandó a buscarlo a otra dirección, y por seguridad no se buscó.",
    "media_unavailable": "WhatsApp no entrega el archivo en este momento.",
    "foreign_link": "El enlace del archivo no es de WhatsApp, y por seguridad no se abrió.",
    "no_link": "WhatsApp no dijo de dónde bajar el archivo.",
    "empty": "El archivo llegó vacío.",
    "wrong_type": "El archivo no es lo que dice ser, y por seguridad no se guardó.",
    "damaged": "El archivo llegó dañado.",
}
_NO_WORDS = {
    "too_slow": "La transcripción tardó demasiado.",
    "too_long": "El audio es demasiado largo para transcribirlo.",
    "no_speech": "No se escucha a nadie en el audio.",
    "no_file": "No hay audio guardado para transcribir.",
    "not_configured": "No hay un servicio de transcripción configurado.",
    "format": "El servicio de transcripción no lee este formato de audio.",
    "speech_refused": "El servicio de transcripción no aceptó el audio.",
    "speech_unavailable": "El servicio de transcripción no responde.",
    "breaker_open": "El servicio de transcripción no responde.",
    "not_accepted": "El servicio de transcripción no responde.",
}
_UNSUPPORTED = {
    "poll_creation": "Mandó una encuesta: se ve sólo en el teléfono.",
    "edit": "Editó un mensaje; WhatsApp no deja ver acá el texto nuevo.",
    "event": "Mandó un evento: se ve sólo en el teléfono.",
    "gif": "Mandó un GIF: se ve sólo en el teléfono.",
    "live_location": "Comparte su ubicación en tiempo real: se ve sólo en el teléfono.",
    "view_once": "Mandó algo para ver una sola vez: se ve sólo en el teléfono.",
}


def media_problem(state: str | None, code: str | None) -> str | None:
    """Why there is no file; None unless it failed."""
    if state != "failed":
        return None
    return _NO_FILE.get(code or "", "No se pudo bajar el archivo de WhatsApp.")


def words_problem(state: str | None, code: str | None) -> str | None:
    """Why there is no transcript; None unless it failed."""
    if state != "failed":
        return None
    return _NO_WORDS.get(code or "", "No se pudo transcribir el audio.")


def unsupported_words(kind: str) -> str:
    """What a customer did that WhatsApp shows on phones only."""
    return _UNSUPPORTED.get(kind, "Mandó algo que WhatsApp deja ver sólo en el teléfono.")
