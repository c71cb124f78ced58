"""tiendanube-service as a process among others: how it starts, and what it says of itself."""

import httpx
import pytest

from nexus.cli import SERVICES
from nexus.embedded.house import Ports
from nexus.runtime.settings import MissingSettingError, Settings
from nexus.tiendanube_service.main import build_app, serve
from tests.integration.tiendanube_service.conftest import Shop, running


async def test_health_ready_and_metrics(service: httpx.AsyncClient, shop: Shop) -> None:
    assert (await service.get("/health")).json() == {"status": "ok", "service": "tiendanube_service"}
    ready = await service.get("/ready")
    assert (ready.status_code, ready.json()["database"], ready.json()["redis"]) == (200, "ok", "degraded")
    await shop.call(service, "productsq", q="bicicleta")
    figures = (await service.get("/metrics")).text
    assert 'http_requests_total{endpoint="/tools/productsq",method="POST",service="tiendanube_service"' in figures
    assert 'tool_calls_total{status="empty",tool="productsq"}' in figures


async def test_every_tool_is_described_with_its_errors(service: httpx.AsyncClient) -> None:
    paths = (await service.get("/openapi.json")).json()["paths"]
    tools = {path: operations["post"] for path, operations in paths.items() if path.startswith("/tools/")}
    assert len(tools) == 6
    for path in ("/tools/productsq", "/tools/productsq_category", "/tools/productsall", "/tools/orders"):
        assert {"200", "401", "404", "409", "422", "502", "503", "504"} <= set(tools[path]["responses"])


@pytest.mark.parametrize("name", ["postgres_dsn", "internal_api_token", "encryption_key"])
async def test_it_does_not_start_without_what_it_needs(settings: Settings, name: str) -> None:
    with pytest.raises(MissingSettingError, match=name.upper()):
        async with running(build_app(settings.model_copy(update={name: ""}))):
            pass


def test_it_is_started_by_its_name_alone_and_by_nothing_else() -> None:
    module, _, function = SERVICES["tiendanube-service"].partition(":")
    assert (module, function) == (serve.__module__, serve.__name__)
    assert Settings(_env_file=None).tiendanube_service_port == 8001
    assert "TIENDANUBE_SERVICE_PORT" not in Ports({"PLATFORM_UI_PORT": "8080"}).variables()  # what `up` starts
