"""Scripted scenarios: what the model says, call by call, for tests and the bench.

A scenario is `{"match"?: {"user_contains"?, "tenant_contains"?}, "steps": [step, ...]}`. Step k answers the
k-th model call of a run; k is counted in the request itself (the model's answers since the customer's last
message), so scripts hold no state and any number of runs may be under way at once. Two consequences: a
repeated request gets the same step again (for "fails once, then works" set a fault with `times: 1`), and
the last step answers every later call too.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from nexus.sandbox.model_request import Ask, ToolResult
from nexus.sandbox.model_wire import Said, reply_said

STEP_KINDS = frozenset(
    {
        "tool_calls",
        "reply",
        "text",
        "empty",
        "bad_json_tool",
        "unknown_tool",
        "truncated",
        "status",
        "hang",
        "reset",
        "garbage",
    }
)
PLACEHOLDER = re.compile(r"\{\{\s*tool\.(\d+)((?:\.[^.{}\s]+)*)\s*\}\}")


class BadScriptError(ValueError):
    """A script that cannot be played; `str()` says which part and why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to one call: an answer or one of the ways a provider fails. Times are seconds."""

    kind: Literal["say", "status", "hang", "reset", "garbage"] = "say"
    said: Said = field(default_factory=Said)
    status: int = 200
    code: str | None = None
    retry_after: float | None = None
    hang_seconds: float = 0.0
    delay_seconds: float = 0.0


def check_scenarios(scenarios: Any) -> list[dict[str, Any]]:
    """The scenarios as given, when each can be played; raises BadScriptError otherwise."""
    if not isinstance(scenarios, list):
        raise BadScriptError("scenarios must be a list")
    for number, scenario in enumerate(scenarios):
        where = f"scenarios[{number}]"
        if not isinstance(scenario, dict) or not isinstance(scenario.get("match", {}), dict):
            raise BadScriptError(f"{where} must be an object whose match, if any, is an object")
        if unknown := set(scenario.get("match", {})) - {"user_contains", "tenant_contains"}:
            raise BadScriptError(f"{where}.match does not know {sorted(unknown)}")
        steps = scenario.get("steps")
        if not isinstance(steps, list) or not steps:
            raise BadScriptError(f"{where}.steps must be a list of at least one step")
        for position, step in enumerate(steps):
            if complaint := _complaint(step):
                raise BadScriptError(f"{where}.steps[{position}] {complaint}")
    return scenarios


def _complaint(step: Any) -> str | None:
    """What is wrong with a step; None when it can be played."""
    if not isinstance(step, dict) or not STEP_KINDS & step.keys():
        return f"must have one of {sorted(STEP_KINDS)}"
    calls, reply = step.get("tool_calls", []), step.get("reply", {"bubbles": []})
    if not isinstance(calls, list) or not all(isinstance(c, dict) and "name" in c for c in calls):
        return "must give tool_calls as a list of {name, arguments}"
    bubbles = reply.get("bubbles") if isinstance(reply, dict) else None
    if not isinstance(bubbles, list) or not all(isinstance(b, dict) for b in bubbles):
        return "must give reply as {bubbles: [{text} or {image_url}]}"
    for key in ("status", "hang", "delay"):
        if not isinstance(step.get(key, 0), int | float):
            return f"must give {key} as a number"
    return None


def scripted_outcome(scenarios: list[dict[str, Any]], ask: Ask) -> Outcome | None:
    """What the first matching scenario's step does; None when no scenario claims the request."""
    scenario = next((s for s in scenarios if _matches(s.get("match", {}), ask)), None)
    if scenario is None:
        return None
    steps = scenario["steps"]
    return play(steps[min(ask.round_number, len(steps) - 1)], ask)


def _matches(match: dict[str, str], ask: Ask) -> bool:
    """Both texts are looked for without regard to case."""
    user, tenant = match.get("user_contains", ""), match.get("tenant_contains", "")
    return user.casefold() in ask.last_user_text.casefold() and tenant.casefold() in ask.system_text.casefold()


def play(step: dict[str, Any], ask: Ask) -> Outcome:
    """Turn one step into what happens, its placeholders filled from this run's tool results."""
    delay = float(step.get("delay", 0))
    if "status" in step:
        return Outcome(
            "status",
            status=int(step["status"]),
            code=step.get("code"),
            retry_after=step.get("retry_after"),
            delay_seconds=delay,
        )
    if "hang" in step:
        return Outcome("hang", hang_seconds=float(step["hang"]), delay_seconds=delay)
    if step.get("reset"):
        return Outcome("reset", delay_seconds=delay)
    if step.get("garbage"):
        return Outcome("garbage", delay_seconds=delay)
    return Outcome(said=_said(fill(step, ask.tool_results), ask), delay_seconds=delay)


def _said(step: dict[str, Any], ask: Ask) -> Said:
    if step.get("truncated"):
        whole = reply_said([{"text": "¡Hola! Te cuento sobre lo que"}], ask.reply_tool, ask.reply_as_json)
        halves = [(name, arguments[: len(arguments) // 2]) for name, arguments in whole.calls]
        return Said(whole.text[: len(whole.text) // 2], halves, cut_short=True)
    calls = [(c["name"], _raw(c.get("arguments", {}))) for c in step.get("tool_calls", [])]
    if "bad_json_tool" in step:
        calls.append((step["bad_json_tool"], '{"q": "puntas'))
    if "unknown_tool" in step:
        calls.append((step["unknown_tool"], "{}"))
    text = step.get("text", "")
    if "reply" in step:
        final = reply_said(step["reply"]["bubbles"], ask.reply_tool, ask.reply_as_json)
        calls += final.calls
        text = text or final.text
    return Said(text, calls)


def _raw(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def fill(value: Any, results: list[ToolResult]) -> Any:
    """Replace `{{tool.N.path}}` in every string of `value` by what the N-th tool result holds there.

    A path step that is a number picks from a list; a name asked of a list is asked of its first element.
    `{{tool.0}}` is the whole result text. A placeholder that leads nowhere stays as written, so that a
    test sees it.
    """
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda m: _look_up(m, results), value)
    if isinstance(value, list):
        return [fill(item, results) for item in value]
    if isinstance(value, dict):
        return {key: fill(item, results) for key, item in value.items()}
    return value


def _look_up(match: re.Match[str], results: list[ToolResult]) -> str:
    number, path = int(match[1]), [part for part in match[2].split(".") if part]
    if number >= len(results):
        return match[0]
    if not path:
        return results[number].text
    try:
        found = json.loads(results[number].text)
    except json.JSONDecodeError:
        return match[0]
    for part in path:
        if isinstance(found, list) and not part.isdigit():
            found = found[0] if found else None
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            return match[0]
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
