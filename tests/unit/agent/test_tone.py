"""Whether a reply sounds like the shop: voseo, length, emoji and words it never uses."""

from dataclasses import replace

import pytest

from nexus.orchestrator_service.agent.tone import tone_violations
from nexus.store.bot_settings import Tone

TONE = Tone()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("¿Qué tienes en mente?", ["tienes"]),
        ("Tú eliges el color", ["Tú", "eliges"]),
        ("Lo tengo para ti, avísame.", ["ti", "avísame"]),
        ("¿Usted prefiere el rojo?", ["Usted"]),
        ("Cuéntamelo y fíjate si quieres", ["Cuéntamelo", "fíjate", "quieres"]),
        ("Dígame su talle", ["Dígame"]),
    ],
)
def test_tuteo_and_usted_are_seen(text: str, said: list[str]) -> None:
    found = [each.said.lower().split()[-1] for each in tone_violations([text], TONE)]
    assert sorted(found) == sorted(word.lower() for word in said)
    assert not tone_violations([text], replace(TONE, voseo=False))


@pytest.mark.parametrize(
    "text",
    [
        "¡Hola! ¿Qué andás buscando? Contame y te muestro lo que tenés cerca.",
        "Decímelo y te lo reservo; fijate si te queda bien, llevalo al probador.",
        "Las compras por mayor van por otro lado. Ustedes son un montón, ¿vas a venir con tu hermana?",
        "Mirá: https://danzasur.example/puntas?quieres=tienes",
        "Los teléfonos, la película y el límite del número: todo mostrámelo. Dame un minuto, pasámelo.",
        "Te muestro las calzas y las pruebas cuando vuelvas; ¿sabés tu talle?",
    ],
)
def test_voseo_is_left_alone(text: str) -> None:
    assert tone_violations([text], TONE) == []


def test_length_is_of_each_bubble() -> None:
    found = tone_violations(["corta", "x" * 101], replace(TONE, longest=100))
    assert [(each.bubble, each.kind) for each in found] == [(1, "tone")]


@pytest.mark.parametrize(
    ("texts", "emoji", "count"),
    [
        (["Listo 🙌"], "none", 1),
        (["Listo ✓ 3/4 ½"], "few", 0),
        (["🩰 👍🏽", "👨‍👩‍👧 listo"], "few", 0),
        (["🩰🩰", "👍🏽 🇦🇷"], "few", 1),
        (["🩰🩰🩰🩰🩰🩰"], "free", 0),
    ],
)
def test_emoji_follow_the_shops_policy(texts: list[str], emoji: str, count: int) -> None:
    assert len(tone_violations(texts, Tone.read({"emoji": emoji}))) == count


def test_forbidden_phrases_are_found_however_they_are_written() -> None:
    tone = replace(TONE, forbidden=("Mi amor", "promoción"))
    found = tone_violations(["Hola MI  AMOR", "hay PROMOCION; las promociones no"], tone)
    assert [(each.bubble, each.said) for each in found] == [(0, "Mi amor"), (1, "promoción")]
