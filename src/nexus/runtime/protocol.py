"""HTTP/1.1 as uvicorn speaks it, with a bound on the head of a request and our error shape for what is no HTTP."""

import asyncio
import json
import select
import uuid
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    """400 for bytes that are no HTTP, 431 for a head that does not end: httptools would keep all of it in memory."""

    _in_head = False
    _head_bytes = 0
    """What came of the head after the read in which it began; that one is bounded by the socket's buffer."""

    def data_received(self, data: bytes) -> None:
        """One read of the socket, at most 256 KiB."""
        went_on = self._in_head
        super().data_received(data)
        if went_on and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self._refuse(431, "head_too_large", "La dirección o los encabezados del pedido son demasiado largos.")

    def shutdown(self) -> None:
        """Of uvicorn, once the port is closed: what nobody asks on any more is closed.

        A question that already lies in the socket, unread, is answered first (serve.Doorway closes with that answer):
        closed over it, its asker would see a broken connection and could not know what became of it.
        """
        answered = self.cycle is None or self.cycle.response_complete
        if not (answered and _has_come(self.transport)):
            super().shutdown()

    def on_message_begin(self) -> None:
        """Of the parser: a request starts."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Of the parser: what follows is the body."""
        self._in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Of uvicorn; its English words stay in the log."""
        self._refuse(400, "bad_request", "El pedido no es HTTP válido.")

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Outside of any request, so that the correlation id is made here."""
        correlation_id = str(uuid.uuid4())
        body = json.dumps({"error": {"code": code, "message": message, "correlation_id": correlation_id}}).encode()
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nx-correlation-id: {correlation_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def _has_come(transport: asyncio.Transport) -> bool:
    """Whether something lies in the socket that was not read yet."""
    handle = transport.get_extra_info("socket")
    if handle is None or handle.fileno() < 0:
        return False
    looking = select.poll()
    looking.register(handle.fileno(), select.POLLIN)
    return bool(looking.poll(0))
