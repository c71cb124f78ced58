"""What is wrong with a field, in a person's words: a form shows them beside it."""

from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    "missing": "hace falta",
    "extra_forbidden": "no existe",
    "string_too_short": "no puede estar vacío",
    "string_too_long": "es demasiado largo: como mucho {max_length} caracteres",
    "string_pattern_mismatch": "tiene caracteres que acá no van",
    "too_long": "son demasiados: como mucho {max_length}",
    "greater_than": "tiene que ser más que {gt}",
    "greater_than_equal": "tiene que ser {ge} o más",
    "less_than": "tiene que ser menos que {lt}",
    "less_than_equal": "tiene que ser {le} o menos",
    "literal_error": "no es ninguna de las opciones",
    "int_parsing": "no es un número entero",
    "int_from_float": "no es un número entero",
    "float_parsing": "no es un número",
    "bool_parsing": "tiene que ser sí o no",
    "date_parsing": "no es una fecha",
    "date_from_datetime_parsing": "no es una fecha",
    "uuid_parsing": "no es un identificador",
}


def said_of(error: Mapping[str, Any]) -> str:
    """The end of the sentence "este dato …", for one of pydantic's errors."""
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        return str(context.get("error", "no es válido"))
    return _SENTENCES.get(error["type"], "no es válido").format_map(_Named(context))


class _Named(dict[str, Any]):
    """A limit that pydantic did not name is left out of the sentence, which never fails."""

    def __missing__(self, key: str) -> str:
        return "…"
