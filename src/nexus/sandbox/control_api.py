"""The sandbox's control API: who exists, what goes wrong, what was accepted, and starting afresh."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox.control_shapes import phone_in_query, problem, read, read_object, said_plainly
from nexus.sandbox.faults import Fault
from nexus.sandbox.shop import Item, Shop, ShopContentError, make_shop
from nexus.sandbox.shop_webhooks import ask_privacy, tell
from nexus.sandbox.webhooks import Courier
from nexus.sandbox.world import BusinessNumber, Customer, World
from nexus.sandbox.ycloud_events import message_updated


@dataclass
class NewShop:
    """Body of `POST /sandbox/shops`; content left out is that of the default dance shop."""

    store_id: str
    access_token: str
    domain: str | None = None
    store: Item | None = None
    products: list[Item] | None = None
    categories: list[Item] | None = None
    orders: list[Item] | None = None
    webhook_url: str = ""
    webhook_secret: str = ""
    privacy_url: str = ""
    plan_factor: int = 1


@dataclass
class PrivacyEvent:
    """Body of `POST /sandbox/shops/{store_id}/privacy`: `about` is what stands beside `store_id`.

    Left out, `url` and `secret` are those of the shop's app; an empty secret sends it unsigned.
    """

    event: Literal["store/redact", "customers/redact", "customers/data_request"]
    about: Item = field(default_factory=dict)
    url: str = ""
    secret: str | None = None


@dataclass
class ForcedStatus:
    """Body of `POST /sandbox/ledger/{id}/status`."""

    status: str
    error_code: str | None = None


def control_routes(world: World, courier: Courier) -> list[BaseRoute]:
    """The routes under `/sandbox` that change or show the world itself."""
    desk = ControlDesk(world, courier)
    table = [
        ("/numbers", desk.put_number, "POST"),
        ("/numbers", desk.list_numbers, "GET"),
        ("/shops", desk.put_shop, "POST"),
        ("/shops", desk.list_shops, "GET"),
        ("/shops/{store_id}/products/{id}", desk.patch_product, "PATCH"),
        ("/shops/{store_id}/privacy", desk.ask_privacy, "POST"),
        ("/customers", desk.put_customer, "POST"),
        ("/customers", desk.list_customers, "GET"),
        ("/faults", desk.add_fault, "POST"),
        ("/faults", desk.list_faults, "GET"),
        ("/faults", desk.clear_faults, "DELETE"),
        ("/faults/{id}", desk.clear_faults, "DELETE"),
        ("/ledger", desk.ledger, "GET"),
        ("/ledger/{id}/status", desk.force_status, "POST"),
        ("/webhook-log", desk.webhook_log, "GET"),
        ("/mail", desk.mail, "GET"),
        ("/mail", desk.clear_mail, "DELETE"),
        ("/reset", desk.reset, "POST"),
    ]
    return [Route(f"/sandbox{path}", said_plainly(act), methods=[method]) for path, act, method in table]


def apply_seed(world: World, seed: dict[str, Any]) -> None:
    """Registers the numbers, shops and customers of a seed file (`SANDBOX_SEED_FILE`).

    A customer remembered from before the restart keeps the name that she has by now.
    """
    for row in seed.get("numbers", []):
        number = BusinessNumber(**row)
        world.numbers[number.phone] = number
    for row in seed.get("shops", []):
        shop = _opened({**row, "store_id": str(row["store_id"])})
        world.shops[shop.store_id] = shop
    for row in seed.get("customers", []):
        if row["phone"] not in world.customers:
            world.put_customer(Customer(**row))


def _opened(row: dict[str, Any]) -> Shop:
    """The shop of a `NewShop`; what changes in it is told to its webhook."""
    told = ("webhook_url", "webhook_secret", "privacy_url")
    shop = make_shop(**{name: value for name, value in row.items() if name not in told})
    for name in told:
        setattr(shop, name, row.get(name, ""))
    return shop


class ControlDesk:
    """The handlers of the control API, all JSON."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    async def put_number(self, request: Request) -> Response:
        """Registers or replaces a business number."""
        number = await read(request, BusinessNumber)
        self._world.numbers[number.phone] = number
        return JSONResponse(number.as_json(), 201)

    async def list_numbers(self, _: Request) -> Response:
        """`{"numbers": […]}`, without keys and secrets."""
        return JSONResponse({"numbers": [number.as_json() for number in self._world.numbers.values()]})

    async def put_shop(self, request: Request) -> Response:
        """Registers or replaces a shop."""
        body = await read_object(request)
        if isinstance(body.get("store_id"), int):
            body["store_id"] = str(body["store_id"])
        try:
            wanted = NewShop(**body)
        except TypeError as invalid:
            raise ShopContentError(str(invalid)) from None
        shop = _opened({name: getattr(wanted, name) for name in NewShop.__dataclass_fields__})
        self._world.shops[shop.store_id] = shop
        return JSONResponse(shop.as_json(), 201)

    async def list_shops(self, _: Request) -> Response:
        """`{"shops": […]}`, without tokens, content as counts."""
        shops = [shop.as_json() for shop in self._world.shops.values() if isinstance(shop, Shop)]
        return JSONResponse({"shops": shops})

    async def patch_product(self, request: Request) -> Response:
        """Deep-merges the body into a product, tells whoever listens to the shop, and returns it."""
        shop = self._world.shops.get(request.path_params["store_id"])
        if not isinstance(shop, Shop):
            return problem(404, "unknown_shop", "No existe esa tienda.")
        product = shop.patch_product(request.path_params["id"], await read_object(request))
        await tell(shop, self._courier, "product/updated", product["id"])
        return JSONResponse(product)

    async def ask_privacy(self, request: Request) -> Response:
        """One of Tienda Nube's privacy webhooks; `{"status", "body"}` of the answer."""
        shop = self._world.shops.get(request.path_params["store_id"])
        if not isinstance(shop, Shop):
            return problem(404, "unknown_shop", "No existe esa tienda.")
        wanted = await read(request, PrivacyEvent)
        answer = await ask_privacy(
            shop, self._courier, wanted.event, wanted.about, url=wanted.url, secret=wanted.secret
        )
        return JSONResponse(answer.as_json())

    async def put_customer(self, request: Request) -> Response:
        """Registers or replaces a customer."""
        customer = self._world.put_customer(await read(request, Customer))
        return JSONResponse(asdict(customer), 201)

    async def list_customers(self, _: Request) -> Response:
        """`{"customers": […]}` in the order of their first appearance."""
        return JSONResponse({"customers": [asdict(c) for c in self._world.customers.values()]})

    async def add_fault(self, request: Request) -> Response:
        """Orders a misbehaviour; `{"id"}`."""
        fault = self._world.faults.add(await read(request, Fault))
        return JSONResponse({"id": fault.id}, 201)

    async def list_faults(self, _: Request) -> Response:
        """`{"faults": […]}`: those not used up."""
        return JSONResponse({"faults": self._world.faults.as_json()})

    async def clear_faults(self, request: Request) -> Response:
        """Everything goes well again, or what the fault of the path spoils; `{"faults": […]}` that are left."""
        self._world.faults.clear(request.path_params.get("id"))
        return await self.list_faults(request)

    async def ledger(self, request: Request) -> Response:
        """`{"sends": […]}` as accepted, or those refused with `rejected=1`; `to`, `number` filter."""
        sends = self._world.rejected if request.query_params.get("rejected") == "1" else self._world.ledger
        to, number = phone_in_query(request, "to"), phone_in_query(request, "number")
        rows = [s.as_json() for s in sends if to in {None, s.recipient} and number in {None, s.sender}]
        return JSONResponse({"sends": rows})

    async def force_status(self, request: Request) -> Response:
        """Gives an accepted send (by id or wamid) a status and delivers its webhook, whatever the switch."""
        wanted = await read(request, ForcedStatus)
        wanted_id = request.path_params["id"]
        for sent in self._world.ledger:
            if wanted_id in {sent.id, sent.wamid}:
                break
        else:
            return problem(404, "unknown_send", "No hay un envío aceptado con ese id.")
        number = self._world.number(sent.sender)
        chat = self._world.chat(sent.sender, sent.recipient)
        line = chat.find(sent.id)
        if line is not None:
            self._world.set_status(chat, line, wanted.status, wanted.error_code)
        sent.error_code = wanted.error_code
        event = message_updated(number, sent, wanted.status)
        answer = await self._courier.send(number, event)
        return JSONResponse({"event_id": event["id"], "delivery": answer.as_json()})

    async def webhook_log(self, request: Request) -> Response:
        """`{"attempts": […]}`: every delivery attempt, oldest first."""
        number = phone_in_query(request, "number")
        attempts = [asdict(a) for a in self._world.webhook_log if number in {None, a.number}]
        return JSONResponse({"attempts": attempts})

    async def mail(self, _: Request) -> Response:
        """`{"mails": […]}`, oldest first."""
        return JSONResponse({"mails": [mail.as_json() for mail in self._world.mails]})

    async def clear_mail(self, _: Request) -> Response:
        """Empties the mailbox."""
        self._world.clear_mail()
        return JSONResponse({"mails": []})

    async def reset(self, request: Request) -> Response:
        """Stops every delivery under way and forgets; with `all=1` also numbers, shops and customers."""
        self._courier.cancel()
        self._world.reset(everything=request.query_params.get("all") == "1")
        return JSONResponse({"status": "ok"})
