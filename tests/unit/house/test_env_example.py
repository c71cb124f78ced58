""".env.example is the list of what can be set: all of Settings, and nothing that nobody reads."""

import re
from itertools import pairwise

from pydantic import AliasChoices

from nexus.runtime.settings import Settings
from tests.unit.house.rules import ROOT

SANDBOX = {"SANDBOX_SMTP_PORT"}  # the sandbox imports nothing of ours, settings included


def _example() -> list[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, flags=re.MULTILINE)


def _names() -> tuple[set[str], set[str]]:
    """(names, aliases) of every variable of Settings."""
    names, aliases = set(), set()
    for field, info in Settings.model_fields.items():
        names.add(field.upper())
        if isinstance(info.validation_alias, AliasChoices):
            aliases |= {str(choice) for choice in info.validation_alias.choices}
    return names, aliases - names


def test_the_example_holds_every_setting_once() -> None:
    names, _ = _names()
    example = _example()
    assert names - set(example) == set()
    assert len(example) == len(set(example))


def test_the_example_holds_nothing_that_nobody_reads() -> None:
    names, aliases = _names()
    assert set(_example()) - names - aliases - SANDBOX == set()


def test_what_is_listed_apart_is_no_setting_and_stands_in_the_example() -> None:
    names, aliases = _names()
    assert SANDBOX & (names | aliases) == set()
    assert SANDBOX - set(_example()) == set()


def test_every_variable_of_the_example_has_a_comment_and_a_secret_has_no_value() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"^#?[A-Z][A-Z0-9_]+=", line):
            assert before.startswith("# "), line
        if re.match(r"^#?\w*(TOKEN|SECRET|API_KEY|ENCRYPTION_KEY|PASS)=", line):
            assert line.endswith("="), line
