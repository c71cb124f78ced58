"""The one JSON decoder of every door: strict UTF-8, bounded depth and numbers, no NaN, no duplicate keys."""

import json
import math
from typing import Any, NoReturn

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 20


class MalformedJsonError(ValueError):
    """The bytes are no JSON that we take; the message says why, without quoting them."""


def decode(raw: bytes) -> Any:
    """The document, with NUL characters stripped and lone surrogates replaced (PostgreSQL stores neither).

    Raises MalformedJsonError.
    """
    try:
        text = raw.decode("utf-8", "strict")
        document = json.loads(
            text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_finite, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise MalformedJsonError("not UTF-8") from error
    except RecursionError as error:
        raise MalformedJsonError("too deep") from error
    except json.JSONDecodeError as error:
        raise MalformedJsonError("not JSON") from error
    return _clean(document, 1)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise MalformedJsonError("duplicate key")
    return document


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise MalformedJsonError("integer too long")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedJsonError("number out of range")
    return number


def _refuse_constant(_name: str) -> NoReturn:
    raise MalformedJsonError("NaN or Infinity")


def _clean(node: Any, depth: int) -> Any:
    if isinstance(node, str):
        return node.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if not isinstance(node, dict | list):
        return node
    if depth > MAX_DEPTH:
        raise MalformedJsonError("too deep")
    if isinstance(node, list):
        return [_clean(item, depth + 1) for item in node]
    return _unique([(_clean(key, depth), _clean(value, depth + 1)) for key, value in node.items()])
