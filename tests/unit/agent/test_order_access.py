"""Whose order it is (reference/tiendanube.md 4.4) and what may be told of it (4.2, 4.3)."""

import json
from typing import Any

import pytest

from nexus.gateways.tiendanube.order_phones import national10, same_phone
from nexus.orchestrator_service.catalogue.orders import order_item


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("5491155500001", "1155500001"), ("+541155500001", "1155500001"), ("+54 9 11 5550-0001", "1155500001"),
        ("011 15-5550-0001", "1155500001"), ("1155500001", "1155500001"), ("11 5550 0001", "1155500001"),
        ("+5493515550003", "3515550003"), ("0351 15 555-0003", "3515550003"), ("3515550003", "3515550003"),
        ("+543515550003", "3515550003"), ("abc", None), ("", None),
    ],
)  # fmt: skip
def test_the_twelve_spellings_of_an_argentine_phone(written: str, digits: str | None) -> None:
    assert national10(written) == digits


@pytest.mark.parametrize("written", ["+5491155500001", "11 5550 0001", "011 15-5550-0001", "54 11 5550-0001"])
def test_a_sender_owns_an_order_however_the_shop_wrote_the_phone(written: str) -> None:
    assert same_phone("+5491155500001", written)


@pytest.mark.parametrize(
    ("sender", "written"),
    [
        ("+5491155500001", "+5491155500002"),
        ("+5491155500001", ""),
        ("+5491155500001", "abc"),
        ("+5491155500001", "5500001"),
        # ten digits without a country are Argentine, so no foreigner has them
        ("+6591234567", "6591234567"),
        ("+11155500001", "1155500001"),
        # and a number with another country is never Argentine
        ("+5491155500001", "+11155500001"),
        ("+5491155500001", "+1155500001"),
    ],
)
def test_another_phone_does_not_own_it(sender: str, written: str) -> None:
    assert not same_phone(sender, written)


@pytest.mark.parametrize("written", ["+56 9 6123 4567", "0056961234567", "56961234567"])
def test_a_foreign_sender_owns_an_order_with_the_whole_number(written: str) -> None:
    assert same_phone("+56961234567", written)


def order(**changes: Any) -> dict[str, Any]:
    base = {
        "id": 88, "number": 102, "status": "open", "payment_status": "paid", "shipping_status": "unpacked",
        "paid_at": "2026-11-12T14:06:00+0000", "created_at": "2026-11-12T14:05:00+0000", "total": "43022.00",
        "contact_email": "ana@example.test", "contact_identification": "30111222", "owner_note": "ojo con esta",
        "contact_phone": "+5491155500001", "gateway": "mercadopago",
        "shipping_address": {"address": "Calle Privada", "phone": "1"},
        "products": [{"name": "Medias (S, Rosa)", "quantity": "2", "price": "100.00", "sku": "M"}],
    }  # fmt: skip
    return base | changes


TRACKED = {"shipping": {"carrier": {"name": "Correo"}}, "status": "DISPATCHED",
           "tracking_info": {"code": "AR1", "url": "https://t.example/AR1"}}  # fmt: skip
PICKED_UP = {"status": "READY_FOR_PICKUP", "shipping": {"type": "pickup", "carrier": None, "pickup_details": {
    "name": "Local", "address": {"street": "Calle", "number": "100", "city": "CABA"}, "pickup_hours": []}}}  # fmt: skip
LEGACY = {"shipping_tracking_number": "AR1", "shipping_tracking_url": "https://t.example/AR1",
          "shipping_option": "Correo"}  # fmt: skip


@pytest.mark.parametrize(
    "shape", [{"fulfillments": [TRACKED]}, {"fulfillment_orders": [TRACKED]}, {"shipping_status": "shipped", **LEGACY}]
)
def test_tracking_is_found_in_every_shape_of_the_api(shape: dict[str, Any]) -> None:
    told = order_item(order(**shape), "America/Argentina/Buenos_Aires")
    [parcel] = told["tracking"]
    assert (parcel["code"], parcel["url"], parcel["carrier"]) == ("AR1", "https://t.example/AR1", "Correo")
    assert told["carrier"] == "Correo"
    assert told["status_text"] == "en camino"
    assert (told["total"], told["total_text"]) == (43022, "$ 43.022,00")
    assert told["created_at"] == "12/11/2026 11:05"


def test_bare_fulfillment_ids_hide_nothing_else() -> None:
    told = order_item(order(fulfillments=["01J"]), "America/Argentina/Buenos_Aires")
    assert (told["tracking"], told["status_text"], told["items"][0]["quantity"]) == ([], "en preparación", "2")


def test_a_split_order_lists_every_parcel() -> None:
    second = TRACKED | {"tracking_info": {"code": "AR2", "url": None}, "status": "PACKED"}
    told = order_item(order(fulfillments=[TRACKED, second]), "America/Argentina/Buenos_Aires")
    assert [(parcel["code"], parcel["status_text"]) for parcel in told["tracking"]] == [
        ("AR1", "en camino"),
        ("AR2", "listo para despachar"),
    ]
    assert told["status_text"] == "en camino, listo para despachar"


def test_a_pickup_tells_the_branch() -> None:
    told = order_item(order(fulfillments=[PICKED_UP]), "America/Argentina/Buenos_Aires")
    assert told["pickup"] == {"name": "Local", "address": "Calle 100, CABA", "hours": []}
    assert told["status_text"] == "listo para retirar"


def test_a_branchs_hours_are_told_as_people_say_them() -> None:
    days = ["MONDAY", "TUESDAY", "WEDNESDAY", "SATURDAY"]
    hours: list[Any] = [{"day": day, "start": "1000", "end": "1900"} for day in days[:3]]
    hours += [{"day": "SATURDAY", "start": "930", "end": "1300"}, {"day": "SUNDAY"}, "garbage"]
    shipping: Any = PICKED_UP["shipping"]
    place = PICKED_UP | {"shipping": shipping | {"pickup_details": {"name": "Local", "pickup_hours": hours}}}
    told = order_item(order(fulfillments=[place]), "America/Argentina/Buenos_Aires")
    assert told["pickup"]["hours"] == ["lunes a miércoles de 10:00 a 19:00", "sábado de 09:30 a 13:00"]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-11-18T00:00:00+00:00", "2026-11-23T00:00:00+00:00", "entre el 18/11 y el 23/11/2026"),
        ("2026-11-18T00:00:00+00:00", "2026-11-18T00:00:00+00:00", "el 18/11/2026"),
        ("2026-11-18T02:00:00+00:00", None, "el 17/11/2026"),
        (None, None, None),
        ("pronto", None, None),
    ],
)
def test_promised_days_are_days_of_the_shops_zone(first: str | None, last: str | None, words: str | None) -> None:
    shipping: Any = {"type": "ship", "min_delivery_date": first, "max_delivery_date": last}
    told = order_item(order(fulfillments=[{"shipping": shipping}]), "America/Argentina/Buenos_Aires")
    assert told["delivery"] == words


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "cancelled"},
        {"payment_status": "refunded"},
        {"shipping_status": "delivered"},
        {"status": "closed"},
        {"fulfillments": [{"status": "DELIVERED"}]},
    ],
)
def test_an_order_that_is_over_is_a_neutral_line_and_a_person(changes: dict[str, Any]) -> None:
    told = order_item(order(**changes), "America/Argentina/Buenos_Aires")
    assert told["suggest"] == "derivhumano"
    assert told["message"].startswith("El pedido #102 figura como ")
    assert set(told) == {"id", "number", "status", "status_text", "created_at", "message", "suggest"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "cancelled", "payment_status": "refunded"}, "cancelado"),
        ({"payment_status": "refunded"}, "reintegrado"),
        ({"payment_status": "pending", "paid_at": None, "gateway": "offline"},
         "esperando el comprobante de transferencia"),
        ({"payment_status": "pending", "paid_at": None}, "esperando el pago"),
        ({"shipping_status": "delivered"}, "entregado"),
    ],
)  # fmt: skip
def test_states_are_told_in_the_customers_words(changes: dict[str, Any], words: str) -> None:
    assert order_item(order(**changes), "America/Argentina/Buenos_Aires")["status_text"] == words


def test_private_fields_never_leave() -> None:
    told = json.dumps(order_item(order(fulfillments=[TRACKED]), "America/Argentina/Buenos_Aires"))
    for secret in ("ana@", "30111222", "ojo con", "Calle Privada", "1155500001"):
        assert secret not in told
