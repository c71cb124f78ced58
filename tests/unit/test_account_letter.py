"""The mail with a code: whose words, and nothing in an address."""

from nexus.orchestrator_service.account_mail import letter
from nexus.store.passwords import Recipient

PANEL = "https://panel.tienda.example"


def _recipient(purpose: str, *, has_password: bool = True, name: str | None = None) -> Recipient:
    return Recipient(7, "nina@danza.example", name, purpose, has_password, [])


def test_a_reset_says_where_to_type_the_code_and_that_doing_nothing_changes_nothing() -> None:
    mail = letter(_recipient("reset", name="Nina"), "ABCDE-FGHJK", None, PANEL)
    text = mail.get_content()
    assert mail["To"] == "nina@danza.example"
    assert "Hola Nina:" in text
    assert "Tu código: ABCDE-FGHJK" in text
    assert "«Olvidé mi contraseña»" in text
    assert "30 minutos" in text
    assert "Si no fuiste vos" in text
    [address] = [word for word in text.split() if "://" in word]
    assert address.rstrip(",") == PANEL


def test_an_invitation_names_the_shop_on_one_line() -> None:
    mail = letter(_recipient("invitation", has_password=False), "ABCDE-FGHJK", "Danza\r\nBcc: x@y.example", PANEL)
    assert mail["Subject"] == "Te sumaron al panel de Danza Bcc: x@y.example"
    assert mail["Bcc"] is None
    assert "3 días" in mail.get_content()


def test_who_has_a_password_already_gets_no_code() -> None:
    text = letter(_recipient("invitation"), None, "Danza Sur", PANEL).get_content()
    assert "usá la contraseña que ya tenés" in text
    assert "código" not in text
