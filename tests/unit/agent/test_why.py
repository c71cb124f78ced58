"""The bot writes its reason in words of its own; the figures count kinds."""

import pytest

from nexus.orchestrator_service.handoff.why import LABELS, why


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("El cliente pidió una persona", "asked"),
        ("Quiere hablar con alguien del equipo", "asked"),
        ("Reclamo: las puntas llegaron rotas", "complaint"),
        ("Quiere cambiar el talle de unas zapatillas", "exchange"),
        ("DEVOLUCIÓN por garantía", "exchange"),
        ("Consulta por compra mayorista", "wholesale"),
        ("Pide precio por mayor", "wholesale"),
        ("No puede cambiar su turno", "appointment"),
        ("Pregunta si entró su transferencia", "payment"),
        ("Su pedido no llegó", "order"),
        ("Pregunta por clases de danza", "other"),
        ("", "other"),
    ],
)
def test_a_reason_is_of_one_kind(reason: str, kind: str) -> None:
    assert why("bot", reason) == kind


def test_the_panel_and_a_failure_are_kinds_of_their_own_whatever_was_written() -> None:
    assert why("panel", "Reclamo") == "panel"
    assert why("failure", "model_timeout") == "failure"
    assert all(LABELS.values())
