"""One tool result of the run, as the model read it: what a reply may quote."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """A tool's name, the arguments the model gave, the raw text it got back, and how the call ended.

    `status` is ok, empty, refused or error; the text of an error bears out nothing.
    """

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    status: str = "ok"
