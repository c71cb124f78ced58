"""A version as titled parts, and what is different between two of them, line by line: for people to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from nexus.orchestrator_service.agent.prompt import FACTS, PERSONA_NAME, SECTION_TITLES
from nexus.orchestrator_service.agent.topics import TOPIC_WORDS
from nexus.store.bot_settings import HUMAN_TOPICS, Tone
from nexus.store.knowledge import SECTIONS
from nexus.store.prompt_versions import Content

_CONTEXT = 2
_EMOJI = {"none": "Sin emojis", "few": "Pocos emojis", "free": "Emojis sin límite"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a version; `text` is never empty."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a change; `gap` stands where equal lines are left out."""

    kind: Literal["same", "added", "removed", "gap"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part that is different."""

    key: str
    title: str
    kind: Literal["added", "removed", "changed"]
    lines: list[Line]


def parts_of(content: Content) -> list[Part]:
    """Everything of the version, in the prompt's order, without what is empty."""
    told = [
        ("persona_name", "Nombre del bot", content.persona_name or PERSONA_NAME),
        ("persona_notes", "Cómo es", content.persona_notes or ""),
        ("tone", "Tono", _tone_words(content.tone)),
        (
            "human_topics",
            "Sólo humanos",
            "\n".join(TOPIC_WORDS[t].capitalize() for t in HUMAN_TOPICS if t in content.human_topics),
        ),
        *((name, title, content.facts.get(name, "")) for name, title in FACTS),
        *((f"section_{kind}", SECTION_TITLES[kind], content.sections.get(kind, "")) for kind in SECTIONS),
        ("answers", "Preguntas y respuestas", "\n".join(f"P: {asked}\nR: {told}" for asked, told in content.answers)),
        ("rules", "Cómo tiene que contestar", content.rules),
    ]
    return [Part(key, title, text) for key, title, text in told if text]


def changes_between(before: Content, after: Content) -> list[Change]:
    """The parts that are different, in the prompt's order."""
    was, now = ({part.key: part for part in parts_of(content)} for content in (before, after))
    gone = [part for part in was.values() if part.key not in now]
    found = []
    for part in (*now.values(), *gone):
        old, new = (parts[part.key].text if part.key in parts else "" for parts in (was, now))
        if old != new:
            kind: Literal["added", "removed", "changed"] = "changed" if old and new else "added" if new else "removed"
            found.append(Change(part.key, part.title, kind, list(_lines(old, new))))
    return found


def _lines(before: str, after: str) -> Iterator[Line]:
    """Removed before added, with a little of what stays around them."""
    old, new = before.splitlines(), after.splitlines()
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (Line("removed", text) for text in old[a:b])
            yield from (Line("added", text) for text in new[c:d])
            continue
        head = 0 if a == 0 else _CONTEXT
        tail = 0 if b == len(old) else _CONTEXT
        if b - a <= head + tail + 1:
            yield from (Line("same", text) for text in old[a:b])
            continue
        yield from (Line("same", text) for text in old[a : a + head])
        yield Line("gap", f"{b - a - head - tail} renglones iguales")
        yield from (Line("same", text) for text in old[b - tail : b])


def _tone_words(tone: Tone) -> str:
    lines = ["Con voseo" if tone.voseo else "Sin exigir voseo", _EMOJI[tone.emoji]]
    if tone.longest:
        lines.append(f"Hasta {tone.longest} letras por burbuja")
    lines += [f"Nunca dice: {phrase}" for phrase in tone.forbidden]
    return "\n".join(lines)
