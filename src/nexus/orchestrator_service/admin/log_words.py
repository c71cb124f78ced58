"""What each type of event is called where people read the log."""

_LABELS = {
    "alert_not_told": "Un aviso no se pudo mandar",
    "answer_failed": "El bot no pudo responder",
    "burst_parked": "Una consulta quedó detenida",
    "credential_refused": "Una credencial no sirve",
    "draft_order_dry_run": "Link de pago de prueba",
    "draft_order_unknown": "Un pedido quedó en duda",
    "handoff": "Pasó a una persona",
    "handoff_email_skipped": "Aviso de derivación sin mandar",
    "http_request": "Pedido con error",
    "keeping_run": "Limpieza de la noche",
    "media_failed": "Un archivo no se pudo traer",
    "monthly_ceiling": "Se llegó al tope de gasto del mes",
    "order_enumeration": "Números de pedido ajenos",
    "privacy_request": "Pedido de privacidad",
    "reply_blocked": "El bot se guardó una respuesta",
    "reminder_skipped": "Recordatorio sin mandar",
    "restore_discarded": "Se restauró una copia",
    "send_failed": "Un mensaje no salió",
    "send_unknown": "Un mensaje quedó en duda",
    "stock_notice_missed": "Aviso de reposición sin mandar",
    "shop_exported": "Se descargó la tienda entera",
    "smtp_failed": "Falló un correo",
    "tool_execution": "Falló una herramienta del bot",
    "transcription_failed": "Un audio no se pudo transcribir",
    "backup_taken": "Se hizo un backup",
    "whatsapp_health": "Novedad de WhatsApp",
}


def label_of(event_type: str) -> str:
    """The type's name; one that nobody named is shown as it is written, without its underscores."""
    return _LABELS.get(event_type) or event_type.replace("_", " ").capitalize()
