"""YCloud's WhatsApp API as ycloud.md 4 describes it: send one message now, show that somebody is typing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.upstream import Response, Upstream
from nexus.runtime.settings import Settings

SEND_DEADLINE = 10.0
"""Seconds; past it the outcome of a send is unknown."""
_PAIR_RATE = "131056"


@dataclass(frozen=True, slots=True)
class Addressed:
    """From whom, to whom, and by which id it will come back: `to_address` E.164, else a username-scoped id."""

    from_number: str
    to_address: str | None
    to_user_id: str | None
    external_id: str


@dataclass(frozen=True, slots=True)
class AcceptedSend:
    """The provider's ids of a message it took; wamid may come later, by webhook."""

    provider_id: str | None
    wamid: str | None


class YCloud:
    """One per process; the key of the tenant comes with each call."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.ycloud_base_url.rstrip("/")
        self._upstream = Upstream("ycloud")
        self._typing_paths: tuple[str, ...] = ("typingIndicator", "typing")

    async def close(self) -> None:
        """Close the connections."""
        await self._upstream.close()

    async def send(self, tenant_id: int, api_key: str, to: Addressed, content: Mapping[str, Any]) -> AcceptedSend:
        """Send through `sendDirectly`, in our order and with its error at once (S-021).

        Raises RetryableError (known not accepted: refused connection, DNS, 429, 503, breaker), PermanentError
        (refused for good), UnknownOutcomeError (timeout, reset, other 5xx): nobody may send that one again by itself.
        """
        body = {"from": to.from_number, "externalId": to.external_id, **content}
        body |= {"to": to.to_address} if to.to_address else {"recipient": to.to_user_id}
        response = await self._post(tenant_id, api_key, "/whatsapp/messages/sendDirectly", body, SEND_DEADLINE)
        if response.status == 200:
            answer = _json(response)
            return AcceptedSend(_optional(answer, "id"), _optional(answer, "wamid"))
        raise_refusal(response)
        raise UnknownOutcomeError(f"ycloud: http {response.status}")

    async def show_typing(self, tenant_id: int, api_key: str, inbound_id: str) -> None:
        """Blue ticks, and typing dots until an answer or 25 s; `inbound_id` is YCloud's id of the message or its wamid.

        The path is disputed (ycloud.md 4.6): both are tried, the one that last answered first. A 404 alone says nothing
        of the path, for a message that YCloud does not know has the same."""
        prefix = f"/whatsapp/inboundMessages/{quote(inbound_id, safe='')}/"
        for path in self._typing_paths:
            response = await self._post(tenant_id, api_key, prefix + path, None, 5.0)
            if response.status == 200:
                self._typing_paths = (path, *(other for other in self._typing_paths if other != path))
            if response.status != 404:
                return

    async def _post(self, tenant_id: int, api_key: str, path: str, body: Any, deadline: float) -> Response:
        return await self._upstream.request(
            tenant_id, "POST", self._base + path, headers={"X-API-Key": api_key}, json=body, deadline=deadline
        )


def text_content(body: str) -> dict[str, Any]:
    """A text bubble; links show their preview."""
    return {"type": "text", "text": {"body": body, "preview_url": True}}


def image_content(url: str, caption: str | None = None) -> dict[str, Any]:
    """An image bubble by link, with the words under it."""
    return {"type": "image", "image": {"link": url} | ({"caption": caption} if caption else {})}


def media_content(kind: str, media_id: str, *, caption: str | None = None, name: str | None = None) -> dict[str, Any]:
    """A file that YCloud was given before (image, video, audio, document); a recording has no caption (4.1)."""
    content: dict[str, Any] = {"id": media_id}
    if caption and kind != "audio":
        content["caption"] = caption
    if name and kind == "document":
        content["filename"] = name
    return {"type": kind, kind: content}


def template_content(template: Mapping[str, Any]) -> dict[str, Any]:
    """An approved template with its body parameters in order; `template` is {name, language, parameters[]}."""
    shape: dict[str, Any] = {
        "name": template["name"],
        "language": {"code": template["language"], "policy": "deterministic"},
    }
    if template.get("parameters"):
        texts = [{"type": "text", "text": str(p)} for p in template["parameters"]]
        shape["components"] = [{"type": "body", "parameters": texts}]
    return {"type": "template", "template": shape}


def raise_refusal(response: Response) -> None:
    """Raise what a non-200 answer means; returns only where the outcome is unknown (ycloud.md 4.4)."""
    error = _json(response).get("error")
    error = error if isinstance(error, dict) else {}
    meta = error.get("whatsappApiError")
    code = str((meta if isinstance(meta, dict) else {}).get("code") or error.get("code") or response.status)
    if response.status in (429, 503):
        raise RetryableError(code, "YCloud pidió esperar", _retry_after(response))
    if response.status < 500:
        raise PermanentError(code, str(error.get("message") or "YCloud rechazó el mensaje")[:300], response.status)


def is_credential_trouble(error: PermanentError) -> bool:
    """Whether every send will be refused until somebody acts: a wrong key, no balance, an account on hold (4.4)."""
    return error.status == 401 or error.code == "BALANCE_INSUFFICIENT" or error.code.startswith("ACCOUNT_")


def is_pair_rate(code: str) -> bool:
    """WhatsApp's limit of one number to one customer: waits 4^n seconds (ycloud.md 4.4)."""
    return code == _PAIR_RATE


def _retry_after(response: Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return min(float(value), 3600.0) if value.isdigit() else None


def _json(response: Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _optional(answer: Mapping[str, Any], name: str) -> str | None:
    value = answer.get(name)
    return value if isinstance(value, str) and value else None
