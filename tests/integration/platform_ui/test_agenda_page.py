"""The built agenda as both processes serve it: below /agenda/ of platform-ui, and at the root of frontend-react."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from nexus.platform_ui_service import agenda
from nexus.platform_ui_service.main import build_app
from nexus.runtime.settings import Settings
from tests.integration.platform_ui.conftest import House, client_of, make_upstream, serving

_PAGE = '<head><meta name="nexus-api-base" content=""><meta name="nexus-panel" content=""></head>'
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Vite leaves."""
    dist = tmp_path_factory.mktemp("dist")
    (dist / "assets").mkdir()
    (dist / "index.html").write_text(_PAGE)
    (dist / "assets" / "index-1a2b.js").write_text("1")
    return dist


@pytest.fixture(scope="module")
async def panel(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    """platform-ui with a built agenda."""
    async with (
        serving(make_upstream()) as behind,
        serving(build_app(Settings(orchestrator_service_port=behind), agenda_files=built)) as port,
        client_of(port) as client,
    ):
        yield client


@pytest.fixture(scope="module")
async def alone(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    """frontend-react, the panel standing on another port of the same machine."""
    async with serving(make_upstream()) as behind:
        settings = Settings(orchestrator_service_port=behind, platform_ui_port=8081)
        async with serving(agenda.build_app(settings, built)) as port, client_of(port) as client:
            yield client


async def test_below_agenda_the_page_knows_the_api_and_the_panel_of_its_own_host(panel: httpx.AsyncClient) -> None:
    page = await panel.get("/agenda/")
    assert page.status_code == 200
    assert '<meta name="nexus-api-base" content="/api"><meta name="nexus-panel" content="/">' in page.text
    assert (await panel.get("/agenda/index.html")).text == page.text
    assert page.headers["cache-control"] == "no-cache"
    again = await panel.get("/agenda/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert "Nexus" in (await panel.get("/")).text


async def test_without_its_slash_it_is_found_by_a_redirect_that_names_no_host(panel: httpx.AsyncClient) -> None:
    answer = await panel.get("/agenda")
    assert (answer.status_code, answer.headers["location"]) == (308, "agenda/")


async def test_by_itself_it_knows_the_panels_port_and_passes_the_api_on(alone: httpx.AsyncClient) -> None:
    assert '<meta name="nexus-panel" content=":8081">' in (await alone.get("/")).text
    assert (await alone.get("/health")).json() == {"status": "ok", "service": "frontend_react_service"}
    assert (await alone.get("/ready")).json()["orchestrator"] == "ok"
    assert 'service="frontend_react_service"' in (await alone.get("/metrics")).text
    assert (await alone.get("/api/admin/me")).json()["path"] == "/admin/me"
    assert (await alone.get("/js/main.js")).status_code == 404


async def test_only_the_agenda_may_have_an_empty_style_element_and_nobody_an_inline_script(
    panel: httpx.AsyncClient, alone: httpx.AsyncClient
) -> None:
    def policy(answer: httpx.Response) -> dict[str, str]:
        return dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))

    for answer in (await panel.get("/agenda/"), await alone.get("/")):
        assert policy(answer)["style-src"] == f"'self' {_EMPTY_STYLE}"
        assert policy(answer)["script-src"] == "'self'"
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert policy(await panel.get("/"))["style-src"] == "'self'"


async def test_what_carries_its_hash_in_its_name_is_kept_for_ever(panel: httpx.AsyncClient) -> None:
    asset = await panel.get("/agenda/assets/index-1a2b.js")
    assert (asset.status_code, asset.text) == (200, "1")
    assert "immutable" in asset.headers["cache-control"]
    for path in ("/agenda/assets/", "/agenda/assets/other.js", "/agenda/assets/..%2f..%2fpyproject.toml", "/agenda/x"):
        assert (await panel.get(path)).status_code == 404


async def test_a_calendars_signed_feed_passes_on_the_one_public_host(house: House) -> None:
    assert (await house.client.get("/api/agenda/feed/t0k3n.ics")).json()["path"] == "/agenda/feed/t0k3n.ics"
    assert (await house.client.get("/api/agenda/free")).status_code == 404


async def test_an_agenda_that_was_never_built_says_so_and_the_panel_works(tmp_path: Path) -> None:
    app = build_app(Settings(orchestrator_service_port=1), agenda_files=tmp_path / "dist")
    async with serving(app) as port, client_of(port) as client:
        answer = await client.get("/agenda/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_built")
        assert (await client.get("/agenda/assets/x.js")).status_code == 404
        assert (await client.get("/")).status_code == 200
