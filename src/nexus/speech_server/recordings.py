"""What comes in and what is heard: plain data, and the reasons why nothing is."""

import threading
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Recording:
    """An uploaded file and how to listen to it; `vocabulary` are words that the speaker may use."""

    sound: bytes
    language: str
    vocabulary: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The words ("" when nobody speaks) and how long the recording lasts."""

    text: str
    seconds: float


class Listener(Protocol):
    """Turns a recording into words, in the thread that calls it."""

    def hear(self, recording: Recording, abandoned: threading.Event) -> Heard:
        """The words; whatever is there so far once `abandoned` is set. Raises RefusedRecordingError."""
        ...


class RefusedRecordingError(Exception):
    """It cannot be heard, now or later: `code` for machines, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
