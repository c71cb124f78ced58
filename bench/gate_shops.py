"""Two shops for the gate's bench: the sandbox's dance shop, and a clothes shop written for it; with their own words."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nexus.sandbox
from nexus.gateways.tiendanube.parse import product_item
from nexus.orchestrator_service.catalogue.orders import order_item

ZONE = "America/Argentina/Buenos_Aires"
_DEMO = Path(nexus.sandbox.__file__).parent / "data" / "shop.json"

DANCE_WORDS = """\
Tienda: Danza Sur
Sitio web: https://www.danzademo.example.test
Dirección: Av. Corrientes 1234, CABA
Horarios: lunes a viernes de 10:00 a 19:00; sábados de 10:30 a 14:00.
Envíos: El envío a CABA cuesta $ 3.500 y tarda 48 horas.
El envío al interior sale $ 6.900 y demora entre 3 y 6 días hábiles, por Andreani.
Envío gratis en compras desde $ 120.000.
Se puede retirar sin cargo en el local.
Pagos: 3 cuotas sin interés con todas las tarjetas. 10% de descuento por transferencia. Alias: danza.sur.mp
Cambios: hasta 30 días, con etiqueta y sin uso.
Mayoristas: desde 12 unidades.
Teléfono: 11 4555-0199. Mail: hola@danzademo.example.test"""

CLOTHES_WORDS = """\
Tienda: Ropa Norte
Sitio web: https://ropanorte.example.test
Dirección: Belgrano 845, Salta
Horarios: lunes a viernes de 9 a 18, sábados de 9:30 a 13.
Envíos:
A CABA el envío cuesta $ 5.200 y llega en 72 horas.
Al interior cuesta $ 8.750 y llega en 4 a 7 días hábiles por Correo Argentino.
Con compras desde $ 150.000 el envío es gratis.
Retiro por el local sin costo.
Formas de pago: 6 cuotas sin interés con Visa y Mastercard; 15 % de descuento con transferencia; alias ropa.norte.ok
Cambios dentro de los 15 días con etiqueta.
Venta mayorista desde 20 unidades.
Tel: 387 421-5566, mail: ventas@ropanorte.example.test"""


@dataclass(frozen=True)
class Shop:
    """A shop's products as the tools tell them, its orders, its words, and what those words say by name."""

    products: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    words: str
    website: str
    told: dict[str, Any]


def _clothes() -> list[dict[str, Any]]:
    rows: tuple[tuple[int, str, str | None, str | None, dict[str, int]], ...] = (
        (7001, "Remera básica de algodón", "15900.00", None, {"S": 4, "M": 0, "L": 7, "XL": 2}),
        (7002, "Remera oversize estampada", "21500.00", "18275.00", {"S": 0, "M": 3, "L": 5}),
        (7003, "Jean mom celeste", "48700.00", "41395.00", {"36": 2, "38": 6, "40": 0, "42": 1}),
        (7004, "Campera inflable con capucha", "98500.00", None, {"S": 1, "M": 2, "L": 0}),
        (7005, "Buzo canguro frisa", "39990.00", None, {"S": 8, "M": 3, "L": 0, "XL": 6}),
        (7006, "Vestido midi floreado", "56800.00", "45440.00", {"1": 2, "2": 0, "3": 5}),
        (7007, "Pantalón cargo", "44250.00", None, {"38": 4, "40": 2, "42": 0, "44": 9}),
        (7008, "Sweater de lana merino", None, None, {}),
    )
    return [_product(*row) for row in rows]


def _product(
    number: int, name: str, price: str | None, promotional: str | None, sizes: dict[str, int]
) -> dict[str, Any]:
    slug = name.lower().translate(str.maketrans("áéíóúñ ", "aeioun-"))
    prices = {"price": price, "promotional_price": promotional}
    variants = [
        {"id": number * 10 + n, **prices, "stock": stock, "stock_management": True, "values": [{"es": size}]}
        for n, (size, stock) in enumerate(sizes.items())
    ] or [{"id": number * 10, **prices, "stock": None, "values": []}]
    return {
        "id": number,
        "name": {"es": name},
        "description": {"es": "<p>Hecho en Argentina.</p>"},
        "canonical_url": f"https://ropanorte.mitiendanube.com/productos/{slug}/",
        "attributes": [{"es": "Talle"}] if sizes else [],
        "images": [{"src": f"https://cdn.example.test/{number}.jpg", "position": 1}],
        "variants": variants,
    }


def shops() -> list[Shop]:
    """Both, ready to be quoted."""
    demo = json.loads(_DEMO.read_text(encoding="utf-8"))
    orders = [order_item(order, ZONE) for order in demo["orders"]]
    dance = Shop(
        [product_item(raw) for raw in demo["products"]], orders, DANCE_WORDS, "https://www.danzademo.example.test",
        {"ship": 3500, "ship2": 6900, "freefrom": 120000, "cuotas": 3, "transfer": 10, "changedays": "30 días",
         "cabadays": "48 horas", "interiordays": "3 a 6 días hábiles", "open": "10:00", "close": "19:00",
         "satopen": "10:30", "satclose": "14:00", "wholesale": 12, "phone": "11 4555-0199", "carrier": "Andreani",
         "mail": "hola@danzademo.example.test", "alias": "danza.sur.mp", "address": "Av. Corrientes 1234"},
    )  # fmt: skip
    clothes = Shop(
        [product_item(raw) for raw in _clothes()], orders, CLOTHES_WORDS, "https://ropanorte.example.test",
        {"ship": 5200, "ship2": 8750, "freefrom": 150000, "cuotas": 6, "transfer": 15, "changedays": "15 días",
         "cabadays": "72 horas", "interiordays": "4 a 7 días hábiles", "open": "9", "close": "18", "satopen": "9:30",
         "satclose": "13", "wholesale": 20, "phone": "387 421-5566", "carrier": "Correo Argentino",
         "mail": "ventas@ropanorte.example.test", "alias": "ropa.norte.ok", "address": "Belgrano 845"},
    )  # fmt: skip
    return [dance, clothes]
