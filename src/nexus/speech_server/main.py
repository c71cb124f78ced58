"""speech-server (8950): `POST /v1/audio/transcriptions` as OpenAI has it, `GET /v1/models`, `GET /health`."""

import asyncio
import hmac
import importlib.util
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nexus.runtime.logs import configure_logging, get_logger
from nexus.runtime.protocol import BoundedHttp
from nexus.runtime.settings import StartRefusedError
from nexus.speech_server.recordings import Heard, Listener, Recording, RefusedRecordingError
from nexus.speech_server.settings import SpeechServerSettings, read_settings
from nexus.speech_server.turns import BusyError, Turns
from nexus.speech_server.uploads import RefusedUploadError, read_upload
from nexus.speech_server.weights import NOT_INSTALLED, named_folder, whisper_base

SERVICE = "speech_server"
RETRY_AFTER_SECONDS = 5
_HUNG_UP = 499  # as web servers log it; nobody is left to read it


class SpeechDoor:
    """The handlers, over one listener."""

    def __init__(self, listener: Listener, model_name: str, settings: SpeechServerSettings) -> None:
        self._turns = Turns(listener, settings.queue)
        self._model_name = model_name
        self._settings = settings

    def app(self) -> Starlette:
        """The server as an ASGI app."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            yield
            self._turns.close()

        return Starlette(
            routes=[
                Route("/health", self.health),
                Route("/v1/models", self.models),
                Route("/v1/audio/transcriptions", self.transcribe, methods=["POST"]),
            ],
            exception_handlers={HTTPException: _http_error},
            lifespan=lifespan,
        )

    async def health(self, _request: Request) -> Response:
        """The model is loaded before the port opens."""
        return JSONResponse({"status": "ok", "service": SERVICE, "model": self._model_name})

    async def models(self, request: Request) -> Response:
        """One model; transcriptions take any name for it."""
        if not self._is_allowed(request):
            return _error(401, "invalid_api_key", "La clave no es la de este servidor.")
        return JSONResponse(
            {"object": "list", "data": [{"id": self._model_name, "object": "model", "owned_by": "nexus"}]}
        )

    async def transcribe(self, request: Request) -> Response:
        """OpenAI's transcription of one file."""
        if not self._is_allowed(request):
            return _error(401, "invalid_api_key", "La clave no es la de este servidor.")
        began = time.monotonic()
        try:
            upload = await read_upload(request, self._settings.language)
            heard = await _while_connected(request, self._turns, upload.recording)
        except RefusedUploadError as refused:
            return _error(refused.status, refused.code, str(refused))
        except RefusedRecordingError as refused:
            return _error(400, refused.code, str(refused))
        except BusyError:
            return _error(503, "busy", "Hay demasiados audios en espera.")
        took = round(time.monotonic() - began, 2)
        get_logger().info("transcribed", seconds=heard and heard.seconds, took=took, hung_up=heard is None)
        if heard is None:
            return Response(status_code=_HUNG_UP)
        if upload.plain_text:
            return PlainTextResponse(heard.text + "\n")
        return JSONResponse({"text": heard.text, "usage": {"type": "duration", "seconds": heard.seconds}})

    def _is_allowed(self, request: Request) -> bool:
        if not self._settings.api_key:
            return True
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {self._settings.api_key}".encode())


async def _while_connected(request: Request, turns: Turns, recording: Recording) -> Heard | None:
    """The words, or None when the caller hung up first: a burst waits 8 s, its note must not delay the next one's."""
    hearing = asyncio.create_task(turns.hear(recording))
    leaving = asyncio.create_task(_hang_up(request))
    try:
        await asyncio.wait({hearing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return hearing.result() if hearing.done() else None
    finally:
        hearing.cancel()
        leaving.cancel()


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _error(status: int, code: str, message: str) -> Response:
    """An error as OpenAI's clients read it."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
    return JSONResponse(
        {"error": {"message": message, "type": kind, "param": None, "code": code}}, status_code=status, headers=headers
    )


async def _http_error(_request: Request, error: Exception) -> Response:
    """Starlette's own: no such route, wrong method, a form that is none."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error(status, "not_found" if status == 404 else "bad_request", "El servidor no entiende ese pedido.")


def serve() -> None:
    """Load the model, then serve until SIGTERM. Raises StartRefusedError saying what is missing."""
    settings = read_settings()
    configure_logging(SERVICE, settings.log_level)
    if importlib.util.find_spec("faster_whisper") is None:
        raise StartRefusedError(NOT_INSTALLED)
    from nexus.speech_server.whisper import WhisperListener

    named = settings.model_folder
    folder = named_folder(named) if named else whisper_base(settings.speech_folder)
    listener = WhisperListener(
        folder, device=settings.device, compute_type=settings.compute_type, threads=settings.threads
    )
    config = uvicorn.Config(
        SpeechDoor(listener, folder.name, settings).app(),
        host=settings.host,
        port=settings.port,
        http=BoundedHttp,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=8,
    )
    get_logger().info("speech_model_loaded", host=settings.host, port=settings.port, model=str(folder))
    server = uvicorn.Server(config)
    server.run()
    if not server.started:
        sys.exit(1)
