"""What happened to a message can be followed, and nobody's words stand in a log (S-060 to S-069)."""

import json
import re
import uuid
from typing import Any

from tests.journeys.events import deliver, inbound
from tests.system import ADMIN_TOKEN, ENCRYPTION_KEY, INTERNAL_TOKEN, System

SERVICES = ("whatsapp-service", "orchestrator-service")
FIELDS = {"timestamp", "level", "event", "service", "endpoint", "status_code", "latency_ms", "correlation_id"}


async def test_one_correlation_id_leads_from_the_webhook_through_both_services_to_the_rows(system: System) -> None:
    shop = await system.new_shop()
    customer, followed = shop.customer(), f"journey-{uuid.uuid4()}"

    answer = await deliver(shop, inbound(shop, customer, "Seguime el rastro"), X_Correlation_Id=followed)
    await shop.answers(customer)

    assert answer.headers["X-Correlation-Id"] == followed
    gateway, brain = (_lines(system, service, followed) for service in SERVICES)
    (webhook,) = [line for line in gateway if line.get("endpoint") == "/webhook/ycloud"]
    (chat,) = [line for line in brain if line.get("endpoint") == "/chat"]
    for line, service in ((webhook, "whatsapp_service"), (chat, "orchestrator_service")):
        assert set(line) >= FIELDS
        assert (line["event"], line["service"], line["status_code"]) == ("request_completed", service, 200)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["timestamp"])
    assert "bubble_sent" in {line["event"] for line in gateway}
    rows = await system.one(
        """select array_agg(distinct m.correlation_id) as messages, array_agg(distinct b.correlation_id) as bursts,
                  count(*) filter (where m.role = 'assistant') as bubbles
           from chat_messages m left join bursts b on b.id = m.burst_id where m.tenant_id = $1""",
        shop.tenant_id,
    )
    assert (rows["messages"], rows["bursts"]) == ([followed], [followed])
    assert rows["bubbles"] >= 1


async def test_a_failed_run_can_be_found_in_the_panels_log_by_its_correlation_id(system: System) -> None:
    shop = await system.new_shop()
    customer, followed = shop.customer(), f"journey-{uuid.uuid4()}"
    await system.script([{"steps": [{"empty": True}]}])

    await deliver(shop, inbound(shop, customer, "Una que falla"), X_Correlation_Id=followed)
    await shop.answers(customer)
    found = await system.admin(shop.tenant_id).get("/admin/logs", params={"correlation_id": followed})

    assert "answer_failed" in [event["event_type"] for event in found.json()["items"]]


async def test_metrics_have_the_names_and_labels_that_operations_know(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await shop.say(customer, "Tenés puntas de danza talle 37?")
    await shop.answers(customer)

    gateway = (await system.gateway.get("/metrics")).text
    brain = (await system.brain.get("/metrics")).text

    counted = 'http_requests_total{endpoint="%s",method="POST",service="%s",status="200"}'
    assert counted % ("/webhook/ycloud", "whatsapp_service") in gateway
    assert counted % ("/chat", "orchestrator_service") in brain
    timed = 'http_request_latency_seconds_bucket{endpoint="%s",le="+Inf",service="%s"}'
    assert timed % ("/webhook/ycloud", "whatsapp_service") in gateway
    assert timed % ("/chat", "orchestrator_service") in brain
    assert 'tool_calls_total{status="ok",tool="search_specific_products"}' in brain
    tokens = re.search(rf'^llm_tokens_used{{tenant_id="{shop.tenant_id}"}} ([0-9.e+]+)$', brain, re.MULTILINE)
    assert tokens is not None
    assert float(tokens[1]) > 0
    assert "llm_tokens_used_total" not in brain
    assert 'sends_total{state="sent"}' in gateway
    assert str(shop.tenant_id) not in re.findall(r'endpoint="([^"]*)"', gateway + brain)


async def test_health_and_ready_say_what_they_are_asked(system: System) -> None:
    for client, name in ((system.gateway, "whatsapp_service"), (system.brain, "orchestrator_service")):
        health, ready = await client.get("/health"), await client.get("/ready")
        assert (health.status_code, health.json()) == (200, {"status": "ok", "service": name})
        assert ready.status_code == 200
        assert {"status": "ok", "database": "ok", "redis": "ok"}.items() <= ready.json().items()


async def test_no_log_of_the_session_holds_a_text_a_phone_or_a_secret(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await shop.say(customer, "mi dirección es Calle Secreta 1234, no la cuentes", name="Nombre Reservado")
    await shop.answers(customer)
    ledger = (await system.sandbox.get("/sandbox/ledger")).json()["sends"]
    words = {line for send in ledger for line in send["text"].splitlines()} | system.spoken
    words |= {"Nombre Reservado", INTERNAL_TOKEN, ADMIN_TOKEN, ENCRYPTION_KEY}
    private = [word for word in words if len(word) >= 9 and word.isprintable()]  # shorter ones stand in our own words

    logs = "".join(system.services[service].log.read_text(errors="replace") for service in SERVICES)

    assert len(private) >= 5
    assert [word for word in private if word in logs] == []
    assert system.postgres.app_dsn.split(":")[2].split("@")[0] not in logs


def _lines(system: System, service: str, correlation_id: str) -> list[dict[str, Any]]:
    """The JSON lines of a service's log that carry the id."""
    written = system.services[service].log.read_text().splitlines()
    return [json.loads(line) for line in written if f'"{correlation_id}"' in line]
