"""Who a customer is by phone: Argentine forms with and without the mobile 9 are one person (ycloud.md 8.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.contracts.identity import E164, e164, mask_phone, phone_key

DIGITS = st.from_regex(r"\A[0-9]{10}\Z")


@given(DIGITS)
def test_both_argentine_forms_are_one_person(subscriber: str) -> None:
    forms = ("549" + subscriber, "54" + subscriber, "+549" + subscriber, f"+54 9 {subscriber[:2]} {subscriber[2:]}")
    assert {phone_key(form) for form in forms} == {"54" + subscriber}


@given(DIGITS, DIGITS)
def test_two_argentine_subscribers_are_two_people(one: str, other: str) -> None:
    assert (phone_key("549" + one) == phone_key("54" + other)) == (one == other)


@given(st.text(max_size=30))
def test_a_key_of_a_key_is_itself(address: str) -> None:
    key = phone_key(address)
    assert phone_key(key) == key
    assert all(character in "0123456789" for character in key)


@given(st.from_regex(r"\A[+]?[1-9][0-9]{6,14}\Z"))
def test_a_number_with_and_without_plus_is_one_person_and_keeps_its_address(number: str) -> None:
    address = e164(number)
    assert address == "+" + number.removeprefix("+")
    assert e164(address) == address
    assert phone_key(address) == phone_key(number)


@given(st.text(max_size=30))
def test_what_e164_gives_is_e164_and_stays(address: str) -> None:
    number = e164(address)
    if number is not None:
        assert E164.fullmatch(number)
        assert e164(number) == number


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("+5491155550123", "541155550123"),
        ("+541155550123", "541155550123"),
        ("+5493515550123", "543515550123"),
        ("+59899123456", "59899123456"),  # another country's 9 stays
        ("+5511999990000", "5511999990000"),
        ("+549115555012", "549115555012"),  # 54 and ten digits that begin with 9: no mobile 9 to take away
        ("+54911555501234", "54911555501234"),
    ],
)
def test_keys_as_the_reference_rules_them(address: str, key: str) -> None:
    assert phone_key(address) == key


@pytest.mark.parametrize("address", ["", "+", "hola", "123456", "+0123456789", "++5491155550123", "+1234567890123456"])
def test_what_is_no_phone_has_no_address(address: str) -> None:
    assert e164(address) is None


@pytest.mark.parametrize("address", ["٠١٢٣٤٥٦٧٨٩", "+٥٤٩١١٥٥٥٥٠١٢٣"])
def test_digits_of_other_scripts_are_no_phone(address: str) -> None:
    assert e164(address) is None
    assert phone_key(address) == ""


def test_a_log_shows_four_digits_and_no_more() -> None:
    assert mask_phone("+5491155550123") == "…0123"
    assert mask_phone(None) == "-"
