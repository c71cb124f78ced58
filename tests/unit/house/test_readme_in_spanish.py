"""README.es.md says what README.md says: the same commands, links, tables and sections, in the same order."""

import re

from tests.unit.house.rules import ROOT, too_long

_FENCE = re.compile(r"^```sh\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _other(name: str) -> str:
    return "README.md" if name == "README.es.md" else "README.es.md"


def _links(name: str) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)]+)\)", _read(name)) if link != _other(name)]


def test_the_commands_are_the_same() -> None:
    assert _FENCE.findall(_read("README.es.md")) == _FENCE.findall(_read("README.md"))


def test_what_english_links_to_spanish_links_to() -> None:
    assert set(_links("README.md")) <= set(_links("README.es.md"))
    assert not [link for link in _links("README.es.md") if "://" not in link and not (ROOT / link).exists()]


def test_the_sections_and_tables_are_as_many() -> None:
    for mark in (r"^## ", r"^\|"):
        counted = [len(re.findall(mark, _read(name), flags=re.MULTILINE)) for name in ("README.md", "README.es.md")]
        assert counted[0] == counted[1], mark


def test_it_fits_its_120_lines() -> None:
    assert too_long(_read("README.es.md"), 120) is None
