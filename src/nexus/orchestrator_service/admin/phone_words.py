"""A phone number as people here read and write it (ycloud.md 8.1)."""

import re

from nexus.contracts.identity import E164, phone_key

_ARGENTINE = re.compile(r"^\+?54(9?)(\d{10})$")
_DIALLED = re.compile(r"^\+?[0-9 ().-]{3,}$")
_TWO_DIGIT_AREAS = ("11",)


def readable_phone(address: str) -> str:
    """`+5493515550123` as `+54 9 351 555-0123`; another country's digits get their plus, an id stays as it is.

    The area's length is exact for Buenos Aires and three digits elsewhere, as in the panel's own formatting.
    """
    argentine = _ARGENTINE.match(address)
    if not argentine:
        return f"+{address}" if re.fullmatch(r"\d{8,15}", address) else address
    mobile, national = argentine.groups()
    length = 2 if national.startswith(_TWO_DIGIT_AREAS) else 3
    parts = ["+54", mobile, national[:length], f"{national[length:-4]}-{national[-4:]}"]
    return " ".join(part for part in parts if part)


def whatsapp_address(typed: str) -> str | None:
    """The number that a person typed, as WhatsApp knows it, or None when it is none.

    Without a country it is Argentine: `011 15 5555-0123`, `11 5555 0123` and `+54 11 5555 0123` are all
    `+5491155550123`. A local number without its area says nothing.
    """
    plain = re.sub(r"[\s().\-\u2010-\u2015/]", "", typed)
    digits = re.sub(r"^00", "+", plain).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return None
    abroad = plain.startswith(("+", "00"))
    if digits.startswith("54") and (abroad or len(digits) >= 12):
        return _argentine_mobile(digits.removeprefix("54"))
    if not abroad and (national := _argentine_mobile(digits)):
        return national
    whole = f"+{digits}"
    return whole if (abroad or len(digits) >= 11) and not digits.startswith("0") and E164.match(whole) else None


def number_forms(address: str) -> dict[str, str] | None:
    """A number as `e164`, `with_nine`, `without_nine` and `readable`; None for what is no number.

    Both forms are one person (ycloud.md 8.1), and both are in people's address books; the whole number of a key, which
    has no nine, is the mobile's.
    """
    digits = address.removeprefix("+")
    if not re.fullmatch(r"[1-9]\d{7,14}", digits):
        return None
    argentine = _ARGENTINE.match(digits)
    if not argentine:
        return dict.fromkeys(("e164", "with_nine", "without_nine"), f"+{digits}") | {"readable": f"+{digits}"}
    nine, without = f"+549{argentine[2]}", f"+54{argentine[2]}"
    whole = f"+{digits}" if address.startswith("+") else nine
    return {"e164": whole, "with_nine": nine, "without_nine": without, "readable": readable_phone(nine)}


def digits_to_find(typed: str) -> list[str]:
    """What to look for in numbers when somebody types one, or a part of it, in any form; nothing when it is none."""
    if not _DIALLED.match(typed):
        return []
    digits = re.sub(r"\D", "", typed)
    found = [digits, digits.removeprefix("00"), digits.removeprefix("0")]
    if address := whatsapp_address(typed):
        found.append(phone_key(address))
    if digits.startswith("15") and len(digits) >= 8:  # a mobile as it is dialled in its own city
        found.append(digits.removeprefix("15"))
    return [some for some in dict.fromkeys(found) if some]


def _argentine_mobile(digits: str) -> str | None:
    """What follows +54, or is dialled here: a trunk 0, the mobile 9, and a 15 after the area may stand in it."""
    national = digits.removeprefix("0").removeprefix("9").removeprefix("0")
    if len(national) == 12:
        places = (2,) if national.startswith(_TWO_DIGIT_AREAS) else (3, 4)
        place = next((n for n in places if national[n : n + 2] == "15"), None)
        national = national if place is None else national[:place] + national[place + 2 :]
    return f"+549{national}" if re.fullmatch(r"(11|[23][0-9])[0-9]{8}", national) else None
