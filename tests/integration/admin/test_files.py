"""Files over the API: what may be uploaded, how it comes back, and who may have it."""

import io
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from nexus.orchestrator_service.admin.router import AdminDeps
from nexus.store.database import Pool, tenant_transaction
from nexus.store.files import load_file
from tests.integration.admin import file_bytes as made
from tests.integration.admin.conftest import Shop

MakeShop = Callable[..., Awaitable[Shop]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MEGABYTE = 1024 * 1024


async def _upload(machine: httpx.AsyncClient, shop: Shop, content: bytes, name: str = "") -> httpx.Response:
    return await machine.post("/admin/media", params={"name": name}, content=content, headers=shop.headers)


def _left_over(deps: AdminDeps, shop: Shop) -> list[Path]:
    folder = deps.settings.media_dir / str(shop.id)
    return list(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("content", "name", "kind", "mime", "called"),
    [
        (made.picture("JPEG"), "C:\\fotos\\punta rosa.JPG", "image", "image/jpeg", "punta rosa.JPG"),
        (made.picture("PNG"), "punta.txt", "image", "image/png", "punta.png"),
        (made.MP4, "clip", "video", "video/mp4", "clip.mp4"),
        (made.THREE_GP, "a.3gp", "video", "video/3gpp", "a.3gp"),
        (made.MP3, "", "audio", "audio/mpeg", "audio.mp3"),
        (made.AMR, "n.amr", "audio", "audio/amr", "n.amr"),
        (made.VOICE, "nota.opus", "audio", "audio/ogg", "nota.opus"),
        (made.PDF, "../../etc/factura.pdf", "document", "application/pdf", "factura.pdf"),
        (made.OLD_WORD, "viejo.doc", "document", "application/msword", "viejo.doc"),
        (
            made.office("xl"),
            "precios.xlsx",
            "document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "precios.xlsx",
        ),
        ("Ñandú: 3 pares\n".encode(), "lista.txt", "document", "text/plain", "lista.txt"),
    ],
)
async def test_what_whatsapp_takes_is_kept_as_it_is(
    machine: httpx.AsyncClient, shop: Shop, content: bytes, name: str, kind: str, mime: str, called: str
) -> None:
    answer = await _upload(machine, shop, content, name)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["type"], body["mime"], body["name"], body["size"]) == (kind, mime, called, len(content))
    shown = await machine.get(body["url"], headers=shop.headers)
    assert shown.content == content


async def test_a_voice_note_knows_its_length_and_who_brought_it(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    body = (await _upload(machine, shop, made.VOICE)).json()
    assert 1 < body["seconds"] < 15
    file = await load_file(shop.id, pool, uuid.UUID(body["id"]))
    assert file is not None
    assert file.uploaded_by == "Una integración"
    assert file.storage_url == f"media/{shop.id}/{body['id']}"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (made.picture("WEBP"), "punta.webp"),
        (made.picture("GIF", mode="P", colour=3), "punta.gif"),
        (made.picture("WEBP", mode="RGBA"), "sin fondo.webp"),
        (made.picture("JPEG", mode="CMYK"), "imprenta.jpg"),
        (made.noise(1500), "enorme.png"),
    ],
)
async def test_a_picture_that_whatsapp_would_refuse_becomes_a_jpeg(
    machine: httpx.AsyncClient, shop: Shop, content: bytes, name: str
) -> None:
    answer = await _upload(machine, shop, content, name)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["mime"], body["name"].rsplit(".", 1)[1]) == ("image/jpeg", "jpg")
    shown = (await machine.get(body["url"], headers=shop.headers)).content
    assert len(shown) == body["size"] <= 5 * MEGABYTE
    with Image.open(io.BytesIO(shown)) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"", "vacio.pdf", 422),
        (made.HTML, "foto.jpg", 415),
        (made.HTML, "lista.txt", 415),
        (made.SVG, "logo.svg", 415),
        (made.PROGRAM, "virus.pdf", 415),
        (made.MOV, "iphone.mp4", 415),
        (made.VORBIS, "tema.ogg", 415),
        (made.OLD_WORD, "macro.pdf", 415),
        (made.picture("BMP"), "x.bmp", 415),
        (made.picture("JPEG")[:200], "cortada.jpg", 415),
        (made.picture("WEBP")[:40], "cortada.webp", 415),
        (b"PK\x03\x04" + b"\0" * 100, "roto.docx", 415),
        (b"\0\x01\x02 nada", "datos.txt", 415),
        (b"a;b;c\n", "planilla.csv", 415),
    ],
)
async def test_what_whatsapp_refuses_is_refused_at_once_and_leaves_nothing(
    machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps, content: bytes, name: str, status: int
) -> None:
    answer = await _upload(machine, shop, content, name)
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"code", "message", "correlation_id"}
    assert _left_over(deps, shop) == []


@pytest.mark.parametrize("declared", [True, False])
async def test_more_than_16_mb_is_refused_whether_declared_or_not(
    machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps, declared: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield made.PDF.ljust(MEGABYTE, b" ")

    content: Any = made.PDF.ljust(17 * MEGABYTE, b" ") if declared else pieces()
    answer = await machine.post("/admin/media?name=a.pdf", content=content, headers=shop.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert _left_over(deps, shop) == []
    allowed = await _upload(machine, shop, made.PDF.ljust(16 * MEGABYTE, b" "), "a.pdf")
    assert allowed.status_code == 201


async def test_a_file_is_of_its_shop_alone_and_of_nobody_without_a_credential(
    machine: httpx.AsyncClient, browser: httpx.AsyncClient, make_shop: MakeShop, sign_in: SignIn
) -> None:
    mine, other = await make_shop("Danza"), await make_shop("Patín")
    url = (await _upload(machine, mine, made.PDF, "a.pdf")).json()["url"]
    assert (await browser.get(url)).status_code == 401
    assert (await machine.get(url, headers=other.headers)).status_code == 404
    assert (await machine.get(url)).status_code == 400
    person = await sign_in(mine, role="read-only")
    assert (await person.get(url)).status_code == 200
    assert (await person.post("/admin/media", content=made.PDF)).status_code == 403


async def test_who_has_several_shops_says_in_the_address_which_one(
    machine: httpx.AsyncClient, make_shop: MakeShop, sign_in: SignIn
) -> None:
    mine, second, foreign = [await make_shop() for _ in range(3)]
    url = (await _upload(machine, second, made.PDF, "a.pdf")).json()["url"]
    person = await sign_in(mine, second)
    assert (await person.get(url)).status_code == 400
    assert (await person.get(f"{url}?tenant_id={second.id}")).status_code == 200
    assert (await person.get(f"{url}?tenant_id={mine.id}")).status_code == 404
    assert (await person.get(f"{url}?tenant_id={foreign.id}")).status_code == 404
    assert (await person.get(f"{url}?tenant_id=x")).status_code == 422


async def test_ranges_heads_and_known_tags_are_answered_as_browsers_expect(
    machine: httpx.AsyncClient, shop: Shop
) -> None:
    url = (await _upload(machine, shop, made.VOICE, "voz.ogg")).json()["url"]
    whole = await machine.get(url, headers=shop.headers)
    size, tag = len(made.VOICE), whole.headers["etag"]
    assert (whole.headers["accept-ranges"], whole.headers["content-length"]) == ("bytes", str(size))
    for asked, start, end in (("0-99", 0, 100), ("100-", 100, size), ("-50", size - 50, size), ("5-999999", 5, size)):
        part = await machine.get(url, headers=shop.headers | {"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, made.VOICE[start:end]), asked
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert part.headers["content-length"] == str(end - start)
    for odd in ("bytes=-", "bytes=9-2", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "x" * 500):
        assert (await machine.get(url, headers=shop.headers | {"Range": odd})).content == made.VOICE, odd
    for past in (f"bytes={size}-", "bytes=-0", "bytes=999999999-"):
        refused = await machine.get(url, headers=shop.headers | {"Range": past})
        assert (refused.status_code, refused.headers["content-range"]) == (416, f"bytes */{size}"), past
    other = await machine.get(url, headers=shop.headers | {"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (other.status_code, len(other.content)) == (200, size)
    head = await machine.head(url, headers=shop.headers)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    same = await machine.get(url, headers=shop.headers | {"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize(
    ("stored", "shown", "inline"),
    [
        ("image/jpeg", "image/jpeg", True),
        ("audio/ogg; codecs=opus", "audio/ogg", True),
        ("video/mp4", "video/mp4", True),
        ("image/svg+xml", "application/octet-stream", False),
        ("text/html", "application/octet-stream", False),
        ("application/pdf", "application/pdf", False),
        ("text/plain", "text/plain; charset=utf-8", False),
        ("audio/x\r\nset-cookie: a=b", "application/octet-stream", False),
        (None, "application/octet-stream", False),
    ],
)
async def test_only_pictures_and_recordings_open_in_the_page_and_nothing_runs(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool, stored: str | None, shown: str, inline: bool
) -> None:
    body = (await _upload(machine, shop, made.PDF, "a.pdf")).json()
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(
            "update chat_media set mime_type = $2, file_name = $3 where id = $1",
            uuid.UUID(body["id"]), stored, "Ñandú \"2\"\r\nx: y.pdf",
        )  # fmt: skip
    answer = await machine.get(body["url"], headers=shop.headers)
    assert answer.headers["content-type"] == shown
    kind, _, name = answer.headers["content-disposition"].partition("; ")
    assert kind == ("inline" if inline else "attachment")
    assert name == "filename*=UTF-8''%C3%91and%C3%BA%20%222%22%0D%0Ax%3A%20y.pdf"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private")
    assert "set-cookie" not in answer.headers


async def test_a_row_whose_file_is_gone_is_404(machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps) -> None:
    body = (await _upload(machine, shop, made.PDF, "a.pdf")).json()
    deps.folder.forget(shop.id, uuid.UUID(body["id"]))
    answer = await machine.get(body["url"], headers=shop.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "media_gone")
    assert (await machine.get(f"/admin/media/{uuid.uuid4()}", headers=shop.headers)).status_code == 404
    assert (await machine.get("/admin/media/..%2f..%2fetc", headers=shop.headers)).status_code in (404, 422)


async def test_a_deleted_shop_leaves_no_file_behind(machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps) -> None:
    await _upload(machine, shop, made.PDF, "a.pdf")
    assert len(_left_over(deps, shop)) == 1
    assert (await machine.delete(f"/admin/tenants/{shop.id}")).status_code == 204
    assert _left_over(deps, shop) == []
