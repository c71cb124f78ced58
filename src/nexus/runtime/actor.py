"""Who is behind what this task does: a person's e-mail or a machine's name. Nobody, for what no one asked for."""

from contextvars import ContextVar

_actor: ContextVar[str] = ContextVar("nexus_actor", default="")


def act_as(name: str) -> None:
    """What this task writes from here on is this one's doing; the store's audit says so. "" is nobody."""
    _actor.set(name)


def current_actor() -> str:
    """Who this task acts for, or an empty string."""
    return _actor.get()
