"""A phone number as people here read it."""

import re

_ARGENTINE = re.compile(r"^\+?54(9?)(\d{10})$")
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
