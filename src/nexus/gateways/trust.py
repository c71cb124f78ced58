"""The certificates that our calls outside trust, read once a process: reading them takes longer than most calls."""

import ssl
from functools import cache

import httpx


@cache
def trust() -> ssl.SSLContext:
    """As httpx by itself, SSL_CERT_FILE and SSL_CERT_DIR included; for any number of clients."""
    return httpx.create_ssl_context()
