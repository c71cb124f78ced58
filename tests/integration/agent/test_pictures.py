"""A customer's photo as a model that sees gets it: our copy in her message, whatever the API (issue 6, build 6)."""

import base64
import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from nexus.orchestrator_service.agent.outcome import Answered
from nexus.store.memory import SaidMessage, StoredPicture
from tests.integration.agent.conftest import MakeShop, Sandbox, Shop


def photo(shop: Shop, caption: str) -> SaidMessage:
    """A photo with its file in the shop's media folder, of which the camera told where it was taken."""
    media_id = uuid4()
    folder = shop.settings.media_dir / str(shop.id)
    folder.mkdir(parents=True, exist_ok=True)
    place = Image.Exif()
    place[0x010E] = "Rivadavia 1234"
    Image.new("RGB", (1600, 900), "pink").save(folder / str(media_id), "JPEG", exif=place)
    picture = StoredPicture(media_id, "image/jpeg", (folder / str(media_id)).stat().st_size)
    return SaidMessage("user", "customer", "image", caption, datetime.now(UTC), id=media_id, picture=picture)


async def asked_with(shop: Shop, message: SaidMessage) -> Any:
    tenant_burst = await shop.burst("una foto")
    tenant_burst.messages[:] = [message]
    return await shop.answer(tenant_burst)


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_the_photo_goes_as_data_small_and_without_what_the_camera_wrote(
    make_shop: MakeShop, sandbox: Sandbox, tmp_path: Path, api: str
) -> None:
    shop = await make_shop(LLM_MODEL="gpt-4o-mini", LLM_API=api, NEXUS_DATA_DIR=str(tmp_path))
    assert isinstance(await asked_with(shop, photo(shop, "tenés esta malla?")), Answered)

    body = json.dumps((await sandbox.requests())[0]["body"])
    (found,) = [piece.split('"')[0] for piece in body.split("data:image/jpeg;base64,")[1:]]
    sent = base64.b64decode(found)
    assert Image.open(BytesIO(sent)).size == (1024, 576)
    assert b"Rivadavia" not in sent
    assert "http" not in found


async def test_a_model_that_does_not_see_gets_the_caption_and_one_that_refuses_is_asked_again_without(
    make_shop: MakeShop, sandbox: Sandbox, tmp_path: Path
) -> None:
    blind = await make_shop(LLM_MODEL="llama3.1:8b", NEXUS_DATA_DIR=str(tmp_path))
    await asked_with(blind, photo(blind, "tenés esta malla?"))
    body = json.dumps((await sandbox.requests())[0]["body"], ensure_ascii=False)
    assert "data:image" not in body
    assert "[Imagen] tenés esta malla?" in body

    liar = await make_shop(LLM_MODEL="llava", LLM_API="chat", NEXUS_DATA_DIR=str(tmp_path))
    await sandbox.fault("openai", "400", times=1, match={"model": "llava"})
    before = len(await sandbox.requests())
    assert isinstance(await asked_with(liar, photo(liar, "tenés esta?")), Answered)
    await asked_with(liar, photo(liar, "y esta?"))  # within ten minutes nobody tries again
    with_photo = ["data:image" in json.dumps(r["body"]) for r in (await sandbox.requests())[before:]]
    assert with_photo[0]
    assert not any(with_photo[1:])
