"""Whole numbers in Spanish words, for amounts below a million."""

_SMALL_WORDS = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
)
_SMALL = _SMALL_WORDS.split()
_TENS = ("treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_HUNDREDS = (
    "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos", "ochocientos",
    "novecientos",
)  # fmt: skip


def in_words(number: int) -> str:
    """ "cuarenta y nueve mil novecientos"; 0 to 999,999."""
    if number >= 1000:
        thousands, rest = divmod(number, 1000)
        counted = "" if thousands == 1 else f"{_before_noun(in_words(thousands))} "
        return f"{counted}mil{f' {in_words(rest)}' if rest else ''}"
    if number == 100:
        return "cien"
    if number > 100:
        hundreds, rest = divmod(number, 100)
        return f"{_HUNDREDS[hundreds - 1]}{f' {in_words(rest)}' if rest else ''}"
    if number < 30:
        return _SMALL[number]
    tens, rest = divmod(number, 10)
    return f"{_TENS[tens - 3]}{f' y {_SMALL[rest]}' if rest else ''}"


def _before_noun(words: str) -> str:
    return words.removesuffix("o") if words.endswith("uno") else words
