"""Files: the phones' store, the signed download door with its faults, uploads, and the ear that knows their words."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import API_KEY, BUSINESS, CUSTOMER, Door, Sandbox, running_sandbox

OGG = b"OggS" + b"\0" * 24 + b"OpusHead" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 60
OTHER_KEY = "key-of-another"


async def upload(sandbox: Sandbox, data: bytes, **query: str) -> dict[str, Any]:
    """A file of somebody's phone."""
    made = await sandbox.http.post("/sandbox/media", params=query, content=data)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def received(sandbox: Sandbox, door: Door, **wish: Any) -> dict[str, Any]:
    """The content object that a business got for a customer's file."""
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", **wish)
    message = json.loads(door.deliveries[-1][1])["whatsappInboundMessage"]
    return dict(message[message["type"]])


def path_of(media: dict[str, Any]) -> str:
    """The link without its host: the tests' sandbox stands on any free port."""
    return "/ycloud" + str(media["link"]).partition("/ycloud")[2]


async def test_a_phones_file_is_kept_shown_and_handed_over_with_its_digest(sandbox: Sandbox, door: Door) -> None:
    kept = await upload(sandbox, OGG, name="nota.ogg", mime="audio/ogg; codecs=opus", transcript="Tenés puntas?")
    assert (kept["size"], kept["sha256"]) == (len(OGG), hashlib.sha256(OGG).hexdigest())
    audio = await received(sandbox, door, media_id=kept["id"])
    assert audio["sha256"] == base64.b64encode(hashlib.sha256(OGG).digest()).decode()
    fetched = await sandbox.http.get(path_of(audio))
    assert (fetched.content, fetched.headers["content-type"]) == (OGG, "audio/ogg; codecs=opus")
    [line] = (await sandbox.thread())["messages"]
    assert line["type"] == "audio"
    assert line["media"]["transcript"] == "Tenés puntas?"
    played = await sandbox.http.get(line["media"]["url"], headers={"Range": "bytes=0-3"})
    assert (played.status_code, played.content) == (206, b"OggS")


async def test_the_samples_are_there_under_stable_ids(sandbox: Sandbox) -> None:
    samples = {row["id"]: row for row in (await sandbox.http.get("/sandbox/media/samples")).json()}
    assert set(samples) == {
        *("voz-puntas", "voz-envio", "voz-cambio", "voz-persona"),
        *("foto-zapatilla", "comprobante", "sticker"),
    }
    kinds = {"voz-puntas": b"OggS", "foto-zapatilla": b"\xff\xd8\xff", "comprobante": b"%PDF-", "sticker": b"RIFF"}
    for sample_id, beginning in kinds.items():
        fetched = await sandbox.http.get(f"/sandbox/media/{sample_id}")
        assert fetched.content.startswith(beginning)
        assert len(fetched.content) == samples[sample_id]["size"]
        assert fetched.headers["content-type"] == samples[sample_id]["mime"]


@pytest.mark.parametrize(
    ("age", "key", "status"),
    [
        (0, None, 200),
        (0, OTHER_KEY, 200),
        (299, None, 200),
        (301, None, 403),
        (301, OTHER_KEY, 403),
        (301, API_KEY, 200),
        (31 * 86_400, API_KEY, 403),
    ],
)
async def test_a_link_opens_for_minutes_and_for_the_accounts_key_a_month(
    sandbox: Sandbox, door: Door, age: float, key: str | None, status: int
) -> None:
    media = await received(sandbox, door, media_id="voz-persona", media_age=age)
    headers = {"X-API-Key": key} if key else {}
    assert (await sandbox.http.get(path_of(media), headers=headers)).status_code == status


async def test_a_tampered_link_is_forbidden_and_an_unknown_one_not_found(sandbox: Sandbox, door: Door) -> None:
    path = path_of(await received(sandbox, door, media_id="voz-persona"))
    other = path_of(await received(sandbox, door, media_id="voz-puntas"))
    headers = {"X-API-Key": API_KEY}
    for forged in (
        path.partition("?")[0],
        path[:-4] + "AAAA",
        path.replace("t%3D1", "t%3D2"),
        path.partition("?")[0] + "?" + other.partition("?")[2],
    ):
        assert (await sandbox.http.get(forged, headers=headers)).status_code == 403, forged
    gone = path.replace("/download/", "/download/9")
    assert (await sandbox.http.get(gone, headers=headers)).status_code == 404


async def test_the_doors_faults(sandbox: Sandbox, door: Door) -> None:
    path = path_of(await received(sandbox, door, media_id="voz-persona"))

    async def shown(kind: str, **more: Any) -> httpx.Response:
        await sandbox.control("POST", "/faults", target="ycloud.media", kind=kind, **more)
        return await sandbox.http.get(path)

    for status in ("403", "404", "500"):
        assert (await shown(status)).status_code == int(status)
    page = await shown("html")
    assert (page.status_code, page.headers["content-type"]) == (200, "audio/ogg; codecs=opus")
    assert b"<html" in page.content or b"<!doctype html>" in page.content
    empty = await shown("empty")
    assert (empty.status_code, empty.content) == (200, b"")
    assert len((await shown("oversize")).content) == 17 * 1024 * 1024
    away = await shown("redirect", url="http://10.0.0.1/secreto")
    assert (away.status_code, away.headers["location"]) == (302, "http://10.0.0.1/secreto")
    for kind in ("reset", "hang"):
        with pytest.raises(httpx.TransportError):
            await shown(kind, seconds=0.1)
    assert (await shown("delay", seconds=0.1)).status_code == 200


async def put(sandbox: Sandbox, data: bytes, mime: str, name: str = "archivo", **more: Any) -> httpx.Response:
    """A business uploads a file."""
    phone, key = more.get("phone", BUSINESS), more.get("key", API_KEY)
    files = {more.get("field", "file"): (name, data, mime)}
    url = f"/ycloud/v2/whatsapp/media/{phone}/upload"
    return await sandbox.http.post(url, files=files, headers={"X-API-Key": key})


async def test_an_upload_is_sent_by_its_id_and_shown_on_the_phone(sandbox: Sandbox) -> None:
    uploaded = await put(sandbox, JPEG, "image/jpeg", "foto.jpg", phone=BUSINESS.lstrip("+"))
    assert uploaded.status_code == 200
    media_id = uploaded.json()["id"]
    assert media_id.isdigit()
    assert (await sandbox.send(type="image", image={"id": media_id, "caption": "mirá"})).status_code == 200
    [line] = (await sandbox.thread())["messages"]
    assert (line["text"], line["image_url"]) == ("mirá", f"/sandbox/media/{media_id}")
    assert (await sandbox.http.get(line["image_url"])).content == JPEG


async def test_an_id_that_is_unknown_foreign_or_of_another_type_is_131053(sandbox: Sandbox) -> None:
    await sandbox.control("POST", "/numbers", phone="+5491155550200", api_key=OTHER_KEY)
    foreign = (await put(sandbox, JPEG, "image/jpeg", phone="+5491155550200", key=OTHER_KEY)).json()["id"]
    own = (await put(sandbox, OGG, "audio/ogg")).json()["id"]
    for content in ({"id": "123"}, {"id": foreign}, {"id": own}, {"id": "foto-zapatilla"}):
        refused = await sandbox.send(type="image", image=content)
        assert refused.status_code == 400, content
        assert refused.json()["error"]["whatsappApiError"]["code"] == "131053"
    assert (await sandbox.send(type="audio", audio={"id": own})).status_code == 200


@pytest.mark.parametrize(
    ("data", "mime", "status"),
    [
        (OGG, "audio/ogg; codecs=opus", 200),
        (b"%PDF-1.4", "application/pdf", 200),
        (b"OggS" + b"vorbis" * 9, "audio/ogg", 400),
        (b"<html>", "image/jpeg", 400),
        (b"RIFF....WEBP", "image/gif", 400),
        (b"MZ", "application/x-msdownload", 400),
        (b"", "image/jpeg", 400),
        (JPEG + b"\0" * 5 * 1024 * 1024, "image/jpeg", 400),
        (b"RIFF....WEBP" + b"\0" * 100 * 1024, "image/webp", 400),
        (b"RIFF....WEBPANIM" + b"\0" * 100 * 1024, "image/webp", 200),
    ],
)
async def test_an_upload_is_held_to_whatsapps_types_and_sizes(
    sandbox: Sandbox, data: bytes, mime: str, status: int
) -> None:
    answered = await put(sandbox, data, mime)
    assert answered.status_code == status, answered.text


async def test_an_upload_needs_the_key_the_number_and_the_field(sandbox: Sandbox) -> None:
    assert (await put(sandbox, JPEG, "image/jpeg", key="another")).status_code == 401
    assert (await put(sandbox, JPEG, "image/jpeg", phone="+5491100000000")).status_code == 403
    assert (await put(sandbox, JPEG, "image/jpeg", field="media")).status_code == 400
    await sandbox.control("POST", "/faults", target="ycloud.upload", kind="500")
    assert (await put(sandbox, JPEG, "image/jpeg")).status_code == 500


async def transcribed(sandbox: Sandbox, data: bytes, name: str = "voice.ogg", **fields: Any) -> httpx.Response:
    """A request to the transcription endpoint with a key, unless `key` is empty."""
    key = fields.pop("key", "una-clave")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = "/openai/v1/audio/transcriptions"
    form = {"model": "whisper-1", **fields}
    return await sandbox.http.post(url, data=form, files={"file": (name, data, "audio/ogg")}, headers=headers)


async def test_the_ear_knows_samples_and_told_uploads_and_hears_silence_else(sandbox: Sandbox) -> None:
    voice = (await sandbox.http.get("/sandbox/media/voz-persona")).content
    heard = (await transcribed(sandbox, voice, language="es", prompt="puntas")).json()
    assert heard["text"] == "Quiero hablar con una persona."
    assert heard["usage"]["type"] == "duration"
    await upload(sandbox, OGG, name="n.ogg", transcript="Hacen envíos?")
    more = {"languages[]": ["es", "pt"], "keywords[]": ["puntas", "malla"]}
    assert (await transcribed(sandbox, OGG, **more)).json()["text"] == "Hacen envíos?"
    assert (await transcribed(sandbox, OGG + b"x")).json()["text"] == ""
    requests = (await sandbox.control("GET", "/stt/requests"))["requests"]
    assert [(r["filename"], r["model"], r["size"]) for r in requests[:1]] == [("voice.ogg", "whisper-1", len(voice))]
    assert (requests[0]["language"], requests[0]["prompt"], requests[0]["keywords"]) == ("es", "puntas", [])
    assert (requests[1]["languages"], requests[1]["keywords"]) == (["es", "pt"], ["puntas", "malla"])
    assert requests[1]["sha256"] == hashlib.sha256(OGG).hexdigest()
    await sandbox.control("DELETE", "/stt/requests")
    assert (await sandbox.control("GET", "/stt/requests"))["requests"] == []


@pytest.mark.parametrize(
    ("name", "status"),
    [("voice.opus", 400), ("voice.oga", 400), ("voice", 400), ("voice.bin", 400), ("voice.mp3", 200)],
)
async def test_the_ear_judges_by_the_file_name(sandbox: Sandbox, name: str, status: int) -> None:
    answered = await transcribed(sandbox, OGG, name)
    assert answered.status_code == status
    if status == 400:
        assert "Unsupported file format" in answered.json()["error"]["message"]


async def test_the_ear_refuses_strangers_giants_and_nothing(sandbox: Sandbox) -> None:
    assert (await transcribed(sandbox, OGG, key="")).status_code == 401
    assert (await transcribed(sandbox, OGG, model="")).status_code == 400
    assert (await transcribed(sandbox, b"")).status_code == 400
    assert (await transcribed(sandbox, b"\0" * (25 * 1024 * 1024 + 1))).status_code == 413


async def test_the_ears_faults(sandbox: Sandbox) -> None:
    voice = (await sandbox.http.get("/sandbox/media/voz-persona")).content
    for status in ("400", "401", "429", "500"):
        await sandbox.control("POST", "/faults", target="stt", kind=status)
        assert (await transcribed(sandbox, voice)).status_code == int(status)
    await sandbox.control("POST", "/faults", target="stt", kind="silence")
    assert (await transcribed(sandbox, voice)).json()["text"] == ""
    await sandbox.control("POST", "/faults", target="stt", kind="garbage")
    with pytest.raises(json.JSONDecodeError):
        (await transcribed(sandbox, voice)).json()
    await sandbox.control("POST", "/faults", target="stt", kind="hang", seconds=0.1)
    with pytest.raises(httpx.TransportError):
        await transcribed(sandbox, voice)


async def test_a_restarted_sandbox_still_plays_what_was_sent(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"numbers": [{"phone": BUSINESS, "api_key": API_KEY}]}))
    monkeypatch.setenv("SANDBOX_SEED_FILE", str(seed))
    monkeypatch.setenv("SANDBOX_DATA_DIR", str(tmp_path / "sandbox"))
    async with running_sandbox() as first:
        kept = await upload(first, OGG, name="nota.ogg", transcript="hola")
        await first.control("POST", f"/phone/{CUSTOMER}/messages", media_id=kept["id"])
        sent = (await first.send(text={"body": "Sí"})).json()
        await first.control(
            "POST",
            f"/phone/{CUSTOMER}/messages",
            type="reaction",
            content={"message_id": sent["wamid"], "emoji": "❤️"},
        )
        await first.control("POST", "/clock", customer=CUSTOMER, hours=30)
        await first.control("POST", f"/phone/{CUSTOMER}/number", new_phone="+5493515550999")
        before = await first.control("GET", "/phone/+5493515550999/messages")
        while before["messages"][1]["status"] != "read":
            await asyncio.sleep(0.05)
            before = await first.control("GET", "/phone/+5493515550999/messages")
    async with running_sandbox() as second:
        after = await second.control("GET", "/phone/+5493515550999/messages")
        assert after["messages"] == before["messages"]
        assert after["messages"][1]["reactions"] == [{"author": "customer", "emoji": "❤️"}]
        assert after["window_open"] is False
        assert (await second.thread())["messages"] == []
        assert (await second.http.get(after["messages"][0]["media"]["url"])).content == OGG
        assert (await transcribed(second, OGG)).json()["text"] == "hola"
        await second.control("POST", "/reset")
    assert not list((tmp_path / "sandbox" / "media").iterdir())
