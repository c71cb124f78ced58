"""The decoder of every door: what it takes comes out as written, what it refuses never gets further."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nexus.runtime.strict_json import MAX_DEPTH, MAX_INTEGER_DIGITS, MalformedJsonError, decode

PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
NUMBERS = st.integers(-(10**MAX_INTEGER_DIGITS) + 1, 10**MAX_INTEGER_DIGITS - 1)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_what_json_can_say_comes_out_as_written(document: Any) -> None:
    assert decode(json.dumps(document).encode()) == document
    assert decode(json.dumps(document, ensure_ascii=False).encode()) == document


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@example(b'"\\ud83d"')
@example(b"-")
@example(b"1" * 5000)
def test_any_bytes_give_a_storable_document_or_are_refused(raw: bytes) -> None:
    try:
        document = decode(raw)
    except MalformedJsonError:
        return
    stored = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    assert b"\x00" not in stored
    assert b"\\u0000" not in stored


@given(st.text(max_size=30))
@example("\ud83d")
@example("a\ud83d\ud83d\ude00\x00b")
def test_any_escaped_text_becomes_one_that_postgresql_stores(text: str) -> None:
    decoded = decode(json.dumps({text: [text]}).encode())
    [(key, [value])] = decoded.items()
    assert key == value
    assert "\x00" not in value
    value.encode("utf-8", "strict")


def test_a_surrogate_pair_is_one_character_and_a_lone_half_is_replaced() -> None:
    assert decode(b'"\\ud83d\\ude00"') == "😀"
    assert decode(b'"a\\ud83db"') == "a?b"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"hola",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} {"b": 2}',
        b"\xff\xfe",
        b'"\xc3"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        '{"a": "ñ"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        b"NaN",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"1e999",
        b"[-1e999]",
        b'{"a": 1, "a": 1}',
        b'{"b": {"a": 1, "\\u0061": 2}}',
        b'{"a": 1, "a\\u0000": 2}',
        b'{"\\ud800": 1, "\\ud801": 2}',
        b'"\x01"',
    ],
)
def test_what_is_no_strict_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        decode(raw)


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_depth_64_is_taken_and_65_is_not(opening: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return (opening * (depth - 1) + ("[]" if opening == "[" else "{}") + closing * (depth - 1)).encode()

    assert decode(nested(MAX_DEPTH))
    for depth in (MAX_DEPTH + 1, 10_000, 200_000):
        with pytest.raises(MalformedJsonError):
            decode(nested(depth))


@pytest.mark.parametrize("sign", ["", "-"])
def test_integers_of_20_digits_are_taken_and_of_21_are_not(sign: str) -> None:
    longest = int(sign + "9" * MAX_INTEGER_DIGITS)
    assert decode(f"[{longest}]".encode()) == [longest]
    with pytest.raises(MalformedJsonError):
        decode(f"[{sign}1{'0' * MAX_INTEGER_DIGITS}]".encode())


@given(DOCUMENTS, st.binary(min_size=1, max_size=3).filter(lambda b: any(c >= 0x80 for c in b)))
def test_broken_utf8_is_refused_wherever_it_stands(document: Any, junk: bytes) -> None:
    try:
        junk.decode("utf-8")
    except UnicodeDecodeError:
        with pytest.raises(MalformedJsonError):
            decode(b'{"x":"' + junk + b'","y":' + json.dumps(document).encode() + b"}")
