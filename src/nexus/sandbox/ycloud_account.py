"""YCloud's account: webhook endpoints, templates, uploads, and the door by which inbound files are fetched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from nexus.sandbox.control_shapes import problem, read_object, said_plainly
from nexus.sandbox.faults import Fault
from nexus.sandbox.media import StoredMedia, mime_of_name
from nexus.sandbox.media_links import may_download
from nexus.sandbox.refusals import RefusedError
from nexus.sandbox.templates import STATUSES, Template
from nexus.sandbox.webhooks import Courier
from nexus.sandbox.wire import CutConnection, hang
from nexus.sandbox.world import BusinessNumber, World
from nexus.sandbox.ycloud_answers import answer, json_object, numbers_of, page_of, refused, refusing
from nexus.sandbox.ycloud_checks import check_upload
from nexus.sandbox.ycloud_events import operational

HANG_SECONDS = 60.0
OVERSIZE_CHUNKS = 17 * 16
CHUNK = b"\0" * (64 * 1024)
ENDPOINT_STATUSES = {"active", "disabled", "pending"}
TEMPLATE_EVENTS = {"reviewed", "category_updated", "quality_updated"}


def account_routes(world: World, courier: Courier) -> list[BaseRoute]:
    """The account's routes under `/ycloud/v2`, and `POST /sandbox/templates`."""
    desk = AccountDesk(world, courier)
    base = "/ycloud/v2"
    return [
        Route(f"{base}/webhookEndpoints", refusing(desk.endpoints)),
        Route(f"{base}/webhookEndpoints/{{id}}", refusing(desk.endpoint), methods=["GET", "PATCH"]),
        Route(f"{base}/whatsapp/phoneNumbers", refusing(desk.phone_numbers)),
        Route(f"{base}/whatsapp/templates", refusing(desk.templates)),
        Route(f"{base}/whatsapp/media/{{phone}}/upload", refusing(desk.upload), methods=["POST"]),
        Route(f"{base}/whatsapp/media/download/{{id}}", refusing(desk.download)),
        Route("/sandbox/templates", said_plainly(desk.put_template), methods=["POST"]),
        Route("/sandbox/templates", said_plainly(desk.list_templates)),
    ]


class AccountDesk:
    """What belongs to an account rather than to one message."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    async def endpoints(self, request: Request) -> Response:
        """`GET /webhookEndpoints`: where the account's webhooks go, without their secrets."""
        numbers = {number.endpoint_id: number for number in numbers_of(self._world, request)}
        items = [_endpoint(number) for number in numbers.values()]
        return answer({"items": page_of(request, items)["items"]})

    async def endpoint(self, request: Request) -> Response:
        """`GET` or `PATCH /webhookEndpoints/{id}`; the patch changes status and url."""
        wanted_id = request.path_params["id"]
        numbers = [n for n in numbers_of(self._world, request) if n.endpoint_id == wanted_id]
        if not numbers:
            raise RefusedError(404, "NOT_FOUND", "The webhook endpoint does not exist.")
        if request.method == "PATCH":
            body = json_object(await request.body())
            if body.get("status", "active") not in ENDPOINT_STATUSES:
                raise RefusedError(400, "PARAM_INVALID", "The parameter 'status' is not valid.", "status")
            for number in numbers:
                number.endpoint_status = body.get("status", number.endpoint_status)
                number.webhook_url = body.get("url", number.webhook_url)
        return answer(_endpoint(numbers[0]))

    async def phone_numbers(self, request: Request) -> Response:
        """`GET /whatsapp/phoneNumbers`: the account's numbers, by page."""
        return answer(page_of(request, [_phone_number(number) for number in numbers_of(self._world, request)]))

    async def templates(self, request: Request) -> Response:
        """`GET /whatsapp/templates`: those of the key's accounts, by page, filtered by `filter.*`."""
        accounts = dict.fromkeys(number.waba_id for number in numbers_of(self._world, request))
        found = [template for waba_id in accounts for template in self._world.templates.of(waba_id)]
        for name in ("wabaId", "name", "language"):
            if wanted := request.query_params.get(f"filter.{name}"):
                found = [template for template in found if template[name] == wanted]
        if statuses := request.query_params.get("filter.status"):
            found = [template for template in found if template["status"] in statuses.split(",")]
        return answer(page_of(request, found))

    async def list_templates(self, request: Request) -> Response:
        """`{"templates": […]}` of one number's account."""
        number = self._world.number(request.query_params.get("number"))
        return JSONResponse({"templates": self._world.templates.of(number.waba_id)})

    async def put_template(self, request: Request) -> Response:
        """Adds a template to a number's account, or changes one; `event` also tells the business of it."""
        body = await read_object(request)
        number = self._world.number(body.pop("number", None))
        event = body.pop("event", None)
        if not body.get("name") or body.get("status", "PENDING") not in STATUSES:
            return problem(422, "invalid", "name falta, o status no es uno de WhatsApp.")
        if event is not None and event not in TEMPLATE_EVENTS:
            return problem(422, "invalid", "event es reviewed, category_updated o quality_updated.")
        text = body.pop("body", None)
        if text is not None:
            body["components"] = [{"type": "BODY", "text": text}]
        before = dict(self._world.templates.find(number.waba_id, body["name"], body.get("language", "es_AR")) or {})
        template = self._world.templates.put(number.waba_id, body)
        delivery = None
        if event is not None:
            news = operational(number, f"whatsapp.template.{event}", _news(event, template, before))
            delivery = (await self._courier.send(number, news)).as_json()
        return JSONResponse({"template": template, "delivery": delivery}, 201)

    async def upload(self, request: Request) -> Response:
        """`POST /whatsapp/media/{phone}/upload`: the first `file` of a multipart body; `{"id"}`."""
        phone = "+" + request.path_params["phone"].lstrip("+ ")
        fault = self._world.faults.take("ycloud.upload", number=phone)
        if fault and fault.kind == "hang":
            return await hang(request, fault.seconds or HANG_SECONDS)
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds or 1.0)
        elif fault:
            code = "BAD_REQUEST" if fault.kind == "400" else "INTERNAL_SERVER_ERROR"
            raise RefusedError(int(fault.kind), code, "Media upload error", None, fault.error_code)
        if phone not in {number.phone for number in numbers_of(self._world, request)}:
            raise RefusedError(
                403, "WHATSAPP_PHONE_NUMBER_UNAVAILABLE", "The phone number is not available to this account.", "phone"
            )
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise RefusedError(400, "PARAM_MISSING", "The parameter 'file' is required.", "file")
            data, name = await file.read(), file.filename or ""
            mime = file.content_type or mime_of_name(name)
        check_upload(data, mime)
        return answer({"id": self._world.media.put(data, name=name, mime=mime, owner=phone).id})

    async def download(self, request: Request) -> Response:
        """`GET /whatsapp/media/download/{id}`: the file of an inbound message, as long as its link opens."""
        media_id, query = request.path_params["id"], request.query_params
        grant = self._world.media.granted(media_id)
        media = self._world.media.get(media_id) if grant else None
        if grant is None or media is None:
            raise RefusedError(404, "NOT_FOUND", "The media does not exist.")
        fault = self._world.faults.take(
            "ycloud.media", id=media_id, mime=media.mime, name=media.name, number=grant.number, type=media.kind
        )
        if fault is not None and (shown := await _misbehave(request, fault, media)) is not None:
            return shown
        number = self._world.numbers.get(grant.number)
        key = request.headers.get("X-API-Key")
        if not may_download(grant, number, key, query.get("sig", ""), query.get("payload", "")):
            raise RefusedError(403, "FORBIDDEN", "The signature is not valid or has expired.")
        return Response(self._world.media.read(media), media_type=media.mime)


async def _misbehave(request: Request, fault: Fault, media: StoredMedia) -> Response | None:
    """What the download door shows instead of the file; None after a delay."""
    if fault.kind.isdigit():
        codes = {"403": "FORBIDDEN", "404": "NOT_FOUND", "500": "INTERNAL_SERVER_ERROR"}
        return refused(RefusedError(int(fault.kind), codes[fault.kind], "Simulated fault."))
    if fault.kind == "hang":
        return await hang(request, fault.seconds or HANG_SECONDS)
    if fault.kind == "reset":
        return CutConnection()
    if fault.kind == "html":
        page = HTMLResponse("<!doctype html><title>Error</title><p>Something went wrong</p>")
        page.headers["content-type"] = media.mime
        return page
    if fault.kind == "empty":
        return Response(b"", media_type=media.mime)
    if fault.kind == "oversize":
        return StreamingResponse(_endless(), media_type=media.mime)
    if fault.kind == "redirect":
        return RedirectResponse(fault.url or "http://169.254.169.254/latest/meta-data/", 302)
    await asyncio.sleep(fault.seconds or 1.0)
    return None


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(OVERSIZE_CHUNKS):
        yield CHUNK


def _endpoint(number: BusinessNumber) -> dict[str, Any]:
    return {
        "id": number.endpoint_id,
        "url": number.webhook_url,
        "enabledEvents": number.events,
        "description": number.store_name,
        "status": number.endpoint_status,
    }


def _phone_number(number: BusinessNumber) -> dict[str, Any]:
    return {
        "id": number.phone.lstrip("+"),
        "phoneNumber": number.phone,
        "displayPhoneNumber": number.phone,
        "wabaId": number.waba_id,
        "verifiedName": number.store_name,
        "qualityRating": number.quality,
        "status": "CONNECTED",
    }


def _news(event: str, template: Template, before: Template) -> dict[str, Any]:
    """The object of a template's event: what it is now, and what it was."""
    fields = ("wabaId", "name", "language", "category", "status", "reason", "qualityRating", "officialTemplateId")
    told = {field: template[field] for field in fields if field in template}
    if event == "reviewed":
        told["statusUpdateEvent"] = template.get("statusUpdateEvent", template["status"])
    if event == "category_updated":
        told["previousCategory"] = template.get("previousCategory") or before.get("category", template["category"])
    if "disableDate" in template:
        told["disableDate"] = template["disableDate"]
    return told
