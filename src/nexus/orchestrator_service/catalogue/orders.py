"""What may be told of an order (tiendanube.md 4.2, 4.3)."""

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from nexus.gateways.tiendanube.parse import Item, localized, money, money_text, number

_STATUS_WORDS = {
    "cancelled": "cancelado",
    "refunded": "reintegrado",
    "voided": "pago anulado",
    "DELIVERED": "entregado",
    "READY_FOR_PICKUP": "listo para retirar",
    "DISPATCHED": "en camino",
    "PACKED": "listo para despachar",
    "delivered": "entregado",
    "shipped": "en camino",
}
_DAYS = {
    "MONDAY": "lunes",
    "TUESDAY": "martes",
    "WEDNESDAY": "miércoles",
    "THURSDAY": "jueves",
    "FRIDAY": "viernes",
    "SATURDAY": "sábado",
    "SUNDAY": "domingo",
}


def order_item(order: Item, time_zone: str) -> Item:
    """What may be told: never DNI, address, e-mail, payment data or the owner's note. Both API versions.

    `{id, number, status, status_text, items:[{name, quantity, price}], total, total_text, created_at (local,
    "12/11/2026 11:05"), tracking:[{code, url, carrier, status_text}] of every parcel, carrier, delivery (the promised
    days in words), pickup}`. An order that is over (cancelled, refunded, delivered, closed) is `{id, number, status,
    status_text, created_at, message, suggest}`: a neutral line, and the person who sees to the rest.
    """
    fulfillments = fulfillments_of(order)
    states = [str(f.get("status")) for f in fulfillments]
    told: Item = {
        "id": order.get("id"),
        "number": order.get("number"),
        "status": order.get("status"),
        "status_text": status_text(order, states),
        "created_at": local_time(order.get("created_at"), time_zone),
    }
    if _is_over(order, states):
        line = f"El pedido #{told['number']} figura como {told['status_text']}. "
        line += "Si necesitás algo más sobre ese pedido, te paso con una persona del equipo."
        return {**told, "message": line, "suggest": "derivhumano"}
    shippings = [f["shipping"] for f in fulfillments if isinstance(f.get("shipping"), dict)]
    total = money(order.get("total"))
    return {
        **told,
        "items": [_line(line) for line in order.get("products") or [] if isinstance(line, dict)],
        "total": number(total),
        "total_text": money_text(total) if total is not None else None,
        "tracking": _parcels(order, fulfillments),
        "carrier": carrier_of(order, fulfillments),
        "delivery": _delivery(order, shippings, time_zone),
        "pickup": _pickup(order, shippings),
    }


def _is_over(order: Item, states: list[str]) -> bool:
    return (
        order.get("status") in ("cancelled", "closed")
        or order.get("payment_status") in ("refunded", "voided")
        or order.get("shipping_status") == "delivered"
        or (bool(states) and set(states) == {"DELIVERED"})
    )


def status_text(order: Item, fulfillment_states: list[str]) -> str:
    """Where the order stands, in the customer's words (tiendanube.md 4.3)."""
    if order.get("status") == "cancelled":
        return _STATUS_WORDS["cancelled"]
    payment = str(order.get("payment_status"))
    if payment in ("refunded", "voided"):
        return _STATUS_WORDS[payment]
    if payment in ("pending", "authorized") and not order.get("paid_at"):
        offline = order.get("gateway") == "offline"
        return "esperando el comprobante de transferencia" if offline else "esperando el pago"
    shipping = str(order.get("shipping_status"))
    told = [_STATUS_WORDS[state] for state in (*fulfillment_states, shipping) if state in _STATUS_WORDS]
    otherwise = "cerrado" if order.get("status") == "closed" else "en preparación"
    return ", ".join(dict.fromkeys(told)) or otherwise


def fulfillments_of(order: Item) -> list[Item]:
    """Documents and samples name the array differently, and it may hold bare ids (section 4.2)."""
    listed = order.get("fulfillments") or order.get("fulfillment_orders") or []
    return [entry for entry in listed if isinstance(entry, dict)]


def tracking_of(order: Item, fulfillments: list[Item]) -> list[Item]:
    """Where each parcel can be followed, `[{code, url}]`."""
    told = [f["tracking_info"] for f in fulfillments if isinstance(f.get("tracking_info"), dict)]
    found = [{"code": info.get("code"), "url": info.get("url")} for info in told]
    if order.get("shipping_tracking_number"):
        code, url = order["shipping_tracking_number"], order.get("shipping_tracking_url")
        found.append({"code": code, "url": url})
    return [entry for entry in found if entry["code"] or entry["url"]]


def carrier_of(order: Item, fulfillments: list[Item]) -> str | None:
    """Who carries it: the carrier's name, else what the customer chose."""
    shippings = [f["shipping"] for f in fulfillments if isinstance(f.get("shipping"), dict)]
    named = next((name for s in shippings if (name := _name(s.get("carrier")))), None)
    chosen: str | None = named or order.get("shipping_option")
    return chosen


def _pickup(order: Item, shippings: list[Item]) -> Item | None:
    """The shop's own branch, when the customer fetches the order: name, address, opening hours as the shop has them."""
    found = [s.get("pickup_details") for s in shippings] + [order.get("shipping_pickup_details")]
    branch = next((details for details in found if isinstance(details, dict)), None)
    if branch is None:
        return None
    written = branch.get("address")
    place: Item = written if isinstance(written, dict) else {}
    street = " ".join(str(place[key]) for key in ("street", "address", "number") if place.get(key))
    address = ", ".join(part for part in (street, place.get("city")) if part)
    return {"name": branch.get("name"), "address": address, "hours": _hours(branch.get("pickup_hours"))}


def _hours(listed: Any) -> list[str]:
    """ "lunes a viernes de 10:00 a 19:00"; a day that says nothing of its hours is left out."""
    spans: list[tuple[list[str], str]] = []
    for entry in listed if isinstance(listed, list) else []:
        day = _DAYS.get(str(entry.get("day"))) if isinstance(entry, dict) else None
        start, end = (_clock(entry.get(key)) if day else None for key in ("start", "end"))
        if day is None or start is None or end is None:
            continue
        hours = f"de {start} a {end}"
        if spans and spans[-1][1] == hours:
            spans[-1][0].append(day)
        else:
            spans.append(([day], hours))
    return [f"{days[0]} a {days[-1]} {hours}" if len(days) > 1 else f"{days[0]} {hours}" for days, hours in spans]


def _clock(written: Any) -> str | None:
    """ "1000" as 10:00."""
    digits = re.sub(r"\D", "", str(written or ""))
    return f"{digits[:-2].zfill(2)}:{digits[-2:]}" if 3 <= len(digits) <= 4 else None


def _parcels(order: Item, fulfillments: list[Item]) -> list[Item]:
    """Every parcel that can be followed, with who carries it and where it stands."""
    told = []
    for fulfillment in fulfillments:
        for parcel in tracking_of({}, [fulfillment]):
            words = _STATUS_WORDS.get(str(fulfillment.get("status")))
            told.append({**parcel, "carrier": carrier_of({}, [fulfillment]), "status_text": words})
    known = {parcel["code"] for parcel in told}
    legacy = [parcel for parcel in tracking_of(order, []) if parcel["code"] not in known]
    return told + [{**parcel, "carrier": order.get("shipping_option"), "status_text": None} for parcel in legacy]


def _delivery(order: Item, shippings: list[Item], time_zone: str) -> str | None:
    """The days that were promised: "entre el 18/11 y el 23/11/2026"; of several parcels the first and the last."""
    bounds = [
        [_day(shipping.get(key), time_zone) for shipping in shippings if shipping.get("type") == "ship"]
        for key in ("min_delivery_date", "max_delivery_date")
    ]
    first = min((day for day in bounds[0] if day), default=None)
    last = max((day for day in bounds[1] if day), default=None) or first
    if last is not None and (first is None or first == last):
        return f"el {last:%d/%m/%Y}"
    if first is not None and last is not None:
        return f"entre el {first:%d/%m} y el {last:%d/%m/%Y}"
    least, most = order.get("shipping_min_days"), order.get("shipping_max_days")
    return f"de {least} a {most} días" if least and most and order.get("shipping_pickup_type") == "ship" else None


def _day(stamp: Any, time_zone: str) -> date | None:
    """A promised day. Midnight UTC is a date without an hour: moved to the shop's zone it would be the day before."""
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError:
        return None
    has_hour = moment.tzinfo is not None and (moment.hour, moment.minute, moment.second) != (0, 0, 0)
    return moment.astimezone(ZoneInfo(time_zone)).date() if has_hour else moment.date()


def _line(line: Item) -> Item:
    price = money(line.get("price"))
    return {"name": localized(line.get("name")), "quantity": line.get("quantity"), "price": number(price)}


def _name(carrier: Any) -> str | None:
    return carrier.get("name") if isinstance(carrier, dict) else None


def local_time(stamp: Any, time_zone: str) -> str | None:
    """A moment as people of the shop's zone write it, "12/11/2026 11:05"; None for what is no time."""
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError:
        return None
    return moment.astimezone(ZoneInfo(time_zone)).strftime("%d/%m/%Y %H:%M")
