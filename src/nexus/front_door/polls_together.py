"""Polls that come within some milliseconds of each other, asked of the Orchestrator at once (contracts/polls.py).

An open chat asks for its list and its thread at the same beat: one way to the Orchestrator and one to the database
serve both (decision 0027).
"""

import asyncio
import json

from nexus.contracts import polls
from nexus.front_door.kept_lines import KeptLines

_WAIT_SECONDS = 0.005
"""Long enough for what a browser sends at once, also when it is busy; of two seconds nobody misses it."""
_OK = 200


class PollsTogether:
    """One per process, beside its kept lines."""

    def __init__(self, lines: KeptLines, authority: str) -> None:
        """`authority` is the Orchestrator's host and port."""
        self._lines, self._authority = lines, authority.encode()
        self._waiting: list[tuple[list[str], asyncio.Future[bool]]] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def stands(self, poll: list[str]) -> bool:
        """Whether the caller of `poll` (as in contracts/polls.py) has what she would get.

        False, too, when nobody can tell: the request itself will.
        """
        if any(len(part) > polls.LONGEST_PART for part in poll):
            return False
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((poll, answered))
        if len(self._waiting) == 1:
            self._soon = loop.call_later(_WAIT_SECONDS, self._go)
        elif len(self._waiting) == polls.MOST:
            self._soon.cancel()
            self._go()
        return await answered

    def _go(self) -> None:
        waiting, self._waiting = self._waiting, []
        task = asyncio.create_task(self._ask(waiting))
        self._asking.add(task)  # the loop itself keeps no task alive
        task.add_done_callback(self._asking.discard)

    async def _ask(self, waiting: list[tuple[list[str], asyncio.Future[bool]]]) -> None:
        body = json.dumps([poll for poll, _ in waiting]).encode()
        try:
            answer = await self._lines.ask(self._request(body))
            places = json.loads(answer.body) if answer.status == _OK else []
        except (OSError, ValueError):
            places = []
        if not isinstance(places, list):
            places = []
        for place, (_, answered) in enumerate(waiting):
            if not answered.done():  # its caller may have gone
                answered.set_result(place in places)

    def _request(self, body: bytes) -> bytes:
        head = b"POST %b HTTP/1.1\r\nhost: %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        return head % (polls.PATH.encode(), self._authority, len(body)) + body
