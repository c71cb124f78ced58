"""What passes between the browser and the Orchestrator, and what does not."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.integration.platform_ui.conftest import House


async def test_a_request_arrives_as_it_was_sent_and_says_where_it_came_from(house: House) -> None:
    answer = await house.client.put(
        "/api/admin/tenants/7?q=%C3%A1&x=1&x=2",
        content='{"store_name":"Ñandú"}'.encode(),
        headers={
            "Content-Type": "application/json",
            "Cookie": "nexus_session=abc",
            "Origin": house.origin,
            "X-Tenant-ID": "7",
        },
    )
    seen = answer.json()
    headers = dict(seen["headers"])
    assert (seen["method"], seen["path"]) == ("PUT", "/admin/tenants/7")
    assert seen["query"] == "q=%C3%A1&x=1&x=2"
    assert seen["body"] == '{"store_name":"Ñandú"}'
    assert headers["cookie"] == "nexus_session=abc"
    assert headers["x-tenant-id"] == "7"
    assert headers["origin"] == house.origin
    assert headers["x-forwarded-host"] == f"127.0.0.1:{house.port}"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-for"].endswith("127.0.0.1")
    assert headers["x-correlation-id"] == answer.headers["x-correlation-id"]
    assert answer.headers.get_list("x-correlation-id") == [headers["x-correlation-id"]]


async def test_headers_of_one_hop_stay_on_it(house: House) -> None:
    answer = await house.client.get(
        "/api/admin/x", headers={"Connection": "X-Secret-Hop", "X-Secret-Hop": "1", "Keep-Alive": "5", "TE": "trailers"}
    )
    arrived = {name for name, _ in answer.json()["headers"]}
    assert not arrived & {"x-secret-hop", "keep-alive", "te"}
    assert "x-private" not in answer.headers
    assert answer.headers["x-kept"] == "1"
    assert answer.headers["etag"] == '"7"'
    assert len(answer.headers.get_list("date")) == 1


async def test_a_proxy_before_us_is_believed_about_host_and_scheme(house: House) -> None:
    given = {"X-Forwarded-Host": "panel.danza.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5"}
    headers = dict((await house.client.get("/api/admin/x", headers=given)).json()["headers"])
    assert headers["x-forwarded-host"] == "panel.danza.example"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-for"].startswith("203.0.113.5")


async def test_one_persons_session_is_never_sent_for_the_next_person(house: House) -> None:
    signed = await house.client.get("/api/admin/sign-in")
    assert len(signed.headers.get_list("set-cookie")) == 2
    house.client.cookies.clear()
    headers = dict((await house.client.get("/api/admin/x")).json()["headers"])
    assert "cookie" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/metrics",
        "/api/ready",
        "/api/health",
        "/api/chat",
        "/api/admin",
        "/api/administrators",
        "/api/openapi.json/x",
        "/api//admin/x",
        "/api/admin/../metrics",
        "/api/admin/%2e%2e/metrics",
        "/api/admin/%2E%2e%2Fmetrics",
        "/api/admin/%252e%252e/metrics",
        "/api/admin/..%5cmetrics",
        "/api/./metrics",
        "/api/webhook/ycloud",
        "/api/webhook/tiendanube/../../metrics",
    ],
)
async def test_only_the_admin_api_is_reached_from_outside(house: House, path: str) -> None:
    request = house.client.build_request("GET", "/")
    request.url = httpx.URL(house.origin).copy_with(raw_path=path.encode())
    answer = await house.client.send(request)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_what_tienda_nube_signs_arrives_byte_for_byte(house: House) -> None:
    body = b'{"store_id": 1,  "event":"product/updated"}'
    signed = {"x-linkedstore-hmac-sha256": "ab12"}
    seen = (await house.client.post("/api/webhook/tiendanube/7", content=body, headers=signed)).json()
    assert (seen["path"], seen["body"].encode()) == ("/webhook/tiendanube/7", body)
    assert dict(seen["headers"])["x-linkedstore-hmac-sha256"] == "ab12"


async def test_the_description_of_the_api_is_reached(house: House) -> None:
    assert (await house.client.get("/api/openapi.json")).json()["path"] == "/openapi.json"


async def test_an_answer_passes_on_while_it_is_still_being_written(house: House) -> None:
    async with house.client.stream("GET", "/api/admin/trickle") as answer:
        chunks = answer.aiter_raw()
        assert await anext(chunks) == b"primero"
        house.upstream.state.let_go.set()
        assert await anext(chunks) == b"segundo"


async def test_a_body_without_length_passes_too(house: House) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"a":'
        yield b"1}"

    answer = await house.client.post("/api/admin/x", content=pieces())
    assert answer.json()["body"] == '{"a":1}'


async def test_nothing_changed_passes_as_304(house: House) -> None:
    answer = await house.client.get("/api/admin/unchanged")
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"7"')


async def test_bytes_are_not_looked_into(house: House) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await house.client.post("/api/admin/x", content=b"{no es JSON", headers=headers)
    assert answer.json()["body"] == "{no es JSON"


async def test_without_the_orchestrator_the_answer_is_502_in_spanish(alone: httpx.AsyncClient) -> None:
    for path in ("/api/admin/me", "/socket.io/?EIO=4&transport=polling"):
        answer = await alone.get(path)
        assert answer.status_code == 502
        assert answer.json()["error"]["code"] == "orchestrator_down"
        assert "no responde" in answer.json()["error"]["message"]
        assert answer.json()["error"]["correlation_id"] == answer.headers["x-correlation-id"]
    assert (await alone.get("/")).status_code == 200


async def test_cross_origin_questions_are_the_orchestrators_to_answer(house: House) -> None:
    asked = {"Origin": "https://agenda.example", "Access-Control-Request-Method": "POST"}
    answer = await house.client.options("/api/admin/x", headers=asked)
    assert answer.json()["method"] == "OPTIONS"
    assert "access-control-allow-origin" not in answer.headers


async def test_socket_io_polling_passes(house: House) -> None:
    seen = (await house.client.get("/socket.io/?EIO=4&transport=polling")).json()
    assert (seen["path"], seen["query"]) == ("/socket.io/", "EIO=4&transport=polling")
    posted = (await house.client.post("/socket.io/?EIO=4&sid=1", content=b"40")).json()
    assert posted["body"] == "40"


async def test_a_websocket_echoes_both_kinds_of_frames_through_us(house: House) -> None:
    async with connect(
        f"ws://127.0.0.1:{house.port}/socket.io/?EIO=4&transport=websocket",
        origin=Origin(house.origin),
        additional_headers={"Cookie": "nexus_session=abc"},
        subprotocols=[Subprotocol("uno")],
        proxy=None,
    ) as socket:
        assert socket.subprotocol == "uno"
        assert json.loads(await socket.recv()) == {
            "cookie": "nexus_session=abc",
            "origin": house.origin,
            "x-forwarded-host": f"127.0.0.1:{house.port}",
        }
        for frame in ("2probe ñ", b"\x00\xff", "x" * 100_000):
            await socket.send(frame)
            assert await socket.recv() == frame
        await socket.send("adiós")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4001


async def test_a_browser_that_leaves_is_reported_to_the_other_side(house: House) -> None:
    async with connect(f"ws://127.0.0.1:{house.port}/socket.io/", proxy=None) as socket:
        await socket.recv()
        await socket.close(4002)
    assert await asyncio.wait_for(house.upstream.state.closed_with.get(), 10) == 4002


async def test_a_refused_handshake_is_refused_to_the_browser(house: House, alone: httpx.AsyncClient) -> None:
    for address in (
        f"ws://127.0.0.1:{house.port}/socket.io/?refuse=1",
        f"ws://127.0.0.1:{alone.base_url.port}/socket.io/",
        f"ws://127.0.0.1:{house.port}/api/admin/x",
    ):
        with pytest.raises(InvalidStatus):
            await connect(address, proxy=None)
