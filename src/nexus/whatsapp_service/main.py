"""The WhatsApp Service (8002): webhook, inbox, relay and outbox in one process."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from nexus.gateways.speech import Speech
from nexus.gateways.upstream import Upstream
from nexus.gateways.ycloud.client import YCloud
from nexus.gateways.ycloud.media import YCloudMedia
from nexus.runtime.cache import Cache
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.metrics import DISK_FREE, DISK_SIZE, QUEUE_AGE, QUEUE_LENGTH
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings
from nexus.runtime.web import RawRoute, create_app
from nexus.runtime.work import WorkLoop
from nexus.store.database import UNREACHABLE, Pool, open_pool
from nexus.store.environment import sync_environment
from nexus.store.listen import listen
from nexus.store.migrate import refuse_other_schema
from nexus.store.queue import join_waiting, queue_figures
from nexus.store.readiness import readiness
from nexus.store.secrets import Vault
from nexus.whatsapp_service.inbox import Inbox
from nexus.whatsapp_service.keys import YCloudKeys
from nexus.whatsapp_service.lights import Lights
from nexus.whatsapp_service.media import MediaRoom
from nexus.whatsapp_service.outbox import Outbox
from nexus.whatsapp_service.outgoing import OutgoingContent
from nexus.whatsapp_service.relay import Relay
from nexus.whatsapp_service.sending import sending_router
from nexus.whatsapp_service.webhook import SecretRing, WebhookDoor

SERVICE = "whatsapp_service"
DRAIN_SECONDS = 8.0
MEASURE_SECONDS = 5.0


@dataclass
class PhoneSide:
    """The parts of a running service, put together in `open_phone_side`."""

    pool: Pool
    cache: Cache
    door: WebhookDoor
    relay: Relay
    outbox: Outbox
    media: MediaRoom
    relay_loop: WorkLoop
    outbox_loop: WorkLoop
    media_loop: WorkLoop
    stop: asyncio.Event = field(default_factory=asyncio.Event)


def build_app(settings: Settings) -> FastAPI:
    """The service as an ASGI app; its loops live as long as its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_phone_side(settings) as side:
            paths = ("/webhook/ycloud", "/webhook/ycloud/{tenant_id}", "/webhook")
            # A raw route: the body must reach the signature check untouched, and FastAPI's costs twice the CPU.
            app.router.routes.extend(RawRoute(path, side.door.receive_event, methods=["POST"]) for path in paths)
            app.include_router(sending_router(side.pool, settings))
            app.state.side = side
            yield

    async def ready() -> dict[str, str]:
        side: PhoneSide = app.state.side
        return await readiness(side.pool, side.cache)

    app = create_app(
        SERVICE, settings, lifespan=lifespan, ready=ready, unreachable=UNREACHABLE, raw_paths=("/webhook",)
    )
    return app


@asynccontextmanager
async def open_phone_side(settings: Settings) -> AsyncIterator[PhoneSide]:
    """Pool, loops and door; on leaving, nothing new is claimed and what runs gets DRAIN_SECONDS."""
    settings.require("postgres_dsn", "internal_api_token", "encryption_key")
    pool = await open_pool(settings.postgres_dsn, SERVICE, max_size=4)  # nothing in here takes long
    await refuse_other_schema(pool)
    cache, vault = Cache(settings.redis_url), Vault.of(settings)
    await sync_environment(pool, vault, settings)
    side = _put_together(settings, pool, cache, vault)
    await asyncio.to_thread(side.media.folder.clear_unfinished)
    stop = side.stop
    loops = [
        asyncio.create_task(side.relay_loop.run(stop, DRAIN_SECONDS)),
        asyncio.create_task(side.outbox_loop.run(stop, DRAIN_SECONDS)),
        asyncio.create_task(side.media_loop.run(stop, DRAIN_SECONDS)),
        asyncio.create_task(_keep_house(pool, side.media.folder, stop)),
        asyncio.create_task(listen(settings.postgres_dsn, lambda: _wake(side), stop)),
    ]
    try:
        yield side
    finally:
        stop.set()
        await asyncio.gather(*loops, return_exceptions=True)
        await side.relay.client.aclose()
        await side.outbox.ycloud.close()
        await side.outbox.content.pictures.close()
        await side.media.ycloud.close()
        await side.media.speech.close()
        await cache.close()
        await pool.close()


def _put_together(settings: Settings, pool: Pool, cache: Cache, vault: Vault) -> PhoneSide:
    owner = f"{socket.gethostname()}:{os.getpid()}"
    ycloud, keys = YCloud(settings), YCloudKeys(pool, vault)
    files = YCloudMedia(settings)
    relay = Relay(settings, pool, cache, ycloud, keys, owner)
    folder = MediaFolder(settings)
    content = OutgoingContent(pool, files, folder, Upstream("pictures"), settings.egress_allow_loopback)
    outbox = Outbox(pool, keys, ycloud, content, owner)
    media = MediaRoom(pool, keys, files, Speech(settings), folder)
    relay_loop = WorkLoop(
        "relay", slots=64, claim=relay.claim, work=relay.relay_burst, pause=relay.pause, unreachable=UNREACHABLE
    )
    outbox_loop = WorkLoop(
        "outbox", slots=32, claim=outbox.claim, work=outbox.send_bubbles, pause=outbox.pause, unreachable=UNREACHABLE
    )
    media_loop = WorkLoop(
        "media", slots=32, claim=media.claim, work=media.work, pause=media.pause, unreachable=UNREACHABLE
    )
    relay.wake_outbox, outbox.wake_relay, media.wake_relay = outbox_loop.wake, relay_loop.wake, relay.files_moved
    door = WebhookDoor(settings, cache, Inbox(pool), SecretRing(pool, vault), Lights(pool))
    return PhoneSide(pool, cache, door, relay, outbox, media, relay_loop, outbox_loop, media_loop)


def _wake(side: PhoneSide) -> None:
    side.relay_loop.wake()
    side.outbox_loop.wake()
    side.media_loop.wake()


async def _keep_house(pool: Pool, folder: MediaFolder, stop: asyncio.Event) -> None:
    """Every few seconds: figures of queue and disk, and chats of one person that had to wait to be joined.

    While the database is away the queue's figures stand still.
    """
    while not stop.is_set():
        with contextlib.suppress(OSError):  # a share that is away
            free, size = await asyncio.to_thread(folder.disk)
            DISK_FREE.set(free)
            DISK_SIZE.set(size)
        with contextlib.suppress(*UNREACHABLE):
            _show_figures(await queue_figures(pool))
            await join_waiting(pool)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), MEASURE_SECONDS)


def _show_figures(figures: dict[str, float]) -> None:
    QUEUE_AGE.labels("bursts").set(figures["oldest_burst_seconds"])
    QUEUE_AGE.labels("bubbles").set(figures["oldest_bubble_seconds"])
    QUEUE_LENGTH.labels("bursts").set(figures["bursts_waiting"])
    QUEUE_LENGTH.labels("bubbles").set(figures["bubbles_waiting"])
    QUEUE_LENGTH.labels("unknown").set(figures["bubbles_unknown"])


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    app = build_app(settings)

    async def claim_no_more() -> None:
        app.state.side.stop.set()  # what is in hand ends while the last requests do

    run_service(SERVICE, app, settings, settings.whatsapp_service_port, claim_no_more)
