"""Loopback ports: taken or free, and the same one again after a restart."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


def can_bind(port: int, host: str = LOOPBACK) -> bool:
    """True when this process may listen on `host:port` now (a privileged port counts as no)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Servers bind with SO_REUSEADDR, so connections in TIME_WAIT of a killed `up` must not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback TCP port that was free a moment ago; the caller retries if somebody is faster."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def remembered_port(memory: Path) -> int:
    """The port written in `memory` while it is still free, else a new one, written there."""
    with contextlib.suppress(OSError, ValueError):
        port = int(memory.read_text(encoding="ascii"))
        if can_bind(port):
            return port
    port = free_port()
    memory.write_text(f"{port}\n", encoding="ascii")
    return port
