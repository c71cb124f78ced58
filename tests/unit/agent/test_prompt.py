"""The static prefix that the model reads (S-030, llm.md section B)."""

from dataclasses import replace
from typing import Any

from nexus.orchestrator_service.agent.prompt import base_content, knowledge_text, system_prompt, week_in_words
from nexus.orchestrator_service.agent.version_diff import changes_between
from nexus.store.bot_settings import Tone
from nexus.store.prompt_versions import Content
from nexus.store.tenants import Tenant

ZONE = "America/Argentina/Buenos_Aires"


def tenant(**changes: Any) -> Tenant:
    fields: dict[str, Any] = dict.fromkeys(Tenant.__slots__)
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


def test_a_version_says_who_the_bot_is_and_what_only_people_answer() -> None:
    base = base_content(tenant(shipping_partners="Andreani", store_description="Danza"))
    tone = Tone(emoji="none", longest=240, forbidden=("mi amor",))
    content = replace(
        base,
        persona_name="Luna",
        persona_notes="Bailaste diez años.",
        tone=tone,
        human_topics=("wholesale",),
        sections={"shipping": "Gratis desde $ 50.000", "payments": "3 cuotas"},
        answers=(("¿Tienen local?", "Sí"),),
    )
    prompt = system_prompt(content)
    for part in ('Sos "Luna"', "Bailaste", "Sin emojis", "240 letras", '"mi amor"', "- compras por mayor", "R: Sí"):
        assert part in prompt
    assert "cambios y devoluciones\n" not in prompt
    told = knowledge_text(content)
    assert told in prompt
    assert "Andreani" not in told  # its section was written
    assert all(part in told for part in ("Danza", "$ 50.000", "3 cuotas"))


def test_the_week_is_told_in_runs_of_days() -> None:
    spans = [{"day": day, "from": "09:00", "to": "18:00"} for day in range(5)]
    spans += [{"day": 5, "from": "10:00", "to": "13:00"}, {"day": 5, "from": "16:00", "to": "19:00"}]
    assert week_in_words(spans) == ("lunes a viernes de 09:00 a 18:00; sábado de 10:00 a 13:00 y de 16:00 a 19:00")


def test_a_difference_is_shown_with_a_little_around_it() -> None:
    before = Content(rules="\n".join(f"regla {n}" for n in range(12)))
    after = replace(before, rules=before.rules.replace("regla 6", "regla seis"), persona_name="Luna")
    name, rules = changes_between(before, after)
    assert (name.kind, [line.text for line in name.lines]) == ("changed", ["Argentina Buena Onda", "Luna"])
    assert [line.kind for line in rules.lines] == ["gap", "same", "same", "removed", "added", "same", "same", "gap"]
    assert changes_between(after, after) == []
    assert Content.read(after.as_json()) == after
