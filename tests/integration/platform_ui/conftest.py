"""platform-ui and bff-service as they are served, before a small upstream that tells what reached it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from nexus.bff_service import main as bff
from nexus.platform_ui_service import main as panel
from nexus.runtime.settings import Settings
from tests.service import NO_TLS


async def _mirror(request: Request) -> JSONResponse:
    """What arrived, as JSON."""
    return JSONResponse(
        {
            "method": request.method,
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "headers": [[name.decode(), value.decode("latin-1")] for name, value in request.headers.raw],
            "body": (await request.body()).decode(),
        },
        headers={"ETag": '"7"', "Connection": "X-Private", "X-Private": "1", "X-Kept": "1"},
    )


async def _sign_in(_request: Request) -> Response:
    response = PlainTextResponse("ok")
    response.set_cookie("nexus_session", "de-ana", httponly=True)
    response.set_cookie("otra", "2")
    return response


async def _trickle(request: Request) -> StreamingResponse:
    """One chunk at once, the rest only when the test lets go."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"primero"
        await request.app.state.let_go.wait()
        yield b"segundo"

    return StreamingResponse(chunks())


async def _unchanged(_request: Request) -> Response:
    return Response(status_code=304, headers={"ETag": '"7"'})


async def _judge_polls(request: Request) -> JSONResponse:
    """Those stand whose tag is "same"; a query `break` breaks the answer."""
    listed = await request.json()
    request.app.state.batches.append(listed)
    if any(query == "break" for _, query, *_ in listed):
        return JSONResponse({"no": "list"})
    return JSONResponse([place for place, poll in enumerate(listed) if poll[2] == '"same"'])


async def _take_file(request: Request) -> Response:
    """How many bytes came, and how many pieces; with `refuse` it says 413 before it has read any."""
    if request.query_params.get("refuse"):
        return JSONResponse({"error": {"code": "too_large"}}, status_code=413)
    sizes = [len(piece) async for piece in request.stream() if piece]
    return JSONResponse({"size": sum(sizes), "pieces": len(sizes)}, status_code=201)


async def _give_file(request: Request) -> Response:
    """A picture's range with the headers that keep it from running anything."""
    headers = {
        "Content-Range": "bytes 0-4/10", "Accept-Ranges": "bytes", "ETag": '"f"', "Vary": "Cookie",
        "Content-Security-Policy": "sandbox; default-src 'none'", "Content-Disposition": "inline",
        "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "Content-Length": "5",
    }  # fmt: skip
    asked = request.headers.get("range") == "bytes=0-4"
    return Response(b"01234" if request.method == "GET" else b"", 206 if asked else 200, headers, "image/jpeg")


async def _ready(request: Request) -> JSONResponse:
    return JSONResponse({"database": request.app.state.database, "redis": "ok"})


async def _echo(socket: WebSocket) -> None:
    """Says what the handshake was, then echoes; "adiós" closes with 4001."""
    if socket.query_params.get("refuse"):
        await socket.close(1008)
        return
    await socket.accept(subprotocol=next(iter(socket.scope["subprotocols"]), None))
    await socket.send_json({name: socket.headers.get(name) for name in ("cookie", "origin", "x-forwarded-host")})
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                socket.app.state.closed_with.put_nowait(message["code"])
                return
            if message.get("text") == "adiós":
                await socket.close(4001)
                return
            if message.get("text") is not None:
                await socket.send_text(message["text"])
            else:
                await socket.send_bytes(message["bytes"])
    except WebSocketDisconnect:
        return


def make_upstream() -> Starlette:
    """The stand-in for the Orchestrator."""
    methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    app = Starlette(
        routes=[
            Route("/admin/sign-in", _sign_in),
            Route("/admin/trickle", _trickle),
            Route("/admin/unchanged", _unchanged),
            Route("/admin/media", _take_file, methods=["POST"]),
            Route("/admin/media/{id}", _give_file, methods=["GET", "HEAD"]),
            Route("/internal/polls", _judge_polls, methods=["POST"]),
            Route("/ready", _ready),
            WebSocketRoute("/socket.io/", _echo),
            Route("/{path:path}", _mirror, methods=methods),
        ]
    )
    calm(app)
    return app


def calm(app: Starlette) -> None:
    """Forget what an earlier test left."""
    app.state.let_go = asyncio.Event()
    app.state.closed_with = asyncio.Queue()
    app.state.database = "ok"
    app.state.batches = []


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """Serve on a free port of this machine; the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()


@dataclass(frozen=True)
class House:
    """The panel's process and what stands behind it."""

    port: int
    client: httpx.AsyncClient
    upstream: Starlette

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What passes on its way is the same at both doors; their pages have tests of their own."""
    if metafunc.module.__name__.endswith("test_proxy") and "served" in metafunc.fixturenames:
        metafunc.parametrize("served", (panel, bff), ids=("platform-ui", "bff-service"), indirect=True, scope="session")


@pytest.fixture(scope="session")
async def served(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Starlette, int]]:
    """The upstream, and the port of the process before it: platform-ui where nothing else is asked for."""
    upstream = make_upstream()
    async with serving(upstream) as behind:
        settings = Settings(orchestrator_service_port=behind, cors_allowed_origins="https://agenda.example")
        async with serving(getattr(request, "param", panel).build_app(settings)) as port:
            yield upstream, port


@pytest.fixture
async def house(served: tuple[Starlette, int]) -> AsyncIterator[House]:
    """The process as it runs, its upstream well and with nothing remembered."""
    upstream, port = served
    calm(upstream)
    async with client_of(port) as client:
        yield House(port, client, upstream)


@pytest.fixture(scope="session")
async def alone_port() -> AsyncIterator[int]:
    """The port of a process with nothing behind it."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = unused.getsockname()[1]
    settings = Settings(
        orchestrator_service_port=nobody, egress_allow_loopback=True, api_base_url="https://api.danza.example/x"
    )
    async with serving(panel.build_app(settings)) as port:
        yield port


@pytest.fixture
async def alone(alone_port: int) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the process with nothing behind it."""
    async with client_of(alone_port) as client:
        yield client


def client_of(port: int) -> httpx.AsyncClient:
    """A browser before the process."""
    return httpx.AsyncClient(verify=NO_TLS, base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False)
