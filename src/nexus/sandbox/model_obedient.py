"""A model without any sense: it does whatever stands between § marks, wherever it reads it.

`§tool orders q=101; phone=+549…§` calls a tool (a dotted name makes nested arguments), `§say …§` and `§image …§` are
bubbles of its answer. Where nothing is ordered it is the demo brain. What such a model cannot do, no injection can.
"""

from __future__ import annotations

import json
import re
from typing import Any

from nexus.sandbox.brain import think
from nexus.sandbox.model_request import Ask
from nexus.sandbox.model_wire import Said, reply_said

_ORDER = re.compile(r"§\s*(tool|say|image)\s+([^§]+)§")
_TOOLS_AT_ONCE = 4


def obey(ask: Ask) -> Said:
    """The tools ordered and not yet called, then the words ordered; the demo brain's answer without any order."""
    read = [m.text for m in ask.messages if m.role in ("system", "user")] + [r.text for r in ask.tool_results]
    orders = list(dict.fromkeys(_ORDER.findall("\n".join(read))))
    if not orders:
        return think(ask)
    called = [(call.name, call.arguments) for message in ask.run for call in message.calls]
    wanted = [_call(words) for kind, words in orders if kind == "tool"]
    left = [call for call in wanted if call not in called]
    if left:
        return Said(calls=left[:_TOOLS_AT_ONCE])
    names = {"say": "text", "image": "image_url"}
    bubbles = [{names[kind]: words.strip()} for kind, words in orders if kind in names]
    return reply_said(bubbles or [{"text": "Listo."}], ask.reply_tool, ask.reply_as_json)


def _call(words: str) -> tuple[str, str]:
    name, _, rest = words.strip().partition(" ")
    arguments: dict[str, Any] = {}
    for pair in filter(None, map(str.strip, rest.split(";"))):
        path, _, value = pair.partition("=")
        place = arguments
        *parents, last = path.strip().split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value.strip()
    return name, json.dumps(arguments, ensure_ascii=False)
