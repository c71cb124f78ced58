"""What the customer is told without asking the model: that a message of hers could not be heard or seen."""

from nexus.store.memory import SaidMessage
from nexus.store.replies import NewBubble

UNHEARD = "Perdón, no pude escuchar bien tu audio. ¿Me lo escribís?"
UNSEEN = "Ese tipo de mensaje no lo puedo ver por acá. ¿Me lo contás por escrito?"


def notices(messages: list[SaidMessage]) -> list[NewBubble]:
    """At most one bubble a burst, whatever it could not be told (S-018, ycloud.md 1.4)."""
    told = [
        words
        for words, failed in ((UNHEARD, any(map(_unheard, messages))), (UNSEEN, any(map(_unseen, messages))))
        if failed
    ]
    return [NewBubble("text", "\n".join(told))] if told else []


def leaves_nothing_to_answer(messages: list[SaidMessage]) -> bool:
    """Whether the burst holds only what could not be heard or seen: then the notice is the whole answer."""
    return all(_unheard(message) or _unseen(message) for message in messages)


def _unheard(message: SaidMessage) -> bool:
    return message.message_type == "audio" and not message.content


def _unseen(message: SaidMessage) -> bool:
    return message.message_type == "unsupported"
