"""Which version of the shop's prompt a run goes by: the newest published one, else the built-in (issue 6, Build 4)."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from nexus.orchestrator_service.agent.prompt import base_content, knowledge_text, system_prompt
from nexus.store.bot_settings import BotSettings, Tone, load_bot_settings
from nexus.store.database import Pool, Store
from nexus.store.knowledge import Knowledge, load_knowledge
from nexus.store.prompt_versions import Content, newest_content
from nexus.store.tenants import Tenant

_KEPT = 256
_HASH = 8


@dataclass(frozen=True, slots=True)
class RunVersion:
    """What a run goes by. `id` names the text exactly: "v3-1f0a9c22", "base-…" before the first, "draft-…" in a trial.

    Its hash is of the whole prompt, so it changes with code's own rules, too. `knowledge` is what of the prompt the
    shop itself says; `tone` how replies must be; `human_topics` what only people answer.
    """

    id: str = "none"
    prompt: str = ""
    knowledge: str = ""
    tone: Tone = field(default_factory=Tone)
    human_topics: frozenset[str] = field(default_factory=frozenset)


def rendered(content: Content, name: str) -> RunVersion:
    """The content as a run uses it; `name` is what stands before the hash."""
    prompt = system_prompt(content)
    digest = hashlib.sha256(prompt.encode()).hexdigest()[:_HASH]
    return RunVersion(
        f"{name}-{digest}", prompt, knowledge_text(content), content.tone, frozenset(content.human_topics)
    )


def draft_content(tenant: Tenant, settings: BotSettings, knowledge: Knowledge) -> Content:
    """What would be published now."""
    base = base_content(tenant)
    return Content(
        facts=base.facts,
        sections=knowledge.sections,
        answers=tuple((pair["question"], pair["answer"]) for pair in knowledge.answers),
        rules=base.rules,
        persona_name=settings.persona_name,
        persona_notes=settings.persona_notes,
        tone=settings.tone,
        human_topics=tuple(topic for topic, kept in settings.human_topics.items() if kept),
    )


async def load_draft(tenant: Tenant, pool: Pool) -> Content:
    """The shop's draft, out of its fields, its settings and what it wrote down."""
    settings = await load_bot_settings(tenant.id, pool)
    return draft_content(tenant, settings, await load_knowledge(tenant.id, pool))


class VersionShelf:
    """Rendered versions by tenant, the least used thrown out first; one query per run says which is the newest."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._versions: OrderedDict[int, tuple[int, RunVersion]] = OrderedDict()

    async def of(self, tenant: Tenant, store: Store | None = None) -> RunVersion:
        """What a run of this shop goes by now."""
        kept = self._versions.get(tenant.id)
        newest = await newest_content(tenant.id, store or self._pool, kept[0] if kept else None)
        if newest is None:
            return rendered(base_content(tenant), "base")
        number, content = newest
        version = kept[1] if kept and content is None else rendered(content or base_content(tenant), f"v{number}")
        self._versions[tenant.id] = number, version
        self._versions.move_to_end(tenant.id)
        while len(self._versions) > _KEPT:
            self._versions.popitem(last=False)
        return version

    async def draft(self, tenant: Tenant) -> RunVersion:
        """The shop's draft, to be tried before it is published."""
        return rendered(await load_draft(tenant, self._pool), "draft")
