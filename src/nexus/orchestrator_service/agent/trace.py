"""What one run did and cost, for whoever wants to know why the bot said it: tools in order, tokens, seconds.

Neither messages nor phones get in: of a tool's arguments those that are listed here, with numbers and addresses masked.
"""

import asyncio
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from nexus.orchestrator_service.agent.gate.verdict import GateVerdict
from nexus.runtime.metrics import TOOL_CALLS
from nexus.store.ledger import ModelCall
from nexus.store.traces import Recording, Spent

ToolStatus = Literal["ok", "empty", "error", "refused"]
ACTS = (
    "derivhumano",
    "book_appointment",
    "reschedule_appointment",
    "cancel_appointment",
    "payable_link",
    "avisame_cuando_vuelva",
)
"""The tools that change something."""
_SHOWN = {
    "search_specific_products": ("q",),
    "search_by_category": ("category", "keyword"),
    "orders": ("q",),
    "check_availability": ("date", "service"),
    "book_appointment": ("date_time", "service"),
    "reschedule_appointment": ("new_date_time", "current_date_time"),
    "cancel_appointment": ("date_time",),
    "derivhumano": ("reason",),
    "avisame_cuando_vuelva": ("product_id", "variant_id"),
}
_LONGEST_ARGUMENT, _LONGEST_NAME, _MOST_TOOLS = 120, 64, 40
_MOST_CALLS, _MOST_PRODUCTS = 20, 20
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_PHONE = re.compile(r"\+?\d(?:[\s().-]*\d){6,}")
_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")


@dataclass(slots=True)
class ToolUse:
    """One call of a tool."""

    name: str
    arguments: dict[str, str]
    status: ToolStatus = "ok"
    found: int | None = None
    milliseconds: int = 0
    simulated: bool = False


@dataclass(slots=True)
class RunTrace:
    """Filled while the agent runs; `rehearsed` when what tools do is taken back at once.

    `gate` is the gate's GateVerdict, `prompt_version` the tenant's published one, `timings` milliseconds by part:
    queue, model, tools, gate, total. `ends_at` is the loop's time at which the run is cut off; `fell_back` that the
    other model had to answer; `shadow` that a person will send what it says, so that tools only try what they do, and
    `tried` names those that would have changed something. `products` are those that tools found, {id, name, price};
    `heard` the tools' calls in full, and `recording` what a replay needs of all this.
    """

    rehearsed: bool = False
    tools: list[ToolUse] = field(default_factory=list)
    tokens_in: int | None = None
    tokens_out: int | None = None
    model_seconds: float = 0.0
    prompt_version: str | None = None
    calls: list[ModelCall] = field(default_factory=list)
    timings: dict[str, int] = field(default_factory=dict)
    products: list[dict[str, Any]] = field(default_factory=list)
    recording: Recording | None = None
    gate: GateVerdict | None = None
    ends_at: float | None = None
    fell_back: bool = False
    shadow: bool = False
    tried: list[str] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    _open: dict[str, tuple[ToolUse, float]] = field(default_factory=dict)
    _uses: dict[str, ToolUse] = field(default_factory=dict)

    def begin(self, call: dict[str, Any]) -> None:
        """A tool is being called."""
        name = str(call["name"])[:_LONGEST_NAME]
        simulated = (self.rehearsed or self.shadow) and name in ACTS
        use = ToolUse(name, shown_arguments(name, call.get("args")), simulated=simulated)
        if len(self.tools) < _MOST_TOOLS:
            self.tools.append(use)
        self._open[str(call["id"])] = (use, time.perf_counter())
        self._uses[str(call["id"])] = use

    def tell(self, call_id: str | None, status: ToolStatus, found: int | None = None) -> None:
        """What came of it, said by the tool itself."""
        if call := self._open.get(str(call_id)):
            call[0].status, call[0].found = status, found

    def status_of(self, call: dict[str, Any]) -> ToolStatus:
        """What an open call has said of itself so far."""
        known = self._open.get(str(call["id"]))
        return known[0].status if known else "ok"

    def use_of(self, call: dict[str, Any]) -> ToolUse | None:
        """A call that began, over or not."""
        return self._uses.get(str(call["id"]))

    def end(self, call: dict[str, Any], *, failed: bool) -> None:
        """It returned, or failed; of two calls that a model gave the same id only one is still known."""
        known = self._open.pop(str(call["id"]), None)
        if known is None:
            return
        use, began = known
        use.milliseconds = round((time.perf_counter() - began) * 1000)
        if failed:
            use.status, use.found = "error", None

    def add_call(self, call: ModelCall) -> None:
        """The model was called once."""
        self.calls.append(call)
        self.model_seconds += call.seconds
        if call.tokens_in is not None and call.tokens_out is not None:
            self.tokens_in = (self.tokens_in or 0) + call.tokens_in
            self.tokens_out = (self.tokens_out or 0) + call.tokens_out

    def seconds_left(self) -> float:
        """Until the run is cut off."""
        return max(self.ends_at - asyncio.get_running_loop().time(), 0.0) if self.ends_at is not None else math.inf

    def end_run(self, began: float) -> None:
        """It took until now, from `began` of time.perf_counter() on."""
        self.timings["total"] = round((time.perf_counter() - began) * 1000)
        self.timings["model"] = round(self.model_seconds * 1000)
        self.timings["tools"] = sum(use.milliseconds for use in self.tools)

    def spent(self) -> Spent:
        """As it is stored with the burst."""
        tools = [
            {
                "name": use.name,
                "arguments": use.arguments,
                "status": use.status,
                "milliseconds": use.milliseconds,
                "found": use.found,
                **({"simulated": True} if use.simulated else {}),
            }
            for use in self.tools
        ]
        proof = {
            "prompt_version": self.prompt_version,
            "gate": self.gate.as_json() if self.gate else None,
            "calls": [call.as_json() for call in self.calls[:_MOST_CALLS]],
            "timings": self.timings,
            "products": self.products[:_MOST_PRODUCTS],
        }
        return Spent(self.tokens_in, self.tokens_out, round(self.model_seconds, 3), tools, proof, self.recording)


def told(runtime: Any, name: str, status: ToolStatus, found: int | None = None) -> None:
    """A tool says how its call ended: for the metrics and for the run's trace."""
    TOOL_CALLS.labels(tool=name, status=status).inc()
    runtime.context.trace.tell(runtime.tool_call_id, status, found)


def earlier_handoff() -> Spent:
    """Of a burst whose earlier run handed it over and died: that much is known, and no more."""
    use = {"name": "derivhumano", "arguments": {}, "status": "ok", "milliseconds": 0, "found": None}
    return Spent(None, None, None, [use])


def shown_arguments(name: str, given: Any) -> dict[str, str]:
    """The arguments that may be shown, short and without anybody's number or address."""
    arguments = given if isinstance(given, dict) else {}
    shown = {key: _masked(str(arguments[key])) for key in _SHOWN.get(name, ()) if arguments.get(key)}
    return {key: text for key, text in shown.items() if text}


def _masked(text: str) -> str:
    """A date stays as it is, though it looks like a number."""
    plain = " ".join(text.split())
    if not _MOMENT.fullmatch(plain):
        plain = _PHONE.sub("••••", _MAIL.sub("••••@••••", plain))
    return plain[:_LONGEST_ARGUMENT]
