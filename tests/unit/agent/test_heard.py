"""What a tool told a run is taken apart and put together again as it was, and a replay asks for nothing twice."""

import json

from nexus.orchestrator_service.agent.context import Findings
from nexus.orchestrator_service.agent.heard import Replay, known, learn, learned

PRODUCT = {"id": 7, "name": "Puntas", "url": "https://x.test/p", "image_url": None, "price": "10.00"}


def test_what_one_call_found_is_learned_again_from_json() -> None:
    findings = Findings()
    findings.links.add("https://x.test/antes")
    before = known(findings)
    findings.add_products([PRODUCT])
    findings.orders.append({"number": 102})
    findings.handoff_message = "Te paso con alguien"
    findings.agenda.refusal = {"status": "full"}
    findings.agenda.used = True
    news = json.loads(json.dumps(learned(before, findings)))
    assert news["links"] == ["https://x.test/p"]  # only what is new

    again = Findings()
    learn(again, news)
    assert again.products == {7: PRODUCT}
    assert again.links == {"https://x.test/p"}
    assert (again.orders, again.handoff_message) == ([{"number": 102}], "Te paso con alguien")
    assert (again.agenda.refusal, again.agenda.used) == ({"status": "full"}, True)


def test_a_call_that_found_nothing_teaches_nothing() -> None:
    findings = Findings()
    assert learned(known(findings), findings) == {}


def test_recorded_calls_are_given_in_order_and_others_are_missed() -> None:
    def call(result: str) -> dict[str, object]:
        return {"name": "orders", "arguments": {"q": "102", "x": 1}, "result": result}

    replay = Replay([call("primera"), call("segunda")])
    asked = {"x": 1, "q": "102"}  # the order of arguments says nothing
    results = [(replay.take("orders", asked) or {}).get("result") for _ in range(3)]
    assert results == ["primera", "segunda", None]
    assert replay.missed == ['orders {"q": "102", "x": 1}']
