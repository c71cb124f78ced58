"""Where the words of a search stand in a message, as JavaScript counts."""

import pytest

from nexus.orchestrator_service.admin.snippets import found_in


def _marked(text: str, words: str) -> list[str]:
    snippet, ranges = found_in(text, words)
    units = snippet.encode("utf-16-le", "surrogatepass")
    return [units[2 * a : 2 * b].decode("utf-16-le", "surrogatepass") for a, b in ranges]


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("La canción", "CANCION", ["canción"]), ("Ñandú", "nandu", ["Ñandú"]),
        ("Un n\u0303andu\u0301.", "ñandú", ["n\u0303andu\u0301"]), ("👋👋 hola", "hola", ["hola"]),
        ("a b a", "a", ["a", "a"]), ("100% [x]", "% [x]", ["%", "[x]"]), ("nada", "otra", []), ("", "x", []),
        ("straße", "strasse", []), ("talle 37, talle 38", "talle 38", ["talle", "talle", "38"]),
        ("\ud800 roto", "roto", ["roto"]),
    ],
)  # fmt: skip
def test_the_words_are_found_whatever_their_case_and_accents(text: str, words: str, marked: list[str]) -> None:
    assert _marked(text, words) == marked


def test_a_long_message_is_shown_around_its_first_hit_and_in_one_line() -> None:
    snippet, ranges = found_in("x " * 200 + "\n\nla malla rosa " + "y " * 200, "rosa malla")
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert len(snippet) <= 122
    assert [snippet[a:b] for a, b in ranges] == ["malla", "rosa"]
    assert "\n" not in snippet


def test_a_hit_at_the_end_is_not_cut_off() -> None:
    snippet, ranges = found_in("y" * 300 + " malla", "malla")
    assert [snippet[a:b] for a, b in ranges] == ["malla"]
