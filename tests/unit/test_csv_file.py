"""A cell is data, whatever a spreadsheet would make of it."""

import pytest

from nexus.orchestrator_service.admin.csv_file import csv_text


@pytest.mark.parametrize("text", ["=1+1", "+54911", "-2", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_a_text_that_begins_a_formula_gets_an_apostrophe(text: str) -> None:
    line = csv_text(["a"], [{"a": text}]).split("\r\n", 1)[1]
    assert line.removeprefix('"').startswith("'" + text[0])


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert csv_text(["a", "b", "c"], [{"a": -1, "b": 2.5, "c": None}]) == "\ufeffa,b,c\r\n-1,2.5,\r\n"


def test_commas_quotes_and_line_breaks_are_quoted() -> None:
    assert csv_text(["a", "b"], [{"a": 'dijo "hola", y se fue', "b": "dos\nrenglones"}]) == (
        '\ufeffa,b\r\n"dijo ""hola"", y se fue","dos\nrenglones"\r\n'
    )
