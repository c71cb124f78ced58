"""The chat model behind one door: OpenAI or any server that speaks like it (reference/llm.md, sections B, C, F)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from nexus.gateways.trust import trust
from nexus.runtime.settings import Settings

_CALL_SECONDS = 12.0
_ANSWER_TOKENS = 800
_USUAL_WAIT = 1.0
_UNPAID = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_NO_PROXY: dict[str, None] = {"all://127.0.0.1": None, "all://localhost": None}
_OPENAI = "https://api.openai.com/v1"  # named, or the SDK takes OPENAI_API_BASE of whoever started us
_NO_KEY = "sin-clave"  # local servers want some non-empty key


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model answers for a tenant, where, and with which key; hashable, for the agents' cache.

    `fallback` is another model of the same server and key, so that nobody ever pays for somebody else; "" for none.
    """

    api_key: str
    base_url: str
    model: str
    api: Literal["auto", "responses", "chat"]
    final: Literal["tool", "provider", "text"]
    fallback: str = ""

    @property
    def is_openai(self) -> bool:
        """OpenAI's own API, which alone knows `store` and `prompt_cache_key`."""
        return not self.base_url or urlsplit(self.base_url).hostname == "api.openai.com"

    @property
    def use_responses(self) -> bool:
        """`LLM_API`; auto is Responses at OpenAI and chat completions anywhere else."""
        return self.api == "responses" or (self.api == "auto" and self.is_openai)

    @property
    def api_used(self) -> Literal["responses", "chat"]:
        """The API that a call of it takes."""
        return "responses" if self.use_responses else "chat"

    @property
    def known_as(self) -> str:
        """Key and address as one short word that gives neither away."""
        return hashlib.sha256(f"{self.base_url} {self.api_key}".encode()).hexdigest()[:16]


def model_settings(settings: Settings, own: Mapping[str, str], fallback: str | None = None) -> ModelSettings:
    """The environment's model with the tenant's `llm` credentials over it, and the tenant's own choice of `fallback`.

    The environment's key is never sent to an address that a tenant chose; its fallback holds only where nothing of the
    model is the tenant's own.
    """
    spare = fallback or ("" if own else settings.llm_fallback_model)
    key = own.get("api_key") or ("" if own.get("base_url") else settings.llm_api_key)
    model = own.get("model") or settings.llm_model
    return ModelSettings(
        api_key=key or _NO_KEY,
        base_url=own.get("base_url") or settings.llm_base_url,
        model=model,
        api=settings.llm_api,
        final=settings.llm_final,
        fallback="" if spare == model else spare,
    )


class QuickChatOpenAI(ChatOpenAI):
    """ChatOpenAI that leaves out work whose result is known, for it holds up every other answer; it sends the same."""

    _forms: dict[int, tuple[Any, dict[str, Any]]] = PrivateAttr(default_factory=dict)

    def bind_tools(self, tools: Sequence[Any], **how: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """An agent binds its tools, which never change, before each call: their schemas are made once."""
        if how.get("strict") is not None:
            return super().bind_tools(tools, **how)
        return super().bind_tools([self._form_of(tool) for tool in tools], **how)

    def _form_of(self, tool: Any) -> dict[str, Any]:
        if id(tool) not in self._forms:
            self._forms[id(tool)] = tool, convert_to_openai_tool(tool)  # with it, or another could get its id
        return self._forms[id(tool)][1]

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """The SDK walks through all that it is given to rename what needs it; `extra_body` it sends as it is."""
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        if kwargs.get("response_format") is not None:  # the SDK reads the answer by it
            return payload
        ready = {name: payload.pop(name) for name in ("messages", "input", "tools") if name in payload}
        if "messages" in ready:
            payload["messages"] = []  # required, and replaced by those in the body
        return payload | {"extra_body": (payload.get("extra_body") or {}) | ready}


class ModelConnections:
    """The process's HTTP clients for models; building one takes as long as fifty calls (llm.md A5)."""

    def __init__(self) -> None:
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30)
        self._async = httpx2.AsyncClient(verify=trust(), limits=limits, timeout=_CALL_SECONDS, mounts=_NO_PROXY)
        self._sync = httpx2.Client(verify=trust(), timeout=_CALL_SECONDS)

    def chat_model(self, wanted: ModelSettings, tenant_id: int) -> ChatOpenAI:
        """A model on the shared connections: 12 s a call, trying again is the caller's; cheap to make."""
        only_openai: dict[str, Any] = {}
        if wanted.is_openai:
            only_openai = {
                "store": False,
                "max_completion_tokens": _ANSWER_TOKENS,
                "model_kwargs": {"prompt_cache_key": f"t{tenant_id}"},
            }
            if wanted.model.startswith(("gpt-6", "gpt-5.")):
                only_openai["reasoning_effort"] = "none"
        return QuickChatOpenAI(
            model=wanted.model,
            api_key=SecretStr(wanted.api_key),
            base_url=wanted.base_url or _OPENAI,
            use_responses_api=wanted.use_responses,
            timeout=_CALL_SECONDS,
            max_retries=0,
            metadata={"model": wanted.model, "api": wanted.api_used, "priced": wanted.is_openai},
            stream_usage=False,
            http_async_client=self._async,
            http_client=self._sync,
            **only_openai,
        )

    async def list_models(self, wanted: ModelSettings) -> list[str]:
        """Model ids that the key may use: the credential test. Raises openai.OpenAIError."""
        client = openai.AsyncOpenAI(
            api_key=wanted.api_key,
            base_url=wanted.base_url or _OPENAI,
            timeout=_CALL_SECONDS,
            max_retries=0,
            http_client=self._async,
        )
        return [model.id async for model in client.models.list()]

    async def close(self) -> None:
        """Close the connections."""
        await self._async.aclose()
        self._sync.close()


def failure_reason(error: openai.OpenAIError) -> str:
    """Why a model call failed: model_timeout, _auth, _quota, _missing, _unavailable or _refused."""
    if is_unpaid(error):
        return "model_quota"
    if isinstance(error, openai.APITimeoutError):
        return "model_timeout"
    if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
        return "model_auth"
    if isinstance(error, openai.NotFoundError):
        return "model_missing"
    if isinstance(error, openai.BadRequestError):
        return "model_refused"
    return "model_unavailable"


class UnpaidError(openai.OpenAIError):
    """The account behind the key has no money; asking again would only cost time (llm.md B)."""


def is_unpaid(error: openai.OpenAIError) -> bool:
    """Whether the provider wants money first: nothing but a person's payment mends it."""
    if isinstance(error, UnpaidError):
        return True
    return isinstance(error, openai.RateLimitError) and (error.code in _UNPAID or error.type == "insufficient_quota")


def asked_wait(error: openai.OpenAIError) -> float | None:
    """Seconds after which a rate limit lets a call through again; None when that is not what failed.

    The provider's own Retry-After where it is a plain number.
    """
    if not isinstance(error, openai.RateLimitError) or is_unpaid(error):
        return None
    told = error.response.headers.get("retry-after", "")
    return float(told) if told.replace(".", "", 1).isdigit() else _USUAL_WAIT


def may_pass(error: openai.OpenAIError) -> bool:
    """Whether the same call may well go through in a moment: the server stumbled, or took too long."""
    return isinstance(error, (openai.APIConnectionError, openai.InternalServerError))


def is_too_long(error: openai.OpenAIError) -> bool:
    """Whether the conversation does not fit the model; the code tells it, the message no longer does (llm.md A3)."""
    return isinstance(error, openai.BadRequestError) and error.code == "context_length_exceeded"
