"""Voice into words, over any OpenAI-compatible `/audio/transcriptions` (S-018, llm.md B)."""

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.upstream import Multipart, Upstream
from nexus.runtime.settings import Settings

_DEFAULT_BASE = "https://api.openai.com/v1"
_MOST_KEYWORDS, _LONGEST_KEYWORD, _LONGEST_PROMPT = 60, 60, 600
# The real servers judge by the file's name: `.opus` and `.oga` are refused, the same bytes as `.ogg` are taken.
_NAMES = {
    "audio/ogg": "voice.ogg",
    "audio/mp4": "voice.m4a",
    "audio/mpeg": "voice.mp3",
    "audio/webm": "voice.webm",
    "audio/wav": "voice.wav",
    "audio/flac": "voice.flac",
}


class Speech:
    """One per process. Every failure is named: whoever waits has to go on without the words."""

    def __init__(self, settings: Settings) -> None:
        self._base = (settings.stt_base_url or _DEFAULT_BASE).rstrip("/")
        self._key = settings.stt_api_key or settings.openai_api_key or ("none" if settings.stt_base_url else "")
        self._model = settings.stt_model
        self._upstream = Upstream("speech", per_tenant=8, max_body=1024 * 1024)

    async def close(self) -> None:
        """Close the connections."""
        await self._upstream.close()

    async def transcribe(
        self, tenant_id: int, audio: bytes, mime: str, *, shop: str, vocabulary: list[str], deadline: float
    ) -> str:
        """The words of a Spanish recording, "" when nobody speaks, within `deadline` seconds.

        `vocabulary` are the shop's own words, which the server would not expect: gpt-transcribe takes them as keywords,
        others as a prompt. Raises PermanentError (not_configured, format, or the server's refusal) and RetryableError.
        """
        if not self._key:
            raise PermanentError("not_configured", "No hay servidor de transcripción configurado", 0)
        name = _NAMES.get(mime)
        if name is None:
            raise PermanentError("format", f"Ningún servidor transcribe {mime}", 0)
        try:
            response = await self._upstream.request(
                tenant_id,
                "POST",
                f"{self._base}/audio/transcriptions",
                headers={"Authorization": f"Bearer {self._key}"},
                multipart=Multipart(self._fields(shop, vocabulary), {"file": (name, audio, mime)}),
                deadline=deadline,
            )
        except UnknownOutcomeError as error:
            raise RetryableError("speech_unavailable", error.reason) from error
        if response.status != 200:
            if response.status == 429 or response.status >= 500:
                raise RetryableError("speech_unavailable", f"El servidor contestó {response.status}")
            raise PermanentError("speech_refused", "El servidor no aceptó el audio", response.status)
        try:
            document = response.json()
            text = document.get("text") if isinstance(document, dict) else None
        except ValueError:
            text = None
        if not isinstance(text, str):
            raise RetryableError("speech_unavailable", "El servidor contestó algo que no se entiende")
        return " ".join(text.split())

    def _fields(self, shop: str, vocabulary: list[str]) -> dict[str, str | list[str]]:
        fields: dict[str, str | list[str]] = {"model": self._model, "response_format": "json"}
        words = [word[:_LONGEST_KEYWORD] for word in vocabulary][:_MOST_KEYWORDS]
        if self._model.startswith("gpt-transcribe"):
            fields["languages[]"] = ["es"]
            if words:
                fields["keywords[]"] = words
        else:
            fields["language"] = "es"
            fields["prompt"] = f"{shop}. {', '.join(words)}"[:_LONGEST_PROMPT]
        return fields
