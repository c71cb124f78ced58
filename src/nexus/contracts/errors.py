"""The one shape of an error, and how a route tells OpenAPI which ones it has (contract.md 4)."""

from typing import Any

from pydantic import BaseModel


class ErrorDetail(BaseModel):
    """`code` is for programs, `message` one Spanish sentence for people; `fields` says of each bad one what it is."""

    code: str
    message: str
    correlation_id: str
    fields: dict[str, str] | None = None


class ErrorBody(BaseModel):
    """Every answer that is no success."""

    error: ErrorDetail


_SENTENCES = {
    400: "El cuerpo no es JSON, o falta decir de qué tienda se trata",
    401: "Sin sesión ni token válido",
    403: "El rol no alcanza, o el pedido viene de una página ajena",
    404: "No existe en esta tienda",
    409: "Choca con lo que ya hay",
    410: "Se borró, y no vuelve",
    413: "Más de 1 MiB, o un archivo más grande que lo que WhatsApp acepta",
    415: "Un archivo que WhatsApp no acepta",
    416: "Ese tramo no existe; ver Content-Range",
    422: "Un dato no es válido",
    429: "Demasiados intentos; ver Retry-After",
    503: "Ahora no se puede (la base no responde, o la conversación está ocupada); ver Retry-After",
}


_SHAPE = {"application/json": {"schema": {"$ref": f"#/components/schemas/{ErrorBody.__name__}"}}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for OpenAPI.

    Only the first names the model: FastAPI makes a validator of each one named, half a millisecond each, of hundreds.
    """
    told: dict[int | str, dict[str, Any]] = {
        status: {"description": _SENTENCES[status], "content": _SHAPE} for status in statuses[1:]
    }
    return {statuses[0]: {"description": _SENTENCES[statuses[0]], "model": ErrorBody}} | told
