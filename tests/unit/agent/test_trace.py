"""What a trace keeps of a tool's arguments, and what it never keeps."""

from decimal import Decimal
from typing import Any

import pytest

from nexus.orchestrator_service.agent.trace import RunTrace, shown_arguments
from nexus.store.ledger import ModelCall


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("search_specific_products", {"q": "puntas talle 37"}, {"q": "puntas talle 37"}),
        ("search_specific_products", {"q": "soy +54 9 11 5555-0123"}, {"q": "soy ••••"}),
        ("search_specific_products", {"q": "lucia@danza.example"}, {"q": "••••@••••"}),
        ("orders", {"q": "#1023"}, {"q": "#1023"}),
        ("orders", {"q": "1155550123"}, {"q": "••••"}),
        ("book_appointment", {"date_time": "2026-03-02 10:00", "reason": "prueba", "phone": "1155550123"},
         {"date_time": "2026-03-02 10:00"}),
        ("book_appointment", {"date_time": "mañana, 1155550123"}, {"date_time": "mañana, ••••"}),
        ("derivhumano", {"reason": "Un reclamo", "summary": "todo lo que dijo", "contact_phone": "1155550123"},
         {"reason": "Un reclamo"}),
        ("derivhumano", {"reason": None}, {}),
        ("search_by_category", {"category": "  Zapatillas\nde   punta ", "keyword": ""},
         {"category": "Zapatillas de punta"}),
        ("browse_general_storefront", {"x": "y"}, {}),
        ("inventada", {"q": "x"}, {}),
        ("orders", "ni siquiera un objeto", {}),
    ],
)  # fmt: skip
def test_only_listed_arguments_are_kept_and_masked(name: str, given: Any, shown: dict[str, str]) -> None:
    assert shown_arguments(name, given) == shown


def test_a_long_argument_is_cut() -> None:
    assert len(shown_arguments("orders", {"q": "x" * 500})["q"]) == 120


def _call(ident: str, name: str) -> dict[str, Any]:
    return {"id": ident, "name": name, "args": {"q": "puntas"}}


def test_calls_that_run_side_by_side_keep_what_each_found() -> None:
    trace = RunTrace()
    first, second = _call("1", "search_specific_products"), _call("2", "orders")
    trace.begin(first)
    trace.begin(second)
    trace.tell("2", "refused")
    trace.tell("1", "ok", 3)
    trace.end(second, failed=False)
    trace.end(first, failed=False)
    assert [(tool["name"], tool["status"], tool["found"]) for tool in trace.spent().tools] == [
        ("search_specific_products", "ok", 3),
        ("orders", "refused", None),
    ]


def test_a_call_that_failed_is_an_error_whatever_it_said_before() -> None:
    trace = RunTrace()
    call = _call("1", "search_specific_products")
    trace.begin(call)
    trace.tell("1", "ok", 3)
    trace.end(call, failed=True)
    [tool] = trace.spent().tools
    assert (tool["status"], tool["found"]) == ("error", None)


def test_a_server_that_tells_no_usage_leaves_the_tokens_unknown() -> None:
    trace = RunTrace()
    assert (trace.spent().tokens_in, trace.spent().tokens_out) == (None, None)
    trace.add_call(ModelCall("m", 100, 0, 20, 0, None, 0.5))
    trace.add_call(ModelCall("m", None, None, None, None, None, 0.25, outcome="model_timeout"))
    trace.add_call(ModelCall("m", 150, 64, 30, 8, Decimal("0.00002"), 0.5))
    spent = trace.spent()
    assert (spent.tokens_in, spent.tokens_out, spent.model_seconds) == (250, 50, 1.25)
    assert [call["outcome"] for call in spent.proof["calls"]] == ["ok", "model_timeout", "ok"]
    assert spent.proof["calls"][2]["cost_usd"] == "0.00002"


def test_two_calls_of_one_id_do_not_end_the_run() -> None:
    trace = RunTrace()
    for _ in range(2):
        trace.begin(_call("same", "orders"))
    for _ in range(2):
        trace.end(_call("same", "orders"), failed=False)
    assert len(trace.spent().tools) == 2


def test_a_run_without_end_keeps_its_first_forty_calls() -> None:
    trace = RunTrace()
    for n in range(60):
        trace.begin(_call(str(n), "orders"))
        trace.end(_call(str(n), "orders"), failed=False)
    assert len(trace.spent().tools) == 40
