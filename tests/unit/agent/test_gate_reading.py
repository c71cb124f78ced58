"""What the gate reads in a text: numbers in words and in disguise, amounts, sizes, times, addresses."""

import re
from decimal import Decimal

import pytest
from bench.gate_words import in_words
from hypothesis import assume, given
from hypothesis import strategies as st

from nexus.orchestrator_service.agent.gate.addresses import addresses_in, known_addresses
from nexus.orchestrator_service.agent.gate.atoms import atoms_of
from nexus.orchestrator_service.agent.gate.reading import normal, read

PAGE = "https://danzademo.mitiendanube.com/productos/giselle/"


def found(text: str) -> list[tuple[str, object]]:
    """Kind and value of each atom, in order."""
    return [(atom.kind, atom.value) for atom in atoms_of(read(text))]


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("$ 49.900,00", "49900", "ARS"),
        ("$49900", "49900", "ARS"),
        ("49.900 pesos", "49900", "ARS"),
        ("$ 49,9 mil", "49900", "ARS"),
        ("49 mil 900 pesos", "49900", "ARS"),
        ("50 lucas, $ 50000", "50000", "ARS"),
        ("cuarenta y nueve mil novecientos pesos", "49900", "ARS"),
        ("mil pesos", "1000", "ARS"),
        ("$ 1.234.567,89", "1234567.89", "ARS"),
        ("USD 49.900", "49900", "USD"),
        ("U$S 49.900", "49900", "USD"),
        ("49.900 dólares", "49900", "USD"),
        ("$ 49.900 dólares", "49900", "USD"),
        ("€ 120", "120", "EUR"),
        ("５０．０００ pesos", "50000", "ARS"),
        ("$ 4\u200b9.900", "49900", "ARS"),
        ("*$ 49*.*900*", "49900", "ARS"),
        ("$ 4\ufe0f\u20e39\ufe0f\u20e3.900", "49900", "ARS"),
    ],
)
def test_an_amount_is_one_amount_however_it_is_written(text: str, value: str, currency: str) -> None:
    amounts = [atom for atom in atoms_of(read(text)) if atom.kind == "amount"]
    assert (amounts[-1].value, amounts[-1].extra) == (Decimal(value), currency)


@given(st.integers(2, 999_999))
def test_a_number_in_words_is_the_number(number: int) -> None:
    assert read(f"salen {in_words(number)} pesos").plain.split()[1] in (str(number), "mil")
    assert len(read(in_words(number)).plain) == len(in_words(number))


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_keeps_its_length(text: str) -> None:
    reading = read(text)
    assert len(reading.words) == len(reading.plain)
    for atom in atoms_of(reading):
        assert 0 <= atom.start < atom.end <= len(reading.plain)


@given(st.text(alphabet="0123456789.,$%: abtalecuos\n", max_size=60))
def test_no_digit_of_a_text_is_left_unread(text: str) -> None:
    """Ordinals apart ("1ra", "#3" of a list), which count nothing."""
    reading = read(text)
    assume(not re.search(r"\dt[ao]\b", reading.plain))
    covered = {place for atom in atoms_of(reading) for place in range(atom.start, atom.end)}
    assert not [n for n, c in enumerate(reading.plain) if c.isdigit() and n not in covered]


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("talles 35, 37 y 38", [("size", "35"), ("size", "37"), ("size", "38")]),
        ("en M o L/XL", [("size", "m"), ("size", "l/xl")]),
        ("talle treinta y siete", [("size", "37")]),
        ("quedan dos unidades", [("stock", 2)]),
        ("es la última unidad", [("stock", 1)]),
        ("3 y 6 cuotas sin interés", [("installments", 3), ("installments", 6)]),
        ("veinte por ciento off", [("percentage", Decimal(20))]),
        ("20 %", [("percentage", Decimal(20))]),
        ("el pedido #1042", [("order", "1042")]),
        ("pedido n° 1042", [("order", "1042")]),
        ("código AA123456789AR", [("code", "aa123456789ar")]),
        ("usá el cupón VERANO", [("code", "verano")]),
        ("a las tres y media", [("time", (210, 930))]),
        ("a las 3 de la tarde", [("time", (900,))]),
        ("15:30 hs", [("time", (930,))]),
        ("el viernes 27/11", [("weekday", 4), ("date", (27, 11, None))]),
        ("27 de noviembre de 2026", [("date", (27, 11, 2026))]),
        ("mañana a las 10", [("relative", 1), ("time", (600, 1320))]),
        ("a la mañana", []),
        ("de 9 a 18", [("time", (540, 1260)), ("time", (1080,))]),
        ("en 3 a 5 días hábiles", [("duration", (3, "day")), ("duration", (5, "day"))]),
        ("llamá al 11 4555-0199", [("phone", "1145550199")]),
        ("CBU 0000003100012345678901", [("account", "0000003100012345678901")]),
        ("el alias es danza.sur.mp", [("account", "danza.sur.mp")]),
        ("60 cm de largo", [("quantity", Decimal(60))]),
        ("la 1ra vez y la 2° unidad", []),
        ("mil gracias", []),
    ],
)
def test_a_text_holds_these_figures(text: str, atoms: list[tuple[str, object]]) -> None:
    assert found(text) == atoms


def allowed(text: str) -> list[bool]:
    known = known_addresses(
        [(PAGE, [7, 8])], "https://www.danzademo.example.test", ["Mail: hola@danza.com.ar, @danza.sur"]
    )
    return [known.allow(address, text) for address in addresses_in(normal(text))]


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        f"{PAGE}?variant=7",
        "Mirá danzademo.mitiendanube.com/productos/giselle.",
        "https://www.danzademo.example.test/contacto",
        "hola@danza.com.ar",
        "seguinos en @danza.sur",
    ],
)
def test_the_shops_own_addresses_may_be_said(text: str) -> None:
    assert allowed(text) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.com",
        "evil.shop/x",
        "bit.ly/3x",
        "wa.me/5491155550000",
        f"{PAGE}?variant=9",
        f"{PAGE}?utm=x",
        "https://danzademo.mitiendanube.com/productos/otra/",
        "https://otra.mitiendanube.com/productos/giselle/",
        "https://danzademo.mitiendanube.com@evil.com/productos/giselle/",
        "https://danzademo.mitiendanube.com.evil.com/productos/giselle/",
        "https://danzademo-mitiendanube.com/productos/giselle/",
        "https://danz\u0430demo.mitiendanube.com/productos/giselle/",
        "https://danzademo.miti\u200bendanube.com/productos/giselle/",
        "https://danzademo．mitiendanube.com/productos/giselle/",
        "https://danzademo.mitiendanube.com:8443/productos/giselle/",
        "http://198.51.100.7/pago",
        "198.51.100.7/pago",
        "evil punto com",
        "evil[.]com",
        "//evil.com/x",
        "javascript:alert(1)",
        "pagos@evil.com",
        "ola@danza.com.ar",
        "@danza_sur",
    ],
)
def test_no_other_address_may(text: str) -> None:
    assert allowed(text)
    assert not any(allowed(text))


@pytest.mark.parametrize(
    "text", ["hay stock.La tenemos en negro", "S.R.L.", "$ 49.900. Te paso", "a las 10.30", "EE.UU."]
)
def test_prose_is_no_address(text: str) -> None:
    assert not list(addresses_in(normal(text)))
