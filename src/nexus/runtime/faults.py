"""Fault points for the chaos tests: NEXUS_FAULT=point[:nth][:kill|hang|raise], honoured only with ENV=test."""

import asyncio
import os
import signal

from nexus.runtime.settings import get_settings

POINTS = (
    "after_ack_commit",
    "after_claim",
    "after_chat",
    "after_llm",
    "after_reply_commit",
    "after_mark_sending",
    "after_provider_ok",
    "between_bubbles",
    "after_tool_effect",
    "after_media_file",
)


class InjectedFaultError(RuntimeError):
    """What a `raise` fault raises."""


_passes: dict[str, int] = {}


async def fault_point(point: str) -> None:
    """Pass the point, or die, hang until killed, or raise, when it is the configured one and this the nth pass."""
    settings = get_settings()
    if settings.env != "test" or not settings.nexus_fault.startswith(point):
        return
    name, *rest = settings.nexus_fault.split(":")
    nth = int(rest[0]) if rest and rest[0].isdigit() else 1
    action = rest[-1] if rest and not rest[-1].isdigit() else "kill"
    if name != point:
        return
    _passes[point] = _passes.get(point, 0) + 1
    if _passes[point] != nth:
        return
    if action == "hang":
        await asyncio.Event().wait()
    if action == "raise":
        raise InjectedFaultError(point)
    os.kill(os.getpid(), signal.SIGKILL)
