"""The certificates that we trust, read once a process: each reading takes 50 ms, and every client would do its own."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """For every client of an outside service; `SSL_CERT_FILE` and `SSL_CERT_DIR` count as everywhere."""
    return httpx.create_ssl_context()
