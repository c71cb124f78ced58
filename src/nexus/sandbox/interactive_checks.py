"""What YCloud refuses in an interactive message: buttons, lists, links and products (ycloud.md section 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.sandbox.refusals import (
    identifier,
    invalid,
    limited,
    list_in,
    missing,
    object_in,
    optional,
    text_in,
    too_long,
    web_address,
)

HEADER_MEDIA = {"image", "video", "document"}
TEXT_HEADERS_ONLY = {"list", "product_list"}
WITHOUT_HEADER = {"product"}
INDIA_ONLY = {"order_details", "order_status"}


def check_interactive(content: dict[str, Any], path: str) -> None:
    """Raises `RefusedError` for an interactive object that WhatsApp does not take."""
    kind = text_in(content, "type", f"{path}.type")
    if kind in INDIA_ONLY:
        raise invalid(f"{path}.type", "is only available in India")
    if kind not in _ACTIONS:
        raise invalid(f"{path}.type", "is not a supported interactive type")
    _check_header(content.get("header"), kind, f"{path}.header")
    if kind != "product" or content.get("body") is not None:
        limited(object_in(content, "body", path), "text", f"{path}.body", 1024)
    if content.get("footer") is not None:
        limited(object_in(content, "footer", path), "text", f"{path}.footer", 60)
    _ACTIONS[kind](object_in(content, "action", path), f"{path}.action")


def _check_header(header: Any, kind: str, path: str) -> None:
    if header is None:
        if kind == "product_list":
            raise missing(path)
        return
    if not isinstance(header, dict) or kind in WITHOUT_HEADER:
        raise invalid(path, f"is not allowed in a {kind} message")
    shape = text_in(header, "type", f"{path}.type")
    if shape == "text":
        limited(header, "text", path, 60)
    elif shape in HEADER_MEDIA and kind not in TEXT_HEADERS_ONLY:
        media = object_in(header, shape, path)
        if media.get("id"):
            raise invalid(f"{path}.{shape}.id", "is not supported in interactive messages: use a link")
        web_address(media, "link", f"{path}.{shape}")
    else:
        raise invalid(f"{path}.type", f"is not allowed in a {kind} message")


def _check_buttons(action: dict[str, Any], path: str) -> None:
    titles, ids = [], []
    for index, button in enumerate(list_in(action, "buttons", path, 1, 3)):
        where = f"{path}.buttons[{index}]"
        if not isinstance(button, dict) or button.get("type") != "reply":
            raise invalid(f"{where}.type", "must be reply")
        reply = object_in(button, "reply", where)
        titles.append(limited(reply, "title", f"{where}.reply", 20))
        ids.append(identifier(reply, "id", f"{where}.reply", 256))
    _check_unique(titles, f"{path}.buttons", "titles")
    _check_unique(ids, f"{path}.buttons", "ids")


def _check_list(action: dict[str, Any], path: str) -> None:
    limited(action, "button", path, 20)
    sections = list_in(action, "sections", path, 1, 10)
    rows = [row for section in sections for row in _rows(section, "rows", f"{path}.sections", len(sections))]
    if not 1 <= len(rows) <= 10:
        raise invalid(f"{path}.sections", "must hold 1 to 10 rows in total")
    for row in rows:
        identifier(row, "id", f"{path}.sections.rows", 200)
        limited(row, "title", f"{path}.sections.rows", 24)
        optional(row, "description", f"{path}.sections.rows", 72)
    _check_unique([row["id"] for row in rows], f"{path}.sections", "row ids")


def _rows(section: Any, key: str, path: str, sections: int) -> list[dict[str, Any]]:
    """The rows of a section; its title is only optional when it is the only one."""
    if not isinstance(section, dict):
        raise invalid(path, "must hold objects")
    if sections > 1 or section.get("title") is not None:
        limited(section, "title", path, 24)
    rows = section.get(key)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise invalid(f"{path}.{key}", "must hold at least one object")
    return rows


def _check_link(action: dict[str, Any], path: str) -> None:
    if action.get("name") != "cta_url":
        raise invalid(f"{path}.name", "must be cta_url")
    parameters = object_in(action, "parameters", path)
    web_address(parameters, "url", f"{path}.parameters")
    label = text_in(parameters, "display_text", f"{path}.parameters.display_text")
    if len(label.encode()) > 20:
        raise too_long(f"{path}.parameters.display_text", 20)


def _check_product(action: dict[str, Any], path: str) -> None:
    text_in(action, "catalog_id", f"{path}.catalog_id")
    text_in(action, "product_retailer_id", f"{path}.product_retailer_id")


def _check_products(action: dict[str, Any], path: str) -> None:
    text_in(action, "catalog_id", f"{path}.catalog_id")
    sections = list_in(action, "sections", path, 1, 10)
    items = [row for section in sections for row in _rows(section, "product_items", f"{path}.sections", len(sections))]
    if len(items) > 30:
        raise invalid(f"{path}.sections", "must hold 1 to 30 products in total")
    for item in items:
        text_in(item, "product_retailer_id", f"{path}.sections.product_items.product_retailer_id")


def _check_carousel(action: dict[str, Any], path: str) -> None:
    list_in(action, "cards", path, 2, 10)


def _check_named(action: dict[str, Any], path: str) -> None:
    text_in(action, "name", f"{path}.name")


def _check_unique(values: list[str], path: str, what: str) -> None:
    if len(set(values)) != len(values):
        raise invalid(path, f"must have unique {what}")


_ACTIONS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "button": _check_buttons,
    "list": _check_list,
    "cta_url": _check_link,
    "product": _check_product,
    "product_list": _check_products,
    "carousel": _check_carousel,
    "catalog_message": _check_named,
    "location_request_message": _check_named,
    "flow": _check_named,
    "voice_call": _check_named,
}
