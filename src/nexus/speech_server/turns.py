"""One recording at a time in a worker thread, a bounded queue before it, and no work for callers who hung up."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from nexus.speech_server.recordings import Heard, Listener, Recording


class BusyError(Exception):
    """The queue is full."""


class Turns:
    """Callers wait their turn at one listener: two at once would halve each other's speed."""

    def __init__(self, listener: Listener, waiting: int) -> None:
        """`waiting` recordings may queue behind the one being heard."""
        self._listener = listener
        self._places = threading.BoundedSemaphore(1 + waiting)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="listener")

    async def hear(self, recording: Recording) -> Heard:
        """The words, in turn. Cancelled, it skips the turn or ends it at the model's next segment.

        Raises BusyError, and what the listener raises.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError
        abandoned = threading.Event()
        turn = asyncio.wrap_future(self._worker.submit(self._take_turn, recording, abandoned))
        turn.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be left to read it
        try:
            # Shielded: a turn taken out of the queue would leave its bytes there and give its place away.
            return await asyncio.shield(turn)
        finally:
            abandoned.set()

    def _take_turn(self, recording: Recording, abandoned: threading.Event) -> Heard:
        try:
            if abandoned.is_set():
                return Heard("", 0)
            return self._listener.hear(recording, abandoned)
        finally:
            self._places.release()

    def close(self) -> None:
        """Start no further turn."""
        self._worker.shutdown(wait=False, cancel_futures=True)
