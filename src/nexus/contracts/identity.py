"""Who a customer is: the phone key of ycloud.md 8.1, and how a phone looks in a log."""

import re

_AR_MOBILE = re.compile(r"^549?([0-9]{10})$")
E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")


def phone_key(address: str) -> str:
    """The digits by which a phone is one person: both Argentine forms, with and without the mobile 9, are one."""
    digits = re.sub(r"[^0-9]", "", address)
    argentine = _AR_MOBILE.match(digits)
    return "54" + argentine.group(1) if argentine else digits


def e164(address: str) -> str | None:
    """The address as `+digits`, or None when it is no phone number. YCloud's `context.from` lacks the plus."""
    number = "+" + re.sub(r"[\s().-]", "", address).removeprefix("+")
    return number if E164.match(number) else None


def mask_phone(address: str | None) -> str:
    """For logs: the last four digits only."""
    return f"…{address[-4:]}" if address else "-"
