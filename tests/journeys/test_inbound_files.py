"""Files of customers are fetched from YCloud alone, kept only when they are what they say, and missed in words."""

import uuid
from typing import Any

import pytest

from tests.journeys.events import deliver, inbound
from tests.journeys.people import OGG, SAMPLE, UNHEARD, item, items, speak, stranger, upload
from tests.journeys.scripts import reply, scenario, texts_of
from tests.service import eventually
from tests.system import Shop, System


async def _expired(system: System, shop: Shop, customer: str) -> None:
    await system.fault("ycloud.media", "403", times=-1, match={"number": shop.number})
    await speak(shop, customer)


async def _two_months_old(_: System, shop: Shop, customer: str) -> None:
    await speak(shop, customer, media_age=60 * 24 * 3600)


async def _gone(system: System, shop: Shop, customer: str) -> None:
    await system.fault("ycloud.media", "404", match={"number": shop.number})
    await speak(shop, customer)


async def _of_no_bytes(system: System, shop: Shop, customer: str) -> None:
    await speak(shop, customer, await upload(system, b"", "nota.ogg", mime=OGG))


async def _cut_short(system: System, shop: Shop, customer: str) -> None:
    await system.fault("ycloud.media", "empty", match={"number": shop.number})
    await speak(shop, customer)


async def _of_17_megabytes(system: System, shop: Shop, customer: str) -> None:
    content = SAMPLE.read_bytes() + b"\0" * 17 * 1024 * 1024
    await speak(shop, customer, await upload(system, content, "nota.ogg", mime=OGG))


async def _endless(system: System, shop: Shop, customer: str) -> None:
    await system.fault("ycloud.media", "oversize", match={"number": shop.number})
    await speak(shop, customer)


async def _a_page(system: System, shop: Shop, customer: str) -> None:
    page = b"<!doctype html><script>alert(document.cookie)</script>"
    await speak(shop, customer, await upload(system, page, "nota.ogg", mime=OGG))


async def _a_page_instead(system: System, shop: Shop, customer: str) -> None:
    await system.fault("ycloud.media", "html", match={"number": shop.number})
    await speak(shop, customer)


async def _without_a_link(_: System, shop: Shop, customer: str) -> None:
    await deliver(shop, inbound(shop, customer, "", type="audio", audio={"id": "1", "mime_type": OGG}))


@pytest.mark.parametrize(
    ("send", "why"),
    [
        (_expired, "ya no tiene el archivo"),
        (_two_months_old, "ya no tiene el archivo"),
        (_gone, "ya no tiene el archivo"),
        (_of_no_bytes, "llegó vacío"),
        (_cut_short, "llegó vacío"),
        (_of_17_megabytes, "demasiado grande"),
        (_endless, "demasiado grande"),
        (_a_page, "no es lo que dice ser"),
        (_a_page_instead, "no es lo que dice ser"),
        (_without_a_link, "no dijo de dónde"),
    ],
)
async def test_a_note_whose_file_cannot_be_had_is_said_and_the_operator_sees_why(
    system: System, send: Any, why: str
) -> None:
    shop = await system.new_shop(name := f"Danza {uuid.uuid4().hex[:8]}")
    customer = shop.customer()

    await send(system, shop, customer)
    sends = await shop.answers(customer)
    await shop.stays_at(customer, 1, seconds=0.3)

    assert texts_of(sends) == [UNHEARD]
    note = await item(shop, customer, "audio")
    assert (note["content"], note["media"]) == ("", None)
    assert (note["media_state"], note["transcript_state"]) == ("failed", "failed")
    assert why in note["media_problem"]
    assert len(await shop.events("media_failed")) == 1
    assert await system.model_runs(name) == []  # the shop's name stands in every prompt
    assert not list((system.folder / "media" / str(shop.tenant_id)).glob("*"))


async def test_24_hours_of_silence_are_kept_and_not_sent_to_the_transcriber(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    note = await upload(system, _lasting(24 * 3600), "nota.ogg", mime=OGG)
    (await system.sandbox.delete("/sandbox/stt/requests")).raise_for_status()

    await speak(shop, customer, note)
    sends = await shop.answers(customer)

    assert texts_of(sends) == [UNHEARD]
    assert (await system.sandbox.get("/sandbox/stt/requests")).json()["requests"] == []
    shown = await item(shop, customer, "audio")
    assert (shown["media_state"], round(shown["media"]["seconds"])) == ("stored", 24 * 3600)
    assert "demasiado largo" in shown["transcript_problem"]


@pytest.mark.parametrize(
    "link",
    [
        "http://169.254.169.254/ycloud/v2/whatsapp/media/download/1",
        "http://127.0.0.1:{stranger}/ycloud/v2/whatsapp/media/download/1",
        "http://127.0.0.1:{ours}@127.0.0.1:{stranger}/ycloud/v2/whatsapp/media/download/1",
        "http://127.0.0.1:{ours}/ycloud/v2/whatsapp/media/download/../../../../sandbox/ledger",
        "http://127.0.0.1:{ours}/ycloud/v2/whatsapp/media/download/%2e%2e/%2e%2e/webhookEndpoints",
        "http://127.0.0.1:{ours}/sandbox/ledger?/ycloud/v2/whatsapp/media/download/1",
        "https://127.0.0.1:{ours}/ycloud/v2/whatsapp/media/download/1",
        "file:///etc/passwd",
    ],
)
async def test_a_link_that_leads_anywhere_but_to_ycloud_is_not_followed(system: System, shop: Shop, link: str) -> None:
    customer = shop.customer()
    async with stranger(SAMPLE.read_bytes(), OGG) as elsewhere:
        leads = link.format(stranger=elsewhere.port, ours=system.ports["sandbox"])
        audio = {"id": "1", "link": leads, "mime_type": OGG}
        answer = await shop.post_event(inbound(shop, customer, "", type="audio", audio=audio))
        sends = await shop.answers(customer)

        assert answer["body"] == {"status": "accepted"}
        assert texts_of(sends) == [UNHEARD]
        assert "no es de WhatsApp" in (await item(shop, customer, "audio"))["media_problem"]
        assert elsewhere.visits == []


async def test_a_redirect_of_the_download_is_not_followed(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    async with stranger(SAMPLE.read_bytes(), OGG) as elsewhere:
        url = elsewhere.url("/ycloud/v2/whatsapp/media/download/1")
        await system.fault("ycloud.media", "redirect", url=url, match={"number": shop.number})
        await speak(shop, customer)
        sends = await shop.answers(customer)

        assert texts_of(sends) == [UNHEARD]
        assert "otra dirección" in (await item(shop, customer, "audio"))["media_problem"]
        assert elsewhere.visits == []


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("foto.jpg", b"<html><script>alert(1)</script></html>", "image/jpeg"),
        ("foto.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/jpeg"),
        ("film.mp4", b"MZ" + bytes(600), "video/mp4"),
        ("foto.png", b"", "image/png"),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_not_kept_and_its_words_are_answered(
    system: System, shop: Shop, name: str, content: bytes, mime: str
) -> None:
    customer = shop.customer()
    await system.script([scenario("", reply("te leo"))])

    await shop.say(customer, "", media_id=await upload(system, content, name, mime=mime), caption="¿tienen esta?")
    sends = await shop.answers(customer)

    shown = await item(shop, customer, mime.partition("/")[0])
    assert texts_of(sends) == ["te leo"]
    assert (shown["media"], shown["media_state"], shown["content"]) == (None, "failed", "¿tienen esta?")
    assert shown["media_problem"]


async def test_a_page_sent_as_a_document_is_only_ever_saved_never_shown(system: System, shop: Shop) -> None:
    customer = shop.customer()
    page = b"<!doctype html><script>alert(document.cookie)</script>"

    await shop.say(customer, "", media_id=await upload(system, page, "factura.html", mime="text/html"))
    await eventually(lambda: _stored(shop, customer), what="the file")

    media = (await item(shop, customer, "document"))["media"]
    opened = await system.admin(shop.tenant_id).get(media["url"])
    assert opened.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in opened.headers["content-security-policy"]
    assert opened.headers["x-content-type-options"] == "nosniff"


async def test_a_pictures_link_into_our_own_network_is_not_followed(system: System, shop: Shop) -> None:
    customer = shop.customer()
    await system.script([scenario("", reply("te leo"))])
    async with stranger(b"\xff\xd8\xff\xe0", "image/jpeg") as elsewhere:
        for link in ("http://169.254.169.254/latest/meta-data/", elsewhere.url("/foto.jpg")):
            image = {"id": "1", "link": link, "mime_type": "image/jpeg"}
            await deliver(shop, inbound(shop, customer, "", type="image", image=image))
        await shop.answers(customer)

        assert [shown["media_state"] for shown in await items(shop, customer, "image")] == ["failed", "failed"]
        assert elsewhere.visits == []


async def _stored(shop: Shop, customer: str) -> bool:
    found = await items(shop, customer, "document")
    return bool(found and found[-1]["media_state"] == "stored")


def _lasting(seconds: int) -> bytes:
    """The sample with a last page that says it is so long: Ogg's length is the position of its last sample."""
    note = bytearray(SAMPLE.read_bytes())
    last = note.rindex(b"OggS")
    note[last + 6 : last + 14] = (seconds * 48_000).to_bytes(8, "little")
    return bytes(note)
