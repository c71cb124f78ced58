"""Whose order it is: the phones on it, and when one of them is a WhatsApp address (tiendanube.md 4.4)."""

import re

from nexus.contracts.identity import phone_key
from nexus.gateways.tiendanube.parse import Item


def is_of_phone(order: Item, phone: str) -> bool:
    """Whether the person behind the WhatsApp address `phone` stands on the order."""
    return any(same_phone(phone, written) for written in phones_of(order))


def phones_of(order: Item) -> list[str]:
    """Every phone written on an order, as written."""
    customer, address = order.get("customer"), order.get("shipping_address")
    written = [
        order.get("contact_phone"),
        order.get("billing_phone"),
        customer.get("phone") if isinstance(customer, dict) else None,
        address.get("phone") if isinstance(address, dict) else None,
    ]
    return [str(phone) for phone in written if phone]


def same_phone(sender: str, written: str) -> bool:
    """Whether a phone as a shopper wrote it is the WhatsApp address `sender` (international digits)."""
    sender_digits, digits = re.sub(r"\D", "", sender), re.sub(r"\D", "", written)
    international = written.strip().startswith(("+", "00")) or len(digits) >= 11
    if international and len(digits) >= 8 and phone_key(digits.removeprefix("00")) == phone_key(sender_digits):
        return True
    # only an Argentine sender may equal a number written without its country
    return sender_digits.startswith("54") and (mine := national10(sender)) is not None and mine == national10(written)


def national10(written: str) -> str | None:
    """Argentina's ten national digits (area code and number) of any usual spelling, or None.

    Drops +/00, 54, the mobile 9, the trunk 0 and the 15 after the area code.
    """
    digits = re.sub(r"\D", "", written).removeprefix("00")
    foreign = written.strip().startswith(("+", "00")) and not digits.startswith("54")
    if foreign:
        return None
    if digits.startswith("54") and len(digits) > 10:
        digits = digits[2:]
    if digits.startswith("9") and len(digits) == 11:
        digits = digits[1:]
    digits = digits.removeprefix("0")
    if len(digits) == 12:
        area_lengths = (2,) if digits.startswith("11") else (3, 4)
        area = next((n for n in area_lengths if digits[n : n + 2] == "15"), None)
        digits = digits if area is None else digits[:area] + digits[area + 2 :]
    return digits if len(digits) == 10 else None
