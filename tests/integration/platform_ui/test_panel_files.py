"""What the browser is given, and with which headers."""

import httpx
import pytest

from tests.integration.platform_ui.conftest import House


async def test_the_page_says_where_the_api_is(house: House, alone: httpx.AsyncClient) -> None:
    page = await house.client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert '<meta name="nexus-api-base" content="/api">' in page.text
    assert (await house.client.get("/index.html")).text == page.text
    elsewhere = await alone.get("/")
    assert '<meta name="nexus-api-base" content="https://api.danza.example/x">' in elsewhere.text


async def test_every_answer_carries_the_strict_headers(house: House) -> None:
    for path in ("/", "/js/nada.js", "/favicon.svg", "/nada", "/api/admin/x", "/api/metrics", "/health"):
        headers = (await house.client.get(path)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'self'"
        assert policy["script-src"] == "'self'"
        assert policy["img-src"] == "'self' https: data:"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["connect-src"] == f"'self' ws://127.0.0.1:{house.port} wss://127.0.0.1:{house.port}"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"]
        assert "unsafe" not in headers["content-security-policy"]


async def test_texts_are_sent_in_gzip_to_who_takes_it_and_a_range_or_a_picture_as_it_is(house: House) -> None:
    """httpx unpacks; what came over the wire is in its length."""
    small = await house.client.get("/js/main.js")
    plain = await house.client.get("/js/main.js", headers={"Accept-Encoding": "identity"})
    assert (small.headers["content-encoding"], small.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    assert small.text == plain.text
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
    refused = await house.client.get("/js/main.js", headers={"Accept-Encoding": "br, gzip;q=0"})
    assert "content-encoding" not in refused.headers
    part = await house.client.get("/js/main.js", headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)


async def test_the_many_parts_of_a_page_carry_no_policy_that_only_documents_have(house: House) -> None:
    for path in ("/js/main.js", "/css/tokens.css"):
        headers = (await house.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "content-security-policy" not in headers
        assert sum(len(name) + len(value) + 4 for name, value in headers.raw) < 320


async def test_the_panel_turns_no_text_into_markup_or_script(house: House) -> None:
    policy = (await house.client.get("/")).headers["content-security-policy"]
    assert policy.endswith("; require-trusted-types-for 'script'; trusted-types 'none'")


async def test_pictures_of_this_machine_and_another_api_are_named_only_when_set(alone: httpx.AsyncClient) -> None:
    policy = (await alone.get("/")).headers["content-security-policy"]
    assert "img-src 'self' https: data: http://127.0.0.1:* http://localhost:*" in policy
    assert " https://api.danza.example wss://api.danza.example;" in policy


async def test_a_strange_host_header_does_not_get_into_the_policy(house: House) -> None:
    answer = await house.client.get("/", headers={"Host": "x; script-src *"})
    assert "script-src *" not in answer.headers.get("content-security-policy", "")


@pytest.mark.parametrize("path", ["/", "/js/main.js", "/css/tokens.css", "/favicon.svg", "/icons.svg"])
async def test_a_file_is_asked_about_each_time_and_sent_only_when_it_changed(house: House, path: str) -> None:
    first = await house.client.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-cache"
    again = await house.client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    head = await house.client.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/nada.js",
        "/tests/",
        "/tests/x.js",
        "/js/",
        "/js/../../pyproject.toml",
        "/js/%2e%2e/%2e%2e/pyproject.toml",
        "/js/..%5c..%5cpyproject.toml",
        "/js//etc/passwd",
        "/.env",
        "/js/%00",
        "/%00.svg",
    ],
)
async def test_nothing_else_of_the_machine_is_served(house: House, path: str) -> None:
    request = house.client.build_request("GET", "/")
    request.url = httpx.URL(house.origin).copy_with(raw_path=path.encode())
    answer = await house.client.send(request)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"]


async def test_health_ready_and_metrics_are_its_own(house: House, alone: httpx.AsyncClient) -> None:
    assert (await house.client.get("/health")).json() == {"status": "ok", "service": "platform_ui_service"}
    await house.client.get("/api/admin/x/1")
    metrics = (await house.client.get("/metrics")).text
    assert 'service="platform_ui_service"' in metrics
    assert 'endpoint="/api/{path}"' in metrics.replace("{path:path}", "{path}")
    ready = await house.client.get("/ready")
    assert (ready.status_code, ready.json()["orchestrator"]) == (200, "ok")
    house.upstream.state.database = "down"
    assert (await house.client.get("/ready")).status_code == 503
    assert (await alone.get("/health")).status_code == 200
    without = await alone.get("/ready")
    assert (without.status_code, without.json()["orchestrator"]) == (503, "down")
