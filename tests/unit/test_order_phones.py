"""Whose order it is."""

from nexus.gateways.tiendanube.order_phones import is_of_phone, phones_of, same_phone

WRITTEN = (
    "+5491155500001", "11 5550 0001", "011 15-5550-0001", "54 11 5550-0001", "+54 9 11 5550-0001", "+5491155500002",
    "0351 15 555-0003", "3515550003", "6591234567", "+56 9 6123 4567", "0056961234567", "+1155500001", "5500001",
    "+11155500001", "1155500001", "abc", "",
)  # fmt: skip


def test_a_phone_owns_its_spellings_and_no_other() -> None:
    mine = {written for written in WRITTEN if same_phone("+5491155500001", written)}
    assert mine == {
        "+5491155500001", "11 5550 0001", "011 15-5550-0001", "54 11 5550-0001", "+54 9 11 5550-0001", "1155500001"
    }  # fmt: skip


def test_any_phone_of_an_order_is_hers_and_an_order_without_one_is_nobodys() -> None:
    order = {
        "contact_phone": None,
        "billing_phone": "abc",
        "customer": None,
        "shipping_address": {"phone": "1155500001"},
    }
    assert phones_of(order) == ["abc", "1155500001"]
    assert is_of_phone(order, "+5491155500001")
    assert not is_of_phone({"customer": {"phone": ""}}, "+5491155500001")
