"""Which model can see, and a customer's photos as it gets them: our own copies, small, without their metadata.

No address goes to the model, neither the provider's nor ours: only bytes of the media folder, so nobody can make the
model's server fetch anything. A photo stays the customer's words: it stands in her message.
"""

import asyncio
import base64
import re
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from uuid import UUID

from nexus.gateways.llm import ModelSettings
from nexus.runtime.logs import get_logger
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.pictures import OversizedPictureError, UnreadablePictureError, to_jpeg
from nexus.runtime.settings import Settings
from nexus.store.bot_settings import load_bot_settings
from nexus.store.database import Pool
from nexus.store.memory import SaidMessage

MOST_PICTURES = 3
"""Of one burst, the newest."""
_LARGEST_FILE = 16 * 1024 * 1024
_LONGEST_SIDE = 1024
_BLIND_SECONDS = 600.0
_SEEING = re.compile(
    r"^(?:gpt-(?:4o|4\.1|4\.5|5|6)|chatgpt-4o|o[1345](?:-|$)(?!mini)|o4-mini|claude-|gemini-|pixtral|grok-\d+-vision)"
    r"|(?:llava|bakllava|minicpm-v|moondream|internvl|smolvlm|vision|qwen[\d.]*-?vl|gemma-?3(?!.*(?:270m|1b))|mistral-small-3\.[1-9])",
    re.IGNORECASE,
)
"""Names of models that take pictures, of OpenAI and of what self-hosted servers offer."""


def sees(model: str, vision: str) -> bool:
    """Whether pictures are sent to this model: `on`, `off`, or `auto` (models known by name to take them)."""
    return vision == "on" or (vision == "auto" and _SEEING.search(model.rsplit("/", 1)[-1]) is not None)


class Sight:
    """The customers' photos for models that see; a model that refused one is blind for ten minutes."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._folder = MediaFolder(settings)
        self._blind_until: dict[ModelSettings, float] = {}

    async def pictures(self, tenant_id: int, messages: Sequence[SaidMessage], model: ModelSettings) -> dict[UUID, str]:
        """The burst's photos as base64 JPEG by message id; none for a model that does not see."""
        sent = [(message.id, message.picture) for message in messages if message.id and message.picture]
        if not sent or self._blind_until.get(model, 0) > time.monotonic():
            return {}
        if not sees(model.model, (await load_bot_settings(tenant_id, self._pool)).vision):
            return {}
        found: dict[UUID, str] = {}
        for message_id, picture in sent[-MOST_PICTURES:]:
            if picture.byte_size <= _LARGEST_FILE:
                path = self._folder.path_of(tenant_id, picture.media_id)
                if small := await asyncio.to_thread(_small, path):
                    found[message_id] = small
        return found

    def refused(self, model: ModelSettings) -> None:
        """The server takes no pictures for this model after all."""
        get_logger().warning("model_cannot_see", model=model.model)
        self._blind_until[model] = time.monotonic() + _BLIND_SECONDS


def _small(path: Path) -> str | None:
    into = BytesIO()
    try:
        with path.open("rb") as file:
            to_jpeg(file, into, longest_side=_LONGEST_SIDE)
    except (OSError, UnreadablePictureError, OversizedPictureError) as error:
        get_logger().warning("picture_not_shown", error=type(error).__name__)
        return None
    return base64.b64encode(into.getvalue()).decode()
