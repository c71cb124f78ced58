"""A picture that WhatsApp has to be given first (shops serve webp, which it refuses), and a death while it is given."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from PIL import Image

from tests.chaos.count import Count, count
from tests.chaos.rest import at_rest
from tests.chaos.said import Said, new_marker, scenarios, write
from tests.service import Service, eventually
from tests.system import INTERNAL_TOKEN, Shop, System


async def die_while_uploading(
    system: System, victim: Service, shop: Shop, *, shorten: bool, settles_within: float
) -> Count:
    """An answered customer is sent a webp picture; the gateway dies while YCloud takes it: it goes out once, later."""
    marker, later = new_marker(), new_marker()
    await system.script(scenarios([(marker, False), (later, False)]))
    said = [await write(shop, marker, "text")]
    customer = said[0].customer
    await eventually(lambda: at_rest(system, shop, said), within=30, every=0.2, what="answered")
    async with _webp_picture() as url:
        await system.fault("ycloud.upload", "hang", seconds=60, match={"number": shop.number})
        picture_id = await _send_picture(shop, customer, url, marker)
        await eventually(lambda: _uploading(system), within=20, every=0.05, what="upload begun")
        at_death = [await _state(system, picture_id)]
        dead_owner = f"%:{victim.process.pid}" if victim.process else ""
        victim.kill()
        at_death.append(await _state(system, picture_id))
        said.append(await write(shop, later, "photo", customer=customer))
        await victim.restart()
        await eventually(
            lambda: at_rest(system, shop, said, end_leases_of=dead_owner if shorten else ""),
            within=settles_within,
            every=0.4,
            what="at rest",
        )
    assert at_death == ["pending", "pending"], f"the picture was {at_death} while it was uploaded"
    return await _count_with_picture(system, shop, said, picture_id)


async def _count_with_picture(system: System, shop: Shop, said: list[Said], picture_id: str) -> Count:
    """The picture answers nothing: it is in the ledger exactly once, as a picture by id."""
    counted = await count(system, shop, said)
    sends = (await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"]
    pictures = [send for send in sends if (send["external_id"] or "").endswith(picture_id)]
    counted.unexpected -= len(pictures)
    counted.twice += max(0, len(pictures) - 1)
    counted.lost += not pictures or not all("id" in send["content"] for send in pictures)
    return counted


async def _send_picture(shop: Shop, customer: str, url: str, client_ref: str) -> str:
    queued = await shop.system.gateway.post(
        "/messages/send",
        json={"to": customer, "imageUrl": url, "client_ref": client_ref},
        headers={"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(shop.tenant_id)},
    )
    queued.raise_for_status()
    return str(queued.json()["id"])


async def _uploading(system: System) -> bool:
    faults = (await system.sandbox.get("/sandbox/faults")).json()["faults"]
    return not any(fault["target"] == "ycloud.upload" for fault in faults)


async def _state(system: System, message_id: str) -> str:
    row = await system.one("select provider_status from chat_messages where id = $1::text::uuid", message_id)
    return str(row["provider_status"])


@asynccontextmanager
async def _webp_picture() -> AsyncIterator[str]:
    """The address of a shop's picture, served for as long as this is open."""
    file = io.BytesIO()
    Image.new("RGB", (120, 80), "coral").save(file, "WEBP")
    picture = file.getvalue()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/webp\r\nContent-Length: {len(picture)}\r\nConnection: close\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head.encode() + picture)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/foto.webp"
    finally:
        server.close()
