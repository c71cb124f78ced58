"""Dates, weekdays, times of day and durations in a folded text, in canonical form."""

import re
from collections.abc import Iterator

from nexus.orchestrator_service.appointments.spoken_time import MONTHS, WEEKDAYS

Found = tuple[str, object, int, int, str]
DAYS = [name.translate(str.maketrans("áé", "ae")) for name in WEEKDAYS]
_MONTH = "|".join([*MONTHS, "setiembre", *(f"{month[:3]}\\b" for month in MONTHS)])
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_SLASHED = re.compile(r"(?<![\d/.,$])(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}|\d{2}))?(?![\d/]|[.,]\d)")
_DOTTED = re.compile(r"(?<![\d/.,$])(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?![\d])")
_NAMED = re.compile(
    rf"\b(\d{{1,2}}|primero|uno)(?:°|ro|er)?\s*(?:de\s+)({_MONTH})(?:\s+(?:de|del)\s+(?:ano\s+)?(\d{{4}}))?"
)
_PAIR_NAMED = re.compile(rf"\b(\d{{1,2}})\s*(?:y|al?|o|,)\s*(?:el\s+)?(?=\d{{1,2}}\s+de\s+({_MONTH}))")
_WEEKDAY = re.compile(rf"\b({'|'.join(DAYS)})s?\b")
_WEEKEND = re.compile(r"\b(?:fin(?:es)? de semana|finde)s?\b")
_RELATIVE = re.compile(r"\b(?:pasado\s+)?manana\b|\bhoy\b|\bayer\b|\banteayer\b|\besta\s+(?:tarde|noche)\b")
_MORNING = re.compile(r"(?:\b(?:la|esta|media|cada|toda la|una)\s+|\b(?:esta|buena)\s+)$")
_PART = (
    r"(?:\s*(?:de|por|a)\s+la\s+(?P<part>manana|tarde|noche|madrugada|tardecita)"
    r"|\s*(?P<half>a\.?\s?m\b\.?|p\.?\s?m\b\.?))?"
)
_HOURS = r"(?:h(?:o?r?s?)?\b\.?|horas?\b)"
_CLOCK = re.compile(
    rf"(?<![\d:.,$/])(?P<hour>[01]?\d|2[0-4])\s?(?::|h(?=\d))\s?(?P<minute>[0-5]\d)(?![\d])(?:\s*{_HOURS})?" + _PART
)
_DOT_CLOCK = re.compile(
    rf"(?:(?P<led>\b(?:a|de|desde|hasta|entre|y|para)\s+(?:las?\s+)?)(?<![\d:.,$/])(?P<hour>[01]?\d|2[0-4])\.(?P<minute>[0-5]\d)"
    rf"(?![\d.,])(?:\s*{_HOURS})?|(?<![\d:.,$/])(?P<hour2>[01]?\d|2[0-4])\.(?P<minute2>[0-5]\d)(?![\d.,])\s*{_HOURS})"
    + _PART
)
_AT = re.compile(
    r"\b(?:a|de|desde|hasta|para|sobre|entre|tipo|son|y|o|antes\s+de|despues\s+de|pasadas)\s+las?\s+"
    r"(?P<hour>1\d|2[0-4]|0?\d|una)\b(?![.,]?\d|°|\s*(?:%|cuotas|opciones|mallas|unidades))"
    rf"(?:\s*y\s+(?P<more>media|cuarto|pico|[1-5]?\d\b)|\s*menos\s+(?P<less>cuarto|[1-5]?\d\b))?(?:\s*{_HOURS})?"
    + _PART
)
_RANGE = re.compile(
    rf"\b(?:de|desde|entre|{'s?|'.join(DAYS)}s?)\s+(?:las?\s+)?(?P<a>[01]?\d|2[0-4])\s*(?:{_HOURS})?\s*(?:a|hasta|y)\s+(?:las?\s+)?"
    rf"(?P<b>[01]?\d|2[0-4])(?![\d:/%]|[.,]\d|\s*(?:dias?\b|cuotas|unidades|pares|anos|ano\b|min|semanas|meses|kg|cm|mil\b|pesos|x\b))"
    rf"(?:\s*{_HOURS})?" + _PART
)
_END = re.compile(
    rf"\x00\s*(?:a|hasta|y)\s+(?:las?\s+)?(?P<b>[01]?\d|2[0-4])(?![\d:/%]|[.,]\d|\s*(?:dias?\b|cuotas|unidades))"
    rf"(?:\s*{_HOURS})?"
)
_LOOSE_RANGE = re.compile(
    rf"(?<![\d:.,$/])(?P<a>[01]?\d|2[0-4])\s*(?:a|-|y)\s*(?P<b>[01]?\d|2[0-4])\s*{_HOURS}(?!\s*habil)"
)
_SUFFIXED = re.compile(rf"(?<![\d:.,$/])(?P<hour>\d{{1,2}})\s*{_HOURS}")
_NOON = re.compile(r"\b(?:al?\s+)?(?P<at>mediodia|medianoche)\b")
_UNITS = r"minutos?|minutitos|min\b|horas?|hs\b|hrs?\b|h\b|dias?|semanas?|mes(?:es)?\b|anos?|quincenas?|segundos?"
_SPAN = re.compile(
    rf"(?<![\d:.,$/])(?P<a>\d{{1,4}})(?:\s*(?:a|o|y|-|u|/|hasta)\s*(?P<b>\d{{1,4}}))?\s*(?P<unit>{_UNITS})"
    r"(?P<kind>\s+habiles|\s+corridos)?"
)


def time_atoms(plain: str) -> Iterator[Found]:
    """(kind, value, start, end, extra) of all that speaks of time; each place of the text belongs to one at most.

    date: (day, month, year or None). weekday: 0 to 6. relative: days from today. time: the possible minutes of the
    day, as a tuple. duration: (number, unit).
    """
    text = list(plain)
    for find in (_dates, _clocks, _ends, _spans, _suffixed, _words):
        for found in list(find("".join(text))):
            start, end = found[2], found[3]
            if "\x00" in text[start:end]:
                continue
            text[start:end] = "\x00" * (end - start)
            yield found


def _dates(text: str) -> Iterator[Found]:
    for match in _ISO.finditer(text):
        yield "date", (int(match[3]), int(match[2]), int(match[1])), match.start(), match.end(), ""
    for match in (*_SLASHED.finditer(text), *_DOTTED.finditer(text)):
        day, month = int(match[1]), int(match[2])
        year = int(match[3]) if match[3] else None
        if "-" in match[0] and year is None:
            continue  # 6-8 is a range
        if re.match(r"\s*(?:hs|hora|dia)", text[match.end() :]):
            continue  # "24/48 hs"
        yield "date", (day, month, year + 2000 if year and year < 100 else year), match.start(), match.end(), ""
    for match in _NAMED.finditer(text):
        day = 1 if match[1] in ("primero", "uno") else int(match[1])
        yield "date", (day, _month(match[2]), int(match[3]) if match[3] else None), match.start(), match.end(), ""
    for match in _PAIR_NAMED.finditer(text):
        yield "date", (int(match[1]), _month(match[2]), None), match.start(1), match.end(1), ""


def _month(name: str) -> int:
    named = "septiembre" if name == "setiembre" else name
    return next(n for n, month in enumerate(MONTHS, start=1) if month == named or month[:3] == named)


def _clocks(text: str) -> Iterator[Found]:
    for match in _CLOCK.finditer(text):
        yield _time(match, int(match["hour"]), int(match["minute"]), exact=True)
    for match in _DOT_CLOCK.finditer(text):
        start = match.start("hour") if match["hour"] else match.start()
        hour, minute = int(match["hour"] or match["hour2"]), int(match["minute"] or match["minute2"])
        yield _time(match, hour, minute, exact=True, start=start)
    for match in _AT.finditer(text):
        hour = 1 if match["hour"] == "una" else int(match["hour"])
        more, less = match["more"], match["less"]
        minute = {"media": 30, "cuarto": 15, "pico": 0}.get(more, int(more) if more and more.isdecimal() else 0)
        if less:
            minute = -(15 if less == "cuarto" else int(less))
        yield _time(match, hour, minute, exact=False, start=match.start("hour"))
    for match in (*_RANGE.finditer(text), *_LOOSE_RANGE.finditer(text)):
        if re.search(r"\b(?:talles?|numeros?)\s*$", text[: match.start()]):
            continue
        if re.match(r"\s*an(?:o|it)", text[match.end() :]):
            continue
        for group in ("a", "b"):
            yield "time", _possible(int(match[group]), 0, ""), match.start(group), match.end(group), ""
    for match in _NOON.finditer(text):
        yield "time", (720,) if match["at"] == "mediodia" else (0,), match.start("at"), match.end("at"), ""


def _ends(text: str) -> Iterator[Found]:
    """ "9:30 a 13": the end of what began with a written time."""
    for match in _END.finditer(text):
        yield "time", _possible(int(match["b"]), 0, ""), match.start("b"), match.end("b"), ""


def _time(match: re.Match[str], hour: int, minute: int, *, exact: bool, start: int | None = None) -> Found:
    part = match["part"] or (match["half"] or "").replace(".", "").replace(" ", "")
    return "time", _possible(hour, minute, part), match.start() if start is None else start, match.end(), str(exact)


def _possible(hour: int, minute: int, part: str) -> tuple[int, ...]:
    """The minutes of the day that "a las 3" may be: an hour up to 12 is of the morning or the afternoon."""
    morning = hour * 60 + minute
    if part in ("tarde", "noche", "pm", "tardecita") and hour < 12:
        return (morning + 720,)
    if part in ("manana", "madrugada", "am") or hour > 12 or hour == 0:
        return (morning % 1440,)
    return (morning % 1440, (morning + 720) % 1440)


def _spans(text: str) -> Iterator[Found]:
    for match in _SPAN.finditer(text):
        unit = _unit(match["unit"])
        if unit == "h" and _is_clock(text, match):
            continue
        for group in ("a", "b"):
            if match[group]:
                end = match.end() if group == "b" or not match["b"] else match.end(group)
                yield "duration", (int(match[group]), unit), match.start(group), end, (match["kind"] or "").strip()


def _unit(word: str) -> str:
    if word.startswith("seg"):
        return "s"
    known = {"mi": "min", "ho": "h", "hs": "h", "hr": "h", "h": "h", "di": "day", "se": "week"}
    return known.get(word[:2], word[:2])


def _is_clock(text: str, match: re.Match[str]) -> bool:
    """ "a las 15 hs" and "18 hs" are times, "24 hs", "en 2 horas" and "48 horas" are not."""
    return (
        int(match["a"]) < 24
        and match["unit"] in ("hs", "h", "hrs", "hr")
        and not re.search(r"\b(?:en|dentro de|cada|dura|por|durante|hasta|unas?)\s+$", text[: match.start()])
    )


def _suffixed(text: str) -> Iterator[Found]:
    for match in _SUFFIXED.finditer(text):
        if int(match["hour"]) <= 24:
            yield "time", _possible(int(match["hour"]), 0, ""), match.start(), match.end(), "False"


def _words(text: str) -> Iterator[Found]:
    for match in _WEEKDAY.finditer(text):
        yield "weekday", DAYS.index(match[1]), match.start(), match.end(), ""
    for match in _WEEKEND.finditer(text):
        yield "weekday", 5, match.start(), match.end(), "weekend"
    for match in _RELATIVE.finditer(text):
        word = match[0]
        if word == "manana" and _MORNING.search(text[: match.start()]):
            continue
        days = {"hoy": 0, "ayer": -1, "anteayer": -2, "manana": 1}.get(word, 0 if word.startswith("esta") else 2)
        yield "relative", days, match.start(), match.end(), ""
