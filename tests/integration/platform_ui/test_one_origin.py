"""bff-service: both front-ends and the way to the Orchestrator behind one origin (S-008)."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from nexus.bff_service.main import build_app, serve
from nexus.cli import SERVICES
from nexus.embedded.house import Ports
from nexus.runtime.settings import Settings
from tests.integration.platform_ui.conftest import House, client_of, make_upstream, serving

_PAGE = '<head><meta name="nexus-api-base" content=""><meta name="nexus-panel" content=""></head>'


@pytest.fixture(scope="module")
async def origin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Starlette, int]]:
    """The upstream and the door's port, of an installation whose other pages find the API on another host."""
    dist = tmp_path_factory.mktemp("dist")
    (dist / "assets").mkdir()
    (dist / "index.html").write_text(_PAGE)
    (dist / "assets" / "index-1a2b.js").write_text("1")
    upstream = make_upstream()
    async with serving(upstream) as behind:
        settings = Settings(orchestrator_service_port=behind, api_base_url="https://api.danza.example/x")
        async with serving(build_app(settings, agenda_files=dist)) as port:
            yield upstream, port


@pytest.fixture
async def one(origin: tuple[Starlette, int]) -> AsyncIterator[House]:
    """A browser before it."""
    upstream, port = origin
    async with client_of(port) as client:
        yield House(port, client, upstream)


async def test_both_front_ends_are_on_it_and_find_the_api_and_each_other_there(one: House) -> None:
    panel, agenda = await one.client.get("/"), await one.client.get("/agenda/")
    assert '<meta name="nexus-api-base" content="/api">' in panel.text
    assert '<meta name="nexus-api-base" content="/api"><meta name="nexus-panel" content="/">' in agenda.text
    assert (await one.client.get("/js/main.js")).status_code == 200
    assert (await one.client.get("/agenda/assets/index-1a2b.js")).text == "1"
    assert (await one.client.get("/agenda")).headers["location"] == "agenda/"
    assert (await one.client.get("/api/admin/me")).json()["path"] == "/admin/me"


async def test_no_page_of_it_may_call_another_host(one: House) -> None:
    for path in ("/", "/agenda/"):
        policy = (await one.client.get(path)).headers["content-security-policy"]
        assert "danza.example" not in policy
        assert f"connect-src 'self' ws://127.0.0.1:{one.port} wss://127.0.0.1:{one.port};" in policy


async def test_a_panels_poll_passes_over_a_kept_line(one: House) -> None:
    poll = await one.client.get("/api/admin/chats?limit=3", headers={"If-None-Match": '"x"', "Cookie": "s=ana"})
    seen = poll.json()
    assert (seen["path"], seen["query"], dict(seen["headers"])["cookie"]) == ("/admin/chats", "limit=3", "s=ana")


@pytest.mark.parametrize(
    "path", ["/api/chat", "/api/metrics", "/chat", "/webhook/ycloud", "/tools/orders", "/admin/me"]
)
async def test_what_is_between_services_is_not_on_it(one: House, path: str) -> None:
    assert (await one.client.post(path, content=b"{}")).status_code in (404, 405)


async def test_it_says_which_service_it_is_and_whether_the_orchestrator_is_there(one: House) -> None:
    assert (await one.client.get("/health")).json() == {"status": "ok", "service": "bff_service"}
    ready = await one.client.get("/ready")
    assert (ready.status_code, ready.json()["orchestrator"]) == (200, "ok")
    one.upstream.state.database = "down"
    assert (await one.client.get("/ready")).status_code == 503
    assert 'service="bff_service"' in (await one.client.get("/metrics")).text


def test_it_is_started_by_its_name_alone_and_by_nothing_else() -> None:
    module, _, function = SERVICES["bff-service"].partition(":")
    assert (module, function) == (serve.__module__, serve.__name__)
    assert Settings(_env_file=None).bff_service_port == 3000
    assert "BFF_SERVICE_PORT" not in Ports({"PLATFORM_UI_PORT": "8080"}).variables()  # what `up` starts
