"""YCloud's signature (reference/ycloud.md 2): only these bytes, at this time, with this secret."""

import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nexus.whatsapp_service.signature import (
    Signature,
    SignatureRefusedError,
    check_age,
    parse_signature,
    signed_with,
)

SECRET = "whsec_example_not_real"
AT = 1798000000
BODY = b'{"id":"evt_test_0001","type":"whatsapp.inbound_message.received","apiVersion":"v2"}'
DIGEST = "489d36fb5f82cc3a637ee6a5126b5a8c623f7f324a145e1d805d4d692181876d"  # computed for the reference, not by us
HEADER = f"t={AT},s={DIGEST}"


def _right(header: str, raw: bytes, secret: str = SECRET) -> bool:
    try:
        return signed_with(parse_signature(header), raw, secret)
    except SignatureRefusedError:
        return False


def _sign(raw: bytes, secret: str, *, key: bytes | None = None, suffix: bytes = b"") -> str:
    signed = f"{AT}.".encode() + raw + suffix
    return f"t={AT},s={hmac.new(key or secret.encode(), signed, hashlib.sha256).hexdigest()}"


def test_the_vector_of_the_reference_is_right() -> None:
    assert _right(HEADER, BODY)


def test_the_whole_secret_is_the_key_whsec_included() -> None:
    assert not _right(_sign(BODY, SECRET.removeprefix("whsec_")), BODY)
    assert not _right(HEADER, BODY, SECRET.removeprefix("whsec_"))
    assert not _right(HEADER, BODY, "whsec_another")
    assert not _right(HEADER, BODY, "")


def test_a_dot_after_the_body_is_the_old_error_and_is_refused() -> None:
    assert not _right(_sign(BODY, SECRET, suffix=b"."), BODY)
    assert not _right(HEADER, BODY + b".")


def test_json_written_anew_is_another_body() -> None:
    assert not _right(HEADER, BODY.replace(b'":"', b'": "'))
    assert not _right(HEADER, BODY + b"\n")


def test_utf8_bodies_are_signed_as_bytes() -> None:
    body = '{"text":"¿Tenés puntas?"}'.encode()
    assert _right(_sign(body, SECRET), body)


@given(st.data())
def test_any_flipped_byte_of_the_body_is_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(BODY) - 1))
    flip = data.draw(st.integers(1, 255))
    assert not _right(HEADER, BODY[:place] + bytes([BODY[place] ^ flip]) + BODY[place + 1 :])


@given(st.integers(0, len(HEADER) - 1), st.characters(max_codepoint=255))
def test_any_changed_character_of_the_header_is_refused(place: int, other: str) -> None:
    assume(other != HEADER[place])
    assert not _right(HEADER[:place] + other + HEADER[place + 1 :], BODY)


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40).filter(lambda s: s.isprintable()))
def test_what_one_secret_signs_no_other_opens(raw: bytes, secret: str) -> None:
    assume(secret != SECRET)
    assert _right(_sign(raw, secret), raw, secret)
    assert not _right(_sign(raw, secret), raw, SECRET)


@pytest.mark.parametrize("header", [None, ""])
def test_no_header_is_missing(header: str | None) -> None:
    with pytest.raises(SignatureRefusedError) as refused:
        parse_signature(header)
    assert refused.value.reason == "missing"


@pytest.mark.parametrize(
    "header",
    [
        "sha256=" + DIGEST,
        DIGEST,
        f"t={AT}",
        f"s={DIGEST}",
        f"s={DIGEST},t={AT}",
        f"t={AT},s={DIGEST.upper()}",
        f"t={AT},s={DIGEST[:-1]}",
        f"t={AT},s={DIGEST}0",
        f"t={AT},s={'g' * 64}",
        f"t={AT}, s={DIGEST}",
        f" t={AT},s={DIGEST}",
        f"t={AT},s={DIGEST}\n",
        f"t={AT},s={DIGEST},s={DIGEST}",
        f"t=-{AT},s={DIGEST}",
        f"t=+{AT},s={DIGEST}",
        f"t=0{AT},s={DIGEST}",
        f"t={AT}.0,s={DIGEST}",
        f"t=1_798_000_000,s={DIGEST}",
        f"t=,s={DIGEST}",
        f"t={'9' * 400},s={DIGEST}",
        "t=١٧٩٨٠٠٠٠٠٠,s=" + DIGEST,
    ],
)
def test_another_form_of_the_header_is_malformed(header: str) -> None:
    with pytest.raises(SignatureRefusedError) as refused:
        parse_signature(header)
    assert refused.value.reason == "malformed"


@pytest.mark.parametrize(
    ("age", "reason"), [(0, None), (25_200, None), (25_201, "late"), (-300, None), (-301, "future")]
)
def test_late_and_future_begin_one_second_past_the_setting(age: int, reason: str | None) -> None:
    signature = Signature(AT, DIGEST)
    if reason is None:
        assert check_age(signature, AT + age, late=25_200, future=300) == age
        return
    with pytest.raises(SignatureRefusedError) as refused:
        check_age(signature, AT + age, late=25_200, future=300)
    assert refused.value.reason == reason
