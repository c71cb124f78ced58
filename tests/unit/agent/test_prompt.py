"""The static prefix that the model reads (S-030, llm.md section B)."""

from typing import Any

from nexus.orchestrator_service.agent.prompt import base_content, system_prompt
from nexus.store.tenants import Tenant

ZONE = "America/Argentina/Buenos_Aires"


def tenant(**changes: Any) -> Tenant:
    fields = dict.fromkeys(Tenant.__slots__)
    fields |= {"id": 7, "store_name": "Danza Sur", "store_website": "https://danzasur.example", "time_zone": ZONE}
    return Tenant(**(fields | changes))


def test_the_persona_and_the_shops_branding_are_in_the_prompt() -> None:
    prompt = system_prompt(
        base_content(tenant(store_catalog_knowledge="Tenemos puntas", system_prompt="Ofrecé envío gratis"))
    )
    for part in ("Argentina Buena Onda", "voseo", "Danza Sur", "danzasur.example", "Tenemos puntas", "envío gratis"):
        assert part in prompt


def test_the_prompt_of_two_shops_begins_alike_and_holds_no_clock() -> None:
    one, other = (system_prompt(base_content(tenant(store_name=name))) for name in ("Danza Sur", "Otra"))
    assert one.split("La tienda que atendés")[0] == other.split("La tienda que atendés")[0]
    assert "2026" not in one
