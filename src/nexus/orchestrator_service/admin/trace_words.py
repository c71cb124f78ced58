"""What tools, rules and failures of a run are called in front of people."""

_TOOLS = {
    "search_specific_products": "Buscó productos",
    "search_by_category": "Buscó en una categoría",
    "browse_general_storefront": "Miró la vidriera",
    "orders": "Consultó un pedido",
    "payable_link": "Armó un link de pago",
    "avisame_cuando_vuelva": "Anotó un aviso de reposición",
    "check_availability": "Miró horarios libres",
    "book_appointment": "Reservó un turno",
    "reschedule_appointment": "Cambió un turno",
    "cancel_appointment": "Canceló un turno",
    "derivhumano": "Pidió una persona",
    "catalogue_order": "Leyó un pedido del catálogo",
}
_RULES = {
    "amount": "Un importe que no salió de ninguna consulta",
    "currency": "Una moneda que no es la del precio",
    "percentage": "Un porcentaje que nadie informó",
    "stock": "Un stock que no salió de ninguna consulta",
    "size": "Un talle que el producto no tiene",
    "installments": "Cuotas que la tienda no informó",
    "link": "Un link que no es de la tienda ni de una consulta",
    "order": "Un número de pedido que no se consultó",
    "date": "Una fecha que nadie dijo",
    "time": "Un horario que nadie dijo",
    "duration": "Un plazo que nadie informó",
    "quantity": "Una cantidad que no salió de ninguna consulta",
    "phone": "Un teléfono que no es de la tienda",
    "mail": "Un correo que no es de la tienda",
    "account": "Una cuenta o un CBU que no es de la tienda",
    "commitment": "Dijo que hizo algo que no hizo",
    "placeholder": "Un dato que ninguna consulta trajo",
    "tone": "No respetó el tono de la tienda",
}
_FAILURES = {
    "ok": None,
    "model_timeout": "No contestó a tiempo",
    "model_unavailable": "No se pudo hablar con el proveedor",
    "model_auth": "El proveedor rechazó la clave",
    "model_quota": "La cuenta no tiene saldo",
    "model_missing": "El modelo no existe en ese proveedor",
    "model_refused": "El proveedor rechazó la consulta",
    "model_garbage": "Contestó algo que no se entiende",
}


def tool_of(name: str) -> str:
    """What a tool did."""
    return _TOOLS.get(name, "Una herramienta que no existe")


def rule_of(kind: str) -> str:
    """Which rule a sentence broke."""
    return _RULES.get(kind, "Algo que nada respalda")


def failure_of(outcome: str) -> str | None:
    """Why a call of the model gave nothing; None for one that did."""
    return _FAILURES.get(outcome, "No salió bien")
