"""What the scripted model says, and what it was asked."""

from typing import Any


def scenario(user_contains: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """A scenario for the customer messages that hold a text; the k-th step answers the k-th call of a run."""
    return {"match": {"user_contains": user_contains}, "steps": list(steps)}


def reply(*texts: str, delay: float = 0) -> dict[str, Any]:
    """The model's final answer, a bubble for each text, after `delay` seconds."""
    return {"reply": {"bubbles": [{"text": text} for text in texts]}, "delay": delay}


def burst_of(request: dict[str, Any]) -> list[str]:
    """The customer's messages that a recorded request asks to answer, without the notes in brackets."""
    texts: list[str] = []
    for message in reversed(request["body"]["messages"]):
        if message["role"] != "user":
            break
        texts.insert(0, message["content"].split("\n\n[")[0])
    return texts


def texts_of(sends: list[dict[str, Any]]) -> list[str]:
    """What a customer reads: texts, and what stands under pictures."""
    return [send["text"] for send in sends if send["type"] == "text" or (send["type"] == "image" and send["text"])]
