"""The form of OpenAI's `POST /v1/audio/transcriptions`, read within a bound."""

from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Message

from nexus.speech_server.recordings import Recording

MAX_BYTES = 25 * 1024 * 1024
_REST_OF_FORM = 64 * 1024


class RefusedUploadError(Exception):
    """The form cannot be taken: HTTP status, `code` for machines, the text for people."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording and how its words are wanted."""

    recording: Recording
    plain_text: bool


async def read_upload(request: Request, language: str) -> Upload:
    """The request's form; `language` where it names none. Raises RefusedUploadError."""
    async with _bounded(request).form(max_files=1, max_fields=40) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise RefusedUploadError(400, "missing_file", "Falta el campo file con el audio.")
        sound = await file.read()
        if len(sound) > MAX_BYTES:
            raise _too_large()
        if not sound:
            raise RefusedUploadError(400, "invalid_audio", "El archivo está vacío.")
        wanted = _word(form, "response_format") or "json"
        if wanted not in ("json", "text"):
            raise RefusedUploadError(400, "invalid_response_format", "response_format puede ser json o text.")
        # gpt-transcribe's clients send languages[] and keywords[] where the older models have language and prompt.
        spoken = _word(form, "language") or _word(form, "languages[]") or _word(form, "languages") or language
        keywords = form.getlist("keywords[]") + form.getlist("keywords")
        words = _word(form, "prompt") or ", ".join(word for word in keywords if isinstance(word, str))
        return Upload(Recording(sound, spoken.lower(), words), wanted == "text")


def _word(form: FormData, field: str) -> str:
    """The field's first value, or ""."""
    return next((value.strip() for value in form.getlist(field) if isinstance(value, str)), "")


def _bounded(request: Request) -> Request:
    """The same request, that stops reading past the size a form may have; Starlette bounds no file."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BYTES + _REST_OF_FORM:
        raise _too_large()
    read = 0

    async def receive() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > MAX_BYTES + _REST_OF_FORM:
            raise _too_large()
        return message

    return Request(request.scope, receive)


def _too_large() -> RefusedUploadError:
    return RefusedUploadError(413, "file_too_large", f"El archivo pasa de {MAX_BYTES // (1024 * 1024)} MB.")
